"""The exercise machinery, on functions that go wrong in known ways and on a made-up chapter."""

import time
from collections.abc import Callable

import numpy as np
import pytest
import torch

from seq2seq_lib import checks
from seq2seq_lib.checks.attempts import CORRECT, UNTRIED, WRONG, Verdict, attempt
from seq2seq_lib.checks.registry import (
    Exercise,
    Mistake,
    expect_close,
    expect_equal,
    expect_shape,
    mistake_if,
    resembles,
)


def check_weights(weights: Callable) -> None:
    scores = torch.tensor([[0.0, 1.0, 2.0], [1.0, 0.0, 5.0]])
    mistake_if(resembles(weights(scores), scores.softmax(0)), "softmax runs over the batch axis")
    expect_close(weights(scores), scores.softmax(-1), "the weights", axes="(batch, source)")


EXERCISE = Exercise("98.1", "Weights", 5, "Softmax.", check_weights)


def judge(function: Callable, seconds: float = 10.0) -> Verdict:
    return attempt(EXERCISE, function, seconds=seconds)


def unfilled(scores):
    raise NotImplementedError("your turn")


def in_place(scores):
    scores -= scores.max()
    return scores.softmax(-1)


def through_numpy_in_place(scores):
    scores.numpy()[0, 0] = 3.0
    return scores.softmax(-1)


def clumsy(scores):
    turned = scores.T
    return scores @ turned @ turned


def unsupported(scores):
    return scores.long().softmax(-1)


def endless(scores):
    while True:
        try:
            time.sleep(0.01)
        except Exception:
            continue


def test_correct_wrong_and_not_attempted_each_say_so_on_one_line() -> None:
    assert judge(lambda scores: scores.softmax(-1)).line == "98.1 ✓ correct"
    assert judge(unfilled) == Verdict("98.1", UNTRIED)
    assert judge(unfilled).line == "98.1 not attempted yet"
    wrong = judge(lambda scores: scores.softmax(0))
    assert wrong.line == "98.1 ✗ softmax runs over the batch axis"


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda scores: None, "got None; is the return missing?"),
        (lambda scores: scores.softmax(-1).numpy(), "got a numpy array"),
        (lambda scores: (scores, scores), "got a tuple of 2"),
        (lambda scores: scores.softmax(-1).tolist(), "got list"),
        (lambda scores: scores.softmax(-1).T, "the same axes in another order"),
        (lambda scores: scores.softmax(-1)[None], "an axis of size 1 too many"),
        (lambda scores: scores.softmax(-1).long(), "expected real numbers, got int64"),
        (lambda scores: scores * float("nan"), "there is NaN in it"),
        (lambda scores: scores.softmax(-1) * 2, "at [0, 0]: expected 0.09003, got 0.1801"),
        (in_place, "changes its argument scores in place"),
        (through_numpy_in_place, "changes its argument scores in place"),
        (clumsy, "line 3 of clumsy (`return scores @ turned @ turned`) raised RuntimeError"),
        (clumsy, "called with scores=Tensor (2, 3)"),
        (unsupported, "NotImplementedError"),
        (lambda: 1, "must take what the exercise gives it"),
        (lambda scores: exit(), "SystemExit"),
        ("weights", "check wants your function itself, got str"),
    ],
)
def test_common_faults_have_their_own_message(function: Callable, words: str) -> None:
    verdict = judge(function)
    assert verdict.outcome == WRONG
    assert words in verdict.line
    assert "\n" not in verdict.line


def test_a_list_of_plain_words_is_watched_too() -> None:
    def check_reversed(function: Callable) -> None:
        found = function(["a", "b", float("nan")], {"a": 1, "b": None})
        mistake_if(found != ["b", "a"], "that is not the words reversed")

    def reverses_in_place(words, counts):
        words[:2] = words[1::-1]
        return words[:2]

    def counts_in_place(words, counts):
        counts["a"] += 1
        return words[1::-1]

    exercise = Exercise("98.2", "Reverse", 5, "Slice.", check_reversed)
    lines = [attempt(exercise, each).line for each in (reverses_in_place, counts_in_place)]
    assert "changes its argument words in place" in lines[0]
    assert "changes its argument counts in place" in lines[1]
    assert attempt(exercise, lambda words, counts: words[1::-1]).outcome == CORRECT


def test_endless_loop_is_stopped_though_it_catches_exceptions() -> None:
    began = time.monotonic()
    verdict = judge(endless, seconds=0.3)
    assert "stopped after 0.3 seconds" in verdict.line
    assert time.monotonic() - began < 5


def test_check_leaves_random_numbers_as_they_were() -> None:
    torch.manual_seed(3)
    wanted = torch.rand(3)
    torch.manual_seed(3)
    judge(lambda scores: torch.rand(5) + scores)
    torch.testing.assert_close(torch.rand(3), wanted, rtol=0, atol=0)


def test_interrupt_by_the_reader_is_not_swallowed() -> None:
    def interrupted(scores):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judge(interrupted)


@pytest.mark.parametrize(
    ("trial", "words"),
    [
        (lambda: expect_shape(torch.ones(2, 3), (3, 4), "it", axes="(a, b)"), "(3, 4) (a, b), got"),
        (lambda: expect_close(None, 2.0, "it"), "expected 2, got None"),
        (lambda: expect_close("2", 2.0, "it"), "expected a number, got str"),
        (lambda: expect_close(float("nan"), 2.0, "it"), "expected 2, got nan"),
        (lambda: expect_close(2.1, 2.0, "it"), "expected 2, got 2.1"),
        (lambda: expect_equal([1], [2], "it"), "expected [2], got [1]"),
        (lambda: expect_equal((2,), [2], "it"), "expected list, got tuple"),
        (lambda: expect_equal(None, [2], "it"), "is the return missing?"),
    ],
)
def test_expectations_name_wanted_and_got(trial: Callable, words: str) -> None:
    with pytest.raises(Mistake, match="it.*") as raised:
        trial()
    assert words in str(raised.value)


def test_expectations_pass_what_is_right() -> None:
    expect_close(torch.tensor(2.0), 2.0, "it")
    expect_close(torch.ones(2, dtype=torch.float64), torch.ones(2), "it")
    expect_equal(["a"], ["a"], "it")
    assert resembles(np.pi, np.pi)
    assert not resembles(torch.ones(2), torch.ones(3))
    assert not resembles(None, 1.0)


def test_numbers_must_be_well_formed_and_known() -> None:
    with pytest.raises(ValueError, match='wants the form "06.1", got \'6.1\''):
        checks.check("6.1", unfilled)
    with pytest.raises(ValueError, match="there is no exercise 97.3; this chapter has"):
        checks.check("97.3", unfilled)
