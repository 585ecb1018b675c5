"""Checks of chapter 08, second half: drawing, choosing by agreement, and a certain width."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from seq2seq_lib.checks.registry import (
    compare,
    exercise,
    expect_close,
    expect_equal,
    expect_shape,
    mistake_if,
    resembles,
)


@exercise(
    "08.5",
    title="top-p",
    minutes=15,
    hint="Sort the probabilities, the largest first, and take the running sum *before* each: "
    "`ordered.cumsum(0) - ordered`. A token stays where that is below p. Put zeros elsewhere, in "
    "the original order, and divide by what is left.",
)
def check_nucleus(function) -> None:
    """Five probabilities out of order, at a p that a token crosses."""
    shares = torch.tensor([0.05, 0.4, 0.1, 0.3, 0.15])
    want = _keep(shares, [1, 3])
    known = {
        "the token that crosses p is left out: the tokens kept hold less than p together": _keep(
            shares, [1]
        ),
        "one token too many: stop as soon as p is reached": _keep(shares, [1, 3, 4]),
        "what is left does not sum to 1; divide by its sum": want * 0.7,
        "the unlikely tokens are taken first": _keep(shares, [0, 2, 4, 3]),
        "the probabilities come sorted; each must stay at its own token's place": want.sort(
            descending=True
        ).values,
        "p is a limit for each token's own probability here; it is one for their sum": shares,
        "this keeps only tokens whose own probability is p or more": torch.zeros(5),
    }
    before = shares.clone()
    got = function(shares, 0.6)
    expect_shape(got, (5,), "the probabilities")
    mistake_if(not torch.equal(shares, before), "the tensor you were given has changed: copy it")
    compare(got, want, "the probabilities at p 0.6", known)
    compare(function(shares, 0.2), _keep(shares, [1]), "the probabilities at p 0.2", {
        "nothing is left at a small p; the likeliest token always stays": torch.zeros(5),
        "nothing is left at a small p: 0 divided by 0": torch.full((5,), math.nan),
    })  # fmt: skip
    compare(function(shares, 1.0), shares, "the probabilities at p 1", {})


def _keep(shares: Tensor, places: list[int]) -> Tensor:
    kept = torch.zeros_like(shares)
    kept[places] = shares[places]
    return kept / kept.sum()


@exercise(
    "08.6",
    title="temperature, and its limits",
    minutes=10,
    hint="Divide the logits by the temperature, then softmax. PyTorch's `softmax` subtracts the "
    "largest logit first, so that nothing overflows. At temperature 0 the division fails: give "
    "all the probability to the largest logit there.",
)
def check_temperature(function) -> None:
    """Middling, hot, cold enough to overflow, and the limit itself."""
    logits = torch.tensor([2.0, -1.0, 0.5, 1.0])
    for temperature in (0.5, 2.0):
        want = (logits / temperature).softmax(0)
        known = {
            "the logits are multiplied by the temperature; a low one must sharpen": (
                logits * temperature
            ).softmax(0),
            "the probabilities are divided, not the logits; nothing changes but the sum": logits
            .softmax(0) / temperature,
            "the temperature has no effect": logits.softmax(0),
            "these are log-probabilities": (logits / temperature).log_softmax(0),
            "the result does not sum to 1": (logits / temperature).exp(),
        }  # fmt: skip
        compare(function(logits, temperature), want, f"temperature {temperature}", known)
    cold = function(logits * 100, 0.01)
    expect_shape(cold, (4,), "the probabilities")
    mistake_if(
        bool(cold.isnan().any()),
        "NaN at temperature 0.01 with logits up to 200: exp overflows; subtract the largest first",
    )
    expect_close(cold, torch.tensor([1.0, 0, 0, 0]), "temperature 0.01")
    zero = function(logits, 0.0)
    expect_shape(zero, (4,), "the probabilities")
    mistake_if(
        bool(zero.isnan().any()),
        "NaN at temperature 0: nothing can be divided by 0; there the limit is greedy",
    )
    expect_close(zero, torch.tensor([1.0, 0, 0, 0]), "temperature 0, the greedy choice")


@exercise(
    "08.7",
    title="minimum Bayes risk",
    minutes=15,
    hint="For each sample add up `utility(sample, other)` over *all* samples, repeated ones as "
    "often as they were drawn. The one with the largest sum is wanted.",
)
def check_risk(function) -> None:
    """A utility that is not symmetric, and samples of which one was drawn twice."""

    def covers(found: tuple, wanted: tuple) -> float:
        """The share of the wanted words that were found."""
        return sum(word in found for word in wanted) / max(1, len(wanted))

    for samples in (
        [("x", "y"), ("x", "z"), ("y", "w"), ("x", "v"), ("q",), ("q",)],
        [("a",), ("a",), ("a",), ("b", "c"), ("b", "d"), ("e",)],
        [("a",), ("a", "b", "c"), ("b",), ("c",), ("a",)],
    ):
        _risk(function(list(samples), covers), samples, covers)


def _risk(got: object, samples: list[tuple], utility: Callable[[tuple, tuple], float]) -> None:
    """Hold one answer against the right one and those of known mistakes."""

    def among(voters: list[tuple], *, turned: bool = False) -> dict[tuple, float]:
        return {
            one: sum(utility(other, one) if turned else utility(one, other) for other in voters)
            for one in voters
        }

    sums = among(samples)
    best = max(sums, key=lambda one: sums[one])
    mistake_if(isinstance(got, int), "expected the sample itself, got a number; is it its place?")
    got = tuple(got) if isinstance(got, list) else got
    turned, once = among(samples, turned=True), among(sorted(set(samples), key=samples.index))
    known = {
        "this is the sample that agrees least: the sum of utilities must be largest": min(
            sums, key=lambda one: sums[one]
        ),
        "the arguments of utility have changed places: first what is found, then what is wanted": (
            max(turned, key=lambda one: turned[one])
        ),
        "each sample counts once here; one drawn three times is three voices": max(
            once, key=lambda one: once[one]
        ),
        "this is the sample drawn most often; wanted the one that agrees most with all": max(
            samples, key=samples.count
        ),
    }
    for message, wrong in known.items():
        mistake_if(got == wrong and wrong != best, message)
    expect_equal(got, best, f"the sample of least risk among {samples}")


@exercise(
    "08.8",
    title="how wide is wide enough?",
    minutes=15,
    hint="Beginnings of one length exclude one another, so their probabilities sum to at most 1. "
    "If n of them have at least p each, then n · p is at most 1. And exp(score) is p.",
)
def check_width(function) -> None:
    """Scores at which rounding and the logarithm's sign matter."""
    for probability in (0.4, 0.3, 0.011, 0.9):
        score, want = math.log(probability), math.floor(1 / probability)
        got = function(score)
        mistake_if(got is None, "expected a whole number, got None; is the return missing?")
        mistake_if(isinstance(got, float) and not got.is_integer(), "expected a whole number")
        known = {
            "rounded up; two beginnings of 0.4 each fit into 1, a third does not": math.ceil(
                1 / probability
            ),
            "this is minus the log-probability, not 1 over the probability": math.floor(-score),
            "one too few: the sentence's own beginning is one of the 1 / p": want - 1,
            "this is the probability itself, rounded": math.floor(probability),
        }
        for message, wrong in known.items():
            mistake_if(got == wrong and wrong != want, message)
        mistake_if(
            not resembles(got, want),
            f"score {score:.3f}, a probability of {probability}: expected {want}, got {got}",
        )
