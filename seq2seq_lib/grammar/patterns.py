"""Sentences of one clause, questions and relative clauses."""

from __future__ import annotations

from dataclasses import replace

from .choosing import DeadEnd, is_a, is_stative, objects_for, verbs_about, verbs_for
from .clause import Clause
from .clauses import Wish, at_place, clause, suitable
from .lexicon import Noun, lexicon
from .morphology import english_verb
from .nounphrase import Nominal, noun_phrase, pronoun
from .sampling import GENERIC, PERSONS, Sampler, ownable
from .sentences import (
    finished,
    fronted,
    how_many,
    nobody,
    statement,
    that_subject,
    there_is,
    wh,
    what,
    which,
    who_does,
    whom,
    with_dont,
    with_où,
    with_que,
    with_qui,
    yes_no,
)
from .tenses import tense_for
from .words import Phrase, join


def time_of(sampler: Sampler) -> str:
    """The time that a sentence is about."""
    return sampler.choice.weighted(past=42, background=8, present=34, future=16)


def told(sampler: Sampler, made: Clause) -> Phrase:
    """The clause as a statement, at times with its time in front."""
    if made.adjuncts and sampler.choice.chance(0.3):
        time = made.adjuncts[0]
        said = statement(replace(made, adjuncts=()))
        return (fronted if len(time.english) > 1 else join)(time, said)
    return statement(made)


def simple(sampler: Sampler) -> Phrase:
    """One clause."""
    made = clause(sampler, Wish(time_of(sampler), alone=True))
    if sampler.choice.chance(0.1) and not made.adjuncts and made.verb.english in (
            "read", "play", "eat", "sing", "dance", "work", "cook", "sleep", "wait", "meet",
            "see", "talk", "find", "lose"):
        rooms = ("garden", "park", "kitchen", "street", "beach", "house", "school", "library",
                 "bedroom", "restaurant", "station", "village", "forest", "office", "hotel")
        noun = sampler.choice.zipf([n for n in lexicon().nouns if n.english in rooms
                                    and n.classes & {"room", "outdoor", "building"}])
        made = replace(made, adjuncts=(at_place(sampler, noun, "in", "dans"),))
    return finished(told(sampler, made))


def nobody_does(sampler: Sampler) -> Phrase:
    """nobody …"""
    frame = sampler.choice.of(("intransitive", "transitive", "place"))
    time = sampler.choice.weighted(past=4, present=4, future=2)
    made = clause(sampler, Wish(time, pronoun("he"), frame, plain=True))
    if made.verb.english == "be born":
        raise DeadEnd("nobody: wanted another verb than 'be born'; got it")
    return finished(nobody(made))


def exists(sampler: Sampler) -> Phrase:
    """there is …"""
    choice = sampler.choice
    rooms = ("room", "home")
    where, things = choice.of((
        ("room", ("object", "furniture", "animal")), ("outdoor", ("person", "animal")),
        ("building", ("person",)), ("home", ("furniture", "person")),
    ))
    noun = sampler.noun_of({name: lexicon().nouns_of(name) for name in things})
    place = choice.zipf([n for n in lexicon().nouns_of(where) if "unique" not in n.classes])
    wild = ("lion", "tiger", "elephant", "bear", "giraffe", "dolphin", "monkey", "wolf")
    inside = where in rooms and "animal" in noun.classes and not is_a("indoor", noun.english)
    far = noun.english in wild and place.english != "zoo"
    rare = noun.english in ("hero", "king", "queen", "prince", "princess", "winner", "mayor")
    if rare or "family" in noun.classes or inside or far:
        raise DeadEnd(f"there is: wanted something one finds there; got {noun.english!r}")
    kind = choice.weighted(a=4, some=2, number=2, many=1, several=1)
    large = "object" in noun.classes
    determiner = choice.between(2, 30 if large else 6) if kind == "number" else kind
    thing = noun_phrase(noun, determiner, "sg" if kind == "a" else "pl",
                        sampler.adjectives(noun, ""))
    tense = choice.weighted(présent=3, imparfait=1)
    return finished(there_is(thing, at_place(sampler, place, "in", "dans"), tense))


# Questions


def question(sampler: Sampler) -> Phrase:
    """A question of any kind."""
    choice = sampler.choice
    kind = choice.weighted(yes=38, wh=27, who=12, what=9, many=6, which=6, whom=3)
    time = choice.weighted(past=42, present=38, future=20)
    if kind in ("many", "which", "what", "whom"):
        return finished(_about_object(sampler, kind, time), "?")
    subject = None
    if choice.chance(0.65):
        subject = pronoun(choice.weighted(you=45, he=20, she=20, they=20, we=5))
    made = clause(sampler, Wish(time, subject, plain=choice.chance(0.6), alone=True))
    if made.verb.english == "be born" or made.subject.lemma == "I":
        raise DeadEnd("question: wanted one that people ask; got one about I, or a birth")
    if kind == "yes":
        return finished(yes_no(made), "?")
    made = replace(made, negation="", adverb=None)
    if made.infinitive is None and made.object is None and made.verb.frame == "transitive":
        raise DeadEnd("question: wanted an object for the transitive verb; got none")
    if made.verb.frame == "copula" and kind == "wh" and not (
            "person" in made.subject.classes and made.verb.english == "be"
            and is_a("state", _quality(made))):
        raise DeadEnd("question: wanted somebody's state; got a quality")
    if kind == "who":
        return finished(who_does(made), "?")
    return finished(wh(_word_for(sampler, made), made), "?")


def _quality(made: Clause) -> str:
    """The last English word of the complement, nothing without one."""
    return made.complement.english[-1].text if made.complement is not None else ""


def _word_for(sampler: Sampler, made: Clause) -> str:
    """Where, when, why or how, as the clause allows."""
    words = ["why", "why"]
    free = made.infinitive is None and made.verb.frame != "copula" and not is_stative(made.verb)
    if free and not made.adjuncts and not made.aspect:
        words += ["when", "when"]
    if free and made.verb.frame in ("transitive", "intransitive") and made.verb.auxiliary != "être":
        words += ["where", "where"]
    if made.verb.frame == "place" and made.verb.english in ("come", "return", "come back", "go"):
        words += ["how"]
    return sampler.choice.of(words)


def _about_object(sampler: Sampler, kind: str, time: str) -> Phrase:
    choice = sampler.choice
    subject = pronoun(choice.weighted(you=40, he=20, she=20, they=20))
    verb = suitable(sampler, Wish(time, subject), "transitive")
    if verb.english in ("hit", "push", "touch", "kiss"):
        raise DeadEnd(f"question: wanted what people ask about; got {verb.english!r}")
    tense, aspect = tense_for(sampler, verb, time)
    made = Clause(subject, verb, tense, "" if aspect == "perfect" else aspect)
    if kind == "what":
        if not set(verb.object) & {"object", "food", "drink", "text"}:
            raise DeadEnd(f"what: wanted a verb of things; got {verb.english!r}")
        return what(made)
    if kind == "whom":
        if "person" not in verb.object:
            raise DeadEnd(f"who: wanted a verb of persons; got {verb.english!r}")
        return whom(made)
    noun = choice.zipf(_countable(objects_for(verb)))
    if kind == "many":
        return how_many(noun, made)
    return which(noun_phrase(noun, "which", "pl" if choice.chance(0.2) else "sg"), made)


def _countable(options: dict[str, tuple[Noun, ...]]) -> list[Noun]:
    return [noun for name in sorted(options) for noun in options[name]
            if noun.count == "count" and not noun.classes & {"unique", "meal", "family"}]


# Relative clauses


def head_of(sampler: Sampler, nouns: list[Noun]) -> Nominal:
    """A definite noun phrase to hang a relative clause on."""
    noun = sampler.choice.zipf(nouns)
    several = sampler.choice.chance(0.22) and "family" not in noun.classes
    number = "pl" if several or is_a("pair", noun.english) else "sg"
    return noun_phrase(noun, "the", number)


def relative_person(sampler: Sampler, time: str) -> Nominal:
    """the man who …, the woman that he saw"""
    choice = sampler.choice
    persons = [sampler.noun_of({"person": lexicon().nouns_of("person")}) for _ in range(4)]
    head = head_of(sampler, [noun for noun in persons if "family" not in noun.classes])
    if choice.chance(0.65):
        subject = replace(that_subject(head), classes=head.classes)
        when = choice.of(("past", "now")) if time == "mixed" else time
        made = clause(sampler, Wish(when, subject, choice.weighted(
            transitive=4, intransitive=2, place=2, indirect=1, copula=1), plain=True))
        said = _quality(made) if made.verb.frame == "copula" else ""
        if made.verb.english in ("seem", "become") or said in (
                "ready", "sure", "present", "absent", "alone", "tall", "old", "young"):
            raise DeadEnd("relative: wanted a verb that says more; got a copula")
        return with_qui(head, made)
    who = pronoun(choice.of(("I", "he", "she", "we", "you")))
    verb = choice.zipf([v for v in verbs_for("transitive") if "person" in v.object
                        and not is_a("past only", v.english)])
    return _que(sampler, replace(head, combinations=((verb.english, head.lemma),)), who, verb, time)


def _then(verb, time: str) -> str:
    """The time of a relative clause; a mixed one is past for events and now for states."""
    now = is_stative(verb) or verb.frame == "place"
    return {"mixed": "now" if now else "past"}.get(time, time)


def _que(sampler: Sampler, head: Nominal, who: Nominal, verb, time: str) -> Nominal:
    time = _then(verb, time)
    tense, aspect = tense_for(sampler, verb, time)
    aspect = "" if aspect == "perfect" else aspect
    owned = verb.english == "have" and time == "past"
    if owned or verb.english in ("draw", "touch", "hit", "push"):
        raise DeadEnd("relative: wanted something done to it; got a possession")
    if verb.english in ("wear", "have") and who.number == "pl":
        raise DeadEnd("relative: wanted one owner; got several")
    return with_que(head, Clause(who, verb, tense, aspect))


def relative_thing(sampler: Sampler, time: str, nouns: list[Noun], outer: str = "") -> Nominal:
    """the letter that he wrote, the house where I live, the film that he talks about"""
    choice = sampler.choice
    who = pronoun(choice.of(PERSONS))
    head = head_of(sampler, [noun for noun in nouns if noun.count == "count"
                             and not noun.classes & {"unique", "meal", "family"}])
    kind = choice.weighted(que=6, où=2.5, dont=2.5)
    if kind == "où":
        verbs = [v for v in verbs_for("place") if v.english in ("live", "work", "sleep", "play")
                 and any(noun.english == head.lemma for group in objects_for(v).values()
                         for noun in group)]
        if verbs and head.number == "sg":
            verb = choice.of(verbs)
            tense, aspect = tense_for(sampler, verb, _then(verb, time))
            return with_où(head, Clause(who, verb, tense, aspect))
    if kind == "dont" and head.classes & {"text", "media", "idea", "person"}:
        verb = [v for v in verbs_for("indirect") if v.english == "talk"
                and v.french_preposition == "de"][0]
        tense, aspect = tense_for(sampler, verb, _then(verb, time))
        return with_dont(head, Clause(who, verb, tense, aspect))
    verbs = [v for v in verbs_about(head.lemma) if v.english != outer
             and not (is_a("past only", v.english) and time != "past")
             and not (v.english in GENERIC and head.classes & {"food", "drink", "subject"})]
    verb = choice.zipf(verbs)
    return _que(sampler, replace(head, combinations=((verb.english, head.lemma),)), who, verb, time)


def with_relative(sampler: Sampler, time: str, timed: bool = True) -> Clause:
    """A clause whose subject or object has a relative clause."""
    choice = sampler.choice
    inner = "past" if time in ("past", "background") else "mixed"
    if choice.chance(0.35):
        head = relative_person(sampler, inner)
        made = clause(sampler, Wish(time, head, plain=choice.chance(0.7), timed=timed))
        forms = {english_verb(made.verb, form) for form in ("ing", "past", "third", "base")}
        twice = forms & {token.text for token in head.english}
        if twice or made.verb.frame in ("intransitive", "pronominal"):
            raise DeadEnd("relative: wanted more than one bare verb after another; got two")
        return made
    if choice.chance(0.3):
        classes = choice.of((("text", "media", "idea"), ("object", "clothing"), ("home",)))
        nouns = [noun for noun in lexicon().nouns if noun.classes & set(classes)]
        head = relative_thing(sampler, inner, nouns)
        return clause(sampler, Wish("past" if time == "background" else time, head, "copula",
                                    plain=True))
    verb = suitable(sampler, Wish(time, pronoun("he")), "transitive")
    subject = sampler.subject(verb)
    options = [noun for name, group in objects_for(verb, "animal" in subject.classes).items()
               for noun in group if name != "person"]
    person = "person" in verb.object and choice.chance(0.6)
    head = relative_person(sampler, inner) if person else relative_thing(
        sampler, inner, options, verb.english)
    if "object" in head.classes and not ownable(stand_noun(head)):
        raise DeadEnd("relative: wanted something one has; got something else")
    skirt = verb.english == "wear" and head.lemma in ("dress", "skirt")
    new = verb.english in ("have", "write", "make", "build", "draw", "wear", "begin")
    if new or (skirt and subject.gender == "m"):
        raise DeadEnd(f"relative: wanted what suits the subject; got {head.lemma!r}")
    tense, aspect = tense_for(sampler, verb, time)
    if verb.english in ("eat", "drink") and (tense, aspect) == ("présent", ""):
        aspect = "progressive"
    aspect = "" if aspect == "perfect" else aspect
    pair = (verb.english, head.lemma)
    if pair[0] == "buy" and ("sell", head.lemma) in head.combinations:
        raise DeadEnd("relative: wanted something one does with a thing sold; got a purchase")
    return Clause(subject, verb, tense, aspect,
                  object=replace(head, combinations=(*head.combinations, pair)))


def stand_noun(head: Nominal) -> Noun:
    """The noun of a noun phrase."""
    return [noun for noun in lexicon().nouns if noun.english == head.lemma
            and noun.classes == head.classes][0]
