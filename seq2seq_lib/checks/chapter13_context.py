"""Checks of chapter 13, second half: what a stream's attention finds in the context."""

from __future__ import annotations

import torch
from torch import Tensor

from seq2seq_lib.checks.registry import compare, draw, exercise, expect_shape, mistake_if


def _rule(tokens: Tensor, *, where: str = "after", last_too: bool = False) -> Tensor:
    """Even weights over places by a rule about the last token."""
    before = torch.cat([tokens.new_full((1,), -1), tokens[:-1]])
    after = torch.cat([tokens[1:], tokens.new_full((1,), -1)])
    hits = {"after": before, "at": tokens, "ahead": after}[where] == tokens[-1]
    if where == "at" and not last_too:
        hits[-1] = False
    return _even(hits)


def _even(hits: Tensor) -> Tensor:
    hits = hits if hits.any() else torch.ones_like(hits)
    return hits.float() / hits.sum()


def _wrapped(tokens: Tensor) -> Tensor:
    return _even(tokens.roll(1) == tokens[-1])


def _one(weights: Tensor, *, last: bool) -> Tensor:
    places = weights.nonzero().flatten()
    found = torch.zeros_like(weights)
    found[places[-1 if last else 0]] = 1.0
    return found


STREAMS = (
    [5, 8, 6, 9, 7, 4, 2, 6],
    [6, 8, 7, 9, 6, 4, 3, 6],
    [5, 5, 8, 3, 5, 9, 5],
    [6, 8, 7, 9, 5],
)


@exercise(
    "13.5",
    title="a dictionary in context",
    minutes=15,
    hint="The token before each place: `tokens.roll(1)`, but place 0 has none before it. Compare "
    "with the last token; True becomes 1.0; divide by the sum. If nothing is True, all places get "
    "the same.",
)
def check_induction(function) -> None:
    """A word asked once, twice, next to itself, and one that was never there."""
    for numbers in STREAMS:
        tokens = torch.tensor(numbers)
        want = _rule(tokens)
        hits = (want > 0).float()
        known = {
            "this looks at the question's earlier places and would answer with the question; the "
            "meaning stands one place after": _rule(tokens, where="at"),
            "this looks at the question itself, too; nothing is known about it "
            "yet": _rule(tokens, where="at", last_too=True),
            "this looks one place *before* the question's earlier places; the meaning stands one "
            "place after": _rule(tokens, where="ahead"),
            "place 0 has no token before it: `roll` brings the last one there, and it matches "
            "itself": _wrapped(tokens),
            "only the first match counts here; all of them share the weight": _one(
                want, last=False
            ),
            "only the last match counts here; all of them share the weight": _one(want, last=True),
            "the weights must sum to 1": hits,
        }
        got = function(tokens)
        expect_shape(got, want.shape, "the weights", axes="(stream,)")
        mistake_if(got.dtype == torch.bool, "wanted weights that sum to 1, got truth values")
        mistake_if(
            bool(got.float().isnan().any() or (got == 0).all()),
            "when the word was never there, every place gets the same weight; 0 / 0 gives none",
        )
        compare(got, want, f"the weights for {numbers}", known)


@exercise(
    "13.6",
    title="where cross-attention went",
    minutes=15,
    hint="Columns: the first `source` ones, without the end mark. Rows: the first French word is "
    "chosen at `<bos>`, which stands at place `source + 1`; the last place but one chooses the "
    "last French word. Then divide each row by its sum.",
)
def check_cross_part(function) -> None:
    """Streams of three and of two English words, with two and with three French ones."""
    for source, target in ((3, 2), (2, 3)):
        length = source + 2 + target
        causal = torch.ones(length, length, dtype=torch.bool).tril()
        scores = draw(length, length, seed=source)
        weights = scores.masked_fill(~causal, -torch.inf).softmax(-1)

        def cut(first: int, last: int, columns: slice, *, shares: bool = True) -> Tensor:
            part = weights[first:last, columns]  # noqa: B023  (called in this turn of the loop)
            return part / part.sum(-1, keepdim=True) if shares else part

        start, words = source + 1, slice(0, source)
        ends = start + target
        known = {
            "the rows stand one late: the row that *chooses* a French word is that of the token "
            "before it, and the first is chosen at <bos>": cut(start + 1, ends + 1, words),
            "the last row is one too many: it chooses the end mark": cut(start, ends + 1, words),
            "the rows begin at the end mark of the English; the first French word is chosen at "
            "<bos>, one place on": cut(source, source + target, words),
            "the English end mark is among the columns; it is no word": cut(
                start, ends, slice(0, source + 1)
            ),
            "the rows do not sum to 1: what is left over goes to the French words, so divide by "
            "each row's sum": cut(start, ends, words, shares=False),
            "these are the columns of the French words: the target's look at "
            "itself": cut(start, ends, slice(start, ends)),
            "rows and columns are swapped: a row for each French word": cut(start, ends, words).mT,
            "this is the softmax of weights: they are shares already; divide by their "
            "sum": cut(start, ends, words, shares=False).softmax(-1),
        }
        want = cut(start, ends, words)
        compare(function(weights, source), want, "the cross part (target, source)", known)
