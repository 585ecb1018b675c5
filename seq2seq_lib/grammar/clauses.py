"""Random clauses: a verb with a frame, its arguments, a tense that fits the time spoken of."""

from __future__ import annotations

from dataclasses import replace

from .choosing import adjectives_for, nouns_for, verbs_for
from .clause import Clause, is_stative
from .function import entries
from .lexicon import Noun, Verb, lexicon
from .nounphrase import Nominal, adjective_phrase, noun_phrase, pronoun
from .places import named_place, prepositional
from .sampling import NAMED_PLACES, PAST_ONLY, Sampler
from .sentences import copula, profession
from .words import Phrase

TIMES = ("past", "background", "present", "future")
FRAMES = {
    "transitive": 36, "intransitive": 14, "indirect": 10, "ditransitive": 7, "place": 12,
    "pronominal": 6, "infinitive": 8, "copula": 13,
}


def tense_for(sampler: Sampler, verb: Verb, time: str) -> tuple[str, str]:
    """A French tense and an English aspect for the time spoken of."""
    choice, still = sampler.choice, is_stative(verb) or verb.frame == "copula"
    plain = still or verb.frame == "infinitive" or verb.english in PAST_ONLY
    if time == "future":
        return "futur", ""
    if time == "present":
        progressive = not plain and choice.chance(0.4)
        return "présent", "progressive" if progressive else ""
    if time == "background":
        if plain:
            return "imparfait", ""
        return "imparfait", choice.of(("progressive", "progressive", "used to"))
    if still:
        return "imparfait", ""
    return "passé composé", "perfect" if choice.chance(0.08) else ""


def owner_of(subject: Nominal, sampler: Sampler) -> str:
    """The possessive that refers to the subject, most of the time."""
    if subject.pronoun is not None and sampler.choice.chance(0.8):
        return subject.pronoun.possessive if subject.pronoun.possessive != "its" else "the"
    if "person" in subject.classes and subject.number == "sg" and sampler.choice.chance(0.7):
        return "her" if subject.gender == "f" else "his"
    return sampler.choice.weighted(my=4, your=2, our=2, their=1)


def object_of(sampler: Sampler, verb: Verb, subject: Nominal, *, pronouns: bool = True) -> Nominal:
    """An object that the verb may have."""
    choice, classes = sampler.choice, nouns_for(verb)
    if pronouns and "person" in classes and choice.chance(0.35):
        names = [name for name in ("I", "you", "he", "she", "we", "they")
                 if subject.pronoun is None or not _same(name, subject.pronoun.english)]
        return pronoun(choice.of(names))
    noun = sampler.noun_of(classes)
    return sampler.thing(noun, verb=verb.english, owner=owner_of(subject, sampler))


def _same(left: str, right: str) -> bool:
    groups = ({"I", "we"}, {"you"}, {"he", "she"}, {"they"})
    return left == right or any({left, right} == group for group in groups[:1])


def place_of(sampler: Sampler, verb: Verb, subject: Nominal) -> Phrase:
    """The place a place verb asks for."""
    choice = sampler.choice
    if verb.english in NAMED_PLACES and verb.english_preposition in ("in", "to", "from") \
            and choice.chance(0.4):
        names = sampler.names(choice.of(("city", "city", "country")))
        return named_place(verb.english_preposition, choice.zipf(names))
    noun = sampler.noun_of(nouns_for(verb))
    return at_place(sampler, noun, verb.english_preposition, verb.french_preposition,
                    owner_of(subject, sampler), verb.english)


def at_place(sampler: Sampler, noun: Noun, english: str, french: str, owner: str,
             verb: str = "") -> Phrase:
    """A place after a preposition; on ↔ sur where the noun asks for it."""
    if english == "in" and noun.english in [entry.english for entry in entries("on")]:
        english, french = "on", "sur"
    kind = sampler.choice.weighted(the=7, a=1.5, owned=2)
    if noun.classes & {"unique"} or (kind == "owned" and not noun.classes & {
            "room", "home", "vehicle", "furniture"}):
        kind = "the"
    options = adjectives_for(noun, attributive=True)
    adjectives = (sampler.choice.zipf(options),) if options and sampler.choice.chance(0.2) else ()
    determiner = owner if kind == "owned" else kind
    nominal = noun_phrase(noun, determiner, "sg", adjectives)
    said = prepositional(english, french, nominal)
    pairs = ((verb, noun.english),) if verb else ()
    return replace(said, phenomena=(*said.phenomena, "place"),
                   combinations=(*said.combinations, *pairs))


def clause(sampler: Sampler, time: str, *, subject: Nominal | None = None, frame: str = "",
           simple: bool = False) -> Clause:
    """A random clause. `simple` leaves out times, negation and governed infinitives."""
    choice = sampler.choice
    frames = {name: weight for name, weight in FRAMES.items()
              if not (simple and name == "infinitive")}
    frame = frame or choice.weighted(**frames)
    if frame == "copula" and not (choice.chance(0.12) and time != "background"):
        return be_clause(sampler, time, subject)
    verb = suitable(sampler, frame, time, subject)
    if subject is None:
        subject = sampler.subject(verb)
    tense, aspect = tense_for(sampler, verb, time)
    made = Clause(subject, verb, tense, aspect)
    made = replace(made, **arguments(sampler, verb, subject, time))
    return made if simple else decorated(sampler, made)


def suitable(sampler: Sampler, frame: str, time: str, subject: Nominal | None) -> Verb:
    """A verb of the frame that the subject and the time allow."""
    kept = [
        verb for verb in verbs_for(frame)
        if (subject is None or verb.subject & subject.classes)
        and not (verb.english in PAST_ONLY and time != "past")
        and verb.english != "be" and not (frame == "copula" and time == "background")
        and not (verb.english == "must" and time != "present")
    ]
    return sampler.choice.zipf(kept)


def be_clause(sampler: Sampler, time: str, subject: Nominal | None) -> Clause:
    """to be with an adjective, a comparison or a profession."""
    choice = sampler.choice
    tense = {"present": "présent", "future": "futur"}.get(time, "imparfait")
    noun: Noun | None = None
    if subject is None:
        if choice.chance(0.5):
            subject = sampler.subject(verbs_for("intransitive")[1])
        else:
            classes = ("object", "clothing", "vehicle", "building", "room", "text", "media",
                       "idea", "event", "food", "drink", "animal", "furniture", "meal")
            noun = choice.zipf(lexicon().nouns_of(choice.of(classes)))
            subject = sampler.thing(noun, role="subject", plain=True)
    found = [candidate for candidate in lexicon().nouns
             if candidate.english == subject.lemma and candidate.classes == subject.classes]
    stand_in = found[0] if found else lexicon().nouns_of("person")[0]
    if not found:
        stand_in = replace(stand_in, classes=subject.classes & {"person"} or frozenset({"person"}))
    if "person" in subject.classes and subject.agreement == "sg" and choice.chance(0.15):
        jobs = [job for job in lexicon().nouns_of("profession")
                if not (job.classes & {"male", "female"}) or job.gender == subject.gender]
        complement = profession(choice.zipf(jobs))
    else:
        complement = quality(sampler, stand_in, subject)
    made = Clause(subject, copula(), tense, complement=complement)
    if choice.chance(0.12):
        made = replace(made, negation=choice.weighted(pas=6, jamais=1, plus=2))
    return made


def quality(sampler: Sampler, noun: Noun, subject: Nominal) -> Phrase:
    """An adjective said of the subject, with a degree or a comparison at times."""
    choice = sampler.choice
    options = adjectives_for(noun, attributive=False)
    adjective = choice.zipf(options)
    kind = choice.weighted(plain=60, degree=20, compared=20)
    if kind == "compared" and adjective.predicative != "only":
        comparison = choice.weighted(plus=5, moins=2, aussi=2)
        return adjective_phrase(adjective, subject, comparison=comparison,
                                standard=standard(sampler, subject))
    degree = choice.weighted(very=6, too=2, quite=2, really=1) if kind == "degree" else ""
    return adjective_phrase(adjective, subject, degree=degree)


def standard(sampler: Sampler, subject: Nominal) -> Nominal:
    """What the subject is compared with."""
    if "person" in subject.classes:
        return sampler.person(plain=True)
    classes = sorted(subject.classes & {"object", "clothing", "vehicle", "building", "room",
                                        "text", "media", "idea", "event", "food", "drink",
                                        "animal", "furniture", "meal"})
    noun = sampler.noun_of({name: lexicon().nouns_of(name) for name in classes})
    return sampler.thing(noun, role="subject", plain=True)


def arguments(sampler: Sampler, verb: Verb, subject: Nominal, time: str) -> dict:
    """The arguments that the verb's frame asks for, as fields of a clause."""
    choice = sampler.choice
    if verb.frame == "transitive":
        return {"object": object_of(sampler, verb, subject)}
    if verb.frame == "indirect":
        return {"indirect": object_of(sampler, verb, subject)}
    if verb.frame == "ditransitive":
        return given(sampler, verb, subject)
    if verb.frame == "place":
        if verb.english == "go" and verb.english_preposition == "to" and choice.chance(0.12):
            return {"there": True}
        return {"complement": place_of(sampler, verb, subject)}
    if verb.frame == "infinitive":
        frame = choice.weighted(transitive=5, intransitive=2, indirect=1, place=2, pronominal=1,
                                ditransitive=1)
        inner = clause(sampler, "present", subject=subject, frame=frame, simple=True)
        return {"infinitive": replace(inner, aspect="", tense="présent")}
    if verb.frame == "copula":
        person = lexicon().nouns_of("person")[0]
        return {"complement": adjective_phrase(
            choice.zipf([a for a in adjectives_for(person, attributive=False)]), subject)}
    return {}


def given(sampler: Sampler, verb: Verb, subject: Nominal) -> dict:
    """A thing and a person; pronouns for either at times."""
    choice = sampler.choice
    thing = object_of(sampler, verb, subject, pronouns=False)
    if choice.chance(0.25):
        from .nounphrase import it_of

        thing = replace(it_of(Nominal(number=thing.number, gender="m")), phenomena=())
    if choice.chance(0.5):
        names = [name for name in ("I", "you", "he", "she", "we", "they")
                 if subject.pronoun is None or not _same(name, subject.pronoun.english)]
        person = pronoun(choice.of(names))
    else:
        person = sampler.person()
    return {"object": thing, "indirect": person}


def decorated(sampler: Sampler, made: Clause) -> Clause:
    """The clause with a negation, an adverb, a time or a place, at times."""
    choice = sampler.choice
    kind = choice.weighted(nothing=45, negation=17, adverb=12, time=26)
    if made.verb.english == "be born":
        kind = "time"
    if kind == "negation" and made.aspect not in ("used to", "perfect"):
        negation = choice.weighted(pas=6, jamais=2, plus=1.5, rien=1.5, personne=0.7)
        if negation == "jamais" and made.aspect == "progressive":
            negation = "pas"
        if negation in ("rien", "personne"):
            role = {"rien": "object", "personne": "person"}[negation]
            if made.verb.frame != "transitive" or role not in made.verb.object:
                negation = "pas"
            else:
                made = replace(made, object=None)
        return replace(made, negation=negation)
    if kind == "adverb" and made.aspect == "" and made.tense != "futur":
        kinds = ("frequency",) if made.tense != "passé composé" else ("manner",)
        if made.verb.frame in ("intransitive", "transitive", "indirect"):
            if kinds == ("manner",) and made.verb.frame != "intransitive":
                return made
            return replace(made, adverb=choice.zipf(
                [a for a in lexicon().adverbs if a.kind in kinds]))
    if kind == "time":
        time = sampler.time(made.tense, made.aspect)
        if time is not None:
            return replace(made, adjuncts=(time,))
    return made
