"""The shipped corpus: made anew it is the same, and it keeps what the book relies on."""

from collections import Counter

import pytest

from seq2seq_lib.corpora import DATA, SPLITS, load
from seq2seq_lib.grammar.corpus import BUCKETS, SIZES, generate, is_novel, write
from seq2seq_lib.grammar.lexicon import lexicon
from tests.judges import not_french

CORPUS = load("grammar")


@pytest.fixture(scope="module")
def generated() -> dict:
    return generate()


def test_made_anew_it_is_the_same_byte_for_byte(generated, tmp_path) -> None:
    write(tmp_path, generated)
    for split in SPLITS:
        name = f"{split}.tsv"
        assert (tmp_path / name).read_bytes() == (DATA / "grammar" / name).read_bytes(), name


def test_only_novel_pairs_hold_a_combination_kept_from_training(generated) -> None:
    for split in ("train", "valid", "test", "long"):
        assert not any(is_novel(derived) for derived in generated[split]), split
    assert all(is_novel(derived) for derived in generated["novel"])
    combined = {pair for derived in generated["train"] for pair in derived.combinations}
    for derived in generated["novel"]:
        assert set(derived.combinations) - combined


def test_splits_have_their_sizes_and_share_no_english_sentence() -> None:
    sentences = [pair.source for split in SPLITS for pair in getattr(CORPUS, split)]
    assert {split: len(getattr(CORPUS, split)) for split in SPLITS} == SIZES
    assert len(set(sentences)) == len(sentences)


def test_lengths_are_in_bounds_and_every_bucket_is_filled() -> None:
    for split in ("train", "valid", "test", "novel"):
        lengths = [len(pair.source) for pair in getattr(CORPUS, split)]
        assert min(lengths) >= 3 and max(lengths) <= 25
        for low, high, _ in BUCKETS:
            assert sum(low <= length <= high for length in lengths) >= 0.12 * len(lengths)
    assert all(26 <= len(pair.source) <= 45 for pair in CORPUS.long)


def test_every_form_outside_training_is_known_from_it() -> None:
    for side in ("source", "target"):
        known = {token for pair in CORPUS.train for token in getattr(pair, side)}
        for split in ("valid", "test", "long", "novel"):
            for pair in getattr(CORPUS, split):
                assert set(getattr(pair, side)) <= known


def test_every_french_word_is_in_the_dictionary() -> None:
    names = {part for name in lexicon().names for part in name.french.replace("'", "' ").split()}
    words = {
        token.strip("-").removeprefix("t-")
        for split in SPLITS
        for pair in getattr(CORPUS, split)
        for token in pair.target
        if token not in names and token not in ".,?" and not token.endswith("'")
    }
    assert not_french(words) == []


def test_every_word_is_linked_but_for_est_ce_que() -> None:
    for split in SPLITS:
        for pair in getattr(CORPUS, split):
            sources = {left for left, _ in pair.alignment}
            targets = {right for _, right in pair.alignment}
            assert sources == set(range(len(pair.source))), pair
            unlinked = set(range(len(pair.target))) - targets
            assert targets <= set(range(len(pair.target)))
            assert {pair.target[place] for place in unlinked} <= {"est", "-ce", "que", "qu'"}, pair


def test_agreement_sites_name_other_forms_than_the_one_chosen() -> None:
    for split in SPLITS:
        for pair in getattr(CORPUS, split):
            for site in pair.agreement:
                assert site.rivals and pair.target[site.position] not in site.rivals


WANTED = (
    "negation:pas", "negation:jamais", "negation:plus", "negation:rien", "elision", "contraction",
    "tense:présent", "tense:imparfait", "tense:futur", "tense:passé composé:avoir",
    "tense:passé composé:être", "adjective:before", "adjective:after", "relative:qui",
    "relative:que", "relative:dont", "coordination:clause", "comparison:plus",
    "comparison:superlative", "possessive", "number", "subordinate:parce que", "predicate",
)  # fmt: skip


def test_every_phenomenon_is_seen_often_enough_to_learn() -> None:
    counts = Counter(name for pair in CORPUS.train for name in pair.phenomena)
    assert {name: counts[name] for name in WANTED if counts[name] < 30} == {}


def test_the_data_card_counts_what_is_there() -> None:
    card = (DATA / "README.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in card]
    rows = {row[0]: row[1:] for row in cells if len(row) > 1}
    for split in SPLITS:
        pairs = getattr(CORPUS, split)
        types = [{t for pair in pairs for t in getattr(pair, s)} for s in ("source", "target")]
        assert rows[split][0] == f"{len(pairs):,}"
        assert rows[split][-2:] == [f"{len(side):,}" for side in types]
    counts = Counter(name for pair in CORPUS.train for name in pair.phenomena)
    for name, count in counts.items():
        assert rows[name] == [f"{count:,}"], name
