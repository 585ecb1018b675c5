"""Clauses: what is said, apart from how either language orders it.

`Clause` holds the parts; english.py and french.py put them in order; `statement`, `question`
and the rest here make phrases of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from .lexicon import Adverb, Verb
from .nounphrase import Nominal, after_de, negated
from .words import Link, Phrase

TENSES = ("présent", "imparfait", "passé composé", "futur")
NEGATIONS = ("", "pas", "jamais", "plus", "rien", "personne")


@dataclass(frozen=True)
class Marks:
    """The links of a clause's grammatical words, shared by both linearisers."""

    finite: Link = field(default_factory=Link)
    lexical: Link = field(default_factory=Link)
    negation: Link = field(default_factory=Link)
    nothing: Link = field(default_factory=Link)
    preposition: Link = field(default_factory=Link)
    infinitive: Link = field(default_factory=Link)
    there: Link = field(default_factory=Link)
    adverb: tuple[Link, ...] = field(default_factory=lambda: tuple(Link() for _ in range(6)))


@dataclass(frozen=True)
class Clause:
    """One clause.

    `aspect` is English only: "" (simple), "progressive", "used to" or "perfect". `gap` names the
    argument that stands before the clause instead of in it ("object", "indirect", "place").
    `there` is True for a place said as "there" (y). `infinitive` is the clause that the verb
    governs, its subject being this one's. `complement` follows the objects, `adjuncts` it.
    """

    subject: Nominal
    verb: Verb
    tense: str = "présent"
    aspect: str = ""
    negation: str = ""
    object: Nominal | None = None
    indirect: Nominal | None = None
    complement: Phrase | None = None
    infinitive: Clause | None = None
    adverb: Adverb | None = None
    adjuncts: tuple[Phrase, ...] = ()
    gap: str = ""
    there: bool = False
    marks: Marks = field(default_factory=Marks)

    def __post_init__(self) -> None:
        if self.tense not in TENSES:
            raise ValueError(f"tense: wanted one of {', '.join(TENSES)}; got {self.tense!r}")
        if self.negation not in NEGATIONS:
            raise ValueError(f"negation: wanted one of {NEGATIONS}; got {self.negation!r}")
        if self.negation in ("rien", "personne") and self.object is not None:
            raise ValueError(f"negation {self.negation!r}: wanted no object; got one")

    def phenomena(self) -> tuple[str, ...]:
        """What this clause and the clause it governs contain."""
        auxiliary = f":{self.verb.auxiliary}" if self.tense == "passé composé" else ""
        names = [f"tense:{self.tense}{auxiliary}"]
        if self.negation:
            names.append(f"negation:{self.negation}")
        for argument, name in ((self.object, "object"), (self.indirect, "indirect")):
            if argument is not None and argument.pronoun is not None and self.gap != name:
                names.append(f"clitic:{name}")
        if {"clitic:object", "clitic:indirect"} <= set(names):
            names.append("clitic:order")
        if self.there:
            names.append("clitic:y")
        if self.verb.frame == "pronominal":
            names.append("pronominal")
        if self.adverb is not None:
            names.append("adverb")
        if self.infinitive is not None:
            names += ["infinitive", *self.infinitive.phenomena()[1:]]
            if any(name.startswith("clitic") for name in names):
                names.append("clitic:infinitive")
        if self.agrees_before:
            names.append("participle:agreement")
        return tuple(names)

    @property
    def agrees_before(self) -> bool:
        """Whether the participle agrees with a direct object before it."""
        thing = self.direct
        before = thing is not None and (thing.pronoun is not None or self.gap == "object")
        return before and self.tense == "passé composé" and self.verb.auxiliary == "avoir"

    @property
    def direct(self) -> Nominal | None:
        """The French direct object, which English may govern by a preposition (wait for)."""
        bare = self.verb.frame == "indirect" and not self.verb.french_preposition
        return self.indirect if bare else self.object

    def combinations(self) -> tuple[tuple[str, str], ...]:
        """The verb–object pairs of this clause and of its arguments."""
        found: list[tuple[str, str]] = []
        for argument in (self.object, self.indirect):
            if argument is not None:
                if argument.pronoun is None and argument.lemma:
                    found.append((self.verb.english, argument.lemma))
                if argument.pronoun is None:
                    found += argument.combinations
        if self.infinitive is not None:
            found += self.infinitive.combinations()
        return (*self.subject.combinations, *found)


def settled(clause: Clause) -> Clause:
    """The clause with negation's effect on its object, and de's on what it governs."""
    if clause.negation in ("pas", "jamais", "plus") and clause.object is not None:
        if clause.gap != "object" and clause.verb.frame != "copula":
            clause = replace(clause, object=negated(clause.object))
    if clause.negation in ("pas", "jamais", "plus") and clause.indirect is not None:
        if clause.direct is clause.indirect and clause.gap != "indirect":
            clause = replace(clause, indirect=negated(clause.indirect))
    if clause.indirect is not None and clause.verb.french_preposition == "de":
        clause = replace(clause, indirect=after_de(clause.indirect))
    if clause.infinitive is not None:
        inner = replace(clause.infinitive, subject=clause.subject)
        if clause.negation in ("pas", "jamais", "plus") and inner.object is not None:
            inner = replace(inner, object=negated(inner.object))
        clause = replace(clause, infinitive=settled(inner))
    return clause


def parts(clause: Clause) -> tuple[str, ...]:
    """Every phenomenon of the clause and of its constituents."""
    names = list(clause.phenomena()) + list(clause.subject.phenomena)
    holders: list[Phrase | None] = [clause.object, clause.indirect, clause.complement,
                                    *clause.adjuncts]
    if clause.infinitive is not None:
        inner = clause.infinitive
        holders += [inner.object, inner.indirect, inner.complement, *inner.adjuncts]
    for holder in holders:
        names += list(holder.phenomena) if holder is not None else []
    return tuple(names)


def all_combinations(clause: Clause) -> tuple[tuple[str, str], ...]:
    """Every lemma pair of the clause and of its constituents."""
    found = list(clause.combinations())
    inner = clause.infinitive
    for holder in (clause.complement, *clause.adjuncts,
                   *((inner.complement, *inner.adjuncts) if inner else ())):
        found += list(holder.combinations) if holder is not None else []
    return tuple(found)
