"""Checks of chapter 02: the slopes of operations, and a step of Adam.

Each check knows the answers that common mistakes give. All is in float64, whatever the default.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from seq2seq_lib.checks import chapter02_graphs as _graphs  # noqa: F401  (registers 02.4, 5 and 7)
from seq2seq_lib.checks.registry import (
    exercise,
    expect_close,
    expect_shape,
    expect_tensor,
    mistake_if,
    resembles,
)


def _draw(*shape: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def _expect_many(got: object, count: int, what: str) -> Sequence[Tensor]:
    came = "None; is the return missing?" if got is None else type(got).__name__
    together = got if isinstance(got, list | tuple) else ()
    came += f" of {len(together)}" if together is got else ""
    wrong = len(together) != count
    mistake_if(wrong, f"{what}: expected {count} tensors together, got {came}")
    for place, tensor in enumerate(together, start=1):
        expect_tensor(tensor, f"{what}, number {place}")
    return together


def _all_resemble(got: Sequence[Tensor], want: Sequence[Tensor]) -> bool:
    return all(map(resembles, got, want))


def _others(factors: Sequence[Tensor]) -> list[Tensor]:
    """For each factor, the product of the others."""
    one = torch.ones_like(factors[0])
    found = []
    for place in range(len(factors)):
        rest = [one, *factors[:place], *factors[place + 1 :]]
        found.append(torch.stack(rest).prod(0))
    return found


@exercise(
    "02.1",
    title="multiply more than two",
    minutes=10,
    hint="With two factors each takes the blame times the other one. With more, times the product "
    "of all the others. Build that product with a loop that leaves one out; dividing the whole "
    "product by the factor fails where the factor is 0.",
)
def check_product(function) -> None:
    """Three factors without a zero, then with zeros."""
    factors = [_draw(2, 3, seed=seed) for seed in (1, 2, 3)]
    up, others = _draw(2, 3, seed=4), _others(factors)
    got = _expect_many(function(up, factors), 3, "the blame of the factors")
    want = [up * rest for rest in others]
    whole = torch.stack(factors).prod(0)
    total = torch.stack(factors).sum(0)
    known = {
        "the blame of the product, up, is not multiplied in: these are the slopes alone": others,
        "each factor got itself; it should get the others": [up * f for f in factors],
        "each factor got the whole product, itself included: leave it out": [up * whole] * 3,
        "each factor got the sum of the others; the slope of a product is their product": [
            up * (total - f) for f in factors
        ],
    }
    for message, wrong in known.items():
        mistake_if(_all_resemble(got, wrong), message)
    for place, (have, need) in enumerate(zip(got, want, strict=True), start=1):
        expect_close(have, need, f"the blame of factor {place}")
    factors = [f.clone() for f in factors]
    factors[1][0, 1] = factors[0][1, 2] = factors[2][1, 2] = 0.0
    got = _expect_many(function(up, factors), 3, "factors with zeros")
    for have, rest in zip(got, _others(factors), strict=True):
        mistake_if(
            not have.isfinite().all(),
            "a factor of 0 gives NaN or infinity: you divide the product by the factor; multiply "
            "the others instead",
        )
        expect_close(have, up * rest, "the blame beside a factor of 0")


@exercise(
    "02.2",
    title="one matrix for every word of every sentence",
    minutes=15,
    hint="For one sentence it is the chapter's rule: up @ b.T and a.T @ up. `.mT` turns the last "
    "two axes of a tensor with more of them. And b was used by every sentence: where the forward "
    "direction copies, the backward direction adds.",
)
def check_matmul(function) -> None:
    """A square matrix, on which a missing transpose shows as a value; then another."""
    for width in (4, 5):
        up, a, b = _draw(2, 3, width, seed=1), _draw(2, 3, 4, seed=2), _draw(4, width, seed=3)
        each = a.mT @ up  # (batch, inputs, width)
        one, two = _expect_many(function(up, a, b), 2, "the blame of a and of b")
        mistake_if(
            tuple(one.shape) == tuple(b.shape) and tuple(two.shape) == tuple(a.shape),
            "the two have changed places: first the blame of a, then that of b",
        )
        mistake_if(
            resembles(two, each),
            "b has a blame for each sentence: all of them used it, so add up over the batch",
        )
        mistake_if(
            resembles(two, each.mean(0)),
            "b's blame is averaged over the batch; it should be added up",
        )
        mistake_if(
            any(resembles(two, alone) for alone in each),
            "b has the blame of one sentence only; every sentence used it",
        )
        mistake_if(
            resembles(two, each.sum(0).T),
            "b's blame is transposed: its rows are the inputs, so a comes first, transposed",
        )
        mistake_if(
            width == 4 and resembles(one, up @ b),
            "a's blame is up times b untransposed: up's columns belong to b's columns",
        )
        expect_close(one, up @ b.T, "the blame of a", axes="(batch, words, inputs)")
        expect_close(two, each.sum(0), "the blame of b", axes="(inputs, width)")


@exercise(
    "02.3",
    title="undo the broadcast",
    minutes=15,
    hint="Two kinds of copies. First sum over the leading axes that `shape` does not have "
    "(`up.sum(0)` until the counts of axes agree). Then, for every axis where `shape` has 1 and "
    "`up` has more, sum with `keepdim=True`.",
)
def check_unbroadcast(function) -> None:
    """Leading axes, stretched axes, both, neither, a bare number, a square."""
    up = _draw(3, 4, 5, seed=1)
    square = _draw(4, 4, seed=2)
    got = function(square, (4,))
    mistake_if(
        resembles(got, square.sum(1)),
        "shapes are lined up at their last axes: a (4,) was copied along the first axis of (4, 4)",
    )
    mistake_if(
        resembles(got, square.mean(0)),
        "this is the mean over the copies; blame that arrives on several ways is added",
    )
    mistake_if(resembles(got, square[0]), "this is the blame of the first copy alone; add up all")
    expect_close(got, square.sum(0), "from (4, 4) to (4,)")
    got = function(up, (4, 1))
    expect_tensor(got, "from (3, 4, 5) to (4, 1)")
    mistake_if(
        tuple(got.shape) == (4, 5),
        "from (3, 4, 5) to (4, 1): the axis of size 1 was stretched to 5, and is not added up",
    )
    mistake_if(
        tuple(got.shape) == (4,),
        "from (3, 4, 5) to (4, 1): the stretched axis is gone; keep it (keepdim=True)",
    )
    cases = {
        (4, 1): up.sum((0, 2))[:, None],
        (3, 1, 5): up.sum(1, keepdim=True),
        (1, 1, 1): up.sum().reshape(1, 1, 1),
        (): up.sum(),
        (4, 5): up.sum(0),
        (3, 4, 5): up,
    }
    for shape, want in cases.items():
        expect_close(function(up, shape), want, f"from (3, 4, 5) to {shape}")
    expect_close(function(up[:1], (1, 4, 5)), up[:1], "from (1, 4, 5) to (1, 4, 5)")


@exercise(
    "02.6",
    title="the blame of a logit",
    minutes=15,
    hint="`logits.softmax(-1)`, less a one-hot of the targets "
    "(`torch.nn.functional.one_hot`), times the mask with a last axis of size 1, divided by the "
    "number of real words.",
)
def check_logits(function) -> None:
    """Two ragged sentences, then large logits."""
    logits, targets = _draw(2, 3, 5, seed=6), torch.tensor([[1, 4, 2], [3, 0, 0]])
    mask = torch.tensor([[True, True, True], [True, False, False]])
    real, count = mask[:, :, None], int(mask.sum())
    right = torch.nn.functional.one_hot(targets, 5)
    plain = logits.softmax(-1) - right
    want = plain * real / count
    got = function(logits, targets, mask)
    expect_shape(got, want.shape, "the blame", axes="(batch, words, vocabulary)")
    known = {
        "the sign is wrong: this is the right word less the probability": -want,
        "the 1 of the right word is not taken off: these are probabilities": logits.softmax(-1)
        * real
        / count,
        "the loss is a mean: divide by the number of real words": plain * real,
        "you divided by all places; the mean is over the real words": plain * real / mask.numel(),
        "you divided by the number of sentences; the mean is over the real words": plain * real / 2,
        "each sentence was averaged by itself, so words of short sentences weigh more; the mean is "
        "over all real words": plain * real / mask.sum(1)[:, None, None] / 2,
        "padding has blame: multiply by the mask": plain / count,
        "softmax runs over the vocabulary, the last axis; you took the words": (
            logits.softmax(1) - right
        )
        * real
        / count,
    }
    for message, wrong in known.items():
        mistake_if(resembles(got, wrong), message)
    expect_close(got, want, "the blame")
    large = function(logits * 1000, targets, mask)
    expect_tensor(large, "the blame of large logits")
    overflow = "logits around 1,000 give NaN: exp overflows; `softmax` takes the largest off first"
    mistake_if(not large.isfinite().all(), overflow)
    exact = ((logits * 1000).softmax(-1) - right) * real / count
    expect_close(large, exact, "the blame of large logits")


def _adam(
    state: tuple[Tensor, ...], step: int, *, root_inside=False, corrected=True, late=0, sign=-1.0
) -> tuple[Tensor, ...]:
    """One step at rate 0.01 and epsilon 0.1, right or with one mistake."""
    weight, gradient, m, v = state
    m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
    mean, square = m, v
    if corrected:
        mean, square = m / (1 - 0.9 ** (step - late)), v / (1 - 0.999 ** (step - late))
    below = (square + 0.1).sqrt() if root_inside else square.sqrt() + 0.1
    return weight + sign * 0.01 * mean / below, m, v


@exercise(
    "02.8",
    title="a step of Adam",
    minutes=15,
    hint="Four lines: the new m, the new v, both corrected by 1 − beta to the power of `step`, the "
    "step. Return the new m and v without the correction: it is made afresh at every step.",
)
def check_adam(function) -> None:
    """Step 3 with a large epsilon, then a first step from zeros."""
    options = {"rate": 0.01, "epsilon": 0.1}
    weight, gradient, m = (_draw(2, 3, seed=seed) for seed in (1, 2, 3))
    v = _draw(2, 3, seed=4) ** 2
    state = weight, gradient, m, v
    want = _adam(state, 3)
    got = _expect_many(function(*state, 3, **options), 3, "(weight, m, v)")
    _name_the_state(got, want, state)
    square = want[2] / (1 - 0.999**3)
    known = {
        "the means are not corrected: divide m and v by 1 − beta to the power of step": _adam(
            state, 3, corrected=False
        ),
        "the power is one too small: `step` counts from 1 and is itself the power": _adam(
            state, 3, late=1
        ),
        "epsilon stands beside the root, not under it": _adam(state, 3, root_inside=True),
        "the weight goes uphill: subtract the step": _adam(state, 3, sign=1.0),
        "the step is made with the gradient itself; it wants the corrected running mean m": (
            weight - 0.01 * gradient / (square.sqrt() + 0.1),
        ),
        "the root is missing: divide by the root of v": (
            weight - 0.01 * want[1] / (1 - 0.9**3) / (square + 0.1),
        ),
    }
    for message, wrong in known.items():
        mistake_if(resembles(got[0], wrong[0], tolerance=1e-6), message)
    expect_close(got[0], want[0], "the new weight", tolerance=1e-7)
    start = weight, gradient, torch.zeros_like(m), torch.zeros_like(v)
    got = _expect_many(function(*start, 1, **options), 3, "the first step")
    for have, need, name in zip(got, _adam(start, 1), ("weight", "m", "v"), strict=True):
        expect_close(have, need, f"the first step, {name}", tolerance=1e-7)


def _name_the_state(got: Sequence[Tensor], want: Sequence[Tensor], state: tuple) -> None:
    """Pass if m and v are right; otherwise say what they are instead."""
    _, gradient, m, v = state
    mistake_if(
        resembles(got[1], want[1] / (1 - 0.9**3)) or resembles(got[2], want[2] / (1 - 0.999**3)),
        "you return the corrected m or v: the next step would correct them again; return the "
        "running means themselves",
    )
    mistake_if(
        resembles(got[1], 0.1 * m + 0.9 * gradient),
        "beta1 and 1 − beta1 have changed places: the old mean weighs 0.9",
    )
    mistake_if(
        resembles(got[2], 0.999 * v + 0.001 * gradient),
        "v is a running mean of the gradient's square; it is not squared",
    )
    expect_close(got[1], want[1], "the new m", tolerance=1e-7)
    expect_close(got[2], want[2], "the new v", tolerance=1e-7)
