"""Tokens to numbers and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

PAD, UNK, BOS, EOS = range(4)
SIDES = ("source", "target")
SPECIALS = ("<pad>", "<unk>", "<bos>", "<eos>")


class Numbering(Protocol):
    """What every vocabulary does, whatever its entries are: words to numbers and back."""

    @property
    def tokens(self) -> tuple[str, ...]:
        """The entries, the four specials first."""

    def __len__(self) -> int: ...

    def __contains__(self, token: str) -> bool: ...

    def encode(self, tokens: Sequence[str], *, strict: bool = False) -> list[int]:
        """Numbers of words, in their order."""

    def decode(self, numbers: Iterable[int]) -> list[str]:
        """Words of numbers, up to the first `<eos>`."""

    def to_plain(self) -> list | dict:
        """As plain values, for JSON."""


@dataclass(frozen=True)
class Vocabulary:
    """The tokens that a model knows. The first four are `<pad>`, `<unk>`, `<bos>` and `<eos>`."""

    tokens: tuple[str, ...]

    def __post_init__(self) -> None:
        if tuple(self.tokens[:4]) != SPECIALS:
            raise ValueError(f"a vocabulary begins with {SPECIALS}, got {self.tokens[:4]}")
        if len(set(self.tokens)) != len(self.tokens):
            twice = [token for token, count in Counter(self.tokens).items() if count > 1]
            raise ValueError(f"a vocabulary lists each token once, got twice: {twice[:5]}")

    @classmethod
    def build(
        cls, sentences: Iterable[Sequence[str]], *, minimum: int = 1, size: int | None = None
    ) -> Vocabulary:
        """The tokens of `sentences` that occur at least `minimum` times, the most frequent first.

        `size` bounds the number of entries, the four specials included. Tokens of equal frequency
        are in alphabetical order, so that the same corpus gives the same numbers everywhere.
        Raises ValueError if the corpus is empty.
        """
        counts = Counter(token for sentence in sentences for token in sentence)
        if not counts:
            raise ValueError("a vocabulary needs at least one token, the corpus has none")
        kept = [token for token, count in counts.items() if count >= minimum]
        kept.sort(key=lambda token: (-counts[token], token))
        return cls((*SPECIALS, *kept)[:size])

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {token: number for number, token in enumerate(self.tokens)}

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: str) -> bool:
        return token in self._numbers

    def encode(self, tokens: Sequence[str], *, strict: bool = False) -> list[int]:
        """The number of each token. An unknown one becomes `<unk>`; `strict` makes it an error."""
        if strict:
            unknown = [token for token in tokens if token not in self]
            if unknown:
                raise ValueError(
                    f"wanted tokens of this vocabulary of {len(self)}, got {unknown[0]!r}"
                )
        return [self._numbers.get(token, UNK) for token in tokens]

    def decode(self, numbers: Iterable[int]) -> list[str]:
        """The tokens of these numbers, up to the first `<eos>`; `<pad>` and `<bos>` are skipped.

        Raises ValueError for a number that the vocabulary does not have.
        """
        tokens = []
        for number in numbers:
            if number == EOS:
                break
            if not 0 <= number < len(self):
                raise ValueError(f"wanted numbers from 0 to {len(self) - 1}, got {number}")
            if number not in (PAD, BOS):
                tokens.append(self.tokens[number])
        return tokens


    def to_plain(self) -> list[str]:
        """As plain values, for JSON: the entries."""
        return list(self.tokens)


@dataclass(frozen=True)
class Vocabularies:
    """The two vocabularies of a translator, of words or of pieces of words."""

    source: Numbering
    target: Numbering

    @classmethod
    def build(
        cls,
        pairs: Iterable,
        *,
        minimum: int = 1,
        size: int | None = None,
        joint: bool = False,
    ) -> Vocabularies:
        """From pairs that have `.source` and `.target` tokens; `joint` makes one vocabulary of both
        languages, which is then source's and target's. `minimum` and `size` are those of
        `Vocabulary.build`, for each of them. Raises ValueError on no pairs."""
        pairs = list(pairs)
        sources, targets = ([getattr(pair, side) for pair in pairs] for side in SIDES)
        if joint:
            both = Vocabulary.build([*sources, *targets], minimum=minimum, size=size)
            return cls(both, both)
        return cls(
            *(Vocabulary.build(one, minimum=minimum, size=size) for one in (sources, targets))
        )
