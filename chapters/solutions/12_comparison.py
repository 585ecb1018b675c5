"""Chapter 12, worked solutions: which is better, at what price?"""

import math
from collections.abc import Callable, Sequence
from itertools import permutations

from torch import Tensor

from seq2seq_lib.significance import middle


def exercise_12_1(costs: dict[str, float], reference: str, steps: int) -> dict[str, int]:
    """The budget is one number of seconds; each fills it with its own steps."""
    budget = steps * costs[reference]
    return {name: math.floor(budget / cost + 1e-9) for name, cost in costs.items()}


def exercise_12_2(count: Callable[[int], int], target: int, step: int) -> int:
    """The first width that reaches the target, or the one before it."""
    width = step
    while count(width) < target:
        width += step
    return min(width - step or step, width, key=lambda n: abs(count(n) - target))


def exercise_12_3(
    first: Tensor, second: Tensor, draws: Tensor, score: Callable[[Tensor], Tensor]
) -> float:
    """Both systems on the same sample, time after time."""
    wins = [bool(score(first[drawn].sum(0)) > score(second[drawn].sum(0))) for drawn in draws]
    return sum(wins) / len(wins)


def exercise_12_4(
    rows: dict[str, Tensor], draws: Tensor, score: Callable[[Tensor], Tensor]
) -> set[tuple[str, str]]:
    """The interval of the difference, not the difference of the intervals."""
    scores = {name: score(found[draws].sum(1)) for name, found in rows.items()}
    return {
        (better, worse)
        for better, worse in permutations(rows, 2)
        if middle(scores[better] - scores[worse])[0] > 0
    }


def exercise_12_5(
    first: Sequence[float], second: Sequence[float], margin: float
) -> tuple[int, int] | None:
    """The worst seed of the one that is said to be better, against the best of the other."""
    i = min(range(len(first)), key=lambda seed: first[seed])
    j = max(range(len(second)), key=lambda seed: second[seed])
    return (i, j) if first[i] - second[j] < margin else None


def exercise_12_6(
    x: Sequence[float], first: Sequence[float], second: Sequence[float]
) -> float | None:
    """Two neighbours between which the gap changes its sign, and a straight line over log x."""
    gaps = [b - a for a, b in zip(first, second, strict=True)]
    for place in range(1, len(x)):
        before, after = gaps[place - 1], gaps[place]
        if before < 0 <= after:
            share = before / (before - after)
            return x[place - 1] * (x[place] / x[place - 1]) ** share
    return None


def exercise_12_7(x: Sequence[float], y: Sequence[float]) -> float:
    """The slope of log y over log x, by least squares."""
    u, v = [math.log(a) for a in x], [math.log(b) for b in y]
    mean_u, mean_v = sum(u) / len(u), sum(v) / len(v)
    together = sum((a - mean_u) * (b - mean_v) for a, b in zip(u, v, strict=True))
    return together / sum((a - mean_u) ** 2 for a in u)
