"""What a random clause may have beside its arguments: a negation, an adverb, a time."""

from __future__ import annotations

from dataclasses import replace

from .choosing import is_a, is_stative
from .clause import Clause
from .lexicon import lexicon
from .sampling import Sampler


def decorated(sampler: Sampler, made: Clause, timed: bool = True) -> Clause:
    """The clause with a negation, an adverb or a time, at times."""
    choice, verb = sampler.choice, made.verb
    kind = choice.weighted(nothing=42, negation=17, adverb=13, time=28)
    if (verb.english, verb.frame) == ("come", "place"):
        return made
    if verb.english == "be born":
        kind = "time"
    if kind == "negation" and made.aspect not in ("used to", "perfect"):
        return denied(sampler, made)
    if kind == "adverb" and made.aspect != "perfect":
        return modified(sampler, made)
    odd = verb.frame == "infinitive" and verb.english not in ("must", "can", "try", "forget")
    if kind == "time" and timed and not odd and not is_stative(verb):
        time = sampler.time(verb, made.tense, made.aspect)
        if time is not None:
            return replace(made, adjuncts=(time,))
    return made


def modified(sampler: Sampler, made: Clause) -> Clause:
    """The clause with an adverb: how often, for habits; how, for the verbs that say how."""
    choice = sampler.choice
    manner = sampler.manner(made.verb)
    if manner is not None and made.verb.frame == "intransitive" and choice.chance(0.6):
        together = manner.english == "together"
        return made if together and made.subject.number == "sg" else replace(made, adverb=manner)
    habit = made.tense == "présent" and made.aspect == "" or made.aspect == "used to"
    if not habit or made.verb.frame in ("infinitive", "copula", "that") or is_stative(made.verb):
        return made
    adverbs = [a for a in lexicon().adverbs if a.kind == "frequency"
               and (len(a.english.split()) > 1) >= (made.aspect == "used to")
               and (a.english != "every week" or is_a("monthly", made.verb.english))]
    return replace(made, adverb=choice.zipf(adverbs))


def denied(sampler: Sampler, made: Clause) -> Clause:
    """The clause with a negation that suits it."""
    negation = sampler.choice.weighted(pas=6, jamais=2, plus=1.3, rien=1.7, personne=0.8)
    role = {"rien": "object", "personne": "person"}.get(negation)
    if role and made.verb.frame == "transitive" and role in made.verb.object:
        return replace(made, negation=negation, object=None)
    if role or (negation == "jamais" and made.aspect == "progressive"):
        negation = "pas"
    if negation == "plus" and made.tense == "passé composé":
        negation = "pas"
    if negation == "jamais" and made.tense == "imparfait" and is_stative(made.verb):
        negation = "pas"
    if negation == "jamais" and made.tense in ("passé composé", "futur") and made.verb.frame in (
            "intransitive", "pronominal"):
        negation = "pas"
    specific = {"definite", "demonstrative", "possessive"} & set(
        made.object.phenomena if made.object is not None else ())
    if negation in ("jamais", "plus") and specific and not is_stative(made.verb) \
            and made.tense != "passé composé":
        negation = "pas"
    inner = made.infinitive
    if made.verb.english == "must" or (inner is not None and inner.object is not None):
        negation = "pas"
    if made.verb.english in ("love", "hate", "prefer"):
        return made
    argument = made.object or made.indirect
    if argument is not None and {"number", "quantity"} & set(argument.phenomena):
        return made
    return replace(made, negation=negation)
