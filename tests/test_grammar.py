"""The grammar derives the hand-written pairs, and its parts say what is wrong with bad input."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from seq2seq_lib.grammar import sentences as s
from seq2seq_lib.grammar.choosing import KINDS, Choice, DeadEnd, collocations
from seq2seq_lib.grammar.clause import Clause
from seq2seq_lib.grammar.comparing import adjective_phrase, best_of
from seq2seq_lib.grammar.function import determiners, entries, pronouns
from seq2seq_lib.grammar.lexicon import Noun, lexicon
from seq2seq_lib.grammar.nounphrase import (
    coordinated,
    it,
    it_of,
    name_phrase,
    noun_phrase,
    possessed,
    pronoun,
)
from seq2seq_lib.grammar.numbers import clock, english_number, french_number
from seq2seq_lib.grammar.places import date, in_month, named_place, prepositional, weekday
from seq2seq_lib.grammar.surface import realise
from seq2seq_lib.grammar.words import Phrase, join, matched, pairs

EXPECTED = Path(__file__).resolve().parents[1] / "data" / "grammar" / "expected_pairs.tsv"
I, you, he, she, we, they = (  # noqa: E741
    pronoun(name) for name in ("I", "you", "he", "she", "we", "they")
)
PAST = "passé composé"


def noun(english, french=""):
    return next(n for n in lexicon().nouns if n.english == english and french in ("", n.french))


def the(english, *adjectives, number="sg", determiner="the"):
    return noun_phrase(noun(english), determiner, number, tuple(map(adjective, adjectives)))


def adjective(english):
    return next(a for a in lexicon().adjectives if a.english == english)


def verb(english, frame="transitive", preposition=None):
    return next(v for v in lexicon().verbs if (v.english, v.frame) == (english, frame)
                and preposition in (None, v.english_preposition))


def adverb(english):
    found = next(a for a in lexicon().adverbs if a.english == english)
    return matched(found.english, found.french)


def name(english):
    return next(n for n in lexicon().names if n.name == english)


def clause(subject, english, frame="transitive", preposition=None, **parts):
    return Clause(subject, verb(english, frame, preposition), **parts)


def does(subject, english, frame="intransitive", preposition=None, **parts):
    return s.statement(clause(subject, english, frame, preposition, **parts))


def be(subject, *adjectives, **parts):
    return Clause(subject, s.copula(), complement=adjective_phrase(
        adjective(adjectives[0]), subject), **parts)


def compared(subject, quality, standard, comparison="plus"):
    return s.statement(Clause(subject, s.copula(), complement=adjective_phrase(
        adjective(quality), subject, comparison=comparison, standard=standard)))


def placed(subject, english, place, **parts):
    return clause(subject, english, "place", complement=place, **parts)


def given(subject, **parts):
    return clause(subject, "give", "ditransitive", object=it(), **parts)


def relative_of_father():
    head = the("man")
    talking = clause(s.that_subject(head), "talk", "intransitive", aspect="progressive")
    return Clause(s.with_qui(head, talking), s.copula(), complement=the(
        "father", determiner="my"))


def letter_he_wrote():
    return s.with_que(the("letter"), clause(he, "write", tense=PAST))


def letter_arrived():
    letter = the("letter")
    return join(does(letter, "arrive", tense=PAST),
                s.subordinate("and", does(she, "read", "transitive", tense=PAST,
                                          object=it_of(letter))))


def when_she_arrives():
    future = clause(she, "arrive", "intransitive", tense="futur")
    english = s.statement(replace(future, tense="présent")).english
    return replace(s.statement(future), english=english)


def tired_pair():
    both = coordinated((the("man"), the("woman")))
    return s.statement(be(both, "tired"))


def half_past_six():
    return does(he, "get up", "pronominal", adjuncts=(clock(6, 30),))


def london():
    return s.statement(placed(we, "live", named_place("in", name("London")), tense="imparfait",
                              aspect="used to"))


def film_about():
    head = s.with_dont(the("film"), clause(he, "talk", "indirect", "about"))
    return s.statement(be(head, "good"))


def question(phrase):
    return s.finished(phrase, "?")


def say(phrase):
    return s.finished(phrase)


BUILT = [
    lambda: say(does(the("cat", "black"), "sleep")),
    lambda: say(s.statement(be(the("house", "small"), "old"))),
    lambda: say(does(she, "see", "transitive", object=the("tree", "beautiful", determiner="a"))),
    lambda: say(s.statement(be(the("tree"), "big"))),
    lambda: say(does(possessed(noun("dog"), the("teacher")), "sleep")),
    lambda: say(does(he, "talk", "indirect", "to", indirect=the("child", number="pl"))),
    lambda: say(does(she, "talk", "indirect", "to", indirect=the("man"))),
    lambda: say(s.statement(given(he, indirect=I))),
    lambda: say(s.statement(given(I, indirect=he))),
    lambda: say(s.statement(given(I, indirect=he, tense=PAST, negation="pas"))),
    lambda: say(does(I, "see", "transitive", object=she, tense=PAST)),
    lambda: say(s.statement(be(letter_he_wrote(), "long"))),
    lambda: say(does(he, "see", "transitive", object=the("dog"), negation="pas")),
    lambda: say(does(we, "eat", "transitive", object=the("meat", determiner=""),
                     negation="jamais")),
    lambda: say(does(she, "work", negation="plus")),
    lambda: say(does(I, "see", "transitive", negation="rien", tense=PAST)),
    lambda: say(s.nobody(clause(he, "sleep", "intransitive"))),
    lambda: say(does(he, "have", "transitive", object=the("car", determiner="a"),
                     negation="pas")),
    lambda: say(s.statement(Clause(I, replace(verb("have"), english="want", third="", past="",
                                              participle="", ing="", french="vouloir"),
                                   object=the("bread", determiner="some"), negation="pas"))),
    lambda: say(s.statement(placed(she, "go", prepositional("to", "à", the("beach")),
                                   tense=PAST))),
    lambda: say(does(the("girl", number="pl"), "arrive", tense=PAST,
                     adjuncts=(adverb("yesterday"),))),
    lambda: say(does(she, "come", tense=PAST, negation="pas")),
    lambda: say(does(he, "buy", "transitive", object=the("car", determiner="a"), tense=PAST)),
    lambda: say(does(he, "read", "transitive", object=the("book", determiner="a"),
                     tense="imparfait", aspect="progressive")),
    lambda: say(london()),
    lambda: say(does(they, "buy", "transitive", object=the("house", determiner="a"),
                     tense="futur")),
    lambda: question(s.yes_no(clause(you, "see", object=the("bird")))),
    lambda: question(s.yes_no(clause(they, "find", object=the("key"), tense=PAST))),
    lambda: question(s.wh("where", clause(he, "live", "place"))),
    lambda: question(s.wh("when", clause(she, "leave", "intransitive", tense="futur"))),
    lambda: question(s.wh("why", be(you, "sad"))),
    lambda: question(s.who_does(clause(he, "write", object=the("letter", determiner="this"),
                                       tense=PAST))),
    lambda: question(s.what(Clause(you, replace(verb("have"), english="want", third="", past="",
                                                participle="", ing="", french="vouloir")))),
    lambda: question(s.how_many(noun("book"), clause(she, "have"))),
    lambda: say(s.statement(relative_of_father())),
    lambda: say(s.statement(be(s.with_où(the("house"), clause(I, "live", "place")), "small"))),
    lambda: say(film_about()),
    lambda: say(join(does(he, "read", "transitive", object=the("book", determiner="a")),
                     s.subordinate("and", does(she, "write", "transitive",
                                               object=the("letter", determiner="a"))))),
    lambda: say(tired_pair()),
    lambda: say(letter_arrived()),
    lambda: say(compared(the("brother", determiner="my"), "tall", the("sister", determiner="my"))),
    lambda: say(compared(the("film", determiner="this"), "interesting", the("book"))),
    lambda: say(compared(she, "tired", the("brother", determiner="her"), "aussi")),
    lambda: say(compared(the("wine", determiner="this"), "good", the("beer"))),
    lambda: say(does(he, "have", "transitive", object=best_of(noun("car"),
                                                              adjective("expensive")))),
    lambda: say(
        join(does(he, "stay"), s.subordinate("because", s.statement(be(pronoun("he"), "sick"))))
    ),
    lambda: say(s.fronted(s.subordinate("if", does(he, "come")),
                          does(we, "eat", tense="futur"))),
    lambda: say(s.fronted(s.subordinate("when", when_she_arrives()),
                          does(I, "leave", tense="futur"))),
    lambda: say(does(I, "think", "that",
                     complement=s.subordinate("that", s.statement(be(they, "happy"))))),
    lambda: say(join(does(he, "sleep", tense="imparfait", aspect="progressive"),
                     s.subordinate("while", does(she, "work", tense="imparfait",
                                                 aspect="progressive")))),
    lambda: say(join(does(she, "eat"), s.before_doing(clause(she, "leave", "intransitive")))),
    lambda: say(join(does(he, "work"), s.in_order_to(clause(
        he, "buy", object=the("car", determiner="a"))))),
    lambda: say(does(I, "want", "infinitive", infinitive=clause(I, "see", object=they))),
    lambda: say(does(I, "have", "transitive", object=the("book", determiner=21))),
    lambda: say(does(he, "buy", "transitive", object=the("apple", determiner=80), tense=PAST)),
    lambda: say(does(the("train"), "leave", adjuncts=(clock(3),))),
    lambda: say(half_past_six()),
    lambda: say(does(she, "work", adjuncts=(weekday(noun("Monday"), every=True),))),
    lambda: say(s.statement(be(the("school", determiner="my"), "big"))),
    lambda: say(s.statement(be(the("tree", determiner="this"), "old"))),
    lambda: say(does(she, "drink", "transitive", object=the("water", determiner="some"))),
    lambda: say(s.there_is(the("tree", "beautiful", number="pl", determiner=""),
                           prepositional("in", "dans", the("garden")))),
    lambda: say(s.statement(Clause(he, s.copula(), complement=s.profession(noun("doctor"))))),
    lambda: say(does(he, "go", "place", there=True)),
    lambda: say(does(he, "eat", tense=PAST, aspect="perfect", adverb=replace(
        lexicon().adverbs[0], english="already", french="déjà", kind="frequency"))),
    lambda: say(does(she, "wash", "pronominal", tense=PAST)),
    lambda: say(s.statement(placed(he, "come", named_place("from", name("Italy"))))),
]


def rows():
    with EXPECTED.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


ROWS = rows()


def test_every_expected_pair_has_its_construction():
    assert len(ROWS) == len(BUILT) >= 60


@pytest.mark.parametrize(("row", "build"), list(zip(ROWS, BUILT, strict=True)),
                         ids=[row["english"] for row in ROWS])
def test_expected_pair(row, build):
    derived = realise(build())
    assert " ".join(derived.source) == row["english"]
    assert " ".join(derived.target) == row["french"]
    assert " ".join(f"{a}-{b}" for a, b in derived.alignment) == row["alignment"]


@pytest.mark.parametrize(("phrase", "english", "french"), [
    (lambda: s.wh("why", clause(she, "eat", "intransitive", negation="pas")),
     "why does she not eat", "pourquoi ne mange -t-elle pas"),
    (lambda: s.how_many(noun("apple"), clause(he, "eat", tense=PAST)),
     "how many apples did he eat", "combien de pommes a -t-il mangées"),
    (lambda: s.which(noun_phrase(noun("letter"), "which"), clause(you, "write", tense=PAST)),
     "which letter did you write", "quelle lettre avez -vous écrite"),
    (lambda: s.wh("where", clause(I, "sleep", "intransitive", tense="futur")),
     "where will I sleep", "où est -ce que je dormirai"),
    (lambda: does(he, "talk", "indirect", "about", indirect=she), "he talks about her",
     "il parle d' elle"),
    (lambda: does(he, "think", "indirect", "about", indirect=they), "he thinks about them",
     "il pense à eux"),
    (lambda: does(he, "wait", "indirect", "for", indirect=she, tense=PAST),
     "he waited for her", "il l' a attendue"),
    (lambda: does(we, "get up", "pronominal", negation="pas", tense=PAST),
     "we did not get up", "nous ne nous sommes pas levés"),
    (lambda: s.statement(clause(I, "give", "ditransitive", indirect=she,
                                object=the("book", determiner="a"))),
     "I give her a book", "je lui donne un livre"),
    (lambda: s.statement(be(they, "happy", negation="plus", tense="imparfait")),
     "they were no longer happy", "ils n' étaient plus heureux"),
    (lambda: does(he, "can", "infinitive", negation="pas",
                  infinitive=clause(he, "swim", "intransitive")),
     "he cannot swim", "il ne peut pas nager"),
    (lambda: s.without_doing(clause(she, "answer", "indirect", indirect=he)),
     "without answering him", "sans lui répondre"),
    (lambda: does(I, "see", "transitive", negation="personne", tense=PAST),
     "I did not see anyone", "je n' ai vu personne"),
    (lambda: compared(the("wine"), "bad", the("beer")), "the wine is worse than the beer",
     "le vin est pire que la bière"),
    (lambda: join(date(1, 5), in_month(8)), "on the first of May in August",
     "le premier mai en août"),
    (lambda: named_place("to", name("Japan")), "to Japan", "au Japon"),
    (lambda: name_phrase(name("Helen")), "Helen", "Hélène"),
    (lambda: possessed(noun("car"), name_phrase(name("Anna"))), "Anna 's car",
     "la voiture d' Anna"),
    (lambda: the("hero", number="pl"), "the heroes", "les héros"),
    (lambda: the("story", "old", determiner="a"), "an old story",
     "une vieille histoire"),
    (lambda: the("man", "old", determiner="this"), "this old man", "ce vieil homme"),
    (lambda: the("friend", number="pl", determiner="all the"), "all the friends",
     "tous les amis"),
    (lambda: does(I, "ask", "indirect", indirect=the("bread", determiner="some"), negation="pas"),
     "I do not ask for any bread", "je ne demande pas de pain"),
])
def test_rules_beyond_the_expected_pairs(phrase, english, french):
    derived = realise(phrase())
    assert " ".join(derived.source) == english
    assert " ".join(derived.target) == french


@pytest.mark.parametrize(("number", "english", "french"), [
    (1, "one", "un"), (16, "sixteen", "seize"), (21, "twenty-one", "vingt et un"),
    (22, "twenty-two", "vingt-deux"), (70, "seventy", "soixante-dix"),
    (71, "seventy-one", "soixante et onze"), (77, "seventy-seven", "soixante-dix-sept"),
    (80, "eighty", "quatre-vingts"), (81, "eighty-one", "quatre-vingt-un"),
    (91, "ninety-one", "quatre-vingt-onze"), (100, "one hundred", "cent"),
    (105, "one hundred and five", "cent cinq"), (200, "two hundred", "deux cents"),
    (999, "nine hundred and ninety-nine", "neuf cent quatre-vingt-dix-neuf"),
])
def test_numbers(number, english, french):
    assert english_number(number) == english
    assert french_number(number) == french


def test_numbers_agree_and_differ():
    assert french_number(21, "f") == "vingt et une"
    for words in (english_number, french_number):
        assert len({words(number) for number in range(1, 1000)}) == 999


def test_agreement_sites_name_the_rivals():
    derived = realise(say(s.statement(be(the("house", "small"), "old"))))
    sites = dict(derived.agreement)
    assert sites[0] == ("le", "les")
    assert set(sites[1]) == {"petit", "petits", "petites"}
    assert set(sites[3]) == {"suis", "es", "sommes", "êtes", "sont"}
    assert set(sites[4]) == {"vieux", "vieilles"}


def test_a_link_joins_only_its_own_words():
    twice = join(the("dog"), matched("and", "et"), the("dog"))
    assert realise(twice).alignment == ((0, 0), (1, 1), (2, 2), (3, 3), (4, 4))


@pytest.mark.parametrize(("call", "message"), [
    (lambda: pronoun("thou"), "pronoun: wanted one of .*got 'thou'"),
    (lambda: Clause(he, verb("sleep", "intransitive"), "subjonctif"), "tense: wanted one of"),
    (lambda: Clause(he, verb("sleep", "intransitive"), negation="point"), "negation: wanted"),
    (lambda: Clause(he, verb("see"), object=she, negation="rien"), "wanted no object"),
    (lambda: english_number(1000), "number: wanted 1 to 999; got 1000"),
    (lambda: clock(12), "clock: wanted hours 1 to 11"),
    (lambda: in_month(13), "month: wanted 1 to 12; got 13"),
    (lambda: date(31, 1), "day: wanted 1 to 15; got 31"),
    (lambda: named_place("at", name("London")), "place: wanted in, to or from"),
    (lambda: s.wh("whither", be(you, "sad")), "question word: wanted one of"),
    (lambda: s.subordinate("lest", Phrase()), "conjunction: wanted one of"),
    (lambda: the("house", determiner="every", number="pl"), "determiner: wanted one with a pl"),
    (lambda: entries("verb"), "kind: wanted one that function.tsv has; got 'verb'"),
    (lambda: collocations("scarce"), "collocation: wanted one of"),
    (lambda: Choice(1).of(()), "choice: wanted something to choose from; got nothing"),
])
def test_errors_say_what_was_wanted(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_dead_ends_are_value_errors():
    assert issubclass(DeadEnd, ValueError)


def test_choices_follow_their_weights():
    choice = Choice(3)
    drawn = [choice.weighted(often=3, seldom_if_ever=1) for _ in range(4000)]
    assert abs(drawn.count("often") / 4000 - 0.75) < 0.03
    assert set(drawn) == {"often", "seldom if ever"}
    ranks = [choice.zipf(range(30)) for _ in range(6000)]
    assert ranks.count(0) > 2 * ranks.count(20) > 0
    assert set(choice.between(2, 5) for _ in range(200)) == {2, 3, 4, 5}


def test_words_are_linked_as_named_one_by_one_or_each_with_each():
    assert pairs("last year", "l' année dernière", "0-2 1-0 1-1") == ((0, 2), (1, 0), (1, 1))
    assert pairs("next door", "à côté") == ((0, 0), (1, 1))
    assert pairs("because", "parce que") == ((0, 0), (0, 1))
    year = next(a for a in lexicon().adverbs if a.english == "last year")
    said = matched(year.english, year.french, alignment=year.alignment)
    assert [len(token.links) for token in said.english] == [1, 2]
    assert said.english[0].links == said.french[2].links


def test_an_object_after_without_is_said_as_under_negation():
    bread = noun_phrase(noun("bread"), "some", "sg")
    said = s.without_doing(clause(pronoun("he"), "eat", object=bread))
    assert [token.text for token in said.french[-2:]] == ["de", "pain"]
    assert [token.text for token in said.english] == ["without", "eating", "any", "bread"]


def test_collocations_name_words_of_the_lexicon():
    words = lexicon()
    known = {entry.english for entry in (*words.nouns, *words.adjectives, *words.verbs,
                                         *words.adverbs)}
    unknown = []
    for kind in KINDS:
        for left, right in collocations(kind).items():
            lemma = left.split(":")[0].split("@")[0].split("+")[0]
            for word in (lemma, *right):
                if word not in known and word not in ("*", "that", "transitive", "place"):
                    unknown.append((kind, left, word))
    assert unknown == []


def test_function_words_have_their_forms():
    assert determiners()["this"].form("f", "sg") == "cette"
    assert pronouns()["they"].indirect == "leur"
    assert [entry.french for entry in entries("month")][:2] == ["janvier", "février"]
    assert isinstance(noun("dog"), Noun)
