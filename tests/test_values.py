"""Records, vocabularies, configurations: what they give, and what they refuse."""

import dataclasses
import json

import pytest
import torch

from seq2seq_lib.config import KINDS, RecurrentConfig, from_dict
from seq2seq_lib.corpora import Pair
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
        ({"layers": True}, "layers: wanted a positive whole number, got True"),
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


TRANSFORMER = {"kind": "transformer", **SIZES}
SPEAKER = {"kind": "transformer language", **SIZES}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kind": "perceptron"}, "kind: wanted one of recurrent, .*, got 'perceptron'"),
        ({"context": "luong", "score": "dot", "window": 0}, "window: wanted a positive whole"),
        (
            {"context": "luong", "score": "dot", "local": "near"},
            "local: wanted one of monotonic, predictive, got 'near'",
        ),
        ({"feeding": True}, "feeding: wanted context 'luong' for it, got 'first state'"),
        ({"local": "monotonic"}, "local: wanted context 'luong' for it, got 'first state'"),
        ({"latent": 0}, "latent: wanted a positive whole number, got 0"),
        (
            {"latent": 3, "context": "luong", "score": "dot"},
            "latent: attention would go around it, got 'luong'",
        ),
        ({**TRANSFORMER, "heads": 3}, "width: wanted a multiple of 3 heads, got 128"),
        ({**TRANSFORMER, "norm": "none"}, "norm: wanted one of pre, post, got 'none'"),
        (
            {**TRANSFORMER, "width": 9, "heads": 3},
            "positions: 'sinusoid' goes by pairs, got a width of 9",
        ),
        (
            {**TRANSFORMER, "width": 12, "heads": 4, "positions": "rotary"},
            "positions: 'rotary' goes by pairs, got a width of 3",
        ),
        (
            {**TRANSFORMER, "tied": "all", "source_size": 9},
            "tied: wanted source and target of one vocabulary, got sizes 9 and 8",
        ),
        ({**TRANSFORMER, "cell": "gru"}, "unknown setting 'cell'"),
        ({**SPEAKER, "source_size": 9}, "one vocabulary for a language model, got sizes 9 and 8"),
        ({**SPEAKER, "prefix": "some"}, "prefix: wanted one of causal, full, got 'some'"),
        (
            {"kind": "recurrent language", "source_size": 5, "target_size": 4},
            "one vocabulary for a language model, got sizes 5 and 4",
        ),
    ],
)
def test_a_bad_configuration_of_any_kind_is_refused(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        from_dict({**SIZES, **settings})


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_goes_there_and_back(kind: str) -> None:
    vectors = {"inputs": 4, "code": 2, "hidden": (3, 3)} if kind == "autoencoder" else SIZES
    config = KINDS[kind](**vectors)
    assert from_dict(json.loads(json.dumps(config.to_dict()))) == config
    for other in set(KINDS) - {kind}:
        with pytest.raises(ValueError, match=f"kind: wanted one of {other}, got '{kind}'"):
            KINDS[other].from_dict(config.to_dict())


def test_new_settings_change_no_old_configurations_account() -> None:
    """Checkpoints and results that are stored say what they always said."""
    old = {
        **SIZES, "embedding": 128, "width": 128, "layers": 1, "cell": "gru",
        "direction": "forward", "context": "first state", "score": None, "dropout": 0.0,
    }  # fmt: skip
    assert RecurrentConfig(**SIZES).to_dict() == old
    assert RecurrentConfig(**SIZES, latent=4).to_dict() == {**old, "latent": 4}


def test_a_joint_vocabulary_is_both_languages() -> None:
    pairs = [Pair(("a", "b"), ("b", "c"))]
    joint = Vocabularies.build(pairs, joint=True)
    assert joint.source is joint.target
    assert joint.source.tokens == (*SPECIALS, "b", "a", "c")


def test_a_configuration_goes_there_and_back() -> None:
    config = RecurrentConfig(**SIZES, context="luong", score="dot", cell="lstm")
    assert RecurrentConfig.from_dict(config.to_dict()) == config
    with pytest.raises(ValueError, match="setting 'source_size' is missing"):
        RecurrentConfig.from_dict({"target_size": 8})
