"""The last pass: elision, contraction, a/an, and the pair that comes out.

French words change by their neighbours only after everything has found its place: le arbre →
l'arbre, de le → du, un beau arbre → un bel arbre, ma amie → mon amie. Positions are read off
after that, so the alignment is right by construction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from .morphology import english_article, starts_with_vowel_sound
from .words import Phrase, Token, Tokens

CONTRACTED = {("de", "le"): "du", ("de", "les"): "des", ("à", "le"): "au", ("à", "les"): "aux"}
CONTRACTED_RIVALS = {"du": ("des",), "des": ("du",), "au": ("aux",), "aux": ("au",)}


@dataclass(frozen=True)
class Derived:
    """A finished pair: token texts, links between positions, phenomena, agreement sites."""

    source: tuple[str, ...]
    target: tuple[str, ...]
    alignment: tuple[tuple[int, int], ...]
    phenomena: tuple[str, ...]
    agreement: tuple[tuple[int, tuple[str, ...]], ...]
    combinations: tuple[tuple[str, str], ...] = ()


def contract(tokens: Tokens) -> tuple[Tokens, bool]:
    """Merge de and à with a following article le or les, unless le is about to elide."""
    result: list[Token] = []
    changed = False
    for index, token in enumerate(tokens):
        before = result[-1] if result else None
        if token.role == "article" and before is not None and before.role == "preposition":
            merged = CONTRACTED.get((before.text, token.text))
            following = tokens[index + 1].text if index + 1 < len(tokens) else ""
            if merged and not (token.text == "le" and starts_with_vowel_sound(following)):
                links = before.links + token.links
                rivals = CONTRACTED_RIVALS[merged]
                result[-1] = Token(merged, links, rivals=rivals)
                changed = True
                continue
        result.append(token)
    return tuple(result), changed


def elide(tokens: Tokens) -> tuple[Tokens, bool]:
    """Give each word the form that the sound after it asks for, from right to left."""
    result: list[Token] = []
    changed = False
    for token in reversed(tokens):
        following = result[-1].text if result else ""
        before_vowel = bool(following) and starts_with_vowel_sound(following)
        if token.text == "si" and following in ("il", "ils"):
            token, changed = replace(token, text="s'"), True
        elif token.vowel and before_vowel:
            changed = changed or token.vowel.endswith("'")
            token = replace(token, text=token.vowel, rivals=token.vowel_rivals)
        result.append(token)
    return tuple(reversed(result)), changed


def choose_articles(tokens: Tokens) -> Tokens:
    """English a or an, by the word that follows."""
    return tuple(
        replace(token, text=english_article(tokens[index + 1].text))
        if token.role == "a" and index + 1 < len(tokens) else token
        for index, token in enumerate(tokens)
    )


def realise(phrase: Phrase) -> Derived:
    """Both surface sentences of a finished phrase, with everything read off by position."""
    english = choose_articles(phrase.english)
    french, contracted = contract(phrase.french)
    french, elided = elide(french)
    extra = ("contraction",) * contracted + ("elision",) * elided
    places: dict[int, list[int]] = {}
    for position, token in enumerate(french):
        for link in token.links:
            places.setdefault(id(link), []).append(position)
    alignment = {
        (source, target)
        for source, token in enumerate(english)
        for link in token.links
        for target in places.get(id(link), ())
    }
    return Derived(
        source=tuple(token.text for token in english),
        target=tuple(token.text for token in french),
        alignment=tuple(sorted(alignment)),
        phenomena=tuple(sorted(set(phrase.phenomena + extra))),
        agreement=tuple(
            (position, token.rivals) for position, token in enumerate(french) if token.rivals
        ),
        combinations=tuple(dict.fromkeys(phrase.combinations)),
    )
