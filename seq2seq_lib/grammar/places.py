"""Places and days: prepositions that each language chooses by what follows."""

from __future__ import annotations

from .function import entries
from .lexicon import Name, Noun
from .nounphrase import Nominal, article, name_phrase
from .numbers import french_number
from .words import Link, Phrase, Token, french_word, join, spell

_TO = {"city": ("à",), "country f": ("en",), "country m": ("à", "le")}
_FROM = {"city": ("de",), "country f": ("de",), "country m": ("de", "le")}


def prepositional(english: str, french: str, nominal: Nominal) -> Phrase:
    """A preposition and its noun phrase, linked word by word: "in the garden"."""
    link = Link()
    return join(Phrase(spell(english, link), tuple(french_word(w, link) for w in french.split())),
                nominal)


def named_place(english: str, name: Name) -> Phrase:
    """"in London" ↔ "à Londres", "to Italy" ↔ "en Italie", "from Japan" ↔ "du Japon".

    `english` is in, to or from. Raises ValueError for another preposition or a person's name.
    """
    if english not in ("in", "to", "from") or name.kind == "person":
        raise ValueError(f"place: wanted in, to or from a city or a country; got "
                         f"{english!r}, {name.name!r}")
    if name.kind == "city":
        return prepositional(english, _FROM["city"][0] if english == "from" else "à",
                             name_phrase(name)).noting("place")
    link, place = Link(), Link()
    words = (_FROM if english == "from" else _TO)[f"country {name.gender}"]
    tokens = [french_word(words[0], link)]
    if len(words) > 1:
        tokens.append(article(name.gender, "sg", place))
    return Phrase((Token(english, (link,)), *spell(name.name, place)),
                  (*tokens, *spell(name.french.split()[-1], place)), ("place",))


def weekday(noun: Noun, *, every: bool = False) -> Phrase:
    """"on Monday" ↔ "lundi"; "on Mondays" ↔ "le lundi" (every week)."""
    on, link = Link(), Link()
    if every:
        return Phrase((Token("on", (on,)), Token(noun.english + "s", (link,))),
                      (Token("le", (on,)), Token(noun.french, (link,))), ("time:day",))
    return Phrase((Token("on", (link,)), Token(noun.english, (link,))),
                  (Token(noun.french, (link,)),), ("time:day",))


def in_month(index: int) -> Phrase:
    """"in May" ↔ "en mai"; `index` from 1 to 12."""
    month = _month(index)
    link = Link()
    return join(prepositional("in", "en", Nominal()),
                Phrase((Token(month.english, (link,)),), (Token(month.french, (link,)),),
                       ("time:month",)))


def date(day: int, index: int) -> Phrase:
    """"on May 3"-like dates in words: "on the third of May" ↔ "le trois mai" (premier for 1)."""
    ordinals = ("first second third fourth fifth sixth seventh eighth ninth tenth eleventh "
                "twelfth thirteenth fourteenth fifteenth").split()
    if not 1 <= day <= len(ordinals):
        raise ValueError(f"day: wanted 1 to {len(ordinals)}; got {day}")
    month = _month(index)
    the, number, link = Link(), Link(), Link()
    word = "premier" if day == 1 else french_number(day)
    return Phrase(
        (Token("on", (the,)), Token("the", (the,)), Token(ordinals[day - 1], (number,)),
         Token("of", (link,)), Token(month.english, (link,))),
        (Token("le", (the,)), Token(word, (number,)), Token(month.french, (link,))),
        ("time:date",),
    )


def _month(index: int):
    if not 1 <= index <= 12:
        raise ValueError(f"month: wanted 1 to 12; got {index}")
    return entries("month")[index - 1]
