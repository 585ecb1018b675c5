"""Which tense and aspect a verb takes when it speaks of a time."""

from __future__ import annotations

from .choosing import DeadEnd, is_a, is_stative
from .lexicon import Verb
from .sampling import Sampler


def tense_for(sampler: Sampler, verb: Verb, time: str) -> tuple[str, str]:
    """A French tense and an English aspect for the time spoken of.

    Times are past, background (what was going on), future, present, and the present's two kinds,
    now (what is going on) and habit.
    """
    choice = sampler.choice
    state = is_stative(verb) or verb.english == "be"
    plain = state or verb.frame in ("infinitive", "copula", "that") or is_a(
        "past only", verb.english) or is_a("momentary", verb.english)
    if time == "future":
        if is_a("timeless", verb.english) or (verb.english, verb.frame) == ("come", "place"):
            raise DeadEnd(f"tense: wanted a verb with a future; got {verb.english!r}")
        return "futur", ""
    if time in ("present", "now", "habit"):
        if is_a("event", verb.english) or is_a("event", f"{verb.english}+{verb.frame}"):
            if time == "habit" or plain:
                raise DeadEnd(f"tense: wanted a habit; got {verb.english!r}")
            return "présent", "progressive"
        going_on = time == "now" or (time == "present" and choice.chance(0.55))
        return "présent", "progressive" if going_on and not plain else ""
    if state:
        return "imparfait", ""
    if time == "background":
        if plain:
            raise DeadEnd(f"tense: wanted a lasting verb; got {verb.english!r}")
        once = is_a("event", verb.english) or is_a("event", f"{verb.english}+{verb.frame}")
        return "imparfait", "progressive" if once else choice.of(
            ("progressive", "progressive", "used to"))
    perfect = is_a("perfect", verb.english) and choice.chance(0.2)
    return "passé composé", "perfect" if perfect else ""
