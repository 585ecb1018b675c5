"""Estimates: what is counted is what training uses, and the formula is near what is counted."""

import math

import pytest
import torch

from seq2seq_lib import estimates
from seq2seq_lib.batching import Batch, collate
from seq2seq_lib.config import from_dict
from seq2seq_lib.losses import objective
from seq2seq_lib.models import build, parameters
from tests.variants import make, random_batch, random_examples

SIZES = {"source_size": 300, "target_size": 200}
MODELS = {
    "transformer": {"kind": "transformer", "width": 64, "heads": 4, "feedforward": 128},
    "GRU": {"embedding": 64, "width": 64, "context": "luong", "score": "dot"},
}


def even(rows: int, length: int) -> Batch:
    """A batch without padding."""
    tokens = torch.full((rows, length), 5)
    return Batch(tokens, tokens > 0, tokens, tokens, tokens > 0)


@pytest.fixture(params=MODELS, ids=str)
def model(request):
    config = from_dict({**SIZES, **MODELS[request.param]})
    return build(config, torch.Generator().manual_seed(0)).train()


def test_weights_gradients_and_moments_are_what_training_holds(model) -> None:
    batch = even(3, 5)
    step = estimates.count(model, batch)
    optimizer = torch.optim.Adam(model.parameters())
    objective(model, batch).backward()
    optimizer.step()

    def size(tensors) -> int:
        return sum(tensor.numel() * tensor.element_size() for tensor in tensors)

    assert step.weights == size(model.parameters())
    assert step.gradients == size(parameter.grad for parameter in model.parameters())
    states = optimizer.state.values()
    held = size(value for state in states for name, value in state.items() if name != "step")
    assert step.moments == held == 2 * step.weights
    assert step.weights == 4 * parameters(model)
    assert step.bytes == 4 * step.weights + step.kept


def test_what_is_kept_and_the_operations_grow_with_the_batch(model) -> None:
    one, four = (estimates.count(model, even(rows, 8)) for rows in (4, 16))
    assert four.kept == pytest.approx(4 * one.kept, rel=0.1)
    assert four.operations == pytest.approx(4 * one.operations, rel=0.01)
    assert (one.weights, one.gradients, one.moments) == (four.weights, four.gradients, four.moments)


def test_the_formula_is_near_what_is_counted(model) -> None:
    """Attention's products are beside the formula: they grow with the sentence's length."""
    batch = even(16, 12)
    formula = estimates.OPERATIONS * estimates.multiplying(model) * estimates.side(batch)
    assert estimates.count(model, batch).operations == pytest.approx(formula, rel=0.1)


def test_tables_do_not_multiply_but_a_shared_one_does() -> None:
    free, tied = (make(f"transformer, {name}") for name in ("pre, rotary", "tied"))
    tables = free.embedding.tokens.weight.numel() + free.writer.embedding.tokens.weight.numel()
    vectors = sum(weight.numel() for weight in free.parameters() if weight.ndim == 1)
    assert estimates.multiplying(free) == parameters(free) - tables - vectors
    assert estimates.multiplying(tied) == estimates.multiplying(free)


def test_counting_leaves_nothing_behind() -> None:
    model = make("luong, dot")
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    batch = collate(random_examples())
    estimates.count(model, batch)
    assert estimates.speed(model, random_batch()) > 0
    assert all(parameter.grad is None for parameter in model.parameters())
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())


def test_hours_are_operations_over_speed() -> None:
    assert estimates.hours(10**6, 6e9, peak=1e12, utilisation=0.5) == pytest.approx(20.0)
    for share in (0, 1.5, math.nan):
        with pytest.raises(ValueError, match=f"utilisation: wanted a share above 0.*; got {share}"):
            estimates.hours(1, 1, peak=1, utilisation=share)
