"""The models' edges: what they refuse, and that they are drawn from their generator alone."""

from dataclasses import replace

import pytest
import torch

from seq2seq_lib.attention import make_score, masked_softmax
from seq2seq_lib.losses import cross_entropy
from seq2seq_lib.memory import Memory
from seq2seq_lib.models import build, parameters
from seq2seq_lib.recurrent import reverse
from tests.variants import SETTINGS, SPEAKERS, make, random_batch


def test_the_same_seed_gives_the_same_model_whatever_ran_before() -> None:
    config = make("luong, additive").config
    first = build(config, torch.Generator().manual_seed(7))
    torch.rand(5)
    second = build(config, torch.Generator().manual_seed(7))
    third = build(config, torch.Generator().manual_seed(8))
    for name, parameter in first.named_parameters():
        assert torch.equal(parameter, second.get_parameter(name))
    assert not torch.equal(first.embedding.weight, third.embedding.weight)


def test_recurrent_matrices_start_orthogonal_gate_by_gate() -> None:
    model = build(make("first state, GRU").config, torch.Generator().manual_seed(7))
    for gate in model.writer.cells.weight_hh_l0.chunk(3):
        torch.testing.assert_close(gate @ gate.T, torch.eye(6), atol=1e-5, rtol=0)
    assert parameters(model) == sum(p.numel() for p in model.parameters())


def test_embeddings_start_as_far_apart_as_is_asked_for() -> None:
    usual, spread = make("luong, general").config, make("luong, spread").config
    assert usual.spread is None and "spread" not in usual.to_dict() and spread.spread == 0.7
    one, other = (build(each, torch.Generator().manual_seed(7)) for each in (usual, spread))
    # Embeddings alone differ, and those by a factor: both are drawn from the same numbers.
    for name, parameter in one.named_parameters():
        factor = 0.7 * usual.embedding**0.5 if "embedding" in name else 1.0
        torch.testing.assert_close(factor * parameter, other.get_parameter(name))
    with pytest.raises(ValueError, match="spread: wanted more than 0, got -1"):
        replace(usual, spread=-1)


def test_an_lstm_starts_with_its_forget_gate_open() -> None:
    config = make("every step, LSTM, both ways").config
    model = build(config, torch.Generator().manual_seed(7))
    gates = model.writer.cells.bias_ih_l0 + model.writer.cells.bias_hh_l0
    assert [part.mean().item() for part in gates.chunk(4)] == [0, 1, 0, 0]


def test_reversing_twice_changes_nothing_and_once_moves_only_real_tokens() -> None:
    batch = random_batch()
    once = reverse(batch.source, batch.source_mask)
    assert torch.equal(reverse(once, batch.source_mask), batch.source)
    assert torch.equal(once[~batch.source_mask], batch.source[~batch.source_mask])
    assert once[-1].tolist() == batch.source[-1].flip(0).tolist()


@pytest.mark.parametrize("variant", SETTINGS)
def test_bad_calls_are_refused(variant: str) -> None:
    model, batch = make(variant), random_batch()
    memory, state = model.encode(batch.source, batch.source_mask)
    cases = [
        (lambda: model.encode(batch.source, batch.source_mask[:, 1:]), "wanted a boolean mask"),
        (lambda: model.encode(batch.source, batch.source_mask.long()), "wanted a boolean mask"),
        (
            lambda: model.encode(batch.source, batch.source_mask.flip(1)),
            "wanted padding only after the last real token",
        ),
        (lambda: model.decode(batch.inputs[:, :0], state, memory), "at least one step"),
        (lambda: model.decode(batch.inputs[:2], state, memory), "one row of tokens for each of"),
    ]
    if variant not in SPEAKERS:
        empty = batch.source_mask & False
        message = "wanted a real token in every sentence, row 0 has none"
        cases.append((lambda: model.encode(batch.source, empty), message))
    for call, message in cases:
        with pytest.raises(ValueError, match=message):
            call()


def test_softmax_without_a_visible_token_is_zero_and_has_a_gradient() -> None:
    scores = torch.randn(1, 2, 3, requires_grad=True)
    weights = masked_softmax(scores, torch.zeros(1, 3).bool())
    assert weights.eq(0).all()
    weights.sum().backward()
    assert scores.grad.eq(0).all()


@pytest.mark.parametrize("variant", ["every step, GRU", "luong, dot"])
def test_another_models_memory_is_refused(variant: str) -> None:
    model, batch = make(variant), random_batch()
    memory, state = model.encode(batch.source, batch.source_mask)
    with pytest.raises(ValueError, match="wanted a memory with (a context|keys), got one without"):
        model.decode(batch.inputs, state, Memory(memory.mask))


def test_an_unknown_score_is_refused() -> None:
    with pytest.raises(ValueError, match="score: wanted one of additive, .*, got 'cosine'"):
        make_score("cosine", 4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, t, m: (x, t[:, 1:], m), "wanted targets of shape"),
        (lambda x, t, m: (x, t, m[:, 1:]), "wanted a boolean mask"),
        (lambda x, t, m: (x, t, m & False), "at least one real token, the mask has none"),
    ],
)
def test_a_loss_of_unequal_shapes_is_refused(change, message: str) -> None:
    logits, targets, mask = torch.randn(2, 3, 5), torch.ones(2, 3).long(), torch.ones(2, 3).bool()
    with pytest.raises(ValueError, match=message):
        cross_entropy(*change(logits, targets, mask))
    with pytest.raises(ValueError, match="reduction: wanted mean, sum or none, got 'max'"):
        cross_entropy(logits, targets, mask, reduction="max")


def test_smoothing_is_the_cross_entropy_against_a_flattened_target() -> None:
    logits, targets = torch.randn(2, 3, 5).double(), torch.randint(0, 5, (2, 3))
    mask = torch.tensor([[True, True, True], [True, False, False]])
    flat = torch.full((2, 3, 5), 0.1 / 5).double()
    flat.scatter_add_(2, targets[:, :, None], torch.full((2, 3, 1), 0.9).double())
    expected = -(flat * logits.log_softmax(-1)).sum(-1)[mask].mean()
    torch.testing.assert_close(cross_entropy(logits, targets, mask, smoothing=0.1), expected)
