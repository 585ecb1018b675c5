"""Sentence patterns, each a way of making one sentence of about the size asked for."""

from __future__ import annotations

from dataclasses import replace

from .choosing import nouns_for, verbs_for
from .clause import Clause
from .clauses import arguments, at_place, clause, object_of, suitable, tense_for
from .lexicon import lexicon
from .nounphrase import Nominal, it_of, noun_phrase, pronoun
from .sampling import Sampler
from .sentences import (
    before_doing,
    finished,
    fronted,
    how_many,
    in_order_to,
    nobody,
    statement,
    subordinate,
    that_subject,
    there_is,
    what,
    wh,
    which,
    who_does,
    with_dont,
    with_où,
    with_que,
    with_qui,
    without_doing,
    yes_no,
)
from .words import Phrase, join

SPEAKERS = ("I", "he", "she", "we", "they", "you")


def time_of(sampler: Sampler) -> str:
    """The time that a sentence is about."""
    return sampler.choice.weighted(past=40, background=12, present=32, future=16)


def simple(sampler: Sampler) -> Phrase:
    """One clause, at times with its time in front."""
    made = clause(sampler, time_of(sampler))
    if made.adjuncts and sampler.choice.chance(0.3):
        time = made.adjuncts[0]
        said = statement(replace(made, adjuncts=()))
        put = fronted if len(time.english) > 1 else join
        return finished(put(time, said))
    return finished(statement(made))


def nobody_does(sampler: Sampler) -> Phrase:
    """nobody …"""
    made = clause(sampler, time_of(sampler), subject=pronoun("he"), simple=True,
                  frame=sampler.choice.of(("intransitive", "transitive", "place")))
    return finished(nobody(made))


def question(sampler: Sampler) -> Phrase:
    """A question of any kind."""
    choice = sampler.choice
    kind = choice.weighted(yes=40, wh=25, who=12, what=10, many=6, which=7)
    time = choice.weighted(past=40, present=40, future=20)
    if kind in ("many", "which", "what"):
        return finished(_about_object(sampler, kind, time), "?")
    subject = pronoun(choice.weighted(you=40, he=20, she=20, they=20, we=5))
    named = choice.chance(0.35)
    made = clause(sampler, time, subject=None if named else subject,
                  simple=choice.chance(0.6))
    made = replace(made, negation="" if kind != "yes" else made.negation)
    if kind == "yes":
        return finished(yes_no(made), "?")
    if kind == "who":
        return finished(who_does(replace(made, negation="")), "?")
    word = choice.weighted(where=3, when=3, why=4, how=1)
    if word == "where" and (made.verb.frame in ("place", "copula", "infinitive")):
        word = "why"
    if word == "when" and (made.adjuncts or made.aspect):
        word = "why"
    if word == "how" and made.verb.frame == "copula":
        word = "why"
    if made.adverb is not None:
        made = replace(made, adverb=None)
    return finished(wh(word, made), "?")


def _about_object(sampler: Sampler, kind: str, time: str) -> Phrase:
    choice = sampler.choice
    subject = pronoun(choice.weighted(you=40, he=20, she=20, they=20))
    while True:
        verb = suitable(sampler, "transitive", time, subject)
        nouns = [noun for group in sorted(nouns_for(verb)) for noun in nouns_for(verb)[group]
                 if noun.count == "count" and not noun.classes & {"unique", "game", "meal"}]
        if nouns:
            break
    tense, aspect = tense_for(sampler, verb, time)
    made = Clause(subject, verb, tense, "" if aspect == "perfect" else aspect)
    noun = choice.zipf(nouns)
    if kind == "many":
        return how_many(noun, made)
    if kind == "which":
        return which(noun_phrase(noun, "which", "pl" if choice.chance(0.2) else "sg"), made)
    return what(made)


def head_for(sampler: Sampler, *classes: str) -> Nominal:
    """A definite noun phrase to hang a relative clause on."""
    choice = sampler.choice
    noun = sampler.noun_of({name: lexicon().nouns_of(name) for name in classes})
    if "unique" in noun.classes or noun.count == "mass" or "family" in noun.classes:
        noun = lexicon().nouns_of(classes[0])[choice.between(0, 9)]
        if "family" in noun.classes or noun.count == "mass":
            return noun_phrase(noun, "my" if noun.count == "count" else "the")
    return noun_phrase(noun, "the", "pl" if choice.chance(0.2) else "sg")


def relative(sampler: Sampler, time: str) -> Nominal:
    """A noun phrase with a relative clause."""
    choice = sampler.choice
    kind = choice.weighted(qui=4, que=5, où=1.5, dont=1)
    who = pronoun(choice.of(SPEAKERS))
    if kind == "qui":
        head = head_for(sampler, "person")
        made = clause(sampler, time, subject=replace(that_subject(head), classes=head.classes),
                      simple=True)
        return with_qui(head, made)
    if kind == "que":
        verb = suitable(sampler, "transitive", time, who)
        noun = sampler.noun_of(nouns_for(verb))
        if noun.count == "count" and "unique" not in noun.classes and "meal" not in noun.classes:
            head = noun_phrase(noun, "the", "pl" if choice.chance(0.25) else "sg")
            head = replace(head, combinations=((verb.english, noun.english),))
            tense, aspect = tense_for(sampler, verb, time)
            return with_que(head, Clause(who, verb, tense, aspect))
    if kind == "dont":
        head = head_for(sampler, "text", "media", "idea")
        verb = [v for v in verbs_for("indirect") if v.english == "talk"
                and v.french_preposition == "de"][0]
        tense, aspect = tense_for(sampler, verb, time)
        return with_dont(head, Clause(who, verb, tense, aspect))
    head = head_for(sampler, "building", "home", "shop")
    verb = [v for v in verbs_for("place") if v.english in ("live", "work", "sleep")]
    chosen = choice.of(verb)
    tense, aspect = tense_for(sampler, chosen, time)
    return with_où(head, Clause(who, chosen, tense, aspect))


def with_relative(sampler: Sampler) -> Phrase:
    """A clause whose subject or object has a relative clause."""
    choice = sampler.choice
    time = choice.of(("past", "present"))
    head = relative(sampler, time)
    if choice.chance(0.5):
        made = clause(sampler, time, subject=head,
                      frame=None if "person" in head.classes else "copula", simple=True)
        return statement(made)
    who = pronoun(choice.of(SPEAKERS))
    verbs = [v for v in verbs_for("transitive") if v.object & head.classes]
    if not verbs:
        made = clause(sampler, time, subject=head, frame="copula", simple=True)
        return statement(made)
    verb = choice.zipf(verbs)
    tense, aspect = tense_for(sampler, verb, time if time == "past" else "future")
    return statement(Clause(who, verb, tense, aspect, object=head))


def thought(sampler: Sampler) -> Phrase:
    """I think that …"""
    verb = sampler.choice.zipf(verbs_for("that"))
    subject = sampler.subject(verb)
    past = sampler.choice.chance(0.3)
    time = "past" if past else "present"
    tense, _ = tense_for(sampler, verb, time)
    inner = clause(sampler, "background" if past else time_of(sampler))
    said = Clause(subject, verb, tense, complement=subordinate("that", statement(inner)))
    return statement(said)


def anaphora(sampler: Sampler) -> Phrase:
    """A thing, then the pronoun for it: "the letter arrived and she read it"."""
    choice = sampler.choice
    who = pronoun(choice.of(SPEAKERS))
    verb = choice.zipf([v for v in verbs_for("transitive")
                        if v.english in ("buy", "find", "receive", "take", "choose", "borrow",
                                         "see", "wash", "repair", "sell")])
    made = Clause(who, verb, "passé composé", object=object_of(sampler, verb, who, pronouns=False))
    thing = made.object
    seconds = [v for v in verbs_for("transitive")
               if v.object & thing.classes and v.english != verb.english]
    other = choice.zipf(seconds)
    tense = "futur" if choice.chance(0.3) else "passé composé"
    if tense != "futur":
        tense, _ = tense_for(sampler, other, "past")
    again = Clause(pronoun(who.lemma), other, tense, object=it_of(thing))
    return join(statement(made), subordinate("and", statement(again)))


def joined(sampler: Sampler, size: int) -> Phrase:
    """Two or more clauses held together by a conjunction."""
    choice = sampler.choice
    kind = choice.weighted(conj=30, because=20, when=10, cond=10, during=10, reduced=20)
    if kind == "conj":
        time = time_of(sampler)
        return join(unit(sampler, time, size - 1),
                    subordinate(choice.weighted(**{"and": 6, "but": 3, "or": 1, "so": 1}),
                                unit(sampler, time, size - 1)))
    if kind == "because":
        time = time_of(sampler)
        why = "background" if time == "past" and choice.chance(0.5) else time
        return join(unit(sampler, time, size - 1), subordinate("because", unit(sampler, why, 1)))
    if kind == "during":
        return join(statement(clause(sampler, "background")),
                    subordinate("while", statement(clause(sampler, "background", simple=True))))
    if kind in ("when", "cond"):
        first = clause(sampler, "present" if kind == "cond" else "future", simple=True)
        first = replace(first, aspect="")
        word = "if" if kind == "cond" else "when"
        return fronted(subordinate(word, _when(first)),
                       statement(clause(sampler, "future")))
    made = clause(sampler, time_of(sampler), frame=choice.of(("transitive", "place", "intransitive")),
                  subject=pronoun(choice.of(SPEAKERS)))
    inner = clause(sampler, "present", subject=made.subject, simple=True,
                   frame=choice.of(("transitive", "place", "intransitive", "pronominal")))
    shape = choice.of((before_doing, in_order_to, without_doing))
    return join(statement(made), shape(replace(inner, aspect="", tense="présent")))


def _when(made: Clause) -> Phrase:
    """After when, English has the present where French has the future."""
    if made.tense != "futur":
        return statement(made)
    english_side = statement(replace(made, tense="présent"))
    return replace(statement(made), english=english_side.english)


def unit(sampler: Sampler, time: str, size: int) -> Phrase:
    """A clause, or something bigger when there is room."""
    if size <= 1:
        return statement(clause(sampler, time))
    kind = sampler.choice.weighted(clause=4, relative=3, thought=2, anaphora=1, joined=3)
    return {
        "clause": lambda: statement(clause(sampler, time)),
        "relative": lambda: with_relative(sampler),
        "thought": lambda: thought(sampler),
        "anaphora": lambda: anaphora(sampler),
        "joined": lambda: joined(sampler, size - 1),
    }[kind]()


def exists(sampler: Sampler) -> Phrase:
    """there is …"""
    choice = sampler.choice
    noun = choice.zipf(lexicon().nouns_of(choice.of(("object", "animal", "furniture", "person"))))
    where = choice.zipf(lexicon().nouns_of(choice.of(("room", "outdoor", "building"))))
    if "family" in noun.classes:
        noun = lexicon().nouns_of("animal")[choice.between(0, 9)]
    kind = choice.weighted(a=4, some=2, number=2, many=1)
    determiner = choice.between(2, 30) if kind == "number" else kind
    number = "sg" if kind == "a" else "pl"
    thing = noun_phrase(noun, determiner, number)
    place = at_place(sampler, where, "in", "dans", "the")
    tense = choice.weighted(présent=3, imparfait=1)
    return finished(there_is(thing, place, tense))


def sentence(sampler: Sampler, size: int) -> Phrase:
    """A sentence of about `size` clauses (0 for the shortest kinds)."""
    if size <= 1:
        kind = sampler.choice.weighted(simple=68, question=20, exists=5, nobody=3, thought=5)
        return {"simple": simple, "question": question, "exists": exists, "nobody": nobody_does,
                "thought": lambda s: finished(thought(s))}[kind](sampler)
    kind = sampler.choice.weighted(joined=5, relative=2, thought=2, anaphora=1)
    return finished({
        "joined": lambda: joined(sampler, size),
        "relative": lambda: with_relative(sampler),
        "thought": lambda: thought(sampler),
        "anaphora": lambda: anaphora(sampler),
    }[kind]())
