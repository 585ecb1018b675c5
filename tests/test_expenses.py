"""What a model costs is counted right, and grows as its architecture says."""

import pytest
import torch

from seq2seq_lib import expenses
from seq2seq_lib.config import RecurrentConfig, TransformerConfig
from seq2seq_lib.models import build

SIZES = {"source_size": 30, "target_size": 40}
FIXED = RecurrentConfig(**SIZES, embedding=4, width=6, context="every step")
BAHDANAU = RecurrentConfig(
    **SIZES, embedding=4, width=6, context="bahdanau", score="additive", direction="both"
)
TRANSFORMER = TransformerConfig(**SIZES, width=8, layers=2, heads=2, feedforward=8)


def made(config):
    return build(config, torch.Generator().manual_seed(0))


def batch(length: int, count: int = 2):
    return expenses.sentences(count, length, 30, torch.Generator().manual_seed(1))


def test_sentences_have_their_size_and_no_special_words():
    found = batch(7, 3)
    assert found.source.shape == found.inputs.shape == found.targets.shape == (3, 7)
    assert found.source.min() >= 4 and found.source.max() < 30 and found.tokens == 21
    assert torch.equal(found.inputs[:, 1:], found.targets[:, :-1])
    with pytest.raises(ValueError, match="wanted words beside 4 specials"):
        expenses.sentences(1, 5, 4, torch.Generator())


def test_a_transformers_state_is_keys_and_values_of_every_word():
    model = made(TRANSFORMER)
    for length in (5, 10):
        words = 2 * length  # source and target
        floats = words * 2 * 2 * 8  # layers, keys and values, width
        found = expenses.kept_for_writing(model, batch(length, 1))
        assert 4 * floats <= found <= 1.3 * 4 * floats + 64


def test_one_vector_does_not_grow_and_the_others_do():
    short, long = batch(10, 1), batch(40, 1)

    def growth(config):
        model = made(config)
        return expenses.kept_for_writing(model, long) / expenses.kept_for_writing(model, short)

    assert growth(FIXED) < 2
    assert growth(BAHDANAU) > 3 and growth(TRANSFORMER) > 3


def test_additive_attention_keeps_a_square_for_the_way_back():
    def kept(config, length):
        return expenses.kept_for_backward(made(config), batch(length))

    assert kept(BAHDANAU, 80) / kept(BAHDANAU, 40) > 3
    assert kept(FIXED, 80) / kept(FIXED, 40) < 2.3


def test_parameters_are_not_counted_and_a_bigger_batch_keeps_more():
    model = made(FIXED)
    assert expenses.kept_for_backward(model, batch(10, 8)) > 3 * expenses.kept_for_backward(
        model, batch(10, 2)
    )
    wide = made(RecurrentConfig(**(SIZES | {"target_size": 4000}), embedding=4, width=6))
    one = expenses.kept_for_backward(wide, batch(2, 1))
    assert one < sum(tensor.nbytes for tensor in wide.parameters()) + 200_000


def test_writing_writes_as_many_words_as_asked_and_leaves_the_model():
    model = made(TRANSFORMER).train()
    expenses.kept_for_writing(model, batch(4))
    assert model.training
    expenses.training_step(model, batch(4))
    assert all(tensor.grad is None for tensor in model.parameters())


def test_the_quickest_call_counts(monkeypatch):
    ticks = iter([0.0, 5.0, 10.0, 11.5, 20.0, 24.0])
    monkeypatch.setattr(expenses.time, "process_time", lambda: next(ticks))
    assert expenses.seconds(lambda: None, times=3) == 1.5
