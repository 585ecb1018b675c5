"""Who may do what: whether a subject fits a verb."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from .choosing import subjects_for
from .clause import Clause
from .lexicon import Noun, Verb, lexicon
from .nounphrase import Nominal

UNWANTED = ("obey", "arrive", "cough", "cry", "laugh", "smile", "shout", "break", "lose", "come")
FOND = ("smile", "look", "take care", "think", "dream")
BABYISH = ("sleep", "cry", "laugh", "smile", "eat", "drink", "look", "wake up", "fall asleep")


@cache
def allows(verb: Verb, classes: frozenset[str], lemma: str) -> bool:
    """Whether the verb may have a subject of these classes; lemma "it" stands for any of them."""
    options = subjects_for(verb)
    if "person" in classes:
        return "person" in options
    nouns = [noun for name in options if name in classes for noun in options[name]]
    return any(noun.classes == classes and lemma in (noun.english, "it") for noun in nouns)


def stand_in(subject: Nominal) -> Noun:
    """The subject's noun, or some noun of its classes where a pronoun or a name stands."""
    nouns = lexicon().nouns
    named = [noun for noun in nouns if noun.english == subject.lemma]
    alike = [noun for noun in nouns if noun.classes == subject.classes]
    return (named or alike or [replace(nouns[0], classes=frozenset({"person"}))])[0]


def is_profession(subject: Nominal) -> bool:
    """Whether the subject is already named by a job or a role."""
    return "profession" in subject.classes or subject.lemma in (
        "baby", "child", "pupil", "boy", "girl", "king", "queen", "prince", "princess")


def skirt_like(noun: Noun) -> bool:
    """Whether men here do not wear it."""
    return noun.english in ("dress", "skirt")


def particular(thing: Nominal) -> bool:
    """Whether a noun phrase names one thing or several that are known."""
    return bool({"definite", "demonstrative", "possessive", "possessor"} & set(thing.phenomena))


def disliked(verb: Verb, inner: Clause) -> bool:
    """Whether the governed clause is too particular: to like, or to want, a number of things."""
    if inner.verb.english in UNWANTED:
        return True
    if inner.object is None or inner.object.pronoun is not None:
        return False
    said = set(inner.object.phenomena)
    bare = inner.object.english[0].text != "some"
    several = "indefinite" in said and inner.object.number == "pl"
    general = bare and (several or {"generic", "partitive"} & said)
    likes = verb.english in ("like", "love", "hate", "prefer", "continue")
    return bool({"number", "quantity"} & said) or (likes and not general)
