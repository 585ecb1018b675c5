"""The challenge set: its French, its patterns, its scorer, its data card."""

import re
from collections import Counter
from pathlib import Path

import pytest

from seq2seq_lib import corpora, metrics
from seq2seq_lib.challenge import (
    COLUMNS,
    PATH,
    Item,
    Result,
    Scores,
    load,
    occurs,
    parse,
    passes,
    score,
)
from seq2seq_lib.typography import detokenise, tokenise
from tests import judges

ITEMS = load()
SCORED = [item for item in ITEMS if item.wanted]
# Names; at a sentence's beginning the tokeniser has them in small letters.
NAMES = {"Anne", "Lille", "Marie", "Mary", "Paul", "Tom"}
# In patterns: what a translator may write for a reference's œ, î, É or number in words.
SPELLINGS = {"1er", "7h30", "xiie", "connait", "parait", "plait"}
SPELLINGS |= {"etats-unis", "oeufs", "soeur"}


def mistakes():
    """Wrong translations that people or machines might give, by English sentence."""
    path = Path(__file__).with_name("challenge_errors.tsv")
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    assert header == "english\twrong"
    found = {}
    for line in lines:
        english, wrong = line.split("\t")
        found.setdefault(english, []).append(wrong)
    return found


MISTAKES = mistakes()


def words(tokens):
    """The words among tokens, without the hyphens of inversion; what has no letter is left out."""
    bare = [re.sub(r"^-(t-)?", "", token) for token in tokens]
    return {word for word in bare if any(letter.isalpha() for letter in word)}


# The sentences


def test_there_are_enough_items_of_each_phenomenon():
    assert len(ITEMS) >= 300
    assert min(Counter(item.phenomenon for item in ITEMS).values()) >= 10


def test_items_of_a_phenomenon_stand_together():
    names = [item.phenomenon for item in ITEMS]
    changes = 1 + sum(left != right for left, right in zip(names, names[1:], strict=False))
    assert changes == len(set(names))


def test_no_english_sentence_is_there_twice_or_in_the_shipped_corpus():
    sources = [tuple(token.lower() for token in tokenise(item.english, "en")) for item in ITEMS]
    assert [source for source, count in Counter(sources).items() if count > 1] == []
    corpus = corpora.load("grammar")
    known = {
        tuple(token.lower() for token in pair.source)
        for split in corpora.SPLITS
        for pair in getattr(corpus, split)
    }
    assert known.isdisjoint(sources)


def test_every_french_word_is_in_the_dictionary():
    texts = [text for item in ITEMS for text in item.references]
    found = {word for text in texts for word in words(tokenise(text, "fr"))}
    assert len(found) > 1000
    assert {word.capitalize() for word in judges.not_french(found)} <= NAMES


def test_every_english_word_is_in_the_dictionary():
    found = {word for item in ITEMS for word in words(tokenise(item.english, "en"))}
    found = {word.removesuffix("'") for word in found - {"'s"}}
    assert len(found) > 600
    unknown = judges.not_english(found)
    assert {word.capitalize() for word in unknown} <= NAMES


def test_french_is_printed_as_the_book_prints_it_and_once():
    for item in ITEMS:
        assert len(set(item.references)) == len(item.references)
        for text in item.references:
            assert detokenise(tokenise(text, "fr"), "fr") == text and text[-1] in ".?!"


def test_english_is_plain_text():
    for item in ITEMS:
        assert re.fullmatch(r"[A-Za-z0-9',;:?! -]+[.?!]", item.english), item.english
        assert 2 <= len(tokenise(item.english, "en")) <= 17, item.english


# The patterns


@pytest.mark.parametrize("item", SCORED, ids=lambda item: item.english)
def test_every_reference_passes(item):
    assert [text for text in item.references if not passes(item, text)] == []


@pytest.mark.parametrize("item", SCORED, ids=lambda item: item.english)
def test_every_item_refuses_a_plausible_mistake(item):
    wrong = MISTAKES[item.english]
    assert wrong and [text for text in wrong if passes(item, text)] == []


def test_the_mistakes_are_printed_and_of_items():
    known = {item.english: item for item in SCORED}
    for english, wrong in MISTAKES.items():
        for text in wrong:
            assert detokenise(tokenise(text, "fr"), "fr") == text
            assert text not in known[english].references


def test_nothing_passes_unsaid_or_untranslated():
    assert [item for item in SCORED if passes(item, "") or passes(item, item.english)] == []


def test_another_items_translation_seldom_passes():
    others = [SCORED[(row + 40) % len(SCORED)].references[0] for row in range(len(SCORED))]
    passed = [passes(item, text) for item, text in zip(SCORED, others, strict=True)]
    assert sum(passed) / len(passed) < 0.05


def choices():
    """Every token that stands in a pattern."""
    for item in SCORED:
        for pattern in (*item.wanted, *item.refused):
            for word in pattern.split():
                yield from word.split("/")


def test_every_token_of_a_pattern_can_occur():
    """A word that the tokeniser takes apart, such as « qu'il », would never be found."""
    for choice in set(choices()) - {"…"}:
        before, after = "x" * choice.startswith("-"), ""
        if not before and choice.endswith(("-le", "-la")):
            after = "-moi"  # « rends-le » is one token in « rends-le-moi » alone
        assert choice in tokenise(before + choice + after, "fr"), choice


def test_every_word_of_a_pattern_is_in_the_dictionary():
    for word in words(set(choices())) - SPELLINGS:
        assert judges.is_french(word) or judges.is_french(word.title()), word


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("n'/ne … pas", "Je ne le vois pas.", True),
        ("n'/ne … pas", "Il n'a pas faim.", True),
        ("n'/ne … pas", "Pas lui, il ne dort plus.", False),
        ("ne … pas", "Je ne pas.", True),
        ("ne … ne", "Je ne dors plus.", False),
        ("la fin", "La belle fin.", False),
        ("la fin", "La la fin.", True),
        ("a -t-il", "A-t-il faim\u202f?", True),
        ("fin .", "La fin", False),
        ("la … fin", "La fin", True),
    ],
)
def test_what_a_pattern_finds(pattern, text, found):
    assert occurs(pattern, [token.lower() for token in tokenise(text, "fr")]) is found


# The scorer

BLUE = Item("colour", "The flower is blue.", ("La fleur est bleue.",), ("bleue",))
BLACK = Item("colour", "It is not black.", ("Ce n'est pas noir.",), ("n' … pas",), ("noire",))
LUCK = Item("luck", "Good luck!", ("Bonne chance\u202f!", "Bon courage\u202f!"))


def test_a_refused_pattern_outweighs_a_wanted_one():
    assert passes(BLACK, "Ce n'est pas noir.")
    assert not passes(BLACK, "Elle n'est pas noire.")
    assert not passes(BLACK, "C'est noir.")


def test_scores_by_hand():
    said = ["La fleur est bleue.", "C'est noir.", "Bon courage\u202f!"]
    items = (BLUE, BLACK, LUCK)
    references = [item.references for item in items]
    assert score(items, said) == Scores(
        phenomena={
            "colour": Result(
                count=2,
                passed=metrics.Share(0.5, 2),
                bleu=metrics.bleu(said[:2], references[:2]),
                chrf=metrics.chrf(said[:2], references[:2]),
            ),
            "luck": Result(
                count=1,
                passed=None,
                bleu=metrics.bleu(said[2:], references[2:]),
                chrf=metrics.chrf(said[2:], references[2:]),
            ),
        },
        whole=Result(
            count=3,
            passed=metrics.Share(0.5, 2),
            bleu=metrics.bleu(said, references),
            chrf=metrics.chrf(said, references),
        ),
    )


def test_the_references_have_full_marks():
    found = score(ITEMS, [item.references[-1] for item in ITEMS])
    assert list(found.phenomena) == list(dict.fromkeys(item.phenomenon for item in ITEMS))
    assert sum(result.count for result in found.phenomena.values()) == found.whole.count
    for result in (*found.phenomena.values(), found.whole):
        assert result.passed is None or result.passed.value == 1
        assert result.bleu.value == pytest.approx(100)
        assert result.chrf.value == pytest.approx(100)


# The errors


def test_what_cannot_be_scored_is_refused():
    with pytest.raises(ValueError, match="passes: wanted an item with patterns; got 'Good luck!'"):
        passes(LUCK, "Bonne chance\u202f!")
    with pytest.raises(ValueError, match="as many hypotheses as references, got 1 and 2"):
        score([BLUE, BLACK], ["Bleue."])
    with pytest.raises(ValueError, match="challenge: wanted at least one sentence, got none"):
        score([], [])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a\tb\tc\td", r"wanted 5 columns separated by tabs \(phenomenon, .*; got 4: 'a"),
        ("\tb\tc\td\t", "phenomenon: wanted text; got nothing"),
        ("a\t\tc\td\t", "english: wanted text; got nothing"),
        ("a\tb\t\td\t", "references: wanted text; got nothing"),
        ("a\tb\tc|d\t\t", r"references: wanted texts separated by ' \| '; got 'c\|d'"),
        ("a\tb\tc\td | \t", r"wanted: wanted texts separated by ' \| '; got 'd \| '"),
        ("a\tb\tc\tD\t", "wanted: wanted tokens in small letters, .*; got 'D'"),
        ("a\tb\tc\td  e\t", "wanted: wanted tokens in small letters, .*; got 'd  e'"),
        ("a\tb\tc\td/ e\t", "wanted: wanted tokens in small letters, .*; got 'd/ e'"),
        ("a\tb\tc\td\te …", "refused: wanted tokens .*; got 'e …'"),
        ("a\tb\tc\td … … e\t", "wanted: wanted tokens .*; got 'd … … e'"),
        ("a\tb\tc\t\td", "wanted: wanted a pattern where refused has one; got nothing"),
    ],
)
def test_a_malformed_line_is_named(tmp_path, line, message):
    with pytest.raises(ValueError, match=message):
        parse(line)
    path = tmp_path / "mine.tsv"
    path.write_text("\t".join(COLUMNS) + "\na\tgood\tc\t\t\n" + line + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match="mine.tsv, line 3: " + message):
        load(path)


def test_a_malformed_file_is_named(tmp_path):
    path = tmp_path / "mine.tsv"
    with pytest.raises(ValueError, match="challenge: wanted the file mine.tsv; got none"):
        load(path)
    path.write_text("", encoding="utf-8")
    with pytest.raises(ValueError, match="mine.tsv, line 1: wanted the header phen.*; got ''"):
        load(path)
    path.write_text("\t".join(COLUMNS) + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match="mine.tsv: wanted at least one item; got none"):
        load(path)
    path.write_text("\t".join(COLUMNS) + "\na\tb\tc\t\t\nd\tb\te\t\t\n", encoding="utf-8")
    with pytest.raises(ValueError, match="mine.tsv, line 3: wanted each English .*; got 'b' again"):
        load(path)


# The data card


def test_the_data_card_counts_right():
    card = (PATH.parent / "README.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in card.splitlines() if line.count("|") == 6]
    found = {row[0]: row[1:] for row in rows if len(row) > 2 and row[1].isdecimal()}
    for name in dict.fromkeys(item.phenomenon for item in ITEMS):
        of_it = [item for item in ITEMS if item.phenomenon == name]
        count, scored, english, french = found.pop(name)
        assert (int(count), int(scored)) == (len(of_it), sum(bool(item.wanted) for item in of_it))
        assert [item for item in of_it if item.english == english and french in item.references]
    assert found.pop("all")[:2] == [str(len(ITEMS)), str(len(SCORED))] and not found
