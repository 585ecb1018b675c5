"""Adjectives said of something: as predicates, comparatives and superlatives."""

from __future__ import annotations

from dataclasses import replace

from .lexicon import Adjective, Noun
from .morphology import comparative, english_plural, french_plural, superlative
from .nounphrase import Nominal, adjective_tokens, article
from .words import Link, Phrase, Token, french_word, matched, spell

GRADED = {"good": "meilleur", "bad": "pire"}


def best_of(noun: Noun, adjective: Adjective, number: str = "sg") -> Nominal:
    """The superlative: "the oldest house" ↔ "la plus vieille maison", la voiture la plus chère."""
    the, grade, link = Link(), Link(), Link()
    words = superlative(adjective)
    plural = number == "pl"
    french_noun = spell(french_plural(noun) if plural else noun.french, link)
    before = adjective.position == "before"
    quality = adjective_tokens(degree_adjective(adjective), noun.gender, number,
                               Link() if len(words) > 1 else grade, before=before)
    more = () if adjective.english in GRADED else (Token("plus", (grade,)),)
    if before:
        french = (article(noun.gender, number, the), *more, quality, *french_noun)
    else:
        second = article(noun.gender, number, grade)
        french = (article(noun.gender, number, the), *french_noun, second, *more, quality)
    graded = [Token(words[0], (grade,))] + [Token(word, quality.links) for word in words[1:]]
    head = spell(english_plural(noun) if plural else noun.english, link)
    return Nominal(
        english=(Token("the", (the,)), *graded, *head), french=french,
        phenomena=("comparison:superlative", f"adjective:{adjective.position}"),
        combinations=((adjective.english, noun.english),),
        gender=noun.gender, number=number, agreement=number, lemma=noun.english,
        classes=noun.classes,
    )


def degree_adjective(adjective: Adjective) -> Adjective:
    """The French adjective a comparison uses: meilleur and pire, every other itself."""
    graded = GRADED.get(adjective.english)
    if graded is None:
        return adjective
    return replace(adjective, french=graded, feminine="", plural="", vowel="")


def adjective_phrase(
    adjective: Adjective, subject: Nominal, *, degree: str = "",
    comparison: str = "", standard: Nominal | None = None,
) -> Phrase:
    """A predicate that agrees with its subject: very tired, taller than X, as happy as X.

    `comparison` is "plus", "moins" or "aussi", and `standard` what follows than or as.
    """
    gender, number = subject.gender, subject.agreement
    link = Link()
    combinations = tuple((adjective.english, word) for word in (subject.lemma,) if word)
    if not comparison:
        token = adjective_tokens(adjective, gender, number, link)
        start = Phrase()
        if degree:
            start = matched(degree, {"very": "très", "too": "trop", "quite": "assez",
                                     "really": "vraiment"}[degree])
        return Phrase((*start.english, *spell(adjective.english, link)), (*start.french, token),
                      ("predicate",), combinations)
    grade = Link()
    used = degree_adjective(adjective) if comparison == "plus" else adjective
    token = adjective_tokens(used, gender, number, link)
    if comparison == "plus":
        words = comparative(adjective)
        links = [(grade, link)] if len(words) == 1 else [(grade,), (link,)]
        english = [Token(word, marks) for word, marks in zip(words, links, strict=True)]
        label = f"comparison:{GRADED.get(adjective.english, 'plus')}"
        mark = () if adjective.english in GRADED else (Token("plus", (grade,)),)
    else:
        word = {"moins": "less", "aussi": "as"}[comparison]
        english = [Token(word, (grade,)), *spell(adjective.english, link)]
        label, mark = f"comparison:{comparison}", (Token(comparison, (grade,)),)
    end = Phrase() if standard is None else compared_with(standard, comparison)
    return Phrase((*english, *end.english), (*mark, token, *end.french),
                  (label, *end.phenomena), combinations + end.combinations)


def compared_with(standard: Nominal, comparison: str) -> Phrase:
    """What follows a comparison: "than me" ↔ "que moi", "as the house" ↔ "que la maison"."""
    than = Link()
    word = "as" if comparison == "aussi" else "than"
    disjunctive, said = standard.french, standard.english
    if standard.pronoun:
        said = (Token(standard.pronoun.english_object, standard.english[0].links),)
        disjunctive = (Token(standard.pronoun.disjunctive, standard.french[0].links),)
    return Phrase((Token(word, (than,)), *said),
                  (french_word("que", than), *disjunctive), standard.phenomena,
                  standard.combinations)
