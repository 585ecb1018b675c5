"""Checks of chapter 12, second half: what a difference between two systems is worth."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import torch
from torch import Tensor

from seq2seq_lib.checks.registry import Mistake, exercise, expect_close, mistake_if, resembles
from seq2seq_lib.significance import bleu, middle


def _rows(sentences: int, rate: float, seed: int, *, tilt: float = 0.0) -> Tensor:
    """Counts of a system that gets about `rate` of its words right, sentence by sentence.

    With a positive `tilt` it is better on long sentences than on short ones.
    """
    generator = torch.Generator().manual_seed(seed)
    length = torch.randint(6, 20, (sentences,), generator=torch.Generator().manual_seed(0)).double()
    found = [length, length]
    for order in range(1, 5):
        right = rate + tilt * (length - 12.5) / 12.5
        share = right**order * (0.7 + 0.6 * torch.rand(sentences, generator=generator))
        found.append((share.clamp(max=1) * (length - order + 1)).floor())
    return torch.stack([*found, *(length - order for order in range(4))], dim=1)


def _draws(sentences: int, samples: int) -> Tensor:
    generator = torch.Generator().manual_seed(5)
    return torch.randint(sentences, (samples, sentences), generator=generator)


def _scores(rows: Tensor, draws: Tensor) -> Tensor:
    return torch.stack([bleu(rows[drawn].sum(0)) for drawn in draws])


@exercise(
    "12.3",
    title="the paired bootstrap",
    minutes=15,
    hint="For each row of `draws`: pick those sentences' counts of both systems, `first[drawn]` "
    "and `second[drawn]`, add each up over the sentences, score both sums, and compare.",
)
def check_paired(function) -> None:
    """Two systems that are near, so that the first is ahead in some samples only; two equal ones.

    The learner gets a score that notes what it is given.
    """
    first, second = _rows(40, 0.615, 1, tilt=0.1), _rows(40, 0.625, 2, tilt=-0.1)
    draws = _draws(40, 50)
    one, two = _scores(first, draws), _scores(second, draws)
    want = (one > two).double().mean().item()
    other = _scores(second, draws.flip(0))
    single = torch.stack([bleu(rows) for rows in first]), torch.stack([bleu(r) for r in second])
    means = torch.stack([single[0][drawn].mean() - single[1][drawn].mean() for drawn in draws])
    known = {
        "this is the share in which the second is ahead": (two > one).double().mean().item(),
        "BLEU is computed sentence by sentence and averaged; it is a score of the sums of a "
        "whole sample": (means > 0).double().mean().item(),
        "the second system is scored on all sentences each time: both must be scored on the same "
        "sample": (one > bleu(second.sum(0))).double().mean().item(),
        "the two systems get different samples; the point of pairing is that they share "
        "each": (one > other).double().mean().item(),
        "this is the mean difference in BLEU; the share of samples was asked for": (
            one - two
        ).mean().item(),
        "this is the number of samples: divide by how many there are": (one > two).sum().item(),
    }
    got = function(first, second, draws, bleu)
    got = got.item() if isinstance(got, Tensor) and got.numel() == 1 else got
    for message, wrong in known.items():
        mistake_if(resembles(got, wrong, tolerance=1e-9) and abs(wrong - want) > 1e-9, message)
    expect_close(got, want, "the share of samples in which the first is ahead")
    tied = function(first, first, draws, bleu)
    mistake_if(resembles(float(tied), 1.0), "a tie is no win: two equal systems never are ahead")
    expect_close(float(tied), 0.0, "the share for two equal systems")


@exercise(
    "12.4",
    title="which differences are there?",
    minutes=20,
    hint="For each pair of names: BLEU of both on every sample of `draws`, the differences, and "
    "`middle(differences)`, the bounds of the middle 95 %. If zero is not between them, put "
    "(better, worse) into the set.",
)
def check_distinguishable(function) -> None:
    """Four systems: one far behind, two near each other, and two whose own intervals overlap."""
    rows = {
        "far": _rows(60, 0.35, 3),
        "near": _rows(60, 0.600, 1),
        "nearer": _rows(60, 0.602, 8),
        "ahead": _rows(60, 0.61, 1),
    }
    draws = _draws(60, 100)
    scores = {name: _scores(found, draws) for name, found in rows.items()}
    want = _pairs(scores, lambda a, b: middle(a - b)[0] > 0)
    whole = {name: bleu(found.sum(0)) for name, found in rows.items()}
    known = {
        "this asks whether the two systems' own intervals overlap; they may, and every sample "
        "still agree on who is ahead. Look at the interval of the difference": _pairs(
            scores, lambda a, b: middle(a)[0] > middle(b)[1]
        ),
        "every difference counts here, however small: keep those whose interval leaves zero "
        "out": _pairs(whole, lambda a, b: a > b),
        "the better system comes first in a pair": {(b, a) for a, b in want},
    }
    got = function({name: found.clone() for name, found in rows.items()}, draws, bleu)
    if not isinstance(got, set | list | tuple | frozenset):
        raise Mistake(f"wanted a set of pairs (better, worse), got {type(got).__name__}")
    found = {tuple(pair) for pair in got}
    for message, wrong in known.items():
        mistake_if(found == wrong and wrong != want, message)
    missing, over = sorted(want - found), sorted(found - want)
    mistake_if(bool(missing), f"missing: {missing}")
    mistake_if(bool(over), f"too many: {over}")


def _pairs(scores: dict[str, Tensor], ahead) -> set[tuple[str, str]]:
    found = set()
    for one, two in combinations(scores, 2):
        for a, b in ((one, two), (two, one)):
            if ahead(scores[a], scores[b]):
                found.add((a, b))
    return found


@exercise(
    "12.5",
    title="a claim and its falsifier",
    minutes=15,
    hint="No seed of the first belongs to one of the second, so every pair counts. Find the pair "
    "with the least `first[i] - second[j]`: the worst of the first, the best of the second. If "
    "that is below the margin, it is the falsifier.",
)
def check_falsifier(function) -> None:
    """Means that hold and seeds that do not; a claim that holds just so; one that fails."""
    cases: list[tuple[Sequence[float], Sequence[float], float]] = [
        ([52.0, 44.0, 51.0], [40.0, 41.0, 43.0], 4.0),
        ([50.0, 48.0, 49.0], [40.0, 44.0, 43.0], 4.0),
        ([30.0, 31.0], [29.0, 33.0, 28.0], 0.5),
        ([50.0, 60.0, 70.0], [30.0, 20.0, 10.0], 5.0),
    ]
    for first, second, margin in cases:
        want = _falsifier(first, second, margin)
        got = function(list(first), list(second), margin)
        mean = sum(first) / len(first) - sum(second) / len(second)
        said = f"for {first} and {second} with a margin of {margin:g}"
        if want is None:
            worst = _falsifier(first, second, float("inf"))
            exact = got is not None and tuple(got) == worst and min(first) - max(second) == margin
            mistake_if(exact, "a difference of exactly the margin is at least the margin: it holds")
            mistake_if(got is not None, f"{said} no pair of seeds refutes the claim: None")
            continue
        same = list(range(min(len(first), len(second))))
        closest = min(same, key=lambda n: first[n] - second[n])
        if got is None:
            mistake_if(
                mean >= margin,
                "the means keep the margin, but the claim is about seeds: a seed of the first is "
                "not that far ahead of a seed of the second",
            )
            raise Mistake(f"{said} seeds {want} refute the claim; got None")
        found = tuple(got) if isinstance(got, list | tuple) else got
        mistake_if(
            found == (first[want[0]], second[want[1]]),
            "these are the two scores; the numbers of the two seeds were asked for",
        )
        mistake_if(
            found == (closest, closest) and found != want,
            "only seeds of the same number are compared; try every pair",
        )
        mistake_if(found == want[::-1] and found != want, "the first system's seed comes first")
        mistake_if(found != want, f"{said} the pair that refutes most is {want}, got {found}")


def _falsifier(
    first: Sequence[float], second: Sequence[float], margin: float
) -> tuple[int, int] | None:
    pairs = [(i, j) for i in range(len(first)) for j in range(len(second))]
    worst = min(pairs, key=lambda pair: first[pair[0]] - second[pair[1]])
    return worst if first[worst[0]] - second[worst[1]] < margin else None
