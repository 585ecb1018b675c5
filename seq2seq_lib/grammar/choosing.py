"""Random choices that come out the same everywhere, and what goes with what."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from itertools import accumulate

from .lexicon import DATA, Adjective, Noun, Verb, lexicon

KINDS = (
    "only", "unlikely", "stative", "absolute", "second", "manner", "degree", "point", "perfect",
    "purpose", "mover", "prelude", "lacking", "everyday", "cause", "owned", "monthly",
    "past only", "state", "momentary", "timeless", "sequel", "indoor", "event", "pair",
    "definite", "inner", "rare", "result", "habitual",
    "unowned", "mass sale", "lengthy",
)


class DeadEnd(ValueError):
    """No word fits here; the derivation is given up and another one drawn."""


@cache
def _bounds(count: int) -> tuple[float, ...]:
    """Running totals of Zipf-like weights: rank r weighs 1 / (r + 1.5)^1.2.

    Steep, as in speech: a hundred English words make two thirds of the text.
    """
    return tuple(accumulate(1.0 / (rank + 1.5) ** 1.2 for rank in range(count)))


class Choice:
    """Weighted choices from one generator; only its random() is used, so nothing can drift."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self._random.random() < probability

    def weighted(self, **weights: float) -> str:
        """One of the names, by weight; underscores in a name stand for spaces."""
        bounds = list(accumulate(weights.values()))
        return list(weights)[self._place(bounds)].replace("_", " ")

    def of(self, items: Sequence):
        """One item, all equally likely. Raises DeadEnd if there is none."""
        return items[self._place(range(1, len(items) + 1))]

    def zipf(self, items: Sequence):
        """One item, earlier ones likelier. Raises DeadEnd if there is none."""
        return items[self._place(_bounds(len(items)))]

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self._random.random() * (high - low + 1))

    def _place(self, bounds: Sequence[float]) -> int:
        if not bounds:
            raise DeadEnd("choice: wanted something to choose from; got nothing")
        return min(bisect_right(bounds, self._random.random() * bounds[-1]), len(bounds) - 1)


@cache
def collocations(kind: str) -> dict[str, tuple[str, ...]]:
    """What collocations.tsv says of one kind: left lemma → right lemmas ("*" for any).

    Raises ValueError for an unknown kind or a malformed line, named by its number.
    """
    if kind not in KINDS:
        raise ValueError(f"collocation: wanted one of {', '.join(KINDS)}; got {kind!r}")
    found: dict[str, tuple[str, ...]] = {}
    lines = (DATA / "collocations.tsv").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines[1:], start=2):
        cells = line.split("\t")
        if len(cells) != 3 or cells[0] not in KINDS:
            raise ValueError(f"collocations.tsv, line {number}: wanted 3 columns, the first a "
                             f"known kind; got {line!r}")
        if cells[0] == kind:
            right = tuple(cells[2].split("|")) if cells[2] else ()
            found[cells[1]] = found.get(cells[1], ()) + right
    return found


def is_a(kind: str, lemma: str) -> bool:
    """Whether a lemma is listed under a kind at all."""
    return lemma in collocations(kind)


def goes(kind: str, left: str, right: str) -> bool:
    """Whether a kind lists the right lemma with the left one, or "*" for any."""
    return bool({right, "*"} & set(collocations(kind).get(left, ())))


def likely(left: str, right: str) -> bool:
    """Whether somebody might say the two together."""
    return right not in collocations("unlikely").get(left, ())


@cache
def objects_for(verb: Verb, animal: bool = False) -> dict[str, tuple[Noun, ...]]:
    """A verb's possible objects by class; `animal` is said of its subject."""
    only = collocations("only")
    found: dict[str, tuple[Noun, ...]] = {}
    for name in sorted(verb.object):
        allowed = only.get(f"{verb.english}:{name}")
        allowed = only.get(f"{verb.english}+{verb.frame}:{name}", allowed)
        if animal:
            allowed = only.get(f"{verb.english}@animal:{name}", allowed)
        kept = tuple(
            noun for noun in lexicon().nouns_of(name)
            if (allowed is None or noun.english in allowed)
            and not ("clothing" in noun.classes and "clothing" not in verb.object)
        )
        if kept:
            found[name] = kept
    return found


@cache
def subjects_for(verb: Verb) -> dict[str, tuple[Noun, ...]]:
    """A verb's possible subjects by class."""
    only = collocations("only")
    found: dict[str, tuple[Noun, ...]] = {}
    for name in sorted(verb.subject):
        allowed = only.get(f"{verb.english}@{name}")
        kept = tuple(noun for noun in lexicon().nouns_of(name)
                     if allowed is None or noun.english in allowed)
        if kept:
            found[name] = kept
    return found


@cache
def people() -> dict[str, tuple[Noun, ...]]:
    """Persons in three groups, so that long lists of professions do not crowd out the rest."""
    persons = lexicon().nouns_of("person")
    common = ("friend", "man", "woman", "child", "boy", "girl", "neighbour", "student")
    rest = [noun for noun in persons if not noun.classes & {"family", "profession"}]
    return {
        "family": tuple(noun for noun in persons if "family" in noun.classes),
        "profession": tuple(noun for noun in persons if "profession" in noun.classes),
        "other": tuple(sorted(rest, key=lambda noun: noun.english not in common)),
    }


@cache
def people_in(group: str, allowed: tuple[Noun, ...]) -> tuple[Noun, ...]:
    """The persons of one group that are allowed, or all that are if none is."""
    wanted = frozenset(allowed)
    return tuple(noun for noun in people()[group] if noun in wanted) or allowed


@cache
def adjectives_for(noun: Noun, *, attributive: bool, verb: str = "") -> tuple[Adjective, ...]:
    """The adjectives that may stand beside the noun, or be said of it."""
    banned = "only" if attributive else "no"
    return tuple(
        adjective for adjective in lexicon().adjectives
        if adjective.classes & noun.classes and adjective.predicative != banned
        and likely(adjective.english, noun.english) and likely(verb, adjective.english)
    )


@cache
def verbs_about(lemma: str) -> tuple[Verb, ...]:
    """The transitive verbs that may have this noun as their object."""
    return tuple(verb for verb in lexicon().verbs_of("transitive")
                 if any(noun.english == lemma for nouns in objects_for(verb).values()
                        for noun in nouns))


@cache
def verbs_for(frame: str) -> tuple[Verb, ...]:
    """The verbs of a frame, in the lexicon's order."""
    return lexicon().verbs_of(frame)


def is_stative(verb: Verb) -> bool:
    """Whether English says its past simply where French has the imparfait (knew, wanted)."""
    frames = collocations("stative").get(verb.english, ())
    return "*" in frames or verb.frame in frames
