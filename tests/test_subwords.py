"""Pieces of words: they go there and back, and are learned as the paper learns them."""

from collections import Counter

import pytest

from seq2seq_lib import checkpoints
from seq2seq_lib.batching import encode_pairs
from seq2seq_lib.corpora import Pair
from seq2seq_lib.subwords import END, Subwords, from_plain
from seq2seq_lib.vocabulary import BOS, EOS, PAD, SPECIALS, UNK, Vocabularies, Vocabulary
from tests.variants import make

# The example of Sennrich et al. 2016, figure 1.
COUNTS = {"low": 5, "lowest": 2, "newer": 6, "wider": 3}
CORPUS = [[word] * count for word, count in COUNTS.items()]
LETTERS = len({*"lowestnrid"}) + 1


def replay(merges: tuple[tuple[str, str], ...]) -> list[tuple[int, int]]:
    """Each merge's count when its turn came, and the highest count there was."""
    words = {(*word, END): count for word, count in COUNTS.items()}
    found = []
    for merge in merges:
        pairs: Counter = Counter()
        for word, count in words.items():
            for pair in zip(word, word[1:], strict=False):
                pairs[pair] += count
        found.append((pairs[merge], max(pairs.values())))
        words = {_join(word, merge): count for word, count in words.items()}
    return found


def _join(word: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, ...]:
    joined: list[str] = []
    for piece in word:
        if joined and (joined[-1], piece) == pair:
            joined[-1] += piece
        else:
            joined.append(piece)
    return tuple(joined)


@pytest.fixture(scope="module")
def pieces() -> Subwords:
    return Subwords.build(CORPUS, size=30)


def test_each_merge_is_of_a_most_frequent_pair(pieces) -> None:
    """As in the paper's listing; of pairs of one frequency any may be first."""
    counts = replay(pieces.merges)
    assert counts[0] == (9, 9) and pieces.merges[0] == ("e", "r")
    assert all(own == most for own, most in counts)


def test_words_go_there_and_back(pieces) -> None:
    words = ["lower", "widest", "newer", "lowest", "low"]
    numbers = pieces.encode(words)
    assert len(numbers) > len(words)
    assert pieces.decode([BOS, *numbers, EOS, 5, PAD]) == words
    assert [pieces.tokens[number] for number in pieces.encode(["newer"])] == ["newer" + END]


def test_what_cannot_be_spelled_is_one_unknown_word(pieces) -> None:
    assert pieces.encode(["low", "été", "low"])[1] == UNK
    assert pieces.decode(pieces.encode(["low", "été", "low"])) == ["low", "<unk>", "low"]
    assert "lower" in pieces and "été" not in pieces and "" not in pieces
    with pytest.raises(ValueError, match="wanted words that these pieces spell, got 'été'"):
        pieces.encode(["low", "été"], strict=True)


def test_a_beginning_without_its_end_is_a_word() -> None:
    pieces = Subwords((*SPECIALS, "a", END, "a" + END), (("a", END),))
    assert pieces.decode([4, 4, UNK, 4, 6, 4]) == ["aa", "<unk>", "aa", "a"]
    with pytest.raises(ValueError, match="wanted numbers from 0 to 6, got 7"):
        pieces.decode([7])


def test_the_same_corpus_gives_the_same_pieces_within_the_size(pieces) -> None:
    assert Subwords.build(CORPUS, size=30) == pieces
    assert len(Subwords.build(CORPUS, size=4 + LETTERS + 3)) == 4 + LETTERS + 3
    with pytest.raises(ValueError, match="size: wanted at least .*, the characters, got 6"):
        Subwords.build(CORPUS, size=6)
    with pytest.raises(ValueError, match="needs at least one token, the corpus has none"):
        Subwords.build([[]], size=30)
    with pytest.raises(ValueError, match="wanted words without spaces and '▁', got 'b c'"):
        Subwords.build([["a", "b c"]], size=30)
    with pytest.raises(ValueError, match="merges: wanted pieces of the vocabulary, got 'a' 'b'"):
        Subwords((*SPECIALS, "a", "b"), (("a", "b"),))


def test_a_model_keeps_its_pieces(pieces, tmp_path) -> None:
    vocabularies = Vocabularies(Vocabulary.build(CORPUS), pieces)
    checkpoints.save(tmp_path / "model.safetensors", make("first state, GRU"), vocabularies)
    assert checkpoints.load(tmp_path / "model.safetensors").vocabularies == vocabularies
    assert from_plain(pieces.to_plain()).encode(["widest"]) == pieces.encode(["widest"])


def test_pairs_are_encoded_alike(pieces) -> None:
    vocabularies = Vocabularies(pieces, pieces)
    (example,) = encode_pairs([Pair(("lower", "low"), ("widest",))], vocabularies)
    assert pieces.decode(example.source) == ["lower", "low"]
    assert pieces.decode(example.target) == ["widest"]
