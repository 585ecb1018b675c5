"""English word forms, by rule and from the columns of the lexicon."""

import re

from seq2seq_lib.grammar.lexicon import Adjective, Noun, Verb

FORMS = ("base", "third", "past", "participle", "ing")

_IRREGULAR_DEGREES = {"good": ("better", "best"), "bad": ("worse", "worst")}
_SIBILANT = re.compile(r"(s|x|z|ch|sh)$")
_CONSONANT_Y = re.compile(r"[^aeiou]y$")
_SHORT = re.compile(r"[^aeiou]*[aeiou][^aeiouwxy]")
_CONSONANT_SOUND = re.compile(r"(uni(on|que|form|t|vers)|us(e|u)|eu|one(\W|$))")
_VOWEL_SOUND = re.compile(r"([aeiou]|hour|honest|honour|heir)")


def _with_s(word: str) -> str:
    if _SIBILANT.search(word):
        return word + "es"
    return word[:-1] + "ies" if _CONSONANT_Y.search(word) else word + "s"


def _doubled(word: str) -> str:
    return word + word[-1] if _SHORT.fullmatch(word) else word


def _with_ed(word: str) -> str:
    if word.endswith("e"):
        return word + "d"
    return word[:-1] + "ied" if _CONSONANT_Y.search(word) else _doubled(word) + "ed"


def _with_ing(word: str) -> str:
    if word.endswith("ie"):
        return word[:-2] + "ying"
    if word.endswith("e") and not word.endswith(("ee", "oe", "ye")) and len(word) > 2:
        return word[:-1] + "ing"
    return _doubled(word) + "ing"


def english_verb(verb: Verb, form: str) -> str:
    """One form of a verb: "base", "third", "past", "participle" or "ing".

    A phrase is inflected on its first word: "get up" → "gets up". Raises ValueError for an
    unknown form.
    """
    if form not in FORMS:
        raise ValueError(f"form: wanted one of {', '.join(FORMS)}; got {form!r}")
    given = {
        "base": verb.english,
        "third": verb.third,
        "past": verb.past,
        "participle": verb.participle,
        "ing": verb.ing,
    }[form]
    if given:
        return given
    word, *rest = verb.english.split(" ")
    if form == "third":
        word = word + "es" if word.endswith("o") else _with_s(word)
    else:
        word = _with_ing(word) if form == "ing" else _with_ed(word)
    return " ".join([word, *rest])


def english_plural(noun: Noun) -> str:
    """The plural of an English noun. Raises ValueError for a mass noun."""
    if noun.count == "mass":
        raise ValueError(f"plural: wanted a count noun; got the mass noun {noun.english!r}")
    return noun.english_plural or _with_s(noun.english)


def _graded(adjective: Adjective, rank: int) -> list[str]:
    word = adjective.english
    if word in _IRREGULAR_DEGREES:
        return [_IRREGULAR_DEGREES[word][rank]]
    if adjective.degree == "more":
        return [("more", "most")[rank], word]
    ending = ("er", "est")[rank]
    if word.endswith("e"):
        return [word + ending[1:]]
    return [word[:-1] + "i" + ending if _CONSONANT_Y.search(word) else _doubled(word) + ending]


def comparative(adjective: Adjective) -> list[str]:
    """The comparative as tokens: ["taller"], ["more", "expensive"], ["better"]."""
    return _graded(adjective, 0)


def superlative(adjective: Adjective) -> list[str]:
    """The superlative as tokens, without "the": ["tallest"], ["most", "expensive"], ["best"]."""
    return _graded(adjective, 1)


def english_article(word: str) -> str:
    """ "a" or "an", by the first sound of the word that follows: an hour, a university."""
    start = word.lower()
    if _CONSONANT_SOUND.match(start):
        return "a"
    return "an" if _VOWEL_SOUND.match(start) else "a"
