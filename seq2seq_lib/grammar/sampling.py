"""Random constituents: noun phrases, clauses with a tense, what fits with what."""

from __future__ import annotations

from dataclasses import dataclass, replace

from . import sentences
from .choosing import Choice, adjectives_for, nouns_for, people, verbs_for
from .clause import Clause, is_stative
from .function import entries
from .lexicon import Noun, Verb, lexicon
from .nounphrase import (
    Nominal,
    adjective_phrase,
    best_of,
    coordinated,
    name_phrase,
    noun_phrase,
    possessed,
    pronoun,
)
from .numbers import clock
from .places import date, in_month, named_place, prepositional, weekday
from .words import Phrase, matched

GENERIC_VERBS = ("like", "love", "hate", "prefer", "learn", "study", "teach", "understand")
NAMED_PLACES = ("go", "come", "live", "return", "stay", "work", "come back")
PAST_ONLY = ("be born", "die", "become", "kill", "discover", "lose", "fall", "disappear")
MEALS = ("breakfast", "lunch", "dinner")


@dataclass(frozen=True)
class Sampler:
    """Draws constituents; `choice` is its only state."""

    choice: Choice

    # Noun phrases

    def noun_of(self, classes: dict[str, tuple[Noun, ...]]) -> Noun:
        """A noun from one of the classes."""
        names = sorted(classes)
        name = self.choice.of(names)
        if name == "person":
            group = self.choice.weighted(family=3, profession=3, other=4)
            kept = [noun for noun in people()[group] if noun in classes["person"]]
            return self.choice.zipf(kept or classes["person"])
        return self.choice.zipf(classes[name])

    def determiner(self, noun: Noun, verb: str, owner: str, role: str) -> tuple[str | int, str]:
        """A determiner and a number for the noun, in the role of subject or object."""
        choice = self.choice
        if "unique" in noun.classes:
            return "the", "sg"
        if "game" in noun.classes or noun.classes & {"subject", "language"}:
            return ("none" if verb == "speak" else "generic"), "sg"
        if noun.english in MEALS:
            return "generic", "sg"
        if "instrument" in noun.classes:
            return "the", "sg"
        if noun.count == "mass":
            if verb in GENERIC_VERBS:
                return "generic", "sg"
            if role == "subject" or choice.chance(0.35):
                return choice.of(("the", "this")), "sg"
            if noun.english == "money" and choice.chance(0.4):
                return owner, "sg"
            return choice.of(("some", "")), "sg"
        if verb in GENERIC_VERBS and noun.classes & {"food", "animal", "text"} \
                and choice.chance(0.6):
            return "generic", "pl"
        if "family" in noun.classes:
            return owner, ("pl" if choice.chance(0.15) and noun.english not in (
                "father", "mother", "husband", "wife") else "sg")
        if role == "subject":
            kind = choice.weighted(the=60, the_plural=18, this=8, these=4, owned=8, a=4, every=2,
                                   number=3, several=2, many=2)
        else:
            kind = choice.weighted(the=30, the_plural=8, a=25, owned=14, this=7, these=3, some=4,
                                   bare=4, number=5, several=1.5, many=1.5, owned_plural=3,
                                   all=1)
        return self._kind(kind, owner)

    def _kind(self, kind: str, owner: str) -> tuple[str | int, str]:
        choice = self.choice
        fixed = {
            "the": ("the", "sg"), "the plural": ("the", "pl"), "a": ("a", "sg"),
            "this": ("this", "sg"), "these": ("this", "pl"), "some": ("some", "pl"),
            "bare": ("", "pl"), "every": ("every", "sg"), "several": ("several", "pl"),
            "owned": (owner, "sg"), "owned plural": (owner, "pl"), "all": ("all the", "pl"),
        }
        if kind == "number":
            small = choice.chance(0.6)
            return (choice.between(2, 9) if small else choice.between(10, 110)), "pl"
        if kind == "many":
            return choice.of(("many", "a lot of")), "pl"
        return fixed[kind]

    def thing(self, noun: Noun, *, verb: str = "", owner: str = "my", role: str = "object",
              plain: bool = False) -> Nominal:
        """A noun phrase about the noun, with adjectives at times."""
        choice = self.choice
        determiner, number = self.determiner(noun, verb, owner, role)
        adjectives: tuple = ()
        options = adjectives_for(noun, attributive=True)
        generic = determiner in ("generic", "none")
        if options and not generic and not plain and choice.chance(0.32):
            adjectives = (choice.zipf(options),)
            others = [a for a in options if a.position != adjectives[0].position]
            if others and choice.chance(0.12):
                adjectives += (choice.zipf(others),)
        if not adjectives and not plain and determiner == "the" and not (
                noun.classes & {"unique", "instrument"}) and noun.count == "count":
            if options and choice.chance(0.04):
                return best_of(noun, choice.zipf(options), number)
            if noun.classes & {"object", "clothing", "vehicle", "animal", "home", "idea"} \
                    and choice.chance(0.12):
                return possessed(noun, self.owner(), number)
        degree = "very" if adjectives and determiner in ("a",) and choice.chance(0.12) else ""
        return noun_phrase(noun, determiner, number, adjectives, degree=degree)

    def owner(self) -> Nominal:
        """A singular possessor: a name or a person."""
        if self.choice.chance(0.4):
            return name_phrase(self.choice.zipf(self.names("person")))
        return self.person(plain=True)

    def names(self, kind: str) -> tuple:
        """The names of one kind."""
        return tuple(name for name in lexicon().names if name.kind == kind)

    def person(self, *, plain: bool = False, verb: str = "") -> Nominal:
        """A singular person with a determiner."""
        noun = self.noun_of({"person": lexicon().nouns_of("person")})
        if "family" in noun.classes:
            return noun_phrase(noun, self.choice.weighted(my=4, your=2, his=2, her=2, our=1,
                                                          their=1))
        return noun_phrase(noun, "the") if plain else self.thing(noun, verb=verb)

    def subject(self, verb: Verb) -> Nominal:
        """A subject that the verb may have."""
        choice = self.choice
        human = "person" in verb.subject
        if human and choice.chance(0.5):
            return pronoun(choice.weighted(I=22, you=10, he=20, she=20, we=13, they=13))
        if human and choice.chance(0.25):
            return name_phrase(choice.zipf(self.names("person")))
        noun = self.noun_of(nouns_for(verb, "subject"))
        owner = choice.weighted(my=4, your=2, his=2, her=2, our=1, their=1)
        if human and choice.chance(0.06) and "person" in noun.classes:
            return coordinated((self.person(plain=True), self.person(plain=True)))
        return self.thing(noun, owner=owner, role="subject")

    # Times

    def time(self, tense: str, aspect: str) -> Phrase | None:
        """An adverbial of time that fits the tense."""
        choice = self.choice
        if aspect in ("used to", "perfect"):
            return None
        if tense == "présent":
            if aspect == "progressive":
                return self._adverb("time_present")
            kind = choice.weighted(day=3, clock=3, none=2)
            if kind == "day":
                return weekday(choice.of(lexicon().nouns_of("weekday")), every=True)
            return self._clock() if kind == "clock" else None
        kind = choice.weighted(adverb=6, clock=2, day=2, date=1, month=1)
        if kind == "adverb":
            return self._adverb("time_future" if tense == "futur" else "time_past")
        if kind == "clock":
            return self._clock()
        if kind == "day":
            return weekday(choice.of(lexicon().nouns_of("weekday")))
        month = choice.between(1, 12)
        return date(choice.between(1, 15), month) if kind == "date" else in_month(month)

    def _clock(self) -> Phrase:
        return clock(self.choice.between(1, 11), self.choice.of((0, 0, 30, 15)))

    def _adverb(self, kind: str) -> Phrase:
        adverb = self.choice.zipf([a for a in lexicon().adverbs if a.kind == kind])
        return matched(adverb.english, adverb.french, "time:adverb")
