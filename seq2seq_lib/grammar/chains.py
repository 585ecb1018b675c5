"""Sentences of several clauses that hang together: one time, a subject taken up again."""

from __future__ import annotations

from dataclasses import replace

from .choosing import DeadEnd, goes, is_a, is_stative, verbs_about, verbs_for
from .clause import Clause
from .clauses import Wish, clause, object_of, other_person
from .decorating import denied
from .nounphrase import Nominal, it_of, pronoun
from .patterns import exists, nobody_does, question, simple, time_of, told, with_relative
from .sampling import PERSONS, Sampler, continuing
from .sentences import (
    before_doing,
    finished,
    fronted,
    in_order_to,
    statement,
    subordinate,
    without_doing,
)
from .tenses import tense_for
from .words import Phrase, join

TAILS = {
    "purpose": (in_order_to, ("purpose",)),
    "prelude": (before_doing, ("prelude",)),
    "lacking": (without_doing, ("lacking",)),
}


MOVES = ("go", "come", "come back", "return", "arrive", "leave", "go out", "go home", "come in",
         "come out", "get", "get out", "stay", "travel", "hurry")


def next_subject(sampler: Sampler, topic: Nominal) -> Nominal | None:
    """Who the next clause is about: mostly the same, else another person."""
    if sampler.choice.chance(0.78) and (topic.pronoun or topic.lemma):
        return continuing(topic)
    third = topic.pronoun is None or topic.pronoun.person == "3"
    own = topic.pronoun.english if topic.pronoun else ""
    names = [name for name in PERSONS if name != own and not (
        third and name in ("he", "she", "they"))]
    return pronoun(sampler.choice.of(names)) if sampler.choice.chance(0.6) else None


def tail(sampler: Sampler, made: Clause) -> Phrase:
    """to …, before …ing or without …ing, said of the clause's own subject."""
    choice = sampler.choice
    name = choice.weighted(prelude=4, lacking=3)
    if is_a("mover", made.verb.english):
        name = choice.weighted(purpose=6, prelude=2, lacking=2)
    shape, kinds = TAILS[name]
    frame = choice.weighted(transitive=5, intransitive=3, pronominal=1, indirect=1)
    inner = clause(sampler, Wish("present", made.subject, frame, kinds, plain=True))
    away = made.verb.english in MOVES and inner.verb.english in MOVES
    if away or not goes(kinds[0], inner.verb.english, made.verb.english):
        raise DeadEnd(f"tail: wanted what goes with {made.verb.english!r}; got another")
    if inner.verb.english == made.verb.english:
        raise DeadEnd(f"tail: wanted another verb than {inner.verb.english!r}; got it again")
    if inner.object is not None and {"quantity", "number"} & set(inner.object.phenomena):
        raise DeadEnd("tail: wanted something plain; got a number of things")
    if name == "lacking" and inner.object is not None and "person" not in inner.object.classes and (
            {"definite", "demonstrative", "possessive"} & set(inner.object.phenomena)):
        raise DeadEnd("without: wanted something in general; got a thing in particular")
    return shape(replace(inner, aspect="", tense="présent"))


def has_tail(made: Clause) -> bool:
    """Whether the clause can carry to …, before … or without …"""
    return (made.subject.pronoun is not None or "person" in made.subject.classes) and not (
        made.negation or made.infinitive or made.verb.frame == "copula" or made.aspect
        or any(is_a(kind, made.verb.english) for kind in ("stative", "momentary", "past only"))
        or made.verb.frame == "infinitive")


def reason(sampler: Sampler, time: str, subject: Nominal | None) -> Clause:
    """A clause that gives a reason: a state, a wish, a loss."""
    choice = sampler.choice
    when = {"past": "past", "background": "past"}.get(time, "present")
    frame = choice.weighted(copula=45, transitive=30, infinitive=18, intransitive=7)
    if subject is None:
        subject = pronoun(choice.of(PERSONS))
    kinds = ("state",) if frame == "copula" else ("cause",)
    made = clause(sampler, Wish(when, subject, frame, kinds, plain=frame != "infinitive",
                                timed=False))
    if made.tense == "présent" and made.verb.frame == "transitive" and not is_stative(made.verb):
        return replace(made, tense="passé composé", aspect="perfect")
    return replace(made, aspect="" if made.aspect == "progressive" else made.aspect)


def _following(sampler: Sampler, time: str, word: str, made: Clause) -> Clause:
    """The clause that the conjunction calls for: a reason, a result, something meanwhile."""
    choice = sampler.choice
    subject = next_subject(sampler, made.subject)
    if word == "because":
        following = reason(sampler, time, subject)
    elif word == "so":
        frame = choice.weighted(intransitive=2, place=2, infinitive=3)
        following = clause(sampler, Wish(time, subject, frame, ("result",),
                                         plain=frame != "infinitive", timed=False))
    elif word == "while":
        following = clause(sampler, Wish("background", subject, choice.weighted(
            transitive=3, intransitive=3, place=2), plain=True))
    else:
        following = clause(sampler, Wish(time, subject, _frame(sampler), timed=False,
                                         plain=choice.chance(0.5), avoid=made.verb.english))
    return following


def joint(sampler: Sampler, time: str, made: Clause, used: set[str]) -> tuple[Phrase, Clause]:
    """The next clause, and the phrase that it makes with the conjunction before it."""
    choice = sampler.choice
    options = {"and": 5.0, "but": 3.0, "so": 0.4, "because": 3.5, "while": 1.5}
    kept = {name: weight for name, weight in options.items() if name not in used}
    if time not in ("past", "background") or made.tense != "passé composé":
        kept.pop("while", None)
    if made.verb.english in MOVES or made.negation or is_a("momentary", made.verb.english):
        kept.pop("while", None)
    if made.verb.frame == "copula":
        kept.pop("because", None)
    word = choice.weighted(**kept)
    used.update({word} & {"because", "so", "while", "but"})
    if word in ("because", "so"):
        used.update(("because", "so"))
    following = _following(sampler, time, word, made)
    if word == "but" and not following.negation and not following.aspect and choice.chance(0.6):
        following = denied(sampler, replace(following, adverb=None))
    if word == "while":
        busy = following.verb.english in MOVES or is_stative(following.verb)
        if busy or "sleep" in (following.verb.english, made.verb.english):
            raise DeadEnd("while: wanted something one does meanwhile; got a state or sleep")
        following = replace(following, aspect="progressive")
    if following.verb.english == made.verb.english or following.verb.english in used:
        raise DeadEnd(f"chain: wanted another verb than {made.verb.english!r}; got it again")
    if following.verb.english == "sleep" and following.aspect == "progressive":
        raise DeadEnd("chain: wanted something else that goes on; got sleep")
    if following.verb.english == "have" and word != "because":
        raise DeadEnd("chain: wanted something that happens; got a possession")
    if word in ("because", "so") and "animal" in following.subject.classes:
        raise DeadEnd("because: wanted somebody's reason; got an animal's")
    if {following.verb.english, made.verb.english} & {"die", "be born"}:
        raise DeadEnd("chain: wanted a life to go on; got a birth or a death")
    if following.verb.english != "be":
        used.add(following.verb.english)
    return subordinate(word, statement(following)), following


def _frame(sampler: Sampler) -> str:
    """The frame of a clause that tells what happens."""
    return sampler.choice.weighted(transitive=36, intransitive=12, indirect=10, ditransitive=9,
                                   place=13, pronominal=6, infinitive=8)


def chain(sampler: Sampler, size: int) -> Phrase:
    """`size` clauses about one time."""
    choice = sampler.choice
    time = choice.weighted(past=52, now=14, habit=7, future=20)
    used: set[str] = set()
    opening = None
    if size > 1 and choice.chance(0.22):
        opening, time = setting(sampler, time, used)
        size -= 1
    relative = choice.chance(0.16 * size)
    first = with_relative(sampler, time, opening is None) if relative else clause(
        sampler, Wish(time, frame=_frame(sampler), plain=choice.chance(0.3),
                      timed=opening is None))
    if first.verb.english in used:
        raise DeadEnd(f"chain: wanted another verb than {first.verb.english!r}; got it again")
    used.add(first.verb.english)
    said = told(sampler, first) if opening is None else statement(first)
    if opening is not None:
        if "place" in opening.phenomena and first.verb.english in MOVES:
            raise DeadEnd("setting: wanted something done then; got a second journey")
        if first.verb.frame == "copula" or is_stative(first.verb):
            raise DeadEnd("setting: wanted something that happens then; got a state")
        said = fronted(opening, said)
    if "distributive" in first.subject.phenomena and size > 1:
        raise DeadEnd("chain: wanted one subject to go on with; got every one of them")
    last = first
    for _ in range(size - 1):
        if has_tail(last) and choice.chance(0.3) and "tail" not in used:
            said = join(said, tail(sampler, last))
            used.add("tail")
        else:
            phrase, last = joint(sampler, time, last, used)
            said = join(said, phrase)
    return said


def setting(sampler: Sampler, time: str, used: set[str]) -> tuple[Phrase, str]:
    """A when or if clause to open with, and the time of what follows; its verb is noted in used."""
    who = pronoun(sampler.choice.of(PERSONS))
    frame = sampler.choice.weighted(intransitive=3, place=3, pronominal=1)
    if time == "future":
        word = sampler.choice.of(("if", "when"))
        when = "present" if word == "if" else "future"
        made = clause(sampler, Wish(when, who, frame, ("point",), plain=True))
        used.add(made.verb.english)
        return subordinate(word, whenever(replace(made, aspect=""))), time
    if time in ("now", "habit"):
        time = "habit"
        made = clause(sampler, Wish(time, who, frame, ("point",), plain=True))
        used.add(made.verb.english)
        return subordinate("when", statement(replace(made, aspect=""))), time
    made = clause(sampler, Wish("past", who, frame, ("point",), plain=True))
    used.add(made.verb.english)
    if made.tense != "passé composé" or (made.verb.english, made.verb.frame) == ("come", "place"):
        raise DeadEnd("when: wanted an event; got a state")
    return subordinate("when", statement(replace(made, aspect=""))), "past"


def whenever(made: Clause) -> Phrase:
    """After when, English has the present where French has the future."""
    if made.tense != "futur":
        return statement(made)
    english_side = statement(replace(made, tense="présent"))
    return replace(statement(made), english=english_side.english)


def thought(sampler: Sampler, size: int) -> Phrase:
    """I think that …"""
    choice = sampler.choice
    verb = choice.zipf([v for v in verbs_for("that") if v.english not in (
        "feel", "hear", "learn", "announce", "repeat", "write", "imagine", "discover", "dream",
        "remember")])
    subject = sampler.subject(verb)
    past = choice.chance(0.35)
    tense, _ = tense_for(sampler, verb, "past" if past else "present")
    who = None
    if choice.chance(0.6):
        who = other_person(sampler, subject, different=True)
    frame = choice.weighted(copula=4, transitive=1) if past else ""
    time = "past" if past else time_of(sampler)
    if verb.english in ("promise", "hope") and not past:
        time, who = "future", continuing(subject)
    inner = clause(sampler, Wish(time, who, frame))
    if past and (inner.tense != "imparfait" or verb.english == "promise"):
        raise DeadEnd("that: wanted a state after a past verb; got an event")
    said = statement(inner)
    if size > 2:
        time = {"présent": "habit", "futur": "future"}.get(inner.tense, "past")
        said = join(said, joint(sampler, time, inner, {"because"} if past else set())[0])
    return statement(Clause(subject, verb, tense, complement=subordinate("that", said)))


def anaphora(sampler: Sampler) -> Phrase:
    """A thing, then the pronoun for it: "the letter arrived and she read it"."""
    choice = sampler.choice
    firsts = {"buy": 1, "find": 1, "receive": 1, "choose": 1, "borrow": 1, "see": 1, "open": 1,
              "write": 1, "make": 1, "bring": 1, "steal": 1, "take": 1}
    verb = choice.of([v for v in verbs_for("transitive") if v.english in firsts])
    subject = sampler.subject(verb)
    if "person" not in subject.classes:
        raise DeadEnd("anaphora: wanted a person; got something else")
    thing = object_of(sampler, verb, subject, pronouns=False)
    if thing.english and thing.english[0].text in ("every", "many"):
        raise DeadEnd("anaphora: wanted something to point at; got a quantity")
    others = [v for v in verbs_about(thing.lemma) if is_a("sequel", v.english)]
    other = choice.zipf(others)
    time = choice.weighted(past=6, future=2)
    tense, _ = tense_for(sampler, verb, "past")
    again = Clause(continuing(subject), other, tense_for(sampler, other, time)[0],
                   object=it_of(thing))
    return join(statement(Clause(subject, verb, tense, object=thing)),
                subordinate("and", statement(again)))


def sentence(sampler: Sampler, size: int) -> Phrase:
    """A sentence of about `size` clauses."""
    if size <= 1:
        kind = sampler.choice.weighted(simple=66, question=22, exists=5, nobody=3, thought=5)
        if kind == "thought":
            return finished(thought(sampler, 1))
        return {"simple": simple, "question": question, "exists": exists,
                "nobody": nobody_does}[kind](sampler)
    kind = sampler.choice.weighted(chain=66, thought=12, anaphora=12 if size < 4 else 0.1)
    if kind == "chain":
        return finished(chain(sampler, size))
    return finished(thought(sampler, size) if kind == "thought" else anaphora(sampler))
