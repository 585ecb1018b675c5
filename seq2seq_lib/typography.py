"""From running text to tokens and back, as each language is printed.

Tokens are what the models read: words, punctuation marks, the elided l' and qu', the inverted
-t-il and the English 's, each on its own; the first word is in lower case unless it is always
capitalised. Text has its real typography: « J'ai vu l'arbre. », « A-t-il faim ? » with a narrow
no-break space before ? ! and ;.
"""

from __future__ import annotations

import re
from functools import cache

from .grammar.function import entries
from .grammar.lexicon import lexicon

LANGUAGES = ("en", "fr")
NARROW = "\u202f"
NO_BREAK = "\u00a0"

_TOKEN = re.compile(
    r"\d+(?:[.,:]\d+)*(?![^\W\d_])|[^\W_]+(?:[-'][^\W_]+)*'?|'s\b|\S", re.UNICODE
)
_ELIDED = re.compile(r"(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu)'", re.IGNORECASE)
_INVERTED = re.compile(
    r"-(?:t-)?(?:je|tu|ils?|elles?|on|nous|vous|ce|moi|toi|lui|leur|les?|la|y|en|ci|là)$",
    re.IGNORECASE,
)
_TO_WHOM = {"me", "te", "nous", "lui", "leur"}
_KEPT_WHOLE = ("rendez-vous", "au-delà", "par-là", "celui-là")
_LEFT = (".", ",", "…", ")")
# What people type and the corpus writes out. "He's" may also be "he has": the commoner is taken.
_CONTRACTED = (
    (r"\bwon't\b", "will not"),
    (r"\bcan't\b", "can not"),
    (r"n't\b", " not"),
    (r"'m\b", " am"),
    (r"'re\b", " are"),
    (r"'ve\b", " have"),
    (r"'ll\b", " will"),
    (r"\b(it|he|she|that|there|what|where)'s\b", r"\1 is"),
)
_QUOTES = {"’": "'", "‘": "'", "ʼ": "'"}


def _checked(language: str) -> str:
    if language not in LANGUAGES:
        raise ValueError(f"language: wanted one of {', '.join(LANGUAGES)}; got {language!r}")
    return language


@cache
def capitalised(language: str) -> frozenset[str]:
    """The words that the language always capitalises, as far as the lexicon knows them."""
    words = lexicon()
    known: list[str] = ["I"] if _checked(language) == "en" else []
    for name in words.names:
        known += (name.name if language == "en" else name.french).split()
    if language == "en":
        english = [noun.english for noun in words.nouns]
        english += [adjective.english for adjective in words.adjectives]
        for word in (*english, *(month.english for month in entries("month"))):
            known += [word, word + "s"]
    return frozenset(word for word in known if word[:1].isupper())


def _split_english(word: str) -> list[str]:
    if word.endswith("'s") and len(word) > 2:
        return [word[:-2], "'s"]
    return ["I"] if word == "i" else [word]


def _split_french(word: str) -> list[str]:
    start = _ELIDED.match(word)
    if start and start.end() < len(word):
        return [start.group(), *_split_french(word[start.end():])]
    end = _INVERTED.search(word)
    if end and end.start() > 0 and word.lower() not in _KEPT_WHOLE:
        return [word[: end.start()], end.group()]
    return [word]


def tokenise(text: str, language: str) -> list[str]:
    """The tokens of a sentence as somebody may have typed it; language "en" or "fr".

    Curly apostrophes, any kind of space and English contractions ("don't") are understood; a
    missing final mark stays missing.
    Raises ValueError for another language.
    """
    split = _split_english if _checked(language) == "en" else _split_french
    for curly, straight in _QUOTES.items():
        text = text.replace(curly, straight)
    for short, whole in _CONTRACTED if language == "en" else ():
        text = re.sub(short, whole, text, flags=re.IGNORECASE)
    tokens = [token for word in _TOKEN.findall(text) for token in split(word)]
    for place in range(len(tokens) - 1, 0, -1):
        # « me le rendez-vous ? » is a verb with its pronoun, « le rendez-vous » a noun.
        if tokens[place] == "rendez-vous" and set(tokens[max(0, place - 2) : place]) & _TO_WHOM:
            tokens[place : place + 1] = ["rendez", "-vous"]
    if tokens and tokens[0] not in capitalised(language):
        tokens[0] = tokens[0][:1].lower() + tokens[0][1:]
    return tokens


def _gap(left: str, right: str, language: str) -> str:
    """What stands between two tokens."""
    if right in _LEFT or left == "(":
        return ""
    if language == "en":
        return "" if right in ("?", "!", ";", ":", "'s") else " "
    if right in ("?", "!", ";"):
        return NARROW
    if right in (":", "»") or left == "«":
        return NO_BREAK
    if left.endswith("'") and len(left) > 1:
        return ""
    return "" if right.startswith("-") and len(right) > 1 else " "


def detokenise(tokens: list[str] | tuple[str, ...], language: str) -> str:
    """The sentence as it is printed, its first letter a capital; language "en" or "fr".

    Raises ValueError for another language.
    """
    _checked(language)
    text = ""
    for index, token in enumerate(tokens):
        text += (_gap(tokens[index - 1], token, language) if index else "") + token
    return text[:1].upper() + text[1:]
