"""Races: several ways to do the same work, taken in turn, so that a slow minute slows them all."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

# What does one round of the work and says how much of it there was: tokens, or sentences.
Entrant = Callable[[], int]
Clock = Callable[[], float]
LEAST = 5


@dataclass(frozen=True)
class Race:
    """rates: for each entrant its work a second in each round, the rounds in the same order."""

    rates: Mapping[str, Sequence[float]]

    def rate(self, name: str) -> float:
        """The median over the rounds."""
        return statistics.median(self.rates[name])

    def ratios(self, name: str, other: str) -> list[float]:
        """How many times as fast `name` was as `other`, in each round."""
        return [a / b for a, b in zip(self.rates[name], self.rates[other], strict=True)]

    def ratio(self, name: str, other: str) -> float:
        """The median of the rounds' ratios: what slows a whole round is in neither."""
        return statistics.median(self.ratios(name, other))

    def best(self, names: Sequence[str]) -> str:
        """The fastest of these."""
        return max(names, key=self.rate)


def race(entrants: Mapping[str, Entrant], rounds: int, clock: Clock) -> Race:
    """Let all entrants work once unmeasured, then `rounds` times in turn, each round begun by the
    next of them. Raises ValueError for fewer rounds than `LEAST` or an entrant without work."""
    if rounds < LEAST:
        raise ValueError(f"rounds: wanted at least {LEAST} for a median, got {rounds}")
    for entrant in entrants.values():
        entrant()
    names = list(entrants)
    rates: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            started = clock()
            done = entrants[name]()
            seconds = clock() - started
            if not done or seconds <= 0:
                raise ValueError(f"{name}: wanted work that takes time, got {done} in {seconds} s")
            rates[name].append(done / seconds)
    return Race(rates)


def clock(threads: int) -> Clock:
    """The process's own time on one thread, which others on the machine disturb least; with more
    threads, whose times would add up, the wall's."""
    return time.process_time if threads == 1 else time.perf_counter


@dataclass(frozen=True)
class Row:
    """One line of the table. `wanted` is the least ratio (for a `most`, the most) aimed at, or None
    where nothing was; `ratios` are the rounds' own."""

    what: str
    ours: str
    peer: str
    theirs: str
    ratios: Sequence[float]
    wanted: float | None = None
    most: bool = False

    @property
    def ratio(self) -> float:
        """The median."""
        return statistics.median(self.ratios)

    @property
    def verdict(self) -> str:
        """Whether the aim is met, by the median."""
        if self.wanted is None:
            return ""
        met = self.ratio <= self.wanted if self.most else self.ratio >= self.wanted
        return "met" if met else "not met"

    @property
    def aim(self) -> str:
        """What was aimed at, in words."""
        return "" if self.wanted is None else f"{'≤' if self.most else '≥'} {self.wanted:g}"


def rows(what: str, result: Race, ours: str, wanted: Mapping[str, float]) -> list[Row]:
    """Ours beside each peer, the best of them first; `wanted` is by peer, "" for the best."""
    peers = sorted((name for name in result.rates if name != ours), key=result.rate, reverse=True)
    return [
        Row(
            what,
            f"{result.rate(ours):,.0f}",
            f"{name} (best)" if place == 0 else name,
            f"{result.rate(name):,.0f}",
            result.ratios(ours, name),
            wanted.get(name, wanted.get("") if place == 0 else None),
        )
        for place, name in enumerate(peers)
    ]


def table(lines: Sequence[Row]) -> str:
    """The rows in Markdown."""
    head = ("what", "ours", "peer", "peer's", "ratio", "rounds from – to", "aim", "")
    body = [
        (
            line.what,
            line.ours,
            line.peer,
            line.theirs,
            f"{line.ratio:.2f}",
            f"{min(line.ratios):.2f} – {max(line.ratios):.2f}",
            line.aim,
            line.verdict,
        )
        for line in lines
    ]
    cells = [head, ("---",) * len(head), *body]
    return "\n".join("| " + " | ".join(row) + " |" for row in cells)
