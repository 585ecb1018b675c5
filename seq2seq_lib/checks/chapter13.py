"""Checks of chapter 13, first half: one stream, its mask, its loss and its cache.

Each check knows the answers that common mistakes give, so that it can name what went wrong.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from seq2seq_lib.checks import chapter13_context as _context  # noqa: F401  (registers 13.5, 13.6)
from seq2seq_lib.checks.registry import (
    Mistake,
    compare,
    draw,
    exercise,
    expect_close,
    expect_shape,
    mistake_if,
    resembles,
)


@exercise(
    "13.1",
    title="the prefix mask",
    minutes=10,
    hint="Begin with the causal mask, `torch.ones(n, n, dtype=torch.bool).tril()`. In the first "
    "`source` rows, the first `source` columns are visible, too. No other row changes.",
)
def check_prefix_mask(function) -> None:
    """Three source and two target tokens, and two and four."""
    for source, target in ((3, 2), (2, 4)):
        length = source + target
        whole = torch.ones(length, length, dtype=torch.bool)
        causal, block = whole.tril(), torch.zeros_like(whole)
        block[:source, :source] = True
        apart = causal.clone()
        apart[source:, :source] = False
        leaks = causal.clone()
        leaks[:source] = True
        got = function(source, target)
        mistake_if(
            isinstance(got, Tensor) and got.dtype != torch.bool,
            "wanted a boolean mask, True where a place may look",
        )
        expect_shape(got, whole.shape, "the mask", axes="(stream, stream)")
        known = {
            "this is the causal mask: the source does not see itself both ways": causal,
            "everything sees everything: the target reads off the word it is to say": whole,
            "the source sees the target; its rows are visible up to the source's end "
            "only": leaks,
            "the target does not see the source: nothing is left to translate": apart | block,
            "the target sees nothing of its own past": block,
            "rows and columns are swapped: row t is the place that looks": (causal | block).mT,
            "the mask is upside down: True is visible, not hidden": ~(causal | block),
        }
        compare(got, causal | block, "the mask (stream, stream)", known)


def _surprise(logits: Tensor, said: Tensor) -> Tensor:
    return -logits.log_softmax(-1).gather(2, said[..., None])[..., 0]


@exercise(
    "13.2",
    title="the loss on the target alone",
    minutes=15,
    hint="The logits at place t score the token at place t + 1: cut the last place off the logits, "
    "the first off the stream. Then a boolean mask over what is left, True where the *scored* "
    "token is real and its place is at least `start`. The mean is over True places of the whole "
    "batch.",
)
def check_target_loss(function) -> None:
    """Two streams of six places; the second target is shorter, and padded."""
    logits = draw(2, 6, 5, seed=3)
    stream = torch.tensor([[4, 2, 3, 1, 4, 2], [2, 4, 1, 3, 0, 0]])
    start = torch.tensor([2, 3])
    real = torch.tensor([[True] * 6, [True] * 4 + [False] * 2])
    losses, places = _surprise(logits[:, :-1], stream[:, 1:]), torch.arange(1, 6)
    ours = (places >= start[:, None]) & real[:, 1:]
    late = (places > start[:, None]) & real[:, 1:]
    unshifted = _surprise(logits, stream)
    unmoved = (torch.arange(6) >= start[:, None]) & real
    each = torch.stack([row[mask].mean() for row, mask in zip(losses, ours, strict=True)])
    known = {
        "the source is scored too; only places from `start` on count": losses[real[:, 1:]].mean(),
        "the logits are not shifted: those at place t score the token at t + 1": unshifted[
            unmoved
        ].mean(),
        "the first token of the target is left out: what counts is the place of the token that is "
        "scored, not of the one that was fed": losses[late].mean(),
        "padding is scored too": losses[places >= start[:, None]].mean(),
        "each sentence has its own mean here; a mean over all target tokens is wanted": each.mean(),
        "this is the sum; divide by the number of tokens scored": losses[ours].sum(),
        "divided by all places, scored or not": (losses * ours).mean(),
        "this is the mean log-probability; the loss is minus that": -losses[ours].mean(),
    }
    compare(function(logits, stream, start, real), losses[ours].mean(), "the loss", known)


@exercise(
    "13.3",
    title="one step with a cache",
    minutes=20,
    hint="Project the new vector three times. Put its key and its value behind those of the past, "
    "`torch.cat([keys, key[:, None]], dim=1)`. Then chapter 09: the query's scores with all keys, "
    "divided by the root of the width, softmax, mean of all values. Give back the longer keys and "
    "values as well.",
)
def check_cached_step(function) -> None:
    """Two sentences of four words, one word after the other, against all at once."""
    x, (W_Q, W_K, W_V) = draw(2, 4, 3, seed=5), draw(3, 3, 3, seed=6)
    Q, K, V = x @ W_Q, x @ W_K, x @ W_V
    causal = torch.ones(4, 4, dtype=torch.bool).tril()
    scores = (Q @ K.mT).masked_fill(~causal, -math.inf)
    whole = (scores / math.sqrt(3)).softmax(-1) @ V
    keys, values = K[:, :0], V[:, :0]
    for step in range(4):
        before = keys.clone(), values.clone()
        got = function(x[:, step], W_Q, W_K, W_V, keys, values)
        if not (isinstance(got, tuple) and len(got) == 3):
            raise Mistake("wanted three things: what was found, the keys, the values")
        mistake_if(
            not (resembles(keys, before[0]) and resembles(values, before[1])),
            "`keys` or `values` was changed in place; a beam needs the old ones once more",
        )
        found, new_keys, new_values = got
        known = {
            "the new word does not see itself: its own key and value belong to the cache before "
            "the scores are taken": _unseen(Q, K, V, step),
            "the scores are not divided by the root of the width": (
                scores.softmax(-1) @ V
            )[:, step],
            "the query is not projected": _ask(x[:, step], K[:, : step + 1], V[:, : step + 1]),
        }
        mistake_if(
            step > 0 and resembles(found, V[:, step]),
            "only the new word is seen: the past's keys and values play no part",
        )
        compare(found, whole[:, step], f"what step {step} found (batch, width)", known)
        _check_cache(new_keys, K[:, : step + 1], "keys", x[:, : step + 1])
        _check_cache(new_values, V[:, : step + 1], "values", x[:, : step + 1])
        keys, values = new_keys, new_values


def _ask(query: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    weights = (query[:, None] @ keys.mT / math.sqrt(3)).softmax(-1)
    return (weights @ values)[:, 0]


def _unseen(Q: Tensor, K: Tensor, V: Tensor, step: int) -> Tensor:
    if step == 0:
        return torch.zeros_like(V[:, 0])
    return _ask(Q[:, step], K[:, :step], V[:, :step])


def _check_cache(got: object, want: Tensor, what: str, vectors: Tensor) -> None:
    expect_shape(got, want.shape, f"the {what}", axes="(batch, past + 1, width)")
    known = {
        f"the {what} hold the words' vectors, not what the matrix makes of them: they would be "
        "projected anew at each step": vectors,
        f"the new one stands before the others; {what} are kept in the order of the "
        "words": want.roll(1, dims=1),
    }
    compare(got, want, f"the {what} after the step", known)


@exercise(
    "13.4",
    title="how large is the cache?",
    minutes=10,
    hint="In each block each token leaves one key and one value. Each of them has `groups` parts "
    "of `width / heads` numbers.",
)
def check_cache_bytes(function) -> None:
    """Plain heads, shared keys, and two bytes a number."""
    for layers, width, heads, groups, tokens, each in (
        (5, 64, 4, 4, 25, 4),
        (3, 96, 8, 2, 10, 2),
        (2, 60, 6, 1, 7, 4),
    ):
        part = width // heads
        want = 2 * layers * groups * part * tokens * each
        known = {
            "only keys, or only values; a token leaves both": want // 2,
            "each head has keys of its own here; `groups` heads' worth of them are "
            "kept": 2 * layers * width * tokens * each,
            "the layers are missing: each block keeps its own": want // layers,
            "these are numbers, not bytes": want // each,
            "these are bits; `each` is in bytes": 8 * want,
            "the cache grows with the tokens, not with their square: what is kept is keys and "
            "values, not scores": want * tokens,
            "a key has width / heads numbers, not the whole width": want * heads,
        }
        got = function(layers, width, heads, groups, tokens, each)
        for message, wrong in known.items():
            mistake_if(resembles(got, wrong) and wrong != want, message)
        expect_close(got, want, f"bytes for {layers} layers, {tokens} tokens", tolerance=1e-9)
