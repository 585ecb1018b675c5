"""Random noun phrases and times: what fits with what, and how often."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .choosing import Choice, adjectives_for, collocations, is_a, people_in, subjects_for
from .comparing import best_of
from .lexicon import Adjective, Noun, Verb, lexicon
from .nounphrase import (
    Nominal,
    coordinated,
    it_of,
    name_phrase,
    noun_phrase,
    possessed,
    pronoun,
)
from .numbers import clock
from .places import date, in_month, weekday
from .words import Phrase, matched

GENERIC = ("like", "love", "hate", "prefer", "learn", "study", "teach", "understand")
MEALS = ("breakfast", "lunch", "dinner")
ONE_EACH = ("father", "mother", "husband", "wife", "mayor", "king", "queen")
OWNED_CLASSES = frozenset({"object", "clothing", "furniture", "text", "family"})
OWNED_IDEAS = ("idea", "problem", "question", "secret", "dream", "mistake", "plan", "choice",
               "answer", "story")
GIVING = ("give", "send", "lend", "offer", "show", "promise", "return")
CREATING = ("write", "make", "build", "draw", "plant", "imagine")
SINGLE = frozenset({"idea", "event", "building", "room", "home", "place"})
PERSONS = ("I", "you", "he", "she", "we", "they")


def ownable(noun: Noun) -> bool:
    """Whether one says my, your, the neighbour's … of it."""
    return bool(noun.classes & OWNED_CLASSES) or is_a("owned", noun.english) \
        or noun.english in OWNED_IDEAS


def continuing(subject: Nominal) -> Nominal:
    """The pronoun that takes up a subject in the next clause."""
    if subject.pronoun is not None:
        if subject.pronoun.english == "it":
            return it_of(subject)
        return pronoun(subject.pronoun.english) if subject.lemma != "it" else it_of(subject)
    if "person" not in subject.classes or subject.number == "pl":
        return replace(it_of(subject), classes=subject.classes)
    return pronoun("she" if subject.gender == "f" else "he").noting("anaphora")


@dataclass(frozen=True)
class Sampler:
    """Draws constituents; `choice` is its only state."""

    choice: Choice

    def noun_of(self, classes: dict[str, tuple[Noun, ...]]) -> Noun:
        """A noun from one of the classes."""
        name = self.choice.of(sorted(classes))
        if name == "person":
            group = self.choice.weighted(family=3, profession=3, other=4)
            return self.choice.zipf(people_in(group, classes["person"]))
        return self.choice.zipf(classes[name])

    def determiner(self, noun: Noun, verb: str, owner: str, role: str) -> tuple[str | int, str]:
        """A determiner and a number for the noun, in the role of subject or object."""
        choice = self.choice
        if noun.classes & {"game", "subject", "language"}:
            return ("none" if verb == "speak" else "generic"), "sg"
        if noun.english in MEALS:
            return "generic", "sg"
        if noun.classes & {"unique", "instrument"}:
            return "the", "sg"
        if noun.count == "mass":
            if verb in GENERIC:
                return "generic", "sg"
            if role == "subject" or choice.chance(0.3):
                own = ownable(noun) and not is_a("unowned", verb)
                return (owner if own and choice.chance(0.3) else
                        choice.of(("the", "the", "this"))), "sg"
            return choice.of(("some", "")), "sg"
        if verb in GENERIC and noun.classes & {"food", "animal"}:
            return "generic", "pl"
        if "family" in noun.classes:
            if noun.english in ("husband", "wife"):
                owner = choice.of(("my", "your", "his" if noun.english == "wife" else "her"))
            several = noun.english not in ONE_EACH and choice.chance(0.15)
            return owner, "pl" if several else "sg"
        return self._free(noun, verb, owner, role)

    def _free(self, noun: Noun, verb: str, owner: str, role: str) -> tuple[str | int, str]:
        choice = self.choice
        if role == "subject":
            kind = choice.weighted(the=60, the_plural=18, this=8, these=4, owned=9, a=4,
                                   every=2 if "person" in noun.classes else 0,
                                   number=3, several=2, many=2, all=1)
        else:
            kind = choice.weighted(the=30, the_plural=8, a=27, owned=15, this=7, these=3, some=4,
                                   bare=1.5, number=5, several=2, many=2, owned_plural=3, all=1)
        kind = self._counted(noun, verb, kind)
        if verb == "count":
            kind = choice.of(("the plural", "these", "owned plural", "all"))
        if kind.startswith("owned") and not ownable(noun):
            kind = "the"
        if kind == "owned plural" and noun.classes & {"home", "room", "vehicle", "place"}:
            kind = "owned"
        if is_a("pair", noun.english) and kind not in ("several", "all"):
            own = () if is_a("unowned", verb) else ("owned plural",)
            kind = choice.of((*own, "some", "these", "the plural"))
        if is_a("definite", verb) and kind in ("a", "some", "bare", "number", "several", "many"):
            kind = choice.of(("the", "this", "the" if is_a("unowned", verb) else "owned"))
            kind = "the" if kind == "owned" and not ownable(noun) else kind
        if noun.english in ONE_EACH and kind != "the":
            kind = "the"
        fixed = {
            "the": ("the", "sg"), "the plural": ("the", "pl"), "a": ("a", "sg"),
            "this": ("this", "sg"), "these": ("this", "pl"), "some": ("some", "pl"),
            "bare": ("", "pl"), "every": ("every", "sg"), "several": ("several", "pl"),
            "owned": (owner, "sg"), "owned plural": (owner, "pl"), "all": ("all the", "pl"),
        }
        if kind == "number":
            return choice.between(*self._numbers(noun, verb)), "pl"
        if kind == "many":
            return choice.of(("many", "a lot of")), "pl"
        return fixed[kind]

    def _counted(self, noun: Noun, verb: str, kind: str) -> str:
        """The kind of determiner, mended where the noun or the verb does not take it."""
        choice, several = self.choice, ("number", "several", "many", "all")
        if kind in several and (noun.english == "meal" or noun.classes & SINGLE):
            kind = "the"
        if noun.english == "meal" and kind in ("the plural", "these", "some", "bare", "a"):
            kind = "the"
        if verb == "have":
            one = noun.classes & {"home", "vehicle"}
            return "a" if one else choice.of(("a", "a", "a", "some", "number"))
        if verb in GIVING and kind in several:
            kind = "a"
        if kind.startswith("owned") and is_a("unowned", verb):
            kind = "the" if noun.english == "meal" or choice.chance(0.5) else "a"
        if verb in CREATING and kind in ("the", "the plural", "all"):
            kind = "a" if kind == "the" else "some"
        return "the plural" if kind == "all" and verb and not is_a("sequel", verb) else kind

    def _numbers(self, noun: Noun, verb: str) -> tuple[int, int]:
        """The least and the greatest number that one would say of the noun."""
        if is_a("mass sale", verb) and noun.classes & {"object", "food", "text"} \
                and "clothing" not in noun.classes and self.choice.chance(0.6):
            return 10, 110
        return 2, 9 if noun.classes & {"food", "text", "object"} - {"clothing"} else 4

    def adjectives(self, noun: Noun, verb: str) -> tuple[Adjective, ...]:
        """No adjective, one, or two: a colour, an origin or "broken" may follow another."""
        choice = self.choice
        options = adjectives_for(noun, attributive=True, verb=verb)
        if not options or not choice.chance(0.1 if "family" in noun.classes else 0.27):
            return ()
        first = choice.zipf(options)
        seconds = [a for a in options if is_a("second", a.english)
                   and first.position == "before" and not is_a("second", first.english)]
        if seconds and choice.chance(0.15):
            return first, choice.of(seconds)
        return (first,)

    def thing(self, noun: Noun, *, verb: str = "", owner: str = "my", role: str = "object",
              plain: bool = False) -> Nominal:
        """A noun phrase about the noun, with adjectives at times."""
        choice = self.choice
        determiner, number = self.determiner(noun, verb, owner, role)
        if determiner in ("generic", "none") or plain:
            return noun_phrase(noun, determiner, number)
        tasted = determiner == "every" or (
            determiner == "the" and bool(noun.classes & {"food", "drink", "meal", "event"}))
        adjectives = () if tasted else self.adjectives(noun, verb)
        if determiner == "the" and noun.count == "count" and "instrument" not in noun.classes:
            graded = [a for a in adjectives if not is_a("absolute", a.english)]
            if graded and choice.chance(0.15):
                return best_of(noun, graded[0], number)
            own = ownable(noun) and not is_a("unowned", verb)
            if not adjectives and own and choice.chance(0.15):
                owning = self.owner()
                if owning.lemma != noun.english:
                    return possessed(noun, owning, number)
        spoken = adjectives and determiner == "a" and not is_a("absolute", adjectives[0].english)
        degree = "very" if spoken and choice.chance(0.15) else ""
        return noun_phrase(noun, determiner, number, adjectives, degree=degree)

    def owner(self) -> Nominal:
        """A singular possessor: a name or a person."""
        if self.choice.chance(0.4):
            return name_phrase(self.choice.zipf(self.names("person")))
        return self.person(plain=True)

    def names(self, kind: str) -> tuple:
        """The names of one kind."""
        return tuple(name for name in lexicon().names if name.kind == kind)

    def someone(self) -> str:
        """A possessive that refers to nobody in the sentence."""
        return self.choice.weighted(my=5, your=2, our=2, their=1)

    def person(self, *, plain: bool = False, verb: str = "") -> Nominal:
        """A person with a determiner; a plain one is singular and has no adjective."""
        noun = self.noun_of({"person": lexicon().nouns_of("person")})
        if "family" in noun.classes:
            owner = self.someone() if noun.english not in ("husband", "wife") else "my"
            return noun_phrase(noun, owner)
        if plain:
            own = is_a("owned", noun.english) and self.choice.chance(0.5)
            return noun_phrase(noun, self.someone() if own else "the")
        return self.thing(noun, verb=verb, owner=self.someone())

    def subject(self, verb: Verb) -> Nominal:
        """A subject that the verb may have."""
        choice = self.choice
        options = subjects_for(verb)
        if "person" in options and choice.chance(0.48):
            return pronoun(choice.weighted(I=22, you=10, he=20, she=20, we=13, they=13))
        if "person" in options and choice.chance(0.25):
            return name_phrase(choice.zipf(self.names("person")))
        if "person" in options and choice.chance(0.05):
            first, second = self.person(plain=True), self.person(plain=True)
            if first.lemma != second.lemma:
                return replace(coordinated((first, second)), lemma="")
        return self.thing(self.noun_of(options), owner=self.someone(), role="subject")

    # Times

    def time(self, verb: Verb, tense: str, aspect: str) -> Phrase | None:
        """An adverbial of time that fits the verb and its tense."""
        choice = self.choice
        punctual = is_a("point", verb.english)
        if aspect in ("used to", "perfect"):
            return None
        if tense == "présent" and aspect == "progressive":
            return self._adverb(verb, "time_present")
        if aspect == "progressive":
            return self._clock() if choice.chance(0.5) else None
        if tense == "présent":
            if punctual and verb.english != "come" and choice.chance(0.5):
                return self._clock()
            return weekday(choice.of(lexicon().nouns_of("weekday")), every=True)
        if punctual and verb.english != "come" and choice.chance(0.3):
            return self._clock()
        kind = choice.weighted(adverb=6, day=2, date=1, month=1)
        if kind == "day":
            return weekday(choice.of(lexicon().nouns_of("weekday")))
        if kind == "adverb" or not is_a("monthly", verb.english):
            return self._adverb(verb, "time_future" if tense == "futur" else "time_past")
        month = choice.between(1, 12)
        return date(choice.between(1, 15), month) if kind == "date" else in_month(month)

    def _clock(self) -> Phrase:
        return clock(self.choice.between(1, 11), self.choice.of((0, 0, 30, 15)))

    def _adverb(self, verb: Verb, kind: str) -> Phrase:
        adverb = self.choice.zipf([a for a in lexicon().adverbs if a.kind == kind and (
            is_a("monthly", verb.english) or not is_a("lengthy", a.english))])
        return matched(adverb.english, adverb.french, "time:adverb", alignment=adverb.alignment)

    def manner(self, verb: Verb):
        """An adverb of manner or degree that the verb may have, or None."""
        names = collocations("manner").get(verb.english, ())
        if self.choice.chance(0.4):
            names = collocations("degree").get(verb.english, names)
        found = [a for a in lexicon().adverbs if a.english in names]
        return self.choice.of(found) if found else None
