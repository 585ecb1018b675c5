"""The rules of the morphology, on forms written by hand; test_lexicon has the judges."""

import pytest

from seq2seq_lib.grammar.french_forms import read_irregular_verbs
from seq2seq_lib.grammar.lexicon import lexicon
from seq2seq_lib.grammar.morphology import (
    FORMS,
    PERSONS,
    adjective_form,
    adjective_forms,
    bare_infinitive,
    comparative,
    english_article,
    english_plural,
    english_verb,
    french_plural,
    french_verb,
    participle_forms,
    past_participle,
    starts_with_vowel_sound,
    superlative,
    verb_forms,
)

LEXICON = lexicon()
INFINITIVES = sorted({bare_infinitive(verb.french) for verb in LEXICON.verbs})


def adjective(english):
    return next(a for a in LEXICON.adjectives if a.english == english)


def verb(english):
    return next(v for v in LEXICON.verbs if v.english == english)


def noun(english):
    return next(n for n in LEXICON.nouns if n.english == english)


@pytest.mark.parametrize(
    ("infinitive", "tense", "person", "number", "form"),
    [
        ("manger", "présent", 1, "pl", "mangeons"),
        ("manger", "imparfait", 1, "pl", "mangions"),
        ("commencer", "imparfait", 1, "sg", "commençais"),
        ("se lever", "présent", 3, "sg", "lève"),
        ("se lever", "futur", 3, "sg", "lèvera"),
        ("préférer", "présent", 1, "sg", "préfère"),
        ("préférer", "futur", 1, "sg", "préférerai"),
        ("appeler", "présent", 1, "pl", "appelons"),
        ("s' ennuyer", "présent", 3, "pl", "ennuient"),
        ("finir", "présent", 3, "pl", "finissent"),
        ("attendre", "présent", 3, "sg", "attend"),
        ("revenir", "conditionnel", 2, "pl", "reviendriez"),
        ("être", "imparfait", 3, "pl", "étaient"),
        ("faire", "présent", 2, "pl", "faites"),
    ],
)
def test_verb_forms(infinitive, tense, person, number, form):
    assert french_verb(infinitive, tense, person, number) == form
    assert verb_forms(infinitive, tense)[PERSONS.index((person, number))] == form


def test_participles():
    assert participle_forms("aller") == ("allé", "allée", "allés", "allées")
    assert participle_forms("prendre") == ("pris", "prise", "pris", "prises")
    assert participle_forms("devoir") == ("dû", "due", "dus", "dues")
    assert past_participle("avoir", "m", "pl") == "eus"
    assert past_participle("ouvrir", "f") == "ouverte"


def test_adjectives():
    beautiful, expensive, blue = adjective("beautiful"), adjective("expensive"), adjective("blue")
    assert adjective_forms(beautiful) == ("beau", "belle", "beaux", "belles", "bel")
    assert adjective_form(beautiful, "m", "sg", before_vowel=True) == "bel"
    assert adjective_form(beautiful, "f", "sg", before_vowel=True) == "belle"
    assert adjective_forms(expensive) == ("cher", "chère", "chers", "chères")
    assert adjective_forms(blue) == ("bleu", "bleue", "bleus", "bleues")
    assert comparative(adjective("good")) == ["better"]
    assert superlative(adjective("bad")) == ["worst"]
    assert comparative(expensive) == ["more", "expensive"]
    assert superlative(adjective("happy")) == ["happiest"]
    assert comparative(adjective("big")) == ["bigger"]
    assert superlative(adjective("strange")) == ["strangest"]
    assert comparative(adjective("simple")) == ["simpler"]


def test_plurals():
    assert french_plural(noun("horse")) == "chevaux" and english_plural(noun("box")) == "boxes"
    assert french_plural(noun("eye")) == "yeux" and english_plural(noun("woman")) == "women"
    assert french_plural(noun("festival")) == "festivals"
    assert french_plural(noun("nose")) == "nez" and english_plural(noun("party")) == "parties"
    assert english_plural(noun("boy")) == "boys" and english_plural(noun("church")) == "churches"


def test_english_verbs():
    def all_forms(english):
        return [english_verb(verb(english), form) for form in FORMS]

    assert all_forms("stop") == ["stop", "stops", "stopped", "stopped", "stopping"]
    assert all_forms("study") == ["study", "studies", "studied", "studied", "studying"]
    assert all_forms("get up") == ["get up", "gets up", "got up", "got up", "getting up"]
    assert all_forms("write") == ["write", "writes", "wrote", "written", "writing"]
    assert all_forms("be") == ["be", "is", "was", "been", "being"]
    assert all_forms("lie") == ["lie", "lies", "lied", "lied", "lying"]
    assert all_forms("watch")[1] == "watches" and all_forms("open")[4] == "opening"


def test_vowel_sounds():
    for word in ("arbre", "homme", "heureux", "école", "œuf", "yeux", "hôtel", "île", "histoire"):
        assert starts_with_vowel_sound(word), word
    for word in ("héros", "hibou", "hiboux", "onze", "huit", "haut", "haricots", "chat", "yaourt"):
        assert not starts_with_vowel_sound(word), word
    articles = {w: english_article(w) for w in ("apple", "hour", "university", "house", "useful")}
    assert articles == {
        "apple": "an", "hour": "an", "university": "a", "house": "a", "useful": "a"
    }
    assert english_article("honest") == "an" and english_article("umbrella") == "an"


def test_h_is_decided_for_every_word_of_the_lexicon():
    """A new word in h must be put on one of these two lists by hand."""
    forms = {n.french for n in LEXICON.nouns} | {a.french for a in LEXICON.adjectives}
    forms |= set(INFINITIVES) | {n.french for n in LEXICON.names}
    elided = {form for form in forms if form[0] in "hH" and starts_with_vowel_sound(form)}
    aspirated = {form for form in forms if form[0] in "hH"} - elided
    assert elided == set(
        "homme huile horloge hôtel hôpital heure hiver histoire heureux honnête habiter "
        "habiller hésiter Hélène".split()
    )
    assert aspirated == {"héros", "hibou"}


def test_wrong_arguments_are_named():
    sugar, walk = noun("sugar"), verb("walk")
    for call, message in (
        (lambda: french_verb("aller", "passé", 1, "sg"), "tense: wanted one of .*; got 'passé'"),
        (lambda: french_verb("aller", "futur", 4, "sg"), "wanted 1, 2 or 3 .*; got 4, 'sg'"),
        (lambda: verb_forms("blorp", "futur"), "infinitive: wanted .*; got 'blorp'"),
        (lambda: past_participle("aller", "n"), "wanted m or f and sg or pl; got 'n', 'sg'"),
        (lambda: french_plural(sugar), "wanted a count noun; got the mass noun 'sucre'"),
        (lambda: english_plural(sugar), "wanted a count noun; got the mass noun 'sugar'"),
        (lambda: english_verb(walk, "gerund"), "form: wanted one of base.*; got 'gerund'"),
    ):
        with pytest.raises(ValueError, match=message):
            call()


def test_a_malformed_irregular_verb_is_named(tmp_path):
    path = tmp_path / "verbs.tsv"
    path.write_text("header\naller\t\tvais|vas|va\t\tir\tallé\n", encoding="utf-8")
    with pytest.raises(ValueError, match="verbs.tsv, line 2: wanted 6 columns with six present"):
        read_irregular_verbs(path)
