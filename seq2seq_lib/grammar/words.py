"""Tokens that know what they translate.

A derivation builds both sentences at once. Two tokens, one in each language, are aligned when
they hold the same *link*, a fresh object made for each word of the derivation. The linearisers
may then move words about as each language asks, and the alignment follows by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self


class Link:
    """One correspondence between the languages; compared by identity, it holds nothing."""

    __slots__ = ()


@dataclass(frozen=True)
class Token:
    """A word in one language.

    `links` are its correspondences. `rivals` are the other forms agreement could have chosen.
    `vowel` is the form taken before a vowel sound (le → l', beau → bel) and `vowel_rivals` its
    rivals there. `role` marks the few words that the surface pass must recognise.
    """

    text: str
    links: tuple[Link, ...] = ()
    rivals: tuple[str, ...] = ()
    vowel: str = ""
    vowel_rivals: tuple[str, ...] = ()
    role: str = ""


Tokens = tuple[Token, ...]


@dataclass(frozen=True)
class Phrase:
    """The same constituent in both languages, with what happened in it."""

    english: Tokens = ()
    french: Tokens = ()
    phenomena: tuple[str, ...] = ()
    combinations: tuple[tuple[str, str], ...] = ()

    def noting(self, *phenomena: str) -> Self:
        """The same phrase with further phenomena recorded."""
        return replace(self, phenomena=self.phenomena + phenomena)


def join(*phrases: Phrase | None) -> Phrase:
    """Phrases one after another, in the same order in both languages."""
    kept = [phrase for phrase in phrases if phrase is not None]
    return Phrase(
        english=tuple(token for phrase in kept for token in phrase.english),
        french=tuple(token for phrase in kept for token in phrase.french),
        phenomena=tuple(name for phrase in kept for name in phrase.phenomena),
        combinations=tuple(pair for phrase in kept for pair in phrase.combinations),
    )


def others(form: str, forms: Iterable[str]) -> tuple[str, ...]:
    """The distinct forms other than `form`, in the order given."""
    return tuple(dict.fromkeys(other for other in forms if other != form))


def spell(text: str, *links: Link) -> Tokens:
    """Every word of `text` as a token with the same links."""
    return tuple(Token(word, links) for word in text.split())


def french_words(text: str, *links: Link) -> Tokens:
    """Words of a fixed French expression; its short words elide where they must."""
    return tuple(french_word(word, *links) for word in text.split())


def french_word(word: str, *links: Link) -> Token:
    """One invariable French word, marked for elision or contraction if it undergoes either."""
    role = "preposition" if word in ("de", "à") else ""
    return Token(word, links, vowel=ELIDED.get(word, ""), role=role)


ELIDED = {
    "de": "d'", "que": "qu'", "ne": "n'", "je": "j'", "me": "m'", "te": "t'", "se": "s'",
    "ce": "c'", "le": "l'", "la": "l'", "jusque": "jusqu'",
}


def pairs(english: str, french: str, alignment: str = "") -> tuple[tuple[int, int], ...]:
    """The pairs of word positions that an alignment such as "0-2 1-0" names.

    An empty one links the words one by one, or each with each if their numbers differ.
    """
    left, right = len(english.split()), len(french.split())
    if alignment:
        named = [pair.split("-") for pair in alignment.split()]
        return tuple((int(source), int(target)) for source, target in named)
    return tuple((i, j) for i in range(left) for j in range(right) if left != right or i == j)


def matched(english: str, french: str, *phenomena: str, alignment: str = "") -> Phrase:
    """An expression translated as a whole, its words linked as `pairs` says."""
    found = [(*pair, Link()) for pair in pairs(english, french, alignment)]
    return Phrase(
        english=tuple(Token(word, tuple(link for i, _, link in found if i == at))
                      for at, word in enumerate(english.split())),
        french=tuple(french_word(word, *(link for _, j, link in found if j == at))
                     for at, word in enumerate(french.split())),
        phenomena=phenomena,
    )
