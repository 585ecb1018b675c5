"""French word forms, by rule and from tables of irregular words.

Tenses are "présent", "imparfait", "futur" and "conditionnel"; a person is 1, 2 or 3; a
gender is "m" or "f"; a number is "sg" or "pl". All functions are pure: a form in, a form out.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from seq2seq_lib.grammar.lexicon import DATA, Adjective, Noun

TENSES = ("présent", "imparfait", "futur", "conditionnel")
PERSONS = ((1, "sg"), (2, "sg"), (3, "sg"), (1, "pl"), (2, "pl"), (3, "pl"))

_IMPERFECT = ("ais", "ais", "ait", "ions", "iez", "aient")
_FUTURE = ("ai", "as", "a", "ons", "ez", "ont")
_PRESENT = {
    "er": ("e", "es", "e", "ons", "ez", "ent"),
    "ir": ("is", "is", "it", "issons", "issez", "issent"),
    "re": ("s", "s", "", "ons", "ez", "ent"),
}
_VOWELS = "aeiouyàâäéèêëîïôöùûüœæ"


@dataclass(frozen=True)
class Paradigm:
    """An irregular French verb: six present forms, two stems (empty = regular), a participle.

    `participle` is the masculine singular, then the feminine and the masculine plural where they
    are not regular.
    """

    present: tuple[str, ...]
    imperfect_stem: str
    future_stem: str
    participle: tuple[str, ...]

    def prefixed(self, prefix: str) -> "Paradigm":
        """The paradigm of the same verb behind a prefix (venir, revenir)."""
        return Paradigm(
            tuple(prefix + form for form in self.present),
            self.imperfect_stem and prefix + self.imperfect_stem,
            self.future_stem and prefix + self.future_stem,
            tuple(prefix + form for form in self.participle),
        )


def read_irregular_verbs(path: Path) -> dict[str, Paradigm]:
    """Infinitive → paradigm, with one entry more for each prefix listed.

    Raises ValueError naming file, line, what was wanted and what came.
    """
    paradigms: dict[str, Paradigm] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()[1:], start=2):
        cells = line.split("\t")
        if len(cells) != 6 or cells[2].count("|") != 5 or not cells[5]:
            wanted = "6 columns with six present forms and a participle"
            raise ValueError(f"{path.name}, line {number}: wanted {wanted}; got {line!r}")
        infinitive, prefixes, present, imperfect, future, participle = cells
        simple = Paradigm(
            tuple(present.split("|")), imperfect, future, tuple(participle.split("|"))
        )
        for prefix in ["", *prefixes.split("|")]:
            paradigms[prefix + infinitive] = simple.prefixed(prefix)
    return paradigms


@cache
def _irregular_verbs() -> dict[str, Paradigm]:
    return read_irregular_verbs(DATA / "french_irregular_verbs.tsv")


@cache
def _without_elision() -> frozenset[str]:
    lines = (DATA / "french_h_aspire.tsv").read_text(encoding="utf-8").splitlines()
    return frozenset(lines[1:])


def bare_infinitive(infinitive: str) -> str:
    """The infinitive without its reflexive pronoun: "se laver" → "laver"."""
    return infinitive.removeprefix("se ").removeprefix("s' ").removeprefix("s'")


def _checked_group(infinitive: str) -> str:
    group = infinitive[-2:]
    if group not in _PRESENT or len(infinitive) < 4:
        raise ValueError(
            f"infinitive: wanted a known one or one in -er, -ir, -re; got {infinitive!r}"
        )
    return group


def _mute_stem(stem: str) -> str:
    """The stem of an -er verb before a mute e: lev- → lèv-, préfér- → préfèr-, essuy- → essui-."""
    if stem.endswith("y") and stem[-2:-1] in tuple("aou"):
        return stem[:-1] + "i"
    end = len(stem)
    while end and stem[end - 1] not in _VOWELS:
        end -= 1
    consonants = stem[end:].replace("qu", "k")
    if stem.endswith(("gu", "qu")):
        return stem
    single = len(consonants) == 1 or consonants in ("ch", "vr", "br", "tr", "cr", "gn", "gl")
    if single and stem[end - 1 : end] in ("e", "é"):
        return stem[: end - 1] + "è" + stem[end:]
    return stem


def _soft(stem: str, ending: str) -> str:
    """Keep the sound of c and g before a or o: mang- + ons → mangeons, lanc- + ais → lançais."""
    if ending[:1] in ("a", "o") and stem.endswith("g"):
        return stem + "e" + ending
    if ending[:1] in ("a", "o") and stem.endswith("c"):
        return stem[:-1] + "ç" + ending
    return stem + ending


def _present(infinitive: str) -> tuple[str, ...]:
    if infinitive in _irregular_verbs():
        return _irregular_verbs()[infinitive].present
    group, stem = _checked_group(infinitive), infinitive[:-2]
    forms = []
    for ending in _PRESENT[group]:
        if group == "er":
            mute = ending in ("e", "es", "ent")
            forms.append(_soft(_mute_stem(stem) if mute else stem, ending))
        elif group == "re" and ending == "" and not stem.endswith(("d", "t")):
            forms.append(stem + "t")
        else:
            forms.append(stem + ending)
    return tuple(forms)


def _future_stem(infinitive: str) -> str:
    known = _irregular_verbs().get(infinitive)
    if known and known.future_stem:
        return known.future_stem
    group = infinitive[-2:]
    if group == "er" and not known:
        stem = infinitive[:-2]
        mute = _mute_stem(stem)
        return infinitive if "é" in stem[len(_common(stem, mute)) :] else mute + "er"
    return infinitive[:-1] if group == "re" else infinitive


def _common(first: str, second: str) -> str:
    length = 0
    while length < min(len(first), len(second)) and first[length] == second[length]:
        length += 1
    return first[:length]


def _imperfect_stem(infinitive: str) -> str:
    known = _irregular_verbs().get(infinitive)
    if known and known.imperfect_stem:
        return known.imperfect_stem
    stem = _present(infinitive)[3].removesuffix("ons")
    if infinitive.endswith("ger"):
        return stem.removesuffix("e")
    return stem[:-1] + "c" if infinitive.endswith("cer") else stem


def verb_forms(infinitive: str, tense: str) -> tuple[str, ...]:
    """The six forms of a tense (je, tu, il, nous, vous, ils), without any pronoun.

    Raises ValueError for an unknown tense or an infinitive that no rule covers.
    """
    infinitive = bare_infinitive(infinitive)
    if infinitive not in _irregular_verbs():
        _checked_group(infinitive)
    if tense == "présent":
        return _present(infinitive)
    if tense == "imparfait":
        stem = _imperfect_stem(infinitive)
        return tuple(_soft(stem, ending) for ending in _IMPERFECT)
    if tense == "futur":
        return tuple(_future_stem(infinitive) + ending for ending in _FUTURE)
    if tense == "conditionnel":
        return tuple(_future_stem(infinitive) + ending for ending in _IMPERFECT)
    raise ValueError(f"tense: wanted one of {', '.join(TENSES)}; got {tense!r}")


def french_verb(infinitive: str, tense: str, person: int, number: str) -> str:
    """One finite form, bare: french_verb("se lever", "présent", 1, "sg") → "lève".

    Raises ValueError for an unknown tense, person, number or infinitive.
    """
    if (person, number) not in PERSONS:
        raise ValueError(
            f"person and number: wanted 1, 2 or 3 and sg or pl; got {person!r}, {number!r}"
        )
    return verb_forms(infinitive, tense)[PERSONS.index((person, number))]


def past_participle(infinitive: str, gender: str = "m", number: str = "sg") -> str:
    """The past participle, agreeing: past_participle("aller", "f", "pl") → "allées"."""
    infinitive = bare_infinitive(infinitive)
    if infinitive in _irregular_verbs():
        given = _irregular_verbs()[infinitive].participle
    else:
        ending = {"er": "é", "ir": "i", "re": "u"}[_checked_group(infinitive)]
        given = (infinitive[:-2] + ending,)
    masculine = given[0]
    feminine = given[1] if len(given) > 1 else masculine + "e"
    plural = given[2] if len(given) > 2 else masculine.removesuffix("s") + "s"
    return _agree(masculine, feminine, plural, gender, number)


def participle_forms(infinitive: str) -> tuple[str, ...]:
    """The participle's four forms: m.sg, f.sg, m.pl, f.pl."""
    return tuple(past_participle(infinitive, g, n) for n in ("sg", "pl") for g in ("m", "f"))


def _agree(masculine: str, feminine: str, plural: str, gender: str, number: str) -> str:
    if gender not in ("m", "f") or number not in ("sg", "pl"):
        raise ValueError(
            f"gender and number: wanted m or f and sg or pl; got {gender!r}, {number!r}"
        )
    if number == "sg":
        return masculine if gender == "m" else feminine
    return (plural or masculine + "s") if gender == "m" else feminine + "s"


def _pluralised(word: str) -> str:
    if word.endswith(("s", "x", "z")):
        return word
    if word.endswith(("eau", "eu", "au")):
        return word + "x"
    return word[:-1] + "ux" if word.endswith("al") else word + "s"


def french_plural(noun: Noun) -> str:
    """The plural of a French noun. Raises ValueError for a mass noun."""
    if noun.count == "mass":
        raise ValueError(f"plural: wanted a count noun; got the mass noun {noun.french!r}")
    return noun.french_plural or _pluralised(noun.french)


def _feminine(masculine: str) -> str:
    for ending, replacement in (("eux", "euse"), ("er", "ère"), ("f", "ve")):
        if masculine.endswith(ending):
            return masculine.removesuffix(ending) + replacement
    if masculine.endswith("e"):
        return masculine
    if masculine.endswith(("el", "eil", "en", "on")):
        return masculine + masculine[-1] + "e"
    return masculine + "e"


def adjective_form(
    adjective: Adjective, gender: str, number: str, before_vowel: bool = False
) -> str:
    """The form that agrees; `before_vowel` matters for bel, nouvel and vieil only."""
    if before_vowel and adjective.vowel and (gender, number) == ("m", "sg"):
        return adjective.vowel
    feminine = adjective.feminine or _feminine(adjective.french)
    plural = adjective.plural or _pluralised(adjective.french)
    return _agree(adjective.french, feminine, plural, gender, number)


def adjective_forms(adjective: Adjective) -> tuple[str, ...]:
    """The four forms m.sg, f.sg, m.pl, f.pl, and the form before a vowel where there is one."""
    forms = [adjective_form(adjective, g, n) for n in ("sg", "pl") for g in ("m", "f")]
    return (*forms, adjective.vowel) if adjective.vowel else tuple(forms)


def starts_with_vowel_sound(french_word: str) -> bool:
    """Whether le, je, que … elide before the word: true of "homme", false of "héros" and "onze".

    The words listed in french_h_aspire.tsv do not elide, nor do their plurals.
    """
    word = french_word.lower()
    if {word, word.removesuffix("s"), word.removesuffix("x")} & _without_elision():
        return False
    return word[:1] in tuple(_VOWELS) + ("h",) and bool(word)
