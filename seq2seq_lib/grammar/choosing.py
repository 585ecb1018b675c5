"""Random choices that come out the same everywhere, and what goes with what."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from itertools import accumulate

from .lexicon import DATA, Adjective, Lexicon, Noun, Verb, lexicon

GROUPS = ("family", "profession", "other")


class DeadEnd(ValueError):
    """No word fits here; the derivation is given up and another one drawn."""


class Choice:
    """Weighted choices from one generator; only its random() is used, so nothing can drift."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self._random.random() < probability

    def weighted(self, **weights: float) -> str:
        """One of the names, by weight; underscores in a name stand for spaces."""
        name = self._at(list(weights), list(weights.values()))
        return name.replace("_", " ")

    def of(self, items: Sequence):
        """One item, all equally likely. Raises DeadEnd if there is none."""
        return self._at(items, [1.0] * len(items))

    def zipf(self, items: Sequence):
        """One item, earlier ones likelier: the weight of rank r is 1 / (r + 6)^0.9."""
        return self._at(items, [1.0 / (rank + 6) ** 0.9 for rank in range(len(items))])

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self._random.random() * (high - low + 1))

    def _at(self, items: Sequence, weights: list[float]):
        if not items:
            raise DeadEnd("choice: wanted something to choose from; got nothing")
        bounds = list(accumulate(weights))
        return items[min(bisect_right(bounds, self._random.random() * bounds[-1]),
                         len(items) - 1)]


@cache
def unlikely() -> frozenset[tuple[str, str]]:
    """Pairs of English lemmas that the classes allow and nobody says, from unlikely.tsv."""
    lines = (DATA / "unlikely.tsv").read_text(encoding="utf-8").splitlines()[1:]
    pairs = set()
    for number, line in enumerate(lines, start=2):
        cells = line.split("\t")
        if len(cells) != 2:
            raise ValueError(f"unlikely.tsv, line {number}: wanted 2 columns; got {len(cells)}")
        pairs.update((cells[0], word) for word in cells[1].split("|"))
    return frozenset(pairs)


def likely(left: str, right: str) -> bool:
    """Whether somebody might say the two together."""
    return (left, right) not in unlikely()


@cache
def nouns_for(verb: Verb, role: str = "object") -> dict[str, tuple[Noun, ...]]:
    """A verb's possible objects (or subjects), by class; persons by group."""
    words = lexicon()
    found: dict[str, tuple[Noun, ...]] = {}
    for name in sorted(verb.object if role == "object" else verb.subject):
        kept = tuple(noun for noun in words.nouns_of(name)
                     if likely(verb.english, noun.english) or role != "object")
        if kept:
            found[name] = kept
    return found


@cache
def people() -> dict[str, tuple[Noun, ...]]:
    """Persons in three groups, so that long lists of professions do not crowd out the rest."""
    persons = lexicon().nouns_of("person")
    return {
        "family": tuple(noun for noun in persons if "family" in noun.classes),
        "profession": tuple(noun for noun in persons if "profession" in noun.classes),
        "other": tuple(noun for noun in persons
                       if not noun.classes & {"family", "profession"}),
    }


@cache
def adjectives_for(noun: Noun, *, attributive: bool) -> tuple[Adjective, ...]:
    """The adjectives that may stand beside the noun, or be said of it."""
    banned = "only" if attributive else "no"
    return tuple(
        adjective for adjective in lexicon().adjectives
        if adjective.classes & noun.classes and adjective.predicative != banned
        and likely(adjective.english, noun.english)
    )


@cache
def verbs_for(frame: str) -> tuple[Verb, ...]:
    """The verbs of a frame, commonest first."""
    words: Lexicon = lexicon()
    return words.verbs_of(frame)
