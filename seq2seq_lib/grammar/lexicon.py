"""The lexicon: English lemmas and their French, read from tables in data/lexicon.

Each record has exactly the columns of its table. A column with several values separates them by
"|". An empty form column means that the form is regular (see morphology).
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "data" / "lexicon"

NOUN_CLASSES = frozenset(
    "person profession family animal food drink object clothing furniture vehicle building room "
    "place outdoor nature text media body money idea event time "
    "male female meal home shop fixture openable game instrument language subject season weekday "
    "unique incident water restaurant".split()
)
FRAMES = frozenset(
    "intransitive transitive indirect ditransitive infinitive that place pronominal copula".split()
)
ADVERB_KINDS = frozenset(
    "frequency manner time_past time_present time_future degree place".split()
)


@dataclass(frozen=True)
class Noun:
    """An English noun and its French: a plural left empty is regular.

    A mass noun has no plural. `french` may be several words ("pomme de terre").
    """

    english: str
    english_plural: str
    french: str
    gender: str
    french_plural: str
    classes: frozenset[str]
    count: str


@dataclass(frozen=True)
class Adjective:
    """An adjective, its French forms, its place and the noun classes that it may modify.

    `vowel` is the masculine form before a vowel sound (bel, nouvel, vieil), or empty.
    `predicative` is "no" where it only stands beside its noun, "only" where it only follows a
    verb ("ready").
    """

    english: str
    degree: str
    french: str
    feminine: str
    plural: str
    vowel: str
    position: str
    classes: frozenset[str]
    predicative: str


@dataclass(frozen=True)
class Verb:
    """A verb with its frame and the noun classes that its subject and object may have.

    `english` may end in a particle ("get up"); `french` may begin with "se " or "s' "
    (pronominal). The prepositions are those of the object, or of the infinitive.
    """

    english: str
    third: str
    past: str
    participle: str
    ing: str
    french: str
    auxiliary: str
    frame: str
    subject: frozenset[str]
    object: frozenset[str]
    english_preposition: str
    french_preposition: str


@dataclass(frozen=True)
class Name:
    """A proper name: a person, a city or a country; a country's French has its article."""

    name: str
    gender: str
    kind: str
    french: str


@dataclass(frozen=True)
class Adverb:
    """An adverb or an adverbial of time; each language may use several words.

    `alignment` holds links "0-2 1-0" of English words with French ones, empty where `matched`
    finds them.
    """

    english: str
    french: str
    kind: str
    alignment: str


@dataclass(frozen=True)
class Lexicon:
    """All records, in the order of their tables."""

    nouns: tuple[Noun, ...]
    adjectives: tuple[Adjective, ...]
    verbs: tuple[Verb, ...]
    names: tuple[Name, ...]
    adverbs: tuple[Adverb, ...]

    def nouns_of(self, *classes: str) -> tuple[Noun, ...]:
        """The nouns in at least one of the classes. Raises ValueError for an unknown class."""
        for name in classes:
            if name not in NOUN_CLASSES:
                raise ValueError(f"noun class: wanted one of {_listed(NOUN_CLASSES)}; got {name!r}")
        wanted = frozenset(classes)
        return tuple(noun for noun in self.nouns if noun.classes & wanted)

    def verbs_of(self, frame: str) -> tuple[Verb, ...]:
        """The verbs of one frame. Raises ValueError for an unknown frame."""
        if frame not in FRAMES:
            raise ValueError(f"frame: wanted one of {_listed(FRAMES)}; got {frame!r}")
        return tuple(verb for verb in self.verbs if verb.frame == frame)


def _listed(values: frozenset[str]) -> str:
    return ", ".join(sorted(value or "nothing" for value in values))


def _one_of(*values: str) -> Callable[[str], str]:
    allowed = frozenset(values)

    def convert(text: str) -> str:
        if text not in allowed:
            raise ValueError(f"wanted one of {_listed(allowed)}; got {text!r}")
        return text

    return convert


def _set_of(allowed: frozenset[str], *, empty: bool = False) -> Callable[[str], frozenset[str]]:
    def convert(text: str) -> frozenset[str]:
        values = text.split("|") if text else []
        if not values and not empty:
            raise ValueError(f"wanted at least one of {_listed(allowed)}; got nothing")
        for value in values:
            if value not in allowed:
                raise ValueError(f"wanted classes from {_listed(allowed)}; got {value!r}")
        if len(set(values)) != len(values):
            raise ValueError(f"wanted each class once; got {text!r}")
        return frozenset(values)

    return convert


def _word(text: str) -> str:
    if not text:
        raise ValueError("wanted a word; got nothing")
    return _form(text)


def _form(text: str) -> str:
    if text != " ".join(text.split()):
        raise ValueError(f"wanted words separated by single spaces; got {text!r}")
    return text


_COLUMNS: dict[type, dict[str, Callable]] = {
    Noun: {
        "english": _word,
        "french": _word,
        "gender": _one_of("m", "f"),
        "classes": _set_of(NOUN_CLASSES),
        "count": _one_of("count", "mass"),
    },
    Adjective: {
        "english": _word,
        "degree": _one_of("er", "more"),
        "french": _word,
        "position": _one_of("before", "after"),
        "classes": _set_of(NOUN_CLASSES),
        "predicative": _one_of("yes", "no", "only"),
    },
    Verb: {
        "english": _word,
        "french": _word,
        "auxiliary": _one_of("avoir", "être"),
        "frame": _one_of(*FRAMES),
        "subject": _set_of(NOUN_CLASSES),
        "object": _set_of(NOUN_CLASSES, empty=True),
    },
    Name: {
        "name": _word,
        "gender": _one_of("m", "f"),
        "kind": _one_of("person", "city", "country"),
        "french": _word,
    },
    Adverb: {"english": _word, "french": _word, "kind": _one_of(*ADVERB_KINDS)},
}


def read_table(path: Path, record: type) -> tuple:
    """The records of one tab-separated table whose first line is `record`'s field names.

    Raises ValueError naming file, line, what was wanted and what came: for a wrong header, a wrong
    number of columns, a value a column does not allow, or a line that repeats another.
    """
    names = [field.name for field in fields(record)]
    lines = path.read_text(encoding="utf-8").splitlines()
    header = lines[0].split("\t") if lines else []
    if header != names:
        raise ValueError(f"{path.name}, line 1: wanted the header {names}; got {header}")
    records: dict[object, int] = {}
    for number, line in enumerate(lines[1:], start=2):
        where = f"{path.name}, line {number}"
        cells = line.split("\t")
        if len(cells) != len(names):
            raise ValueError(f"{where}: wanted {len(names)} columns; got {len(cells)}: {line!r}")
        value = _record(record, dict(zip(names, cells, strict=True)), where)
        if value in records:
            raise ValueError(f"{where}: wanted a new record; got line {records[value]} again")
        records[value] = number
    return tuple(records)


def _record(record: type, cells: dict[str, str], where: str) -> object:
    values = {}
    for name, text in cells.items():
        try:
            values[name] = _COLUMNS[record].get(name, _form)(text)
        except ValueError as error:
            raise ValueError(f"{where}, column {name}: {error}") from None
    return record(**values)


def read_lexicon(folder: Path) -> Lexicon:
    """The lexicon in `folder`. Raises ValueError for a missing file or a malformed line."""
    tables = []
    for field, record in _TABLES:
        path = folder / f"{field}.tsv"
        if not path.is_file():
            raise ValueError(f"lexicon: wanted the file {field}.tsv in {folder.name}; got none")
        tables.append(read_table(path, record))
    return Lexicon(*tables)


_TABLES = (
    ("nouns", Noun),
    ("adjectives", Adjective),
    ("verbs", Verb),
    ("names", Name),
    ("adverbs", Adverb),
)


@cache
def lexicon() -> Lexicon:
    """The shipped lexicon, read once."""
    return read_lexicon(DATA)
