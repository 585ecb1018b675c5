"""Checks of chapter 12, first half: what makes a comparison fair, and what is read off a curve.

Each check knows the answers that common mistakes give, so that it can name what went wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from seq2seq_lib.checks import chapter12_samples as _samples  # noqa: F401  (registers 12.3 to 12.5)
from seq2seq_lib.checks.registry import Mistake, exercise, expect_close, mistake_if, resembles


@exercise(
    "12.1",
    title="steps for the same seconds",
    minutes=10,
    hint="The budget in seconds is `steps * costs[reference]`. Divide it by each one's own cost, "
    "and round down: the last step must still fit. Do not divide by a difference of costs.",
)
def check_steps(function) -> None:
    """Three systems, of which the reference is neither the first nor the cheapest."""
    costs = {"slow": 0.3, "reference": 0.2, "quick": 0.07}
    got = function(dict(costs), "reference", 100)
    mistake_if(not isinstance(got, dict), f"wanted a dictionary, got {type(got).__name__}")
    mistake_if(set(got) != set(costs), f"wanted steps for {sorted(costs)}, got {sorted(got)}")
    budget = 100 * costs["reference"]
    known: dict[str, dict[str, float]] = {
        "this is upside down: what costs more per step gets fewer steps": {
            name: int(100 * cost / costs["reference"]) for name, cost in costs.items()
        },
        "all have the same steps; they were to have the same seconds": dict.fromkeys(costs, 100),
        "these are seconds, not steps: divide by what a step costs": {
            name: budget for name in costs
        },
        "the steps are rounded to the nearest; the last one must still fit, so round down": {
            name: round(budget / cost) for name, cost in costs.items()
        },
        "a step is whole: round down": {name: budget / cost for name, cost in costs.items()},
    }
    want = {"slow": 66, "reference": 100, "quick": 285}
    for message, wrong in known.items():
        same = all(resembles(got[name], wrong[name]) for name in costs)
        mistake_if(same and got != want, message)
    for name, steps in want.items():
        expect_close(got[name], steps, f"the steps of {name!r}")
    # 0.3 is no exact number in binary: three tenths of a second must hold three steps of a tenth.
    got = function({"a": 0.1, "b": 0.3}, "b", 1)
    mistake_if(
        got["a"] == 2,
        "0.3 / 0.1 is 2.999… in the machine's numbers: add a hair before you round down",
    )
    expect_close(got["a"], 3, "the steps of 0.1 s in 0.3 s")


def _nearest(count: Callable[[int], int], target: int, step: int) -> int:
    return min(range(step, 100 * step, step), key=lambda width: abs(count(width) - target))


@exercise(
    "12.2",
    title="match parameters",
    minutes=15,
    hint="`count` grows with the width. Go up in steps of `step` until it reaches the target; then "
    "the answer is this width or the one before, whichever is nearer in *parameters*.",
)
def check_match(function) -> None:
    """Counts that grow with the width and with its square; targets nearer to either side."""
    cases: list[tuple[Callable[[int], int], int, int]] = [
        (lambda n: 1000 * n + 8 * n * n, 100_000, 8),
        (lambda n: 1000 * n + 8 * n * n, 93_000, 8),
        (lambda n: 40 * n * n, 1_000_000, 4),
        (lambda n: 5000 * n, 160_000, 16),
    ]
    for count, target, step in cases:
        want = _nearest(count, target, step)
        got = function(count, target, step)
        at_least = next(w for w in range(step, 100 * step, step) if count(w) >= target)
        at_most = max([w for w in range(step, 100 * step, step) if count(w) <= target])
        finest = _nearest(count, target, 1)
        known = {
            "this is the number of parameters; the width was asked for": count(want),
            f"this width is no multiple of {step}, as heads and directions need": finest,
            "this is the least width that reaches the target; the one below it may be "
            "nearer": at_least,
            "this is the greatest width within the target; the one above it may be nearer": at_most,
            "this takes parameters to grow in proportion to the width; part of them grows with its "
            "square": step * round(target / count(step)),
        }
        for message, wrong in known.items():
            mistake_if(resembles(got, wrong) and wrong != want, message)
        expect_close(got, want, f"the width for {target:,} parameters in steps of {step}")


def _cross(x: Sequence[float], first, second, *, log=True, back=False) -> float | None:
    """Where the second overtakes the first for the first time, or the first the second."""
    scale = math.log if log else float
    gaps = [b - a for a, b in zip(first, second, strict=True)]
    gaps = [-gap for gap in gaps] if back else gaps
    for place in range(1, len(x)):
        if gaps[place - 1] < 0 <= gaps[place]:
            share = gaps[place - 1] / (gaps[place - 1] - gaps[place])
            found = scale(x[place - 1]) + share * (scale(x[place]) - scale(x[place - 1]))
            return math.exp(found) if log else found
    return None


@exercise(
    "12.6",
    title="find the crossover",
    minutes=20,
    hint="Take the gap, second minus first. Find the first two neighbours between which it goes "
    "from below zero to zero or above. Between them go along a straight line over log x: the share "
    "of the way is gap_before / (gap_before − gap_after).",
)
def check_crossover(function) -> None:
    """Curves that cross once, that cross the other way, and that never do."""
    cases: list[tuple[list[float], list[float], list[float]]] = [
        ([400, 2000, 20000], [10, 20, 30], [5, 18, 45]),
        ([10, 100, 1000, 10000], [4, 9, 12, 13], [1, 11, 12.5, 20]),
        ([1, 10, 100], [3, 4, 5], [1, 2, 4]),
        ([1, 10, 100], [1, 2, 4], [3, 4, 5]),
        ([1, 10, 100], [1, 3, 6], [2, 3.5, 4]),
        ([1, 10, 100], [5, 4, 1], [3, 2, 2]),
    ]
    for x, first, second in cases:
        want = _cross(x, first, second)
        got = function(list(x), list(first), list(second))
        if want is None:
            mistake_if(
                got is not None,
                "the second never overtakes the first here (it may be ahead from the beginning): "
                "the answer is None",
            )
            continue
        mistake_if(got is None, "the second does overtake the first here; got None")
        after = [n for n, a, b in zip(x, first, second, strict=True) if b >= a]
        known = {
            "the line between two measurements is drawn over x; amounts of data grow by factors, "
            "so draw it over log x": _cross(x, first, second, log=False),
            "this is the first measurement after the crossing; the curves meet between two of "
            "them": after[0],
            "this is the last measurement before the crossing; the curves meet between two of "
            "them": x[x.index(after[0]) - 1],
            "this is the log of the amount: go back with exp": math.log(want),
        }
        for message, wrong in known.items():
            mistake_if(wrong is not None and resembles(got, wrong), message)
        expect_close(got, want, f"the crossing of {first} and {second} over {x}")


def _slope(x: Sequence[float], y: Sequence[float]) -> float:
    across, up = sum(x) / len(x), sum(y) / len(y)
    spread = sum((a - across) ** 2 for a in x)
    return sum((a - across) * (b - up) for a, b in zip(x, y, strict=True)) / spread


@exercise(
    "12.7",
    title="the exponent of a power law",
    minutes=15,
    hint="y = c · x^a means log y = log c + a · log x: a straight line, whose slope by least "
    "squares is Σ(u − ū)(v − v̄) / Σ(u − ū)², with u = log x and v = log y.",
)
def check_exponent(function) -> None:
    """An exact square, a root that falls, and measurements with noise in them."""
    x = [10.0, 20.0, 50.0, 100.0, 200.0]
    noisy = [11.0, 24.0, 49.0, 131.0, 190.0]
    for y in ([3 * a**2 for a in x], [7 / math.sqrt(a) for a in x], noisy):
        u, v = [math.log(a) for a in x], [math.log(b) for b in y]
        want = _slope(u, v)
        known = {
            "this is the slope of y itself: take the logarithm of both": _slope(x, y),
            "the logarithm of x is missing": _slope(x, v),
            "the logarithm of y is missing": _slope(u, y),
            "this is the other way round: how x grows with y": _slope(v, u),
            "this is the slope from the first to the last point: what lies between must "
            "count": (v[-1] - v[0]) / (u[-1] - u[0]),
            "the line is forced through 0, as if the constant c were 1: take the means "
            "off first": sum(a * b for a, b in zip(u, v, strict=True)) / sum(a * a for a in u),
        }
        got = function(list(x), list(y))
        if got is None:
            raise Mistake("expected a number, got None; is the return missing?")
        for message, wrong in known.items():
            mistake_if(resembles(got, wrong) and not resembles(wrong, want), message)
        expect_close(got, want, f"the exponent of {[round(b, 2) for b in y]}")
