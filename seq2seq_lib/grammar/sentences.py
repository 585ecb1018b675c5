"""From clauses to sentences: statements, questions, relatives, coordination, subordination."""

from __future__ import annotations

from dataclasses import replace

from . import english, french
from .clause import Clause, all_combinations, parts, settled
from .lexicon import Noun, Verb
from .morphology import english_plural, french_plural
from .nounphrase import Nominal, negated
from .words import Link, Phrase, Token, Tokens, french_word, french_words, join, matched, spell

_COPULA = Verb("be", "is", "was", "been", "being", "être", "avoir", "copula",
               frozenset(), frozenset(), "", "")


def copula() -> Verb:
    """The verb to be."""
    return _COPULA


def _phrase(clause: Clause, english_side: Tokens, french_side: Tokens, *names: str) -> Phrase:
    return Phrase(tuple(english_side), tuple(french_side), (*parts(clause), *names),
                  all_combinations(clause))


def statement(clause: Clause) -> Phrase:
    """The clause as a statement, without its full stop."""
    clause = settled(clause)
    return _phrase(clause, english.declarative(clause), french.declarative(clause))


def finished(phrase: Phrase, mark: str = ".") -> Phrase:
    """A sentence: the phrase and its final mark."""
    return join(phrase, matched(mark, mark))


def profession(noun: Noun) -> Phrase:
    """After to be: "a doctor" ↔ "médecin", without an article in French."""
    link = Link()
    return Phrase((Token("a", (link,), role="a"), *spell(noun.english, link)),
                  spell(noun.french, link), ("profession",))


def nobody(clause: Clause) -> Phrase:
    """The clause with "nobody" ↔ "personne ne" as its subject; its own subject is ignored."""
    link = Link()
    subject = Nominal((Token("nobody", (link,)),),
                      (Token("personne", (link,)), french_word("ne", link)))
    clause = replace(clause, subject=subject, negation="")
    said = statement(clause)
    return said.noting("negation:personne")


def there_is(thing: Nominal, place: Phrase, tense: str = "présent") -> Phrase:
    """"there is …" ↔ "il y a …"; the English verb agrees with the thing."""
    there, is_ = Link(), Link()
    past = tense == "imparfait"
    form = english.be("past" if past else "présent", thing)
    # "il y a" never agrees, so its verb is no agreement site.
    mark = {"présent": "a", "imparfait": "avait"}[tense]
    start = Phrase((Token("there", (there,)), Token(form, (is_,))),
                   (Token("il", (there,)), Token("y", (there,)), Token(mark, (is_,))),
                   ("there is", f"tense:{tense}"))
    return join(start, thing, place)


# Questions

_WHERE = {"where": "où", "when": "quand", "why": "pourquoi", "how": "comment"}


def _is_it_that(clause: Clause) -> Tokens:
    opening = (Token("est"), Token("-ce"), french_word("que"))
    return (*opening, *french.declarative(clause))


def yes_no(clause: Clause) -> Phrase:
    """"do you see …?" ↔ "est-ce que vous voyez … ?"; est-ce que is linked with nothing."""
    clause = settled(clause)
    return _phrase(clause, english.interrogative(clause), _is_it_that(clause),
                   "question:est-ce que")


def _asked(clause: Clause, opening: Phrase, name: str) -> Phrase:
    """A question with words before the verb: inversion for a pronoun but je, else est-ce que."""
    pronoun = clause.subject.pronoun
    inverts = pronoun is not None and pronoun.english != "I"
    order = french.inverted(clause) if inverts else _is_it_that(clause)
    names = (f"question:{name}", "question:inversion" if inverts else "question:est-ce que")
    asked = _phrase(clause, english.interrogative(clause), order, *names)
    return join(opening, asked)


def wh(word: str, clause: Clause) -> Phrase:
    """A question with where, when, why or how."""
    if word not in _WHERE:
        raise ValueError(f"question word: wanted one of {', '.join(_WHERE)}; got {word!r}")
    return _asked(settled(clause), matched(word, _WHERE[word]), _WHERE[word])


def who_does(clause: Clause) -> Phrase:
    """"who wrote …?" ↔ "qui a écrit … ?"; the clause's own subject is ignored."""
    subject = Nominal((Token("who", (link := Link(),)),), (Token("qui", (link,)),))
    said = statement(replace(clause, subject=subject))
    return said.noting("question:qui")


def what(clause: Clause) -> Phrase:
    """"what do you want?" ↔ "qu'est-ce que vous voulez ?"; the clause has no object."""
    clause = settled(clause)
    asked = _phrase(clause, english.interrogative(clause), _is_it_that(clause), "question:que")
    link = Link()
    opening = Phrase((Token("what", (link,)),), (Token("que", (link,), vowel="qu'"),))
    return join(opening, asked)


def whom(clause: Clause) -> Phrase:
    """"who do you see?" ↔ "qui voyez-vous ?"; the clause has no object."""
    return _asked(settled(clause), matched("who", "qui"), "qui")


def how_many(noun: Noun, clause: Clause) -> Phrase:
    """"how many books …?" ↔ "combien de livres … ?", the thing counted being the object."""
    how, many, link = Link(), Link(), Link()
    opening = Phrase(
        (Token("how", (how,)), Token("many", (how, many)), *spell(english_plural(noun), link)),
        (Token("combien", (how,)), french_word("de", many), *spell(french_plural(noun), link)),
        ("question:combien",),
    )
    counted = Nominal(gender=noun.gender, number="pl", agreement="pl", lemma=noun.english)
    clause = settled(replace(clause, object=counted, gap="object"))
    return _asked(clause, opening, "combien")


def which(thing: Nominal, clause: Clause) -> Phrase:
    """"which book …?" ↔ "quel livre … ?"; `thing` is the object, with the determiner which."""
    clause = settled(replace(clause, object=thing, gap="object"))
    return _asked(clause, Phrase(thing.english, thing.french, thing.phenomena), "quel")


# Relative clauses


def _attached(head: Nominal, opening: Phrase, said: Phrase, name: str) -> Nominal:
    """The head with its relative clause after it, keeping the head's features."""
    whole = join(Phrase(head.english, head.french), opening, said)
    return replace(head, english=whole.english, french=whole.french,
                   phenomena=(*head.phenomena, *said.phenomena, f"relative:{name}"),
                   combinations=(*head.combinations, *said.combinations),
                   core=(*head.core, *opening.french, *said.french) if head.core else ())


def that_subject(head: Nominal) -> Nominal:
    """who or that ↔ qui, as the subject of a clause about `head`."""
    link = Link()
    word = "who" if "person" in head.classes else "that"
    return Nominal((Token(word, (link,)),), (Token("qui", (link,)),), gender=head.gender,
                   number=head.number, agreement=head.agreement)


def with_qui(head: Nominal, clause: Clause) -> Nominal:
    """"the man who is talking"; the clause's subject must come from `that_subject(head)`."""
    return _attached(head, Phrase(), statement(clause), "qui")


def _open(head: Nominal, clause: Clause, opening: Phrase, name: str) -> Nominal:
    clause = settled(clause)
    said = _phrase(clause, english.declarative(clause), french.declarative(clause))
    return _attached(head, opening, said, name)


def with_que(head: Nominal, clause: Clause) -> Nominal:
    """"the letter that he wrote" ↔ "la lettre qu'il a écrite"."""
    plain = replace(head, phenomena=(), combinations=(), core=(), article_links=(), pronoun=None)
    clause = replace(clause, object=plain, gap="object")
    return _open(head, clause, matched("that", "que"), "que")


def with_où(head: Nominal, clause: Clause) -> Nominal:
    """"the house where I live" ↔ "la maison où j'habite"; the clause has no place."""
    return _open(head, clause, matched("where", "où"), "où")


def with_dont(head: Nominal, clause: Clause) -> Nominal:
    """"the film that he talks about" ↔ "le film dont il parle"; preposition linked with dont."""
    link = clause.marks.preposition
    other = Link()
    opening = Phrase((Token("that", (other,)),), (Token("dont", (other, link)),))
    plain = replace(head, phenomena=(), combinations=(), core=(), article_links=(), pronoun=None)
    return _open(head, replace(clause, indirect=plain, gap="indirect"), opening, "dont")


# Sentences of several clauses

_CONJUNCTIONS = {
    "because": "parce que", "when": "quand", "if": "si", "while": "pendant que",
    "that": "que", "and": "et", "or": "ou", "but": "mais", "so": "donc", "after": "après que",
}


def subordinate(word: str, clause: Phrase) -> Phrase:
    """A conjunction and its clause. Raises ValueError for an unknown conjunction."""
    if word not in _CONJUNCTIONS:
        known = ", ".join(_CONJUNCTIONS)
        raise ValueError(f"conjunction: wanted one of {known}; got {word!r}")
    kind = "coordination:clause" if word in ("and", "or", "but", "so") else (
        f"subordinate:{_CONJUNCTIONS[word]}")
    return join(matched(word, _CONJUNCTIONS[word]), clause).noting(kind)


def fronted(first: Phrase, second: Phrase) -> Phrase:
    """Two phrases with a comma between them."""
    return join(first, matched(",", ","), second)


def before_doing(clause: Clause) -> Phrase:
    """"before leaving" ↔ "avant de partir"; the clause's subject is the main clause's."""
    return _reduced(clause, "before", "avant de", "ing", "subordinate:avant de")


def without_doing(clause: Clause) -> Phrase:
    """"without eating" ↔ "sans manger", its object as under negation: sans manger de pain."""
    if clause.object is not None:
        clause = replace(clause, object=negated(clause.object))
    return _reduced(clause, "without", "sans", "ing", "subordinate:sans")


def in_order_to(clause: Clause) -> Phrase:
    """"to buy a car" ↔ "pour acheter une voiture"."""
    return _reduced(clause, "to", "pour", "base", "subordinate:pour")


def _reduced(clause: Clause, word: str, mark: str, form: str, name: str) -> Phrase:
    clause = settled(clause)
    link = Link()
    opening = Phrase((Token(word, (link,)),), french_words(mark, link))
    names = tuple(phenomenon for phenomenon in parts(clause) if not phenomenon.startswith("tense"))
    said = Phrase(tuple(english.bare(clause, form)), tuple(french.infinitive(clause, "")),
                  (*names, name), all_combinations(clause))
    return join(opening, said)
