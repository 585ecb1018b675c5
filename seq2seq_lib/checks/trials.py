"""Trying a learner's test: it must pass what is right and fail, by an assertion, what is broken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from seq2seq_lib.checks.registry import Mistake


@dataclass(frozen=True)
class Case:
    """Something to try a test on. `make` gives a fresh one, `name` says what it is.

    A right case is named so that "one that …" goes on with it, a broken one so that "when …" does.
    """

    name: str
    make: Callable[[], Callable]


def judge(test: Callable, right: Sequence[Case], broken: Sequence[Case], *, blind: str) -> None:
    """Raise `Mistake`, saying which, unless `test` passes all `right` and fails all `broken`.

    `blind` is the likely reason why a test of this exercise fails nothing at all.
    """
    for case in right:
        said = _tried(test, case)
        if said is not None:
            raise Mistake(f"your test refuses a right one too, one that {case.name} ({said})")
    through = [case for case in broken if _tried(test, case) is None]
    if len(through) == len(broken):
        raise Mistake(
            f"your test passes everything, {len(broken)} broken ones too: it asserts nothing that "
            f"they break; {blind}"
        )
    if through:
        raise Mistake(f"your test lets the bug through when {through[0].name}")


def _tried(test: Callable, case: Case) -> str | None:
    """What the test's assertion said of a case, or None if it passed. Mistake for all else."""
    try:
        answer = test(case.make())
    except AssertionError as error:
        return _short(str(error)) or "an assertion without a word"
    except (Mistake, NotImplementedError):
        raise
    except Exception as error:
        raise Mistake(
            f"your test fails for another reason than an assertion: {type(error).__name__}: "
            f"{_short(str(error))}"
        ) from error
    if answer is not None:
        raise Mistake(
            f"your test returns {type(answer).__name__} and leaves the judging to others; a test "
            "returns nothing: it asserts"
        )
    return None


def _short(text: str, most: int = 80) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"
