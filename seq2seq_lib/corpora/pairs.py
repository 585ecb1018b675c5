"""A sentence pair with what is known about it, and a corpus of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Agreement:
    """A target position whose form agreement chose, and the forms that it might have been."""

    position: int
    rivals: tuple[str, ...]


@dataclass(frozen=True)
class Pair:
    """A sentence and its translation, as tokens.

    `alignment` holds links (source position, target position), counted from 0. `phenomena` are
    labels such as "negation:pas". All three are empty where a corpus does not give them.
    `references` are all translations that the corpus has of the source, as they are printed there,
    for scoring; empty where `target` is the only one.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    alignment: tuple[tuple[int, int], ...] = ()
    phenomena: tuple[str, ...] = ()
    agreement: tuple[Agreement, ...] = ()
    references: tuple[str, ...] = ()


@dataclass(frozen=True)
class Splits:
    """A corpus. `long` is longer than anything in `train`; `novel` has its words in pairs that
    `train` never has. A corpus without these leaves them empty.
    """

    train: tuple[Pair, ...]
    valid: tuple[Pair, ...]
    test: tuple[Pair, ...]
    long: tuple[Pair, ...] = ()
    novel: tuple[Pair, ...] = ()
