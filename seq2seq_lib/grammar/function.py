"""The function words: pronouns and determiners, read from tables in data/lexicon."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache

from .lexicon import DATA


@dataclass(frozen=True)
class Pronoun:
    """A personal pronoun in both languages; `agreement` is the number adjectives take."""

    english: str
    english_object: str
    french: str
    direct: str
    indirect: str
    disjunctive: str
    reflexive: str
    person: str
    number: str
    agreement: str
    gender: str
    possessive: str


@dataclass(frozen=True)
class Determiner:
    """A determiner in both languages; an empty form does not exist or does not differ."""

    english: str
    english_plural: str
    masculine: str
    feminine: str
    masculine_plural: str
    feminine_plural: str
    masculine_vowel: str
    feminine_vowel: str
    kind: str

    def form(self, gender: str, number: str) -> str:
        """The French form for a gender (m, f) and a number (sg, pl)."""
        name = "masculine" if gender == "m" else "feminine"
        return getattr(self, name if number == "sg" else f"{name}_plural")

    def forms(self) -> tuple[str, ...]:
        """Its distinct French forms before a consonant."""
        every = (self.form(gender, number) for number in ("sg", "pl") for gender in "mf")
        return tuple(dict.fromkeys(form for form in every if form))


@dataclass(frozen=True)
class Entry:
    """A closed-class word and what it is."""

    kind: str
    english: str
    french: str


def _rows(name: str, record: type) -> tuple:
    path = DATA / f"{name}.tsv"
    lines = path.read_text(encoding="utf-8").splitlines()
    wanted = [field.name for field in fields(record)]
    if not lines or lines[0].split("\t") != wanted:
        raise ValueError(f"{path.name}, line 1: wanted the header {wanted}; got {lines[:1]}")
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        cells = line.split("\t")
        if len(cells) != len(wanted):
            raise ValueError(
                f"{path.name}, line {number}: wanted {len(wanted)} columns; got {len(cells)}"
            )
        rows.append(record(*cells))
    return tuple(rows)


@cache
def pronouns() -> dict[str, Pronoun]:
    """Pronouns by their English subject form."""
    return {row.english: row for row in _rows("pronouns", Pronoun)}


@cache
def determiners() -> dict[str, Determiner]:
    """Determiners by their English singular."""
    return {row.english: row for row in _rows("determiners", Determiner)}


@cache
def entries(kind: str) -> tuple[Entry, ...]:
    """The closed-class words of one kind, in the table's order."""
    found = tuple(row for row in _rows("function", Entry) if row.kind == kind)
    if not found:
        raise ValueError(f"kind: wanted one that function.tsv has; got {kind!r}")
    return found
