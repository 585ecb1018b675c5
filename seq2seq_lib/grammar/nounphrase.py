"""Noun phrases: pronouns, names, nouns with determiners, adjectives and possessors."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .function import Determiner, Pronoun, determiners, pronouns
from .lexicon import Adjective, Name, Noun
from .morphology import (
    adjective_form,
    english_plural,
    french_plural,
)
from .numbers import number_phrase
from .words import Link, Phrase, Token, Tokens, french_word, matched, others, spell


@dataclass(frozen=True)
class Nominal(Phrase):
    """A noun phrase with the features that others agree with.

    `number` is the verb's, `agreement` the adjective's (polite vous differs). `core` is the
    French without its article when that article turns into "de" under negation, and
    `article_links` its links; `affirmative` is False once English "some" became "any".
    """

    gender: str = "m"
    number: str = "sg"
    person: int = 3
    agreement: str = "sg"
    pronoun: Pronoun | None = None
    core: Tokens = ()
    article_links: tuple[Link, ...] = ()
    lemma: str = ""
    classes: frozenset[str] = frozenset()

    @property
    def indefinite(self) -> bool:
        """Whether its French article is indefinite or partitive."""
        return bool(self.core)


def pronoun(english: str) -> Nominal:
    """A subject or object pronoun by its English subject form: I, you, he, she, we, they."""
    if english not in pronouns():
        raise ValueError(f"pronoun: wanted one of {sorted(pronouns())}; got {english!r}")
    found = pronouns()[english]
    link = Link()
    return Nominal(
        english=(Token(found.english, (link,)),),
        french=(french_word(found.french, link),),
        gender=found.gender, number=found.number, person=int(found.person),
        agreement=found.agreement, pronoun=found, lemma=english,
        classes=frozenset({"person"}),
    )


def it_of(antecedent: Nominal) -> Nominal:
    """The pronoun for a thing named before: it or they, il or elle by the noun's gender."""
    singular = antecedent.number == "sg"
    feminine = antecedent.gender == "f"
    base = pronouns()["she" if feminine else "he"] if singular else pronouns()["they"]
    found = replace(
        base,
        english="it" if singular else "they",
        english_object="it" if singular else "them",
        french=base.french if singular else ("elles" if feminine else "ils"),
        gender=antecedent.gender,
    )
    link = Link()
    return Nominal(
        english=(Token(found.english, (link,)),), french=(french_word(found.french, link),),
        phenomena=("anaphora",), gender=antecedent.gender, number=antecedent.number,
        agreement=antecedent.number, pronoun=found, lemma="it", classes=antecedent.classes,
    )


def it() -> Nominal:
    """The pronoun "it" without a noun before it: masculine by convention."""
    thing = it_of(Nominal())
    return replace(thing, phenomena=())


def name_phrase(name: Name) -> Nominal:
    """A person's or a city's name."""
    link = Link()
    return Nominal(
        english=(Token(name.name, (link,)),), french=(Token(name.french, (link,)),),
        gender=name.gender, lemma=name.name, classes=frozenset({name.kind}),
    )


def adjective_tokens(
    adjective: Adjective, gender: str, number: str, link: Link, *, before: bool = False
) -> Token:
    """The French adjective, agreeing, with the forms that it might have had instead."""
    form = adjective_form(adjective, gender, number)
    forms = [adjective_form(adjective, g, n) for n in ("sg", "pl") for g in "mf"]
    vowel = adjective.vowel if before and (gender, number) == ("m", "sg") else ""
    return Token(
        form, (link,), rivals=others(form, forms), vowel=vowel,
        vowel_rivals=others(vowel, [vowel, *forms[1:]]) if vowel else (),
    )


def article(gender: str, number: str, *links: Link) -> Token:
    """The French definite article, which may elide and contract."""
    found = determiners()["the"]
    form = found.form(gender, number)
    vowel = "l'" if number == "sg" else ""
    return Token(form, links, rivals=others(form, found.forms()), vowel=vowel,
                 vowel_rivals=("les",) if vowel else (), role="article")


def _ordinary(found: Determiner, gender: str, number: str, link: Link) -> Phrase:
    form = found.form(gender, number)
    vowel = ""
    if number == "sg":
        vowel = found.masculine_vowel if gender == "m" else found.feminine_vowel
    forms = found.forms()
    rivals = others(form, forms)
    english = found.english if number == "sg" else found.english_plural
    if not form or not english:
        raise ValueError(f"determiner: wanted one with a {number} form; got {found.english!r}")
    kept = others(vowel, [f for f in forms if f not in ("mon", "ma", "son", "sa", "ce")]
                  if found.kind != "demonstrative" else ["cette", "ces"])
    token = Token(form, (link,), rivals=rivals, vowel=vowel, vowel_rivals=kept if vowel else ())
    if found.kind == "definite":
        token = article(gender, number, link)
    role = "a" if english == "a" else ""
    return Phrase((Token(english, (link,), role=role),), (token,), (found.kind,))


def _partitive(gender: str, links: tuple[Link, ...]) -> Tokens:
    return (Token("de", links, role="preposition"), article(gender, "sg", *links))


def _determined(
    noun: Noun, determiner: str | int, number: str, noun_link: Link, adjective_first: bool
) -> tuple[Phrase, tuple[Link, ...]]:
    """The determiner's words, and the links that "de" keeps when it is negated."""
    if isinstance(determiner, int):
        return number_phrase(determiner, noun.gender), ()
    link = Link()
    if determiner in ("some", ""):
        links = (link,) if determiner else (noun_link,)
        english = (Token("some", links),) if determiner else ()
        if number == "sg":
            return Phrase(english, _partitive(noun.gender, links), ("partitive",)), links
        rivals = () if adjective_first else ("un", "une")
        token = Token("de", links, vowel="d'") if adjective_first else Token("des", links, rivals)
        return Phrase(english, (token,), ("indefinite",)), links
    if determiner == "generic":
        return Phrase((), (article(noun.gender, number, noun_link),), ("generic",)), ()
    if determiner == "none":
        return Phrase(), ()
    if determiner in ("many", "a lot of", "several"):
        french = {"many": "beaucoup de", "a lot of": "beaucoup de", "several": "plusieurs"}
        return matched(determiner, french[determiner], "quantity"), ()
    if determiner == "all the":
        every, the = Link(), Link()
        form = determiners()["all"].form(noun.gender, "pl")
        token = Token(form, (every,), rivals=others(form, ("tous", "toutes")))
        return Phrase((Token("all", (every,)), Token("the", (the,))),
                      (token, article(noun.gender, "pl", the)), ("quantity",)), ()
    phrase = _ordinary(determiners()[determiner], noun.gender, number, link)
    return phrase, (link,) if determiner == "a" else ()


def noun_phrase(
    noun: Noun, determiner: str | int = "the", number: str = "sg",
    adjectives: tuple[Adjective, ...] = (), *, degree: str = "",
) -> Nominal:
    """A noun with its determiner and adjectives, each adjective on its side in French.

    `determiner` is an English determiner, a number, "" (bare: des, du), "generic" (bare in
    English, le in French) or "none" (bare in both). `degree` is "very", said of the first
    adjective. Raises ValueError for a determiner without the form that the number asks for.
    """
    if isinstance(determiner, int):
        number = "sg" if determiner == 1 else "pl"
    link = Link()
    ordered = sorted(adjectives, key=lambda adjective: adjective.position != "before")
    words = [(adjective, Link()) for adjective in ordered]
    english: list[Token] = []
    sides: dict[str, list[Token]] = {"before": [], "after": []}
    for index, (adjective, place) in enumerate(words):
        side = sides[adjective.position]
        if degree and index == 0:
            mark = Link()
            english.append(Token(degree, (mark,)))
            side.append(Token({"very": "très", "really": "vraiment"}[degree], (mark,)))
        english += spell(adjective.english, place)
        side.append(adjective_tokens(adjective, noun.gender, number, place,
                                     before=adjective.position == "before"))
    plural = number == "pl"
    head = spell(english_plural(noun) if plural else noun.english, link)
    french_head = spell(french_plural(noun) if plural else noun.french, link)
    core = (*sides["before"], *french_head, *sides["after"])
    opening, article_links = _determined(noun, determiner, number, link, bool(sides["before"]))
    return Nominal(
        english=opening.english + tuple(english) + head, french=opening.french + core,
        phenomena=opening.phenomena
        + tuple(dict.fromkeys(f"adjective:{adjective.position}" for adjective in ordered)),
        combinations=tuple((adjective.english, noun.english) for adjective in ordered),
        gender=noun.gender, number=number, agreement=number, lemma=noun.english,
        core=core if article_links else (), article_links=article_links, classes=noun.classes,
    )


def negated(nominal: Nominal) -> Nominal:
    """As a direct object under negation: un, du and des become de; "some" becomes "any"."""
    if not nominal.indefinite:
        return nominal
    english = tuple(
        replace(token, text="any") if token.text == "some" else token for token in nominal.english
    )
    mark = Token("de", nominal.article_links, vowel="d'")
    return replace(nominal, english=english, french=(mark, *nominal.core), core=(),
                   phenomena=(*nominal.phenomena, "negation:de"))


def after_de(nominal: Nominal) -> Nominal:
    """After the preposition de, where the partitive and des disappear (parler de livres)."""
    if nominal.indefinite and nominal.french[0].text in ("de", "des"):
        return replace(nominal, french=nominal.core)
    return nominal


def possessed(noun: Noun, possessor: Nominal, number: str = "sg") -> Nominal:
    """"the teacher's dog" ↔ "le chien du professeur". The possessor is singular."""
    link, mark = Link(), Link()
    plural = number == "pl"
    head = spell(english_plural(noun) if plural else noun.english, link)
    french = spell(french_plural(noun) if plural else noun.french, link)
    return Nominal(
        english=(*possessor.english, Token("'s", (mark,)), *head),
        french=(article(noun.gender, number, link), *french, french_word("de", mark),
                *possessor.french),
        phenomena=(*possessor.phenomena, "possessor"),
        combinations=possessor.combinations,
        gender=noun.gender, number=number, agreement=number, lemma=noun.english,
        classes=noun.classes,
    )


def coordinated(nominals: tuple[Nominal, ...], conjunction: str = "and") -> Nominal:
    """Noun phrases joined by "and" or "or": the plural, masculine unless all are feminine."""
    french = {"and": "et", "or": "ou"}[conjunction]
    joint = matched(conjunction, french, "coordination:noun")
    first, last = nominals
    gender = "f" if all(nominal.gender == "f" for nominal in nominals) else "m"
    return Nominal(
        english=first.english + joint.english + last.english,
        french=first.french + joint.french + last.french,
        phenomena=first.phenomena + joint.phenomena + last.phenomena,
        combinations=first.combinations + last.combinations,
        gender=gender, number="pl", agreement="pl", classes=first.classes & last.classes,
    )
