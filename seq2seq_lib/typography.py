"""Tokens to text as it is printed, and back.

A token says by itself how it joins its neighbours: « l' » leans on what follows, "-t-il" and "'s"
on what precedes, and so does punctuation, to which French gives a thin space of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from seq2seq_lib.grammar.lexicon import lexicon

LANGUAGES = ("en", "fr")
THIN_SPACE = "\u202f"  # narrow, and no line may break at it
SPACED = "?!;"  # French sets a thin space before these
ATTACHED = ".,"
FRENCH_CLITICS = "il|elle|on|ils|elles|je|tu|vous|nous|ce|moi|toi|le|la|les|lui|leur|y|en"
WHOLE = ("aujourd'hui", "rendez-vous", "o'clock")
# What people type, and how the corpus has it. "He's" could also be "he has": the commoner is taken.
CONTRACTIONS = {
    "won't": "will not", "can't": "can not", "n't": " not", "'m": " am", "'re": " are",
    "'ve": " have", "'ll": " will",
    **{f"{word}'s": f"{word} is" for word in ("it", "he", "she", "that", "there", "what", "where")},
}  # fmt: skip


def detokenise(tokens: Sequence[str], language: str) -> str:
    """The sentence as it is printed, with a capital first letter.

    `language` is "en" or "fr". `tokenise` takes it apart again into the same tokens.
    """
    _check(language)
    text, leaning = "", True
    for token in tokens:
        if language == "fr" and token in SPACED:
            text += THIN_SPACE + token
        elif leaning or token in ATTACHED + SPACED or _leans_back(token, language):
            text += token
        else:
            text += " " + token
        leaning = language == "fr" and token.endswith("'")
    return text[:1].upper() + text[1:]


def _leans_back(token: str, language: str) -> bool:
    return token.startswith("-") if language == "fr" else token in ("'s", "'")


def tokenise(text: str, language: str) -> list[str]:
    """The tokens of a sentence, as the corpus has them.

    Takes what a person types: curly apostrophes, a question mark with any space before it or none,
    English contractions ("don't" becomes "do not"). The first word loses its capital unless it is
    a name or another word that keeps it. Raises ValueError for an unknown language.
    """
    _check(language)
    text = re.sub("[\u2018\u2019\u02bc]", "'", text)
    text = re.sub(rf"([{re.escape(SPACED + ATTACHED)}])", r" \1 ", text)
    words = text.split()
    if words:
        words[0] = _uncapitalise(words[0])
    split = _french if language == "fr" else _english
    return [token for word in words for token in split(word)]


def _french(word: str) -> list[str]:
    """« qu'est-ce » to qu', est, -ce; « a-t-il » to a, -t-il."""
    if word.lower() in WHOLE:
        return [word]
    head, apostrophe, rest = word.partition("'")
    if apostrophe and rest:
        return [head + "'", *_french(rest)]
    inverted = re.fullmatch(rf"(.+?)(-(?:t-)?(?:{FRENCH_CLITICS}))", word)
    return list(inverted.groups()) if inverted else [word]


def _english(word: str) -> list[str]:
    """ "teacher's" to teacher, 's; "don't" to do, not."""
    if word.lower() in WHOLE:
        return [word]
    for ending, expanded in CONTRACTIONS.items():
        if word.lower().endswith(ending) and (ending[0] in "n'" or word.lower() == ending):
            return (word[: len(word) - len(ending)] + expanded).split()
    owner = re.fullmatch(r"(.+?)('s|')", word)
    return list(owner.groups()) if owner else [word]


def _uncapitalise(word: str) -> str:
    stem = re.split(r"['-]", word)[0]
    if word in capitalised() or stem in capitalised():
        return word
    return word[:1].lower() + word[1:]


@cache
def capitalised() -> frozenset[str]:
    """The words that keep their capital wherever they stand: names, days, "I"."""
    words = lexicon()
    entries = [*words.nouns, *words.adjectives, *words.verbs, *words.names, *words.adverbs]
    texts = {value for entry in entries for value in vars(entry).values() if isinstance(value, str)}
    parts = {part for text in texts for part in text.replace("'", "' ").split()}
    return frozenset({"I"} | {part for part in parts if part[:1].isupper()})


def _check(language: str) -> None:
    if language not in LANGUAGES:
        raise ValueError(f"language: wanted one of {', '.join(LANGUAGES)}, got {language!r}")
