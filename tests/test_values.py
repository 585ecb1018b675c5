"""Records, vocabularies, configurations: what they give, and what they refuse."""

import dataclasses

import pytest
import torch

from seq2seq_lib.config import RecurrentConfig
from seq2seq_lib.memory import Memory, check_mask
from seq2seq_lib.recurrent import RecurrentState
from seq2seq_lib.vocabulary import BOS, EOS, PAD, SPECIALS, UNK, Vocabularies, Vocabulary


def test_select_takes_rows_of_every_tensor_and_leaves_none_alone() -> None:
    state = RecurrentState(torch.arange(6.0).view(3, 1, 2))
    picked = state.select(torch.tensor([2, 2, 0, 1]))
    assert picked.hidden[:, 0].tolist() == [[4, 5], [4, 5], [0, 1], [2, 3]]
    assert picked.cell is None
    assert state.select(torch.tensor([True, False, True])).hidden.shape == (2, 1, 2)


def test_records_are_frozen() -> None:
    memory = Memory(torch.ones(1, 2).bool())
    with pytest.raises(dataclasses.FrozenInstanceError):
        memory.mask = torch.zeros(1, 2).bool()


@pytest.mark.parametrize("mask", [torch.ones(2, 3), torch.ones(2, 4).bool()])
def test_a_mask_of_another_type_or_shape_is_refused(mask) -> None:
    with pytest.raises(ValueError, match=r"x: wanted a boolean mask of shape \(2, 3\), got"):
        check_mask(mask, (2, 3), "x")


def test_a_vocabulary_numbers_by_frequency_then_alphabet() -> None:
    vocabulary = Vocabulary.build([["b", "a", "c"], ["c", "a"], ["c"]])
    assert vocabulary.tokens == (*SPECIALS, "c", "a", "b")
    assert Vocabulary.build([["b", "a", "c"], ["c"]], minimum=2).tokens == (*SPECIALS, "c")
    assert Vocabulary.build([["b", "a", "c"], ["c"]], size=5).tokens == (*SPECIALS, "c")


def test_a_vocabulary_goes_there_and_back() -> None:
    vocabulary = Vocabulary.build([["le", "chat", "dort"]])
    numbers = vocabulary.encode(["le", "chat", "dort"])
    assert vocabulary.decode([BOS, *numbers, EOS, 5, PAD]) == ["le", "chat", "dort"]
    assert vocabulary.encode(["le", "chien"])[1] == UNK


def test_a_strict_vocabulary_names_the_unknown_token() -> None:
    vocabulary = Vocabulary.build([["le", "chat"]])
    with pytest.raises(ValueError, match="wanted tokens of this vocabulary of 6, got 'chien'"):
        vocabulary.encode(["le", "chien"], strict=True)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Vocabulary.build([]), "needs at least one token, the corpus has none"),
        (lambda: Vocabulary.build([[], []]), "needs at least one token, the corpus has none"),
        (lambda: Vocabularies.build([]), "needs at least one token, the corpus has none"),
        (lambda: Vocabulary(("a", "b", "c", "d")), "a vocabulary begins with"),
        (lambda: Vocabulary((*SPECIALS, "a", "a")), r"each token once, got twice: \['a'\]"),
        (lambda: Vocabulary(SPECIALS).decode([4]), "wanted numbers from 0 to 3, got 4"),
    ],
)
def test_a_bad_vocabulary_is_refused(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


SIZES = {"source_size": 8, "target_size": 8}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"width": 0}, "width: wanted a positive whole number, got 0"),
        ({"layers": 1.5}, "layers: wanted a positive whole number, got 1.5"),
        ({"cell": "elman"}, "cell: wanted one of gru, lstm, rnn, got 'elman'"),
        ({"direction": "up"}, "direction: wanted one of forward, backward, both, got 'up'"),
        ({"context": "none"}, "context: wanted one of first state, .*, got 'none'"),
        ({"context": "luong"}, "score: wanted one of additive, .*, got None"),
        ({"score": "dot"}, "score: 'first state' does not attend, got 'dot'"),
        ({"direction": "both", "width": 7}, "width: wanted an even one for two directions, got 7"),
        ({"dropout": 1.0}, "dropout: wanted a share from 0 to below 1, got 1.0"),
        ({"depth": 2}, "unknown setting 'depth': wanted some of"),
    ],
)
def test_a_bad_configuration_is_refused(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RecurrentConfig.from_dict({**SIZES, **settings})


def test_a_configuration_goes_there_and_back() -> None:
    config = RecurrentConfig(**SIZES, context="luong", score="dot", cell="lstm")
    assert RecurrentConfig.from_dict(config.to_dict()) == config
    with pytest.raises(ValueError, match="setting 'source_size' is missing"):
        RecurrentConfig.from_dict({"target_size": 8})
