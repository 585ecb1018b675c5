"""The French lineariser: clitics, negation, compound tenses, agreement, inversion."""

from __future__ import annotations

from .clause import Clause
from .function import Pronoun
from .lexicon import Verb
from .morphology import bare_infinitive, french_verb, participle_forms, past_participle, verb_forms
from .nounphrase import Nominal
from .words import ELIDED, Link, Token, Tokens, french_word, french_words, others, pairs

_FIRST = ("me", "te", "se", "nous", "vous")
_SHORT_ADVERBS = ("bien", "mal", "beaucoup", "un peu")
_LATE_FREQUENCY = ("tous", "toutes")
_DISJUNCTIVE = ("penser", "rêver", "participer", "assister")


def finite_token(infinitive: str, tense: str, subject: Nominal, *links: Link) -> Token:
    """A finite form with the other persons' forms as rivals."""
    form = french_verb(infinitive, tense, subject.person, subject.number)
    return Token(form, links, rivals=others(form, verb_forms(infinitive, tense)))


def participle_token(verb: Verb, gender: str, number: str, *links: Link) -> Token:
    """A participle with the forms of other genders and numbers as rivals."""
    form = past_participle(verb.french, gender, number)
    return Token(form, links, rivals=others(form, participle_forms(verb.french)))


def _reflexive(clause: Clause) -> bool:
    return clause.verb.french != bare_infinitive(clause.verb.french)


def _early_indirect(clause: Clause) -> Pronoun | None:
    """The indirect object's pronoun, where it is said before the verb (lui), not after (de lui)."""
    indirect, preposition = clause.indirect, clause.verb.french_preposition
    if indirect is None or clause.gap == "indirect":
        return None
    early = preposition == "à" and clause.verb.french not in _DISJUNCTIVE
    return indirect.pronoun if early or not preposition else None


def clitics(clause: Clause) -> list[Token]:
    """Clitic pronouns in order: me te se nous vous, le la les, lui leur, y."""
    marks = clause.marks
    found: list[tuple[int, Token]] = []
    if _reflexive(clause):
        pronoun = clause.subject.pronoun
        word = pronoun.reflexive if pronoun else "se"
        rivals = others(word, ("me", "te", "se", "nous", "vous"))
        short = others(word, ("me", "te", "se"))
        vowel = ELIDED.get(word, "")
        token = Token(word, (marks.lexical,), rivals, vowel,
                      (*(ELIDED[other] for other in short), "nous", "vous") if vowel else ())
        found.append((0, token))
    if clause.object is not None and clause.object.pronoun and clause.gap != "object":
        word = clause.object.pronoun.direct
        found.append((0 if word in _FIRST else 1, _clitic(word, clause.object.french[0].links)))
    pronoun = _early_indirect(clause)
    if clause.indirect is not None and pronoun is not None:
        whole = clause.verb.french_preposition
        word = pronoun.indirect if whole else pronoun.direct
        rank = 0 if word in _FIRST else 2 if whole else 1
        links = clause.indirect.french[0].links + ((marks.preposition,) if whole else ())
        found.append((rank, _clitic(word, links)))
    if clause.there:
        found.append((3, Token("y", (marks.there,))))
    return [token for _, token in sorted(found, key=lambda pair: pair[0])]


def _clitic(word: str, links: tuple[Link, ...]) -> Token:
    return Token(word, links, vowel=ELIDED.get(word, ""))


def adverb_place(clause: Clause) -> str:
    """Where the adverb goes: "" (none), "early" (after the finite verb) or "late"."""
    if clause.adverb is None:
        return ""
    words = clause.adverb.french.split()
    if clause.adverb.kind == "frequency":
        return "late" if words[0] in _LATE_FREQUENCY or len(words) > 1 else "early"
    return "early" if clause.adverb.french in _SHORT_ADVERBS else "late"


def adverb_tokens(clause: Clause) -> list[Token]:
    """The adverb, if there is one, linked as in English."""
    said = clause.adverb
    if said is None:
        return []
    linked = zip(pairs(said.english, said.french, said.alignment), clause.marks.adverb,
                 strict=False)
    found = list(linked)
    return [french_word(word, *(mark for (_, j), mark in found if j == at))
            for at, word in enumerate(said.french.split())]


def _agreement(clause: Clause) -> tuple[str, str]:
    """Gender and number of the participle."""
    thing = clause.direct
    if thing is not None and clause.agrees_before:
        return thing.gender, thing.agreement
    if clause.verb.auxiliary == "être":
        return clause.subject.gender, clause.subject.agreement
    return "m", "sg"


def _verb(clause: Clause) -> tuple[Token, list[Token]]:
    """The finite token, and the participle if there is one."""
    marks, verb = clause.marks, clause.verb
    if clause.tense != "passé composé":
        finite = finite_token(bare_infinitive(verb.french), clause.tense, clause.subject,
                              marks.finite, marks.lexical)
        return finite, []
    finite = finite_token(verb.auxiliary, "présent", clause.subject, marks.finite)
    if verb.auxiliary == "avoir" and not clause.agrees_before:
        form = past_participle(verb.french)
        return finite, [Token(form, (marks.lexical,),
                              rivals=others(form, participle_forms(verb.french)))]
    return finite, [participle_token(verb, *_agreement(clause), marks.lexical)]


def predicate(clause: Clause, inverted: Token | None = None) -> Tokens:
    """Everything after the subject; `inverted` is the subject that follows its verb."""
    marks, negation = clause.marks, clause.negation
    tokens: list[Token] = []
    if negation:
        tokens.append(french_word("ne", marks.negation))
    tokens += clitics(clause)
    finite, participle = _verb(clause)
    tokens.append(finite)
    if inverted is not None:
        tokens.append(inverted)
    if negation in ("pas", "jamais", "plus"):
        tokens.append(Token(negation, (marks.negation,)))
    elif negation == "rien":
        tokens.append(Token("rien", (marks.nothing,)))
    place = adverb_place(clause)
    if place == "early":
        tokens += adverb_tokens(clause)
    tokens += participle
    if negation == "personne":
        tokens.append(Token("personne", (marks.nothing,)))
    return (*tokens, *arguments(clause, place))


def arguments(clause: Clause, place: str) -> list[Token]:
    """What follows the verb."""
    marks, verb = clause.marks, clause.verb
    tokens: list[Token] = []
    if clause.object is not None and clause.gap != "object" and clause.object.pronoun is None:
        tokens += clause.object.french
    if clause.indirect is not None and clause.gap != "indirect" and not _early_indirect(clause):
        tokens += _prepositional(clause, clause.indirect)
    if clause.infinitive is not None:
        tokens += infinitive(clause.infinitive, verb.french_preposition, marks.infinitive)
    if clause.complement is not None:
        tokens += clause.complement.french
    if place == "late":
        tokens += adverb_tokens(clause)
    for adjunct in clause.adjuncts:
        tokens += adjunct.french
    return tokens


def _prepositional(clause: Clause, nominal: Nominal) -> list[Token]:
    verb, marks = clause.verb, clause.marks
    words: Tokens = nominal.french
    if nominal.pronoun is not None:
        words = (Token(nominal.pronoun.disjunctive, words[0].links),)
    if not verb.french_preposition:
        return list(words)
    link = marks.preposition if verb.english_preposition else marks.lexical
    return [french_word(verb.french_preposition, link), *words]


def infinitive(inner: Clause, preposition: str, *links: Link) -> list[Token]:
    """[de] [ne pas] clitics infinitive arguments."""
    tokens = list(french_words(preposition, *links))
    if inner.negation:
        tokens += [french_word("ne", inner.marks.negation),
                   Token("pas", (inner.marks.negation,))]
    tokens += clitics(inner)
    own = (inner.marks.finite, inner.marks.lexical)
    place = adverb_place(inner)
    tokens.append(Token(bare_infinitive(inner.verb.french), own))
    if place == "early":
        tokens += adverb_tokens(inner)
    return tokens + arguments(inner, place)


def declarative(clause: Clause) -> Tokens:
    """Subject, then everything else."""
    return (*clause.subject.french, *predicate(clause))


def inverted(clause: Clause) -> Tokens:
    """Verb before its pronoun subject: habite -t-il."""
    finite, _ = _verb(clause)
    pronoun = clause.subject.french[0]
    joint = "-t-" if clause.subject.person == 3 and finite.text[-1] not in "td" else "-"
    return predicate(clause, Token(joint + pronoun.text, pronoun.links))
