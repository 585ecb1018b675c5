"""Plausible wrong answers, one module a chapter: a list `WRONG` of `Wrong`.

`tests/test_exercises.py` gives each to its check, which must reject it and say why.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Wrong:
    """A wrong answer: the exercise ("06.1"), the function, and words its rejection must hold."""

    exercise: str
    function: Callable
    diagnosis: str
