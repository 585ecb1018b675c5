"""The English lineariser: auxiliaries, do-support, particles, the order of a clause."""

from __future__ import annotations

from .clause import Clause, Marks
from .lexicon import Verb
from .morphology import english_verb
from .nounphrase import Nominal
from .words import Token, Tokens, pairs, spell

_BE = {
    "présent": {(1, "sg"): "am", (3, "sg"): "is"},
    "past": {(1, "sg"): "was", (3, "sg"): "was"},
}
SHIFTING = ("give", "send", "show", "lend", "offer", "sell", "bring", "tell", "teach", "promise",
            "read", "write", "serve")
_MODALS = {"can": "be able to", "must": "have to"}


def be(tense: str, subject: Nominal) -> str:
    """A finite form of to be, tense "présent" or "past"."""
    plural = "are" if tense == "présent" else "were"
    return _BE[tense].get((subject.person, subject.number), plural)


def _third(subject: Nominal) -> bool:
    return subject.person == 3 and subject.number == "sg"


def _group(clause: Clause, question: bool) -> tuple[str, str]:
    """The finite auxiliary (or "") and the rest of the verb, before negation is placed."""
    verb, subject = clause.verb, clause.subject
    copula = verb.english.split()[0] == "be"
    past = clause.tense in ("imparfait", "passé composé")
    tense = "past" if past else "présent"
    if clause.aspect == "progressive":
        return be(tense, subject), english_verb(verb, "ing")
    if clause.aspect == "perfect":
        return ("has" if _third(subject) else "have"), english_verb(verb, "participle")
    if clause.tense == "futur":
        return "will", _MODALS.get(verb.english, verb.english)
    if copula:
        return be(tense, subject), " ".join(verb.english.split()[1:])
    support = clause.negation in ("pas", "rien", "personne") or question
    if verb.english in _MODALS and (verb.english == "can" or not past):
        return ("could" if past else verb.english), ""
    if clause.aspect == "used to":
        return ("did", f"use to {verb.english}") if support else ("", f"used to {verb.english}")
    if support:
        auxiliary = "did" if past else "does" if _third(subject) else "do"
        return auxiliary, verb.english
    if past:
        return "", english_verb(verb, "past")
    return "", english_verb(verb, "third") if _third(subject) else verb.english


def _negation(clause: Clause) -> list[Token]:
    mark = clause.marks.negation
    word = {"": "", "jamais": "never", "plus": "no longer"}.get(clause.negation, "not")
    return [Token(part, (mark,)) for part in word.split()]


def verb_tokens(clause: Clause, question: bool) -> tuple[list[Token], list[Token]]:
    """The auxiliary's tokens and the rest's; negation and frequency between them."""
    marks = clause.marks
    auxiliary, rest = _group(clause, question)
    words = rest.split()
    adverb: list[Token] = []
    if between(clause):
        adverb = adverb_tokens(clause)
    if auxiliary:
        links = (marks.finite,) if words else (marks.finite, marks.lexical)
        if auxiliary == "can" and clause.negation == "pas":
            mark = Token("cannot", (*links, marks.negation))
            return [mark], adverb
        first = [Token(auxiliary, links)]
        tail = [Token(word, (marks.lexical,)) for word in words]
        return first, [*_negation(clause), *adverb, *tail]
    finite = [Token(words[0], (marks.finite, marks.lexical))]
    tail = [Token(word, (marks.lexical,)) for word in words[1:]]
    return [], [*_negation(clause), *adverb, *finite, *tail]


def between(clause: Clause) -> bool:
    """Whether the adverb stands before the verb: often, but not "every day"."""
    adverb = clause.adverb
    return adverb is not None and adverb.kind == "frequency" and " " not in adverb.english


def adverb_tokens(clause: Clause) -> list[Token]:
    """The clause's adverb, its links those of the marks in the order of its pairs."""
    if clause.adverb is None:
        return []
    said = clause.adverb
    linked = zip(pairs(said.english, said.french, said.alignment), clause.marks.adverb,
                 strict=False)
    found = list(linked)
    return [Token(word, tuple(mark for (i, _), mark in found if i == at))
            for at, word in enumerate(said.english.split())]


def object_tokens(nominal: Nominal | None) -> Tokens:
    """A noun phrase where English wants an object, me, him …; nothing for none."""
    if nominal is None:
        return ()
    if nominal.pronoun is None:
        return nominal.english
    return (Token(nominal.pronoun.english_object, nominal.english[0].links),)


def arguments(clause: Clause) -> list[Token]:
    """Objects, complements and adjuncts, in order, without what the gap has taken."""
    marks, verb = clause.marks, clause.verb
    tokens: list[Token] = []
    if clause.negation in ("rien", "personne"):
        word = "anything" if clause.negation == "rien" else "anyone"
        tokens.append(Token(word, (marks.nothing,)))
    if shifted(clause):
        return [*tokens, *object_tokens(clause.indirect), *object_tokens(clause.object),
                *_rest(clause)]
    if clause.object is not None and clause.gap != "object":
        tokens += object_tokens(clause.object)
    if clause.indirect is not None:
        if verb.english_preposition:
            link = marks.preposition if verb.french_preposition else marks.lexical
            tokens += spell(verb.english_preposition, link)
        if clause.gap != "indirect":
            tokens += object_tokens(clause.indirect)
    return tokens + _rest(clause)


def shifted(clause: Clause) -> bool:
    """Whether a pronoun goes before the thing: "gives me the book", but "gives it to me"."""
    receiver, thing = clause.indirect, clause.object
    return (clause.verb.frame == "ditransitive" and clause.verb.english in SHIFTING
            and not clause.gap and receiver is not None and receiver.pronoun is not None
            and thing is not None and thing.pronoun is None)


def _rest(clause: Clause) -> list[Token]:
    """What comes after the objects."""
    marks = clause.marks
    tokens: list[Token] = []
    if clause.there:
        tokens.append(Token("there", (marks.there,)))
    if clause.infinitive is not None:
        tokens += infinitive(clause.infinitive, clause.marks, clause.verb)
    if clause.complement is not None:
        tokens += clause.complement.english
    if clause.adverb is not None and not between(clause):
        tokens += adverb_tokens(clause)
    for adjunct in clause.adjuncts:
        tokens += adjunct.english
    return tokens


def infinitive(inner: Clause, marks: Marks, governor: Verb) -> list[Token]:
    """"to see them", or "see them" after can and must in their own forms."""
    tokens: list[Token] = []
    if governor.english_preposition:
        own = marks.infinitive if governor.french_preposition else inner.marks.lexical
        tokens.append(Token(governor.english_preposition, (own,)))
    return tokens + bare(inner, "base")


def bare(clause: Clause, form: str) -> list[Token]:
    """The clause without its subject: base form or ing, with what follows the verb."""
    links = (clause.marks.finite, clause.marks.lexical)
    words = english_verb(clause.verb, form).split()
    negation = [Token("not", (clause.marks.negation,))] if clause.negation else []
    return [*negation, *(Token(word, links) for word in words), *arguments(clause)]


def declarative(clause: Clause) -> Tokens:
    """Subject, verb, arguments."""
    first, rest = verb_tokens(clause, False)
    return (*clause.subject.english, *first, *rest, *arguments(clause))


def interrogative(clause: Clause) -> Tokens:
    """Auxiliary, subject, verb, arguments."""
    first, rest = verb_tokens(clause, True)
    return (*first, *clause.subject.english, *rest, *arguments(clause))
