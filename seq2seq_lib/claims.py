"""Claims: sentences about results that are held to a bound each time the chapter runs.

A claim prints one line that is the same on every machine, because it names the bound and
never the measured value. When the bound does not hold, the claim raises and says both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_recorded: list[Claim] = []


class ClaimFailed(AssertionError):
    """A claim whose bound does not hold; the message gives the bound and the value."""


@dataclass(frozen=True)
class Claim:
    """One claim that held: its sentence, its bound in words, its seeds, its values."""

    statement: str
    bound: str
    seeds: str
    values: tuple[float, ...]

    @property
    def line(self) -> str:
        """The printed line: no measured value in it, so it never changes."""
        bound = f": {self.bound}" if self.bound else ""
        seeds = f" ({self.seeds})" if self.seeds else ""
        return f"✓ {self.statement}{bound}{seeds}"


def claim(
    statement: str,
    value: object,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    between: tuple[float, float] | None = None,
    unit: str = "",
    seeds: int | None = None,
) -> None:
    """Print `statement` with its bound if `value` keeps within it, and raise if not.

    `value` is a number, or a sequence with one number a seed, all of which must keep
    within the bound. A truth value (or a sequence of them) takes no bound: it must be
    true. Bounds are in `unit`, and inclusive. Infinities and NaN never hold.

    Raises `ClaimFailed` with value and bound when the claim does not hold, `ValueError`
    when the claim is malformed (no bound, empty sequence, seeds that disagree).
    """
    if not statement.strip() or "\n" in statement:
        raise ValueError(f"a claim wants a sentence on one line, got {statement!r}")
    values, many, truth = _values(value)
    low, high = _limits(at_least, at_most, between, truth)
    bound = "" if truth else _words(low, high, unit)
    made = Claim(statement, bound, _seeds(seeds, len(values), many), values)
    if not all(math.isfinite(number) and low <= number <= high for number in values):
        raise ClaimFailed(_failure(made, truth, unit))
    _recorded.append(made)
    print(made.line)


def recorded() -> list[Claim]:
    """The claims that held in this process so far, oldest first."""
    return list(_recorded)


def _values(value: Any) -> tuple[tuple[float, ...], bool, bool]:
    """The numbers, whether they came as a sequence, and whether they are truth values."""
    plain = value.tolist() if hasattr(value, "tolist") else value
    many = isinstance(plain, Sequence) and not isinstance(plain, str)
    items = [
        item.tolist() if hasattr(item, "tolist") else item for item in (plain if many else [plain])
    ]
    if not items:
        raise ValueError("a claim wants at least one value, got an empty sequence")
    for item in items:
        if not isinstance(item, bool | int | float):
            raise ValueError(f"a claim wants a number or one number a seed, got {value!r}")
    truths = [isinstance(item, bool) for item in items]
    if any(truths) and not all(truths):
        raise ValueError(f"a claim wants numbers or truth values, not both, got {value!r}")
    return tuple(float(item) for item in items), many, truths[0]


def _limits(
    at_least: float | None,
    at_most: float | None,
    between: tuple[float, float] | None,
    truth: bool,
) -> tuple[float, float]:
    """Lower and upper bound; a missing side is infinite, a truth value must be one."""
    given = [bound for bound in (at_least, at_most, between) if bound is not None]
    if truth:
        if given:
            raise ValueError("a claim about a truth value takes no bound")
        return 1.0, math.inf
    if not given:
        raise ValueError("a claim about a number wants at_least, at_most or between")
    if between is not None:
        if len(given) > 1:
            raise ValueError("a claim wants between, or at_least and at_most, not both")
        at_least, at_most = between
    low = -math.inf if at_least is None else float(at_least)
    high = math.inf if at_most is None else float(at_most)
    if math.isnan(low) or math.isnan(high) or low > high or math.inf in (low, -high):
        raise ValueError(f"a claim's lower bound must not pass its upper, got {low} and {high}")
    if math.isinf(low) and math.isinf(high):
        raise ValueError("a claim wants a finite bound, got infinite ones")
    return low, high


def _words(low: float, high: float, unit: str) -> str:
    if math.isinf(high):
        text = f"at least {low:.12g}"
    elif math.isinf(low):
        text = f"at most {high:.12g}"
    else:
        text = f"between {low:.12g} and {high:.12g}"
    return f"{text} {unit}".rstrip()


def _seeds(seeds: int | None, count: int, many: bool) -> str:
    if many:
        if seeds is not None and seeds != count:
            raise ValueError(f"a claim wants one value a seed: {seeds} seeds, {count} values")
        return f"each of {count} seeds" if count > 1 else "1 seed"
    if seeds is None:
        return ""
    if seeds < 1:
        raise ValueError(f"seeds must be at least 1, got {seeds}")
    return f"{seeds} seeds" if seeds > 1 else "1 seed"


def _failure(made: Claim, truth: bool, unit: str) -> str:
    if truth:
        came = ", ".join(str(bool(number)) for number in made.values)
        return f"✗ {made.statement}: wanted true, came {came}"
    came = ", ".join(f"{number:.6g}" for number in made.values)
    return f"✗ {made.statement}: wanted {made.bound}, came {came} {unit}".rstrip()
