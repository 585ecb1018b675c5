"""Checks of chapter 08, first half: searching for the likeliest sentence.

The searches are tried on models small enough to be enumerated: functions that give, for the words
said so far, the probability of each word that may follow.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import torch

from seq2seq_lib.checks import chapter08_samples as _samples  # noqa: F401  (registers 08.5 to 08.8)
from seq2seq_lib.checks.registry import (
    Mistake,
    exercise,
    expect_close,
    expect_equal,
    mistake_if,
    resembles,
)

END = "<eos>"
Words = tuple[str, ...]
Following = Callable[[Words], dict[str, float]]

# Greedy goes by `a`, where nothing is likely; width 2 by `b` to the best sentence.
PATHS: dict[Words, dict[str, float]] = {
    (): {"a": 0.5, "b": 0.4, "c": 0.06, END: 0.04},
    ("a",): {"a": 0.3, "b": 0.3, "c": 0.25, END: 0.15},
    ("b",): {"b": 0.75, "a": 0.2, END: 0.05},
    ("b", "b"): {"c": 0.55, END: 0.45},
    ("c",): {"a": 0.01, END: 0.99},
}
# The best sentence ends while beginnings that are less likely go on and on.
EARLY: dict[Words, dict[str, float]] = {
    (): {"a": 0.6, "b": 0.4},
    ("a",): {END: 0.55, "b": 0.45},
    ("b",): {"a": 1.0},
}


def _table(rows: dict[Words, dict[str, float]]) -> Following:
    rest = {END: 0.6, "a": 0.2, "b": 0.2}
    return lambda words: dict(rows.get(tuple(words), rest))


def _sentences(following: Following, limit: int) -> Iterable[tuple[Words, float]]:
    """Every sentence of at most `limit` words with its log-probability, the end's included."""
    going: list[tuple[Words, float]] = [((), 0.0)]
    while going:
        words, score = going.pop()
        for word, share in following(words).items():
            if word == END:
                yield words, score + math.log(share)
            elif len(words) < limit:
                going.append(((*words, word), score + math.log(share)))


def _beam(
    following: Following, width: int, limit: int, *, first=False, end=True, last=False
) -> tuple[Words, float]:
    """A beam search, with the faults asked for: stop at once, end for nothing, forget."""
    going: list[tuple[Words, float]] = [((), 0.0)]
    finished: list[tuple[Words, float]] = []
    for step in range(limit + 1):
        ahead = [
            ((*words, word), score + (math.log(share) if end or word != END else 0.0))
            for words, score in going
            for word, share in following(words).items()
            if word == END or step < limit
        ]
        ahead = sorted(ahead, key=lambda one: -one[1])[:width]
        ended = [(words[:-1], score) for words, score in ahead if words[-1] == END]
        finished = ended if last and ended else finished + ended
        going = [(words, score) for words, score in ahead if words[-1] != END]
        if not going or (first and finished):
            break
    return max(finished or [((), -math.inf)], key=lambda one: one[1])


@exercise(
    "08.1",
    title="one step of the beam",
    minutes=15,
    hint="Add each beginning's score to its row: `scores[:, None] + following`. All continuations "
    "of all beginnings compete, so flatten before `topk`. A place in the flat tensor is row times "
    "vocabulary plus word: `places // vocabulary` and `places % vocabulary`.",
)
def check_step(function) -> None:
    """Three beginnings, five words, so that rows and words cannot be mistaken for each other."""
    scores = torch.tensor([-1.0, -1.2, -4.0])
    shares = torch.tensor(
        [[0.1, 0.3, 0.2, 0.25, 0.15], [0.6, 0.1, 0.1, 0.1, 0.1], [0.02, 0.02, 0.02, 0.9, 0.04]]
    )
    following = shares.log()
    got = function(scores, following, 3)
    mistake_if(
        not isinstance(got, tuple) or len(got) != 3,
        f"expected three tensors (rows, words, scores), got {type(got).__name__}",
    )
    rows, words, totals = got
    top, places = (scores[:, None] + following).flatten().topk(3)
    own, free = following.flatten().topk(3)
    mistake_if(
        resembles(totals, own),
        "the scores of the beginnings are not added: an unlikely beginning now counts as much as "
        "a likely one",
    )
    best = (scores[:, None] + following).max(dim=1)
    mistake_if(
        resembles(totals, best.values) or resembles(totals, best.values.sort(descending=True)[0]),
        "this takes the best continuation of each beginning; wanted the best of all, wherever they "
        "come from: two may come from one beginning, none from another",
    )
    mistake_if(
        resembles(totals, (scores.exp()[:, None] + shares).flatten().topk(3).values)
        or resembles(totals, (scores[:, None] + shares).flatten().topk(3).values),
        "probabilities are added somewhere; log-probabilities add up, probabilities multiply",
    )
    expect_close(totals, top, "the scores")
    turned = resembles(rows, places % 5) and resembles(words, places // 5)
    mistake_if(turned, "rows and words have changed places")
    mistake_if(
        resembles(rows, places // 3) or resembles(words, places % 3),
        "a row has as many places as the vocabulary has words, not as many as the beam is wide",
    )
    expect_close(rows, places // 5, "the rows")
    expect_close(words, places % 5, "the words")


@exercise(
    "08.2",
    title="a beam search",
    minutes=25,
    hint="Keep two lists: `going`, at first `[((), 0.0)]`, and `finished`. In each round collect "
    "all continuations of all of `going` with their scores, sort, keep the first `width`. Those "
    "that end move to `finished`, score included; the others are the new `going`. At `limit` words "
    "only `<eos>` may follow. In the end the best of `finished` is wanted.",
)
def check_beam(function) -> None:
    """Width 1 is greedy, a width that holds everything is enumeration, and what lies between."""
    for rows, limit in ((PATHS, 3), (EARLY, 4)):
        following = _table(rows)
        best = max(_sentences(following, limit), key=lambda one: one[1])
        for width in (1, 2, 3, 500):
            want = best if width == 500 else _beam(following, width, limit)
            got = _as_answer(function(following, width, limit))
            if got[0] == want[0] and abs(got[1] - want[1]) < 1e-4:
                continue
            _name_beam(got, following, width, limit)
            expect_equal(got[0], want[0], f"the words found with width {width}, limit {limit}")
            expect_close(got[1], want[1], f"the log-probability with width {width}, limit {limit}")


def _as_answer(got: object) -> tuple[Words, float]:
    if not isinstance(got, tuple) or len(got) != 2:
        raise Mistake(f"expected (words, log-probability), got {type(got).__name__}")
    words = tuple(got[0])
    mistake_if(END in words, "the words end in <eos>; it says stop and is no word")
    return words, float(got[1])


def _name_beam(got: tuple[Words, float], following: Following, width: int, limit: int) -> None:
    known = {
        "it stops at the first sentence that is finished; a likelier one may still be on its way": (
            _beam(following, width, limit, first=True)
        ),
        "the probability of <eos> is not in the score: to stop is a choice like any other": _beam(
            following, width, limit, end=False
        ),
        "what finished earlier is forgotten: a short sentence may be the likeliest": _beam(
            following, width, limit, last=True
        ),
        "this is the greedy answer; is `width` used?": _beam(following, 1, limit),
        "a step too many: a sentence has at most `limit` words": _beam(following, width, limit + 1),
        "a step too few: `limit` words may be said before <eos>": _beam(
            following, width, limit - 1
        ),
    }
    for message, wrong in known.items():
        mistake_if(got[0] == wrong[0] and abs(got[1] - wrong[1]) < 1e-4, message)
    words, score = got
    right = dict(_sentences(following, limit)).get(words)
    mistake_if(
        right is not None and abs(score - math.exp(right)) < 1e-4,
        "this is the probability; its logarithm is wanted, which does not vanish on long sentences",
    )


@exercise(
    "08.3",
    title="the length penalty",
    minutes=10,
    hint="lp = ((5 + length) / 6) to the power of alpha; the score is divided by it. With alpha 0 "
    "that is 1 and nothing changes.",
)
def check_penalty(function) -> None:
    """Numbers at which each misreading gives another value."""
    for score, length, alpha in ((-6.0, 7, 0.6), (-2.5, 1, 1.0), (-9.0, 19, 0.0)):
        want = score / ((5 + length) / 6) ** alpha
        got = function(score, length, alpha)
        known = {
            "this divides by the length itself; Wu et al. put (5 + length) / 6 to the power of "
            "alpha": score / length**alpha,
            "the penalty multiplies; log-probabilities are negative, so that would favour short "
            "sentences even more": score * ((5 + length) / 6) ** alpha,
            "alpha is an exponent, not a factor": score / (alpha * (5 + length) / 6 or 1),
            "the 6 below is missing: a sentence of one token should have the penalty 1": score
            / (5 + length) ** alpha,
            "the penalty is added, not divided by": score + ((5 + length) / 6) ** alpha,
            "this is the penalty; the score divided by it is wanted": ((5 + length) / 6) ** alpha,
        }
        for message, wrong in known.items():
            mistake_if(resembles(got, wrong) and not resembles(wrong, want), message)
        expect_close(got, want, f"score {score}, length {length}, alpha {alpha}")


@exercise(
    "08.4",
    title="when may the search stop?",
    minutes=10,
    hint="A beginning can only lose by growing: every further word multiplies by at most 1. So "
    "compare the best of `finished` with the best of `going`.",
)
def check_stop(function) -> None:
    """Cases on which the usual rules and the right one differ."""
    cases: tuple[tuple[list[float], list[float], bool, str], ...] = (
        ([], [-1.0, -2.0], False, "nothing is finished yet, so there is nothing to give"),
        ([-3.0], [-1.0, -5.0], False, "a sentence is finished, but a beginning is still likelier"),
        ([-3.0], [-3.5, -5.0], True, "no beginning can get likelier than it is; wait no longer"),
        ([-9.0, -3.0, -7.0], [-3.5], True, "the best that is finished decides, not the last"),
        ([-3.0, -2.5], [-8.0, -2.0], False, "the best of the beginnings decides, not the first"),
        ([-3.0], [], True, "nothing is left to go on with"),
    )
    for finished, going, want, why in cases:
        got = function(list(finished), list(going))
        if isinstance(got, torch.Tensor):
            got = bool(got)
        case = f"finished {finished}, going {going}"
        mistake_if(got is None, f"{case}: expected True or False, got None; is the return missing?")
        mistake_if(bool(got) != want, f"{case}: expected {want}: {why}")
