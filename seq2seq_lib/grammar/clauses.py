"""Random clauses: a verb with a frame, its arguments, a tense that fits the time spoken of."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .choosing import DeadEnd, adjectives_for, is_a, is_stative, objects_for, verbs_for
from .clause import Clause
from .comparing import adjective_phrase
from .decorating import decorated
from .fitting import (
    BABYISH,
    FOND,
    allows,
    disliked,
    is_profession,
    particular,
    skirt_like,
    stand_in,
)
from .function import entries
from .lexicon import Adjective, Noun, Verb, lexicon
from .nounphrase import Nominal, it, noun_phrase, pronoun
from .places import named_place, prepositional
from .sampling import PERSONS, Sampler
from .sentences import copula, profession
from .tenses import tense_for
from .words import Phrase

NAMED_PLACES = ("go", "come", "live", "return", "stay", "work", "come back")
FRAMES = {
    "transitive": 36, "intransitive": 13, "indirect": 10, "ditransitive": 8, "place": 12,
    "pronominal": 6, "infinitive": 8, "copula": 12,
}
THINGS = ("object", "clothing", "vehicle", "building", "room", "text", "media", "idea", "event",
          "food", "drink", "animal", "furniture", "meal")


@dataclass(frozen=True)
class Wish:
    """What a clause is asked to be.

    `kinds` are collocation kinds of which its verb must have one; `plain` leaves out times,
    negation and governed infinitives; `alone` says that no other clause is about, so that "it"
    may stand for something unsaid; `timed` says whether it may have a time of its own;
    `avoid` is a verb that it must not have.
    """

    time: str = "present"
    subject: Nominal | None = None
    frame: str = ""
    kinds: tuple[str, ...] = ()
    plain: bool = False
    alone: bool = False
    timed: bool = True
    avoid: str = ""


def owner_of(subject: Nominal, sampler: Sampler) -> str:
    """The possessive that refers to the subject, most of the time."""
    if subject.pronoun is not None and sampler.choice.chance(0.8):
        return subject.pronoun.possessive if subject.lemma != "it" else "the"
    if "person" in subject.classes and subject.number == "sg" and sampler.choice.chance(0.7):
        return "her" if subject.gender == "f" else "his"
    return sampler.someone()


def other_person(sampler: Sampler, subject: Nominal, *, different: bool = False) -> Nominal:
    """A pronoun for somebody else than the subject; `different` forbids a second he or she."""
    own = subject.pronoun.english if subject.pronoun else ""
    banned = {"I": ("I", "we"), "we": ("I", "we"), "you": ("you",)}.get(own, ())
    if different:
        banned = (*banned, own)
    plural = subject.number == "pl"
    return pronoun(sampler.choice.of([name for name in PERSONS if name not in banned
                                      and not (name == "they" and plural)]))


def _animal(subject: Nominal) -> bool:
    return "animal" in subject.classes


def object_of(sampler: Sampler, verb: Verb, subject: Nominal, *, pronouns: bool = True) -> Nominal:
    """An object that the verb may have."""
    choice, classes = sampler.choice, objects_for(verb, _animal(subject))
    if pronouns and "person" in classes and choice.chance(0.35):
        return other_person(sampler, subject)
    noun = sampler.noun_of(classes)
    skirt = verb.english in ("wear", "have") and skirt_like(noun)
    young = noun.english == "baby" and verb.frame == "indirect" and verb.english not in FOND
    same = noun.english == subject.lemma or ("animal" in noun.classes and subject.lemma == "it")
    if young or same or (skirt and subject.gender == "m"):
        raise DeadEnd(f"object: wanted one that suits the subject; got {noun.english!r}")
    made = sampler.thing(noun, verb=verb.english, owner=owner_of(subject, sampler))
    his = skirt_like(noun) and (verb.frame == "ditransitive" or (
        "possessive" in made.phenomena and subject.gender == "m"))
    if his or (verb.english == "wear" and subject.number == "pl" and made.number == "sg"):
        raise DeadEnd("object: wanted one that suits the subject; got another's clothes")
    if made.indefinite and made.french[0].text in ("de", "des") and verb.frame == "indirect":
        raise DeadEnd("object: wanted a determiner after a preposition; got a bare noun")
    return made


def place_of(sampler: Sampler, verb: Verb, subject: Nominal) -> Phrase:
    """The place a place verb asks for."""
    choice = sampler.choice
    if verb.english in NAMED_PLACES and verb.english_preposition in ("in", "to", "from") \
            and (verb.english == "come" or choice.chance(0.4)):
        names = sampler.names(choice.of(("city", "city", "country")))
        return named_place(verb.english_preposition, choice.zipf(names))
    noun = sampler.noun_of(objects_for(verb))
    if _animal(subject) and noun.classes & {"room", "home", "building"} and (
            subject.lemma not in ("dog", "cat", "mouse", "bird")):
        raise DeadEnd(f"place: wanted one where animals are; got {noun.english!r}")
    return at_place(sampler, noun, verb.english_preposition, verb.french_preposition,
                    owner_of(subject, sampler), verb.english)


def at_place(sampler: Sampler, noun: Noun, english: str, french: str, owner: str = "the",
             verb: str = "") -> Phrase:
    """A place after a preposition; on ↔ sur where the noun asks for it."""
    if english == "in" and noun.english in [entry.english for entry in entries("on")]:
        english = "on"
        french = [entry.french for entry in entries("on") if entry.english == noun.english][0]
    kind = sampler.choice.weighted(the=8, a=0.5, owned=2.5)
    if "unique" in noun.classes or (kind == "owned" and not is_a("owned", noun.english)):
        kind = "the"
    if kind == "a" and french in ("à", "de"):
        kind = "the"
    options = [adjective for adjective in adjectives_for(noun, attributive=True)
               if "event" not in noun.classes]
    adjectives = (sampler.choice.zipf(options),) if options and sampler.choice.chance(0.15) else ()
    nominal = noun_phrase(noun, owner if kind == "owned" else kind, "sg", adjectives)
    said = prepositional(english, french, nominal)
    pairs = ((verb, noun.english),) if verb else ()
    return replace(said, phenomena=(*said.phenomena, "place"),
                   combinations=(*said.combinations, *pairs))


def clause(sampler: Sampler, wish: Wish) -> Clause:
    """A random clause as wished for."""
    choice = sampler.choice
    frame = wish.frame
    if not frame:
        weights = {name: weight for name, weight in FRAMES.items()
                   if not (wish.plain and name == "infinitive")}
        frame = choice.weighted(**weights)
    becomes = frame == "copula" and choice.chance(0.1) and wish.time != "background"
    if frame == "copula" and not becomes:
        return be_clause(sampler, wish)
    verb = suitable(sampler, wish, frame)
    subject = wish.subject if wish.subject is not None else sampler.subject(verb)
    if subject.lemma == "baby" and verb.english not in BABYISH:
        raise DeadEnd(f"subject: wanted somebody older than a baby; got {verb.english!r}")
    tense, aspect = tense_for(sampler, verb, wish.time)
    if aspect == "perfect" and not wish.alone:
        aspect = ""
    made = Clause(subject, verb, tense, aspect)
    made = replace(made, **arguments(sampler, verb, subject, wish))
    if (tense, aspect) == ("présent", "") and verb.english in ("eat", "drink") \
            and made.object is not None and particular(made.object):
        raise DeadEnd("habit: wanted food or drink in general; got some in particular")
    return made if wish.plain else decorated(sampler, made, wish.timed)


def suitable(sampler: Sampler, wish: Wish, frame: str) -> Verb:
    """A verb of the frame that the subject, the time and the wish allow."""
    return sampler.choice.zipf([
        verb for verb in verbs_for(frame)
        if not is_a("rare", verb.english) and verb.english not in ("be", wish.avoid)
        and (wish.subject is None or allows(verb, wish.subject.classes, wish.subject.lemma))
        and not (is_a("past only", verb.english) and wish.time != "past")
        and not (frame == "copula" and wish.time == "background")
        and not (verb.english == "must" and wish.time in ("past", "background", "future"))
        and (not wish.kinds or any(is_a(kind, verb.english) for kind in wish.kinds))
    ])


def be_clause(sampler: Sampler, wish: Wish) -> Clause:
    """to be with an adjective, a comparison or a profession."""
    choice, subject = sampler.choice, wish.subject
    tense = {"past": "imparfait", "background": "imparfait", "future": "futur"}.get(
        wish.time, "présent")
    passing = "state" in wish.kinds or wish.time == "future"
    if subject is None:
        if passing or choice.chance(0.5):
            subject = sampler.subject(verbs_for("intransitive")[1])
        else:
            noun = choice.zipf(lexicon().nouns_of(choice.of(THINGS)))
            subject = sampler.thing(noun, role="subject", plain=True)
    vague = {"quantity", "number"} & set(subject.phenomena) or subject.english[:1] and (
        subject.english[0].text == "a")
    if (vague or wish.time == "future") and "person" not in subject.classes:
        raise DeadEnd("to be: wanted a definite subject; got an indefinite one")
    one = "person" in subject.classes and subject.agreement == "sg"
    if one and not passing and not is_profession(subject) and choice.chance(0.12):
        jobs = [job for job in lexicon().nouns_of("profession")
                if not (job.classes & {"male", "female"}) or job.gender == subject.gender]
        complement = profession(choice.zipf(jobs))
    else:
        complement = quality(sampler, stand_in(subject), subject, passing)
    lasting = complement.combinations and complement.combinations[0][0] in ("tall", "thin")
    if lasting and tense != "présent":
        raise DeadEnd("to be: wanted something that passes; got a lasting quality")
    made = Clause(subject, copula(), tense, complement=complement)
    compared = any(name.startswith("comparison") for name in complement.phenomena)
    compared = compared or complement.english[0].text == "quite"
    if not wish.plain and not compared and choice.chance(0.13):
        fixed = complement.english[0].text in ("too", "quite", "really") or not passing
        made = replace(made, negation="pas" if fixed else choice.weighted(
            pas=6, jamais=1, plus=1.5))
    return made


def quality(sampler: Sampler, noun: Noun, subject: Nominal, passing: bool) -> Phrase:
    """An adjective said of the subject, with a degree or a comparison at times.

    A person's is a state, such as tired, if it has to be a passing one.
    """
    choice = sampler.choice
    adjective = choice.zipf([
        adjective for adjective in adjectives_for(noun, attributive=False)
        if not passing or "person" not in noun.classes or is_a("state", adjective.english)
    ])
    if is_a("absolute", adjective.english):
        return adjective_phrase(adjective, subject)
    kind = choice.weighted(plain=58, degree=22, compared=0 if passing else 20)
    if kind == "compared" and subject.lemma != "it":
        comparison = choice.weighted(plus=5, moins=1.5, aussi=2)
        return adjective_phrase(adjective, subject, comparison=comparison,
                                standard=standard(sampler, subject, adjective))
    degree = choice.weighted(very=6, too=2, quite=2, really=1) if kind == "degree" else ""
    return adjective_phrase(adjective, subject, degree=degree)


def standard(sampler: Sampler, subject: Nominal, adjective: Adjective) -> Nominal:
    """What the subject is compared with: something that the adjective also suits."""
    if "person" in subject.classes:
        if sampler.choice.chance(0.3):
            return other_person(sampler, subject, different=True)
        found = sampler.person(plain=True)
    else:
        classes = sorted(subject.classes & frozenset(THINGS))
        noun = sampler.noun_of({name: lexicon().nouns_of(name) for name in classes})
        sized = adjective.english in ("big", "small", "old", "huge") and "home" not in noun.classes
        alike = not sized and noun.classes == subject.classes
        alike = alike and not subject.classes & {"text", "media", "idea"}
        if not alike or adjective not in adjectives_for(noun, attributive=False):
            raise DeadEnd(f"comparison: wanted something {adjective.english}; got {noun.english!r}")
        found = sampler.thing(noun, role="subject", plain=True)
        if found.indefinite or {"quantity", "number", "distributive"} & set(found.phenomena):
            raise DeadEnd("comparison: wanted a definite standard; got an indefinite one")
    if found.lemma == subject.lemma:
        raise DeadEnd(f"comparison: wanted another than {subject.lemma!r}; got the same")
    return found


def arguments(sampler: Sampler, verb: Verb, subject: Nominal, wish: Wish) -> dict:
    """The arguments that the verb's frame asks for, as fields of a clause."""
    choice = sampler.choice
    if verb.frame == "transitive":
        return {"object": object_of(sampler, verb, subject)}
    if verb.frame == "indirect":
        return {"indirect": object_of(sampler, verb, subject)}
    if verb.frame == "ditransitive":
        return given(sampler, verb, subject, wish.alone)
    if verb.frame == "place":
        if verb.english == "go" and verb.english_preposition == "to" and choice.chance(0.12):
            return {"there": True}
        return {"complement": place_of(sampler, verb, subject)}
    if verb.frame == "infinitive":
        moves = 0 if verb.english in ("learn", "manage", "begin", "continue", "hesitate") else 2
        frame = choice.weighted(transitive=5, intransitive=2, indirect=1, place=moves,
                                pronominal=1, ditransitive=1)
        inner = clause(sampler, replace(wish, time="present", frame=frame, subject=subject,
                                        kinds=(), plain=True))
        lost = inner.verb.frame == "place" and not is_a("inner", inner.verb.english)
        dull = disliked(verb, inner) or is_stative(inner.verb) or any(
            is_a(kind, inner.verb.english) for kind in ("timeless", "past only", "momentary"))
        if lost or dull or inner.verb.english == verb.english:
            raise DeadEnd(f"infinitive: wanted another verb than {verb.english!r}; got it again")
        return {"infinitive": replace(inner, aspect="", tense="présent")}
    if verb.frame == "copula":
        return {"complement": adjective_phrase(choice.zipf([
            adjective for adjective in adjectives_for(stand_in(subject), attributive=False)
            if adjective.english not in ("present", "absent", "ready", "young", "tall", "alone",
                                         "old", "thin", "sure")
        ]), subject)}
    return {}


def given(sampler: Sampler, verb: Verb, subject: Nominal, alone: bool) -> dict:
    """A thing and a person; pronouns for either at times."""
    choice = sampler.choice
    thing = it() if alone and choice.chance(0.4) else object_of(sampler, verb, subject,
                                                               pronouns=False)
    receiver = other_person(sampler, subject) if choice.chance(0.55) else sampler.person(plain=True)
    if receiver.lemma in (subject.lemma, "baby") and receiver.pronoun is None:
        raise DeadEnd(f"receiver: wanted another than the subject; got {receiver.lemma!r}")
    return {"object": thing, "indirect": receiver}
