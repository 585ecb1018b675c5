"""Checks of chapter 07, second half: mixed words, smoothed labels, a perplexity that is none."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from seq2seq_lib.checks.registry import (
    Mistake,
    compare,
    exercise,
    expect_close,
    mistake_if,
    resembles,
)
from seq2seq_lib.vocabulary import BOS, PAD


@exercise(
    "07.5",
    title="a forcing mask",
    minutes=10,
    hint="The word said at step t − 1 is what may be fed at step t, so `said` moves one place to "
    "the right, with `BOS` in front. Then `torch.where(teacher, inputs, moved)`; the first column "
    "is `<bos>` whatever the mask says.",
)
def check_mask(function) -> None:
    """A mask that says False at the first step of a row, too."""
    inputs = torch.tensor([[BOS, 7, 8, 9], [BOS, 5, 6, 4]])
    said = torch.tensor([[11, 12, 13, 14], [15, 16, 17, 18]])
    teacher = torch.tensor([[True, False, True, False], [False, True, False, False]])
    moved = torch.cat([inputs[:, :1], said[:, :-1]], dim=1)
    want = torch.where(teacher, inputs, moved)
    known = {
        "the mask is turned round: True is the teacher's word": torch.where(teacher, moved, inputs),
        "the word said at a step is fed at the *next* one; here it is fed at its own": torch.where(
            teacher, inputs, torch.cat([inputs[:, :1], said[:, 1:]], dim=1)
        ),
        "the first input is `<bos>`, whatever the mask says: nothing has been said yet": (
            torch.where(teacher, inputs, said.roll(1, dims=1))
        ),
        "at the first step, too, an own word is fed, and at its own step; `<bos>` comes first and "
        "the words said move one place": torch.where(teacher, inputs, said),
        "one coin for the whole sentence: the mask decides word by word": torch.where(
            teacher[:, 1:2], inputs, moved
        ),
    }
    got = function(inputs, said, teacher)
    compare(got, want, "what is fed (batch, target)", known)


@exercise(
    "07.6",
    title="label smoothing by hand",
    minutes=15,
    hint="`log = logits.log_softmax(-1)`. The wanted distribution is `smoothing / vocabulary` "
    "everywhere and `1 − smoothing` more at the right word. The loss of a place is minus the sum "
    "of wanted times log; then the mean over the real places alone.",
)
def check_smoothing(function) -> None:
    """Two rows, one padded, and a case without smoothing."""
    logits = torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(76)) * 2
    targets = torch.tensor([[4, 3, PAD], [1, 2, 3]])
    mask = torch.tensor([[True, True, False], [True] * 3])
    for smoothing in (0.2, 0.0):
        log = logits.log_softmax(-1)
        right = log.gather(2, targets[..., None])[..., 0]
        even, others = log.mean(-1), (log.sum(-1) - right) / 4

        def mean(losses: Tensor) -> Tensor:
            return losses[mask].mean()

        keep = 1 - smoothing
        want = mean(-keep * right - smoothing * even)
        known = {
            "the share goes to the *other* words alone; here the right one gets its even part, "
            "too": mean(-keep * right - smoothing * others),
            "the smoothing takes nothing from the right word: its share must fall to 1 − smoothing "
            "and its even part": mean(-right - smoothing * even),
            "every word gets the whole share: divide it by the vocabulary": mean(
                -keep * right - smoothing * log.sum(-1)
            ),
            "there is no smoothing in it": mean(-right),
            "the shares are exchanged: `smoothing` is what is taken away": mean(
                -smoothing * right - keep * even
            ),
            "padding is in the mean": (-keep * right - smoothing * even).mean(),
            "summed, not averaged over the real places": (
                (-keep * right - smoothing * even)[mask].sum()
            ),
        }
        got = function(logits, targets, mask, smoothing)
        mistake_if(
            isinstance(got, Tensor) and resembles(got, -want), "the sign: a loss is not negative"
        )
        compare(_scalar(got), want, f"the loss with smoothing {smoothing}", known)


def _scalar(got: object) -> object:
    return torch.tensor(got) if isinstance(got, float) else got


def _surprise(first: Tensor, then: Tensor, previous: Tensor | None) -> float:
    """Mean surprise a word, in nats, of two words drawn from the tables; the second word's is
    read off the row of the true first word, or off that of `previous`."""
    chosen = then if previous is None else then[previous].expand_as(then)
    one = -(first * first.log()).sum()
    # 0 · log 0 is 0: a word that never comes surprises nobody.
    both = first[:, None] * then
    two = -torch.where(both > 0, both * chosen.log(), torch.zeros_like(both)).sum()
    return float(one + two) / 2


@exercise(
    "07.7",
    title="the perplexity that is none",
    minutes=20,
    hint="A pair of words (a, b) has probability `first[a] * then[a, b]`. Its forced surprise is "
    "−log first[a] − log then[a, b], its free one −log first[a] − log then[g, b] with "
    "g = first.argmax(), the word that the model says itself. Mean over all pairs, by their "
    "probability; half of it a word; then exp.",
)
def check_perplexity(function) -> None:
    """Tables of three words, without zeros, so that everything is finite; and one with."""
    draw = torch.Generator().manual_seed(77)
    for _ in range(2):
        first = torch.rand(3, generator=draw).add(0.1)
        then = torch.rand(3, 3, generator=draw).add(0.1)
        first, then = first / first.sum(), then / then.sum(1, keepdim=True)
        _check_pair(function(first, then), first, then)
    sure = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    got = function(torch.tensor([0.6, 0.4]), sure)
    mistake_if(
        isinstance(got, tuple) and len(got) == 2 and math.isnan(float(got[0])),
        "NaN where a probability is 0: such a pair never comes, leave it out",
    )
    first = torch.tensor([0.6, 0.4])
    expect_close(float(got[0]), math.exp(_surprise(first, sure, None)), "forced, a sure word")
    mistake_if(
        not math.isinf(float(got[1])),
        "free, with a second word that follows for sure: the wrong first word makes the right "
        "second one impossible, so this is infinite",
    )


def _check_pair(got: object, first: Tensor, then: Tensor) -> None:
    if not isinstance(got, tuple) or len(got) != 2:
        raise Mistake(f"expected two numbers, forced and free, got {type(got).__name__}")
    forced, free = (float(number) for number in got)
    greedy = first.argmax()
    nats = _surprise(first, then, None), _surprise(first, then, greedy)
    want = math.exp(nats[0]), math.exp(nats[1])
    own = -(first[greedy].log() + then[greedy].max().log()) / 2
    pairs = first[:, None] * then
    each = (-(first.log()[:, None] + then[greedy].log()[None]) / 2).exp()
    known = {
        "the order is (forced, free)": (want[1], want[0]),
        "this is the surprise; perplexity is its exponential": nats,
        "per sentence, not per word: divide by 2 before the exponential": (
            math.exp(2 * nats[0]),
            math.exp(2 * nats[1]),
        ),
        "the free one is taken over the model's own words; wanted the *reference's* words, its own "
        "are only fed": (want[0], math.exp(float(own))),
        "the mean of the perplexities is not the perplexity: first the mean, then exp": (
            want[0],
            float((pairs * each).sum()),
        ),
    }
    for message, wrong in known.items():
        numbers = zip((forced, free), wrong, strict=True)
        close = all(math.isclose(mine, theirs, rel_tol=1e-4) for mine, theirs in numbers)
        mistake_if(close, message)
    expect_close(forced, want[0], "the forced perplexity")
    expect_close(free, want[1], "the free one")
