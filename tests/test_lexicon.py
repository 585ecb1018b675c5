"""The lexicon and the morphology, before judges from outside (see judges)."""

import re
import shutil
from collections import Counter
from itertools import combinations

import pytest

from seq2seq_lib.grammar.lexicon import DATA, Noun, lexicon, read_lexicon, read_table
from seq2seq_lib.grammar.morphology import (
    FORMS,
    TENSES,
    adjective_forms,
    bare_infinitive,
    comparative,
    english_plural,
    english_verb,
    french_plural,
    participle_forms,
    past_participle,
    starts_with_vowel_sound,
    superlative,
    verb_forms,
)
from tests import judges

LEXICON = lexicon()
INFINITIVES = sorted({bare_infinitive(verb.french) for verb in LEXICON.verbs})
COUNT_NOUNS = [noun for noun in LEXICON.nouns if noun.count == "count"]
ONLY_ONE_PARTICIPLE = {"être"}
# Verbiste writes this future as the reform of 1990 does; the book, as before.
REFORMED = {("protéger", "futur"), ("protéger", "conditionnel")}
NOT_IN_LEXIQUE = {"après-midi"}


def words(text):
    """The French words of a cell, where "l' Italie" counts as one with its article."""
    return text.replace("' ", "'").split(" ")


def agreeing(verb):
    """Whether the participle of the verb ever agrees: with être, or with a direct object."""
    direct = verb.frame in ("transitive", "ditransitive")
    direct = direct or (verb.frame == "indirect" and not verb.french_preposition)
    return verb.auxiliary == "être" or direct


# The judges


def test_every_french_noun_is_in_the_dictionary():
    forms = [noun.french for noun in LEXICON.nouns]
    forms += [french_plural(noun) for noun in COUNT_NOUNS]
    assert len(set(forms)) > 600
    assert judges.not_french(word for form in forms for word in words(form)) == []


def test_every_french_adjective_form_is_in_the_dictionary():
    forms = [form for adjective in LEXICON.adjectives for form in adjective_forms(adjective)]
    assert len(set(forms)) > 300
    assert judges.not_french(forms) == []


def test_every_finite_form_is_in_the_dictionary():
    forms = {f for verb in INFINITIVES for tense in TENSES for f in verb_forms(verb, tense)}
    assert len(forms) > 3000
    assert judges.not_french(forms) == []


def test_every_participle_that_can_occur_is_in_the_dictionary():
    forms = {past_participle(infinitive) for infinitive in INFINITIVES}
    for entry in LEXICON.verbs:
        if agreeing(entry):
            forms.update(participle_forms(entry.french))
    assert len(forms) > 400
    assert judges.not_french(forms) == []


def test_every_french_adverb_is_in_the_dictionary():
    forms = {word for adverb in LEXICON.adverbs for word in words(adverb.french)}
    assert judges.not_french(forms) == []


def test_every_english_form_is_in_the_dictionary():
    forms = [english_plural(noun) for noun in COUNT_NOUNS]
    forms += [english_verb(verb, form) for verb in LEXICON.verbs for form in FORMS]
    for entry in LEXICON.adjectives:
        forms += [entry.english, *comparative(entry), *superlative(entry)]
    forms += [e.english for kind in (LEXICON.nouns, LEXICON.adverbs) for e in kind]
    unknown = judges.not_english(word for form in forms for word in form.split(" "))
    assert unknown == ["greyest", "yellowest"]


@pytest.mark.parametrize("tense", TENSES)
def test_conjugations_agree_with_verbiste(tense):
    for infinitive in INFINITIVES:
        allowed = judges.conjugation(infinitive, tense)
        ours = verb_forms(infinitive, tense)
        if (infinitive, tense) in REFORMED:
            ours = tuple(form.replace("tég", "tèg") for form in ours)
        wrong = [f for f, forms in zip(ours, allowed, strict=True) if f not in forms]
        assert wrong == [], f"{infinitive}, {tense}: Verbiste has {allowed}"


def test_participles_agree_with_verbiste():
    for infinitive in INFINITIVES:
        allowed = judges.participles(infinitive)
        masculine, feminine, plural, feminine_plural = participle_forms(infinitive)
        ours = (masculine, plural, feminine, feminine_plural)
        wrong = [f for f, forms in zip(ours, allowed, strict=True) if forms and f not in forms]
        assert wrong == [], f"{infinitive}: Verbiste has {allowed}"
        assert masculine in allowed[0]


def test_genders_agree_with_lexique():
    unknown = {noun.french for noun in LEXICON.nouns if not judges.genders(noun.french)}
    assert unknown == NOT_IN_LEXIQUE
    for entry in LEXICON.nouns:
        known = judges.genders(entry.french)
        assert not known or entry.gender in known, f"{entry.french}: Lexique has {known}"


def test_the_judges_refuse_what_is_wrong():
    assert judges.not_french(["chevals", "chevaux", "venu", "venit"]) == ["chevals", "venit"]
    assert judges.genders("table") == {"f"}
    assert judges.conjugation("aller", "présent")[3] == {"allons"}
    assert judges.participles("prendre")[2] == {"prise"}
    with pytest.raises(KeyError):
        judges.conjugation("blorper", "présent")


# The words


def test_there_are_enough_words():
    counts = {name: len(set(getattr(LEXICON, name))) for name in ("nouns", "adjectives", "verbs")}
    assert counts["nouns"] >= 260 and counts["adjectives"] >= 90 and counts["verbs"] >= 130
    assert len(LEXICON.names) >= 40 and len(LEXICON.adverbs) >= 40
    lemmas = {(n.english, n.french) for n in LEXICON.nouns}
    lemmas |= {(a.english, a.french) for a in LEXICON.adjectives}
    lemmas |= {(v.english, v.french) for v in LEXICON.verbs}
    lemmas |= {(n.name, n.french) for n in LEXICON.names}
    lemmas |= {(a.english, a.french) for a in LEXICON.adverbs}
    assert len(lemmas) >= 600


def test_the_common_verbs_with_être_are_there():
    expected = set(
        "aller venir arriver partir entrer sortir monter descendre naître mourir rester tomber "
        "rentrer retourner devenir revenir".split()
    )
    auxiliaries = {(verb.french, verb.auxiliary) for verb in LEXICON.verbs}
    assert {french for french, auxiliary in auxiliaries if auxiliary == "être"} >= expected
    assert not {french for french, auxiliary in auxiliaries if auxiliary == "avoir"} & expected


def test_pronominal_verbs_take_être_and_the_right_pronoun():
    for entry in LEXICON.verbs:
        bare = bare_infinitive(entry.french)
        if bare != entry.french:
            assert entry.auxiliary == "être", entry.french
            assert entry.french == ("s' " if starts_with_vowel_sound(bare) else "se ") + bare
        assert (entry.frame == "pronominal") <= (bare != entry.french)


def test_an_english_word_has_one_translation_in_its_class_and_frame():
    for first, second in combinations(LEXICON.nouns, 2):
        same = first.english == second.english and first.classes & second.classes
        assert not same or first.french == second.french, (first, second)
    for first, second in combinations(LEXICON.adjectives, 2):
        same = first.english == second.english and first.classes & second.classes
        assert not same or first.french == second.french, (first, second)
    for first, second in combinations(LEXICON.verbs, 2):
        same = (first.english, first.frame, first.english_preposition) == (
            second.english,
            second.frame,
            second.english_preposition,
        )
        overlap = first.subject & second.subject and (
            first.object & second.object or not (first.object or second.object)
        )
        assert not (same and overlap) or first.french == second.french, (first, second)
    for column in ("name", "french"):
        assert len({getattr(name, column) for name in LEXICON.names}) == len(LEXICON.names)
    assert len({adverb.english for adverb in LEXICON.adverbs}) == len(LEXICON.adverbs)


def test_a_verb_has_one_set_of_english_forms():
    forms = {}
    for entry in LEXICON.verbs:
        word = entry.english.split(" ")[0]
        found = tuple(english_verb(entry, form).split(" ")[0] for form in FORMS)
        assert forms.setdefault(word, found) == found, word


def test_no_table_repeats_a_line():
    for path in sorted(DATA.glob("*.tsv")):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert [line for line, count in Counter(lines).items() if count > 1] == [], path.name


def test_classes_that_entail_others():
    entailed = {"profession": "person", "family": "person", "male": "person", "female": "person"}
    entailed |= {"home": "place", "shop": "building", "outdoor": "place", "clothing": "object"}
    entailed |= {"season": "time", "weekday": "time"}
    for entry in LEXICON.nouns:
        for narrow, broad in entailed.items():
            assert narrow not in entry.classes or broad in entry.classes, (entry, broad)
        assert not {"male", "female"} <= entry.classes
        sexed = {"male": "m", "female": "f"}
        assert all(entry.gender == sexed[c] for c in entry.classes & set(sexed)), entry


def test_every_class_a_word_asks_for_has_nouns():
    asked = {c for verb in LEXICON.verbs for c in verb.subject | verb.object}
    asked |= {c for adjective in LEXICON.adjectives for c in adjective.classes}
    assert [name for name in sorted(asked) if not LEXICON.nouns_of(name)] == []


def test_tokens_are_tokens_of_the_corpus():
    texts = [e.english for kind in (LEXICON.nouns, LEXICON.verbs, LEXICON.adverbs) for e in kind]
    texts += [e.french for kind in (LEXICON.nouns, LEXICON.adjectives, LEXICON.adverbs)
              for e in kind]
    texts += [name.french for name in LEXICON.names]
    for token in (token for text in texts for token in text.split(" ")):
        assert re.fullmatch(r"(\w+-)*\w+'?|aujourd'hui", token), token


# The errors


def damaged(tmp_path, name, change):
    """A copy of the shipped tables in which `change` was applied to the lines of one."""
    folder = tmp_path / "lexicon"
    shutil.copytree(DATA, folder)
    lines = (folder / name).read_text(encoding="utf-8").splitlines()
    change(lines)
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def replaced(index, old, new):
    def change(lines):
        assert old in lines[index]
        lines[index] = lines[index].replace(old, new)

    return change


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("nouns.tsv", replaced(0, "gender", "sex"), r"nouns.tsv, line 1: wanted the header"),
        ("nouns.tsv", replaced(1, "\tm\t", "\tn\t"),
         r"nouns.tsv, line 2, column gender: wanted one of f, m; got 'n'"),
        ("nouns.tsv", replaced(2, "doctor\t", "doctor "),
         r"nouns.tsv, line 3: wanted 7 columns; got 6"),
        ("nouns.tsv", replaced(1, "profession", "job"),
         r"nouns.tsv, line 2, column classes: wanted classes from .*; got 'job'"),
        ("nouns.tsv", replaced(1, "person|profession", "person|person"),
         r"nouns.tsv, line 2, column classes: wanted each class once"),
        ("nouns.tsv", replaced(1, "teacher", ""),
         r"nouns.tsv, line 2, column english: wanted a word; got nothing"),
        ("nouns.tsv", lambda lines: lines.append(lines[4]),
         r"nouns.tsv, line \d+: wanted a new record; got line 5 again"),
        ("verbs.tsv", replaced(1, "intransitive", "intransitif"),
         r"verbs.tsv, line 2, column frame: wanted one of .*; got 'intransitif'"),
        ("verbs.tsv", replaced(1, "person|animal", ""),
         r"verbs.tsv, line 2, column subject: wanted at least one of"),
        ("adverbs.tsv", replaced(1, "always", "al  ways"),
         r"adverbs.tsv, line 2, column english: wanted words separated by single spaces"),
    ],
)
def test_a_malformed_line_is_named(tmp_path, name, change, message):
    with pytest.raises(ValueError, match=message):
        read_lexicon(damaged(tmp_path, name, change))


def test_a_missing_or_empty_table_is_named(tmp_path):
    folder = damaged(tmp_path, "nouns.tsv", lambda lines: lines.clear())
    (folder / "nouns.tsv").write_text("", encoding="utf-8")
    with pytest.raises(ValueError, match=r"nouns.tsv, line 1: wanted the header .*; got \[\]"):
        read_table(folder / "nouns.tsv", Noun)
    (folder / "verbs.tsv").unlink()
    (folder / "nouns.tsv").write_bytes((DATA / "nouns.tsv").read_bytes())
    with pytest.raises(ValueError, match="wanted the file verbs.tsv in lexicon; got none"):
        read_lexicon(folder)


def test_an_unknown_class_or_frame_is_named():
    with pytest.raises(ValueError, match="noun class: wanted one of .*; got 'fruit'"):
        LEXICON.nouns_of("fruit")
    with pytest.raises(ValueError, match="frame: wanted one of .*; got 'passive'"):
        LEXICON.verbs_of("passive")


def test_the_lexicon_is_read_once():
    assert lexicon() is lexicon()
