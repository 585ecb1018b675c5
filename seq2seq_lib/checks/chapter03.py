"""Checks of chapter 03, first half: the cell, its gradient through time, clipping, decay.

Each check knows the answers that common mistakes give. It compares the learner's answer with the
right one, then with those, so that it can name what went wrong.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from seq2seq_lib.checks import chapter03_memory as _memory  # noqa: F401  (registers 03.5 to 03.7)
from seq2seq_lib.checks.registry import (
    Mistake,
    compare,
    draw,
    exercise,
    expect_close,
    expect_shape,
    mistake_if,
    resembles,
)


@exercise(
    "03.1",
    title="the cell",
    minutes=10,
    hint="For one vector it is tanh(W x + U h + b). Rows of a batch stand the other way round: "
    "`inputs @ W.T` holds W x for every row. Two matrix products, one bias, one tanh.",
)
def check_cell(function) -> None:
    """Input and state of one width, so that a matrix can be turned or taken for the other."""
    inputs, state = draw(2, 3, seed=1), draw(2, 3, seed=2)
    W, U, b = draw(3, 3, seed=3), draw(3, 3, seed=4), draw(3, seed=5)
    sums = inputs @ W.T + state @ U.T + b
    known = {
        "there is no tanh": sums,
        "this is a sigmoid; Elman's cell in this book has tanh": sums.sigmoid(),
        "the state is not read: this is tanh(W x + b)": torch.tanh(inputs @ W.T + b),
        "the bias b is missing": torch.tanh(sums - b),
        "W and U have changed places: W is for the input, U for the state": torch.tanh(
            inputs @ U.T + state @ W.T + b
        ),
        "W and U must be transposed: a row x of the batch becomes `x @ W.T`": torch.tanh(
            inputs @ W + state @ U + b
        ),
        "U must be transposed too: a row h of the batch becomes `h @ U.T`": torch.tanh(
            inputs @ W.T + state @ U + b
        ),
        "W must be transposed too: a row x of the batch becomes `x @ W.T`": torch.tanh(
            inputs @ W + state @ U.T + b
        ),
        "the old state is added after the tanh; here it only goes in": state + torch.tanh(sums),
        "one tanh around the whole sum, not one for each part": torch.tanh(inputs @ W.T)
        + torch.tanh(state @ U.T + b),
    }
    compare(function(inputs, state, W, U, b), torch.tanh(sums), "the new state", known)
    cell = torch.nn.RNNCell(4, 3)
    with torch.no_grad():
        for place, parameter in enumerate(cell.parameters()):
            parameter.copy_(draw(*parameter.shape, seed=10 + place))
        inputs, offsets = draw(5, 4, seed=6), cell.bias_ih + cell.bias_hh
        weights = cell.weight_ih.detach(), cell.weight_hh.detach()
        got = function(inputs, draw(5, 3, seed=7), *weights, offsets)
        want = cell(inputs, draw(5, 3, seed=7))
    expect_close(got, want, "with an input of width 4 and a state of width 3, against nn.RNNCell")


def _through_time(
    inputs: Tensor, states: Tensor, direct: Tensor, U: Tensor, **fault: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients for W, U, b; a fault switches one part of the recursion off."""
    width = len(U)
    of_W, of_U, of_b = torch.zeros(width, inputs.shape[1]), torch.zeros_like(U), torch.zeros(width)
    later = torch.zeros(width)
    for t in reversed(range(len(inputs))):
        arrived = direct[t] if fault.get("alone") else direct[t] + later
        slope = torch.ones(width) if fault.get("flat") else 1 - states[t + 1] ** 2
        slope = 1 - states[t] ** 2 if fault.get("old_slope") else slope
        blame = arrived * slope
        before = states[t + 1] if fault.get("new_state") else states[t]
        of_W += torch.outer(blame, inputs[t])
        of_U += torch.outer(blame, before)
        of_b += blame
        later = (U if fault.get("turned") else U.T) @ (arrived if fault.get("early") else blame)
        if fault.get("last"):
            break
    return of_W, of_U, of_b


BPTT_FAULTS = {
    "nothing flows back in time: each step is blamed for its own error only. Carry Uᵀ times the "
    "blame of step t to step t − 1": {"alone": True},
    "the derivative of tanh is missing: 1 − h², with the state after the step": {"flat": True},
    "the derivative of tanh takes the state *after* step t, which is states[t + 1]": {
        "old_slope": True
    },
    "on its way back the blame is multiplied by U; it must be Uᵀ": {"turned": True},
    "the gradient of U pairs the blame of step t with the state *before* it, states[t]": {
        "new_state": True
    },
    "what flows back has gone through tanh already: multiply by 1 − h² before Uᵀ": {"early": True},
    "this is the last step's share alone; the same W, U and b are used at every step, so their "
    "shares add up": {"last": True},
}


@exercise(
    "03.2",
    title="backpropagation through time, by hand",
    minutes=25,
    hint="Go from the last step to the first, with `later = torch.zeros(width)`, what the steps "
    "after t blame on h_t. At step t: `blame = (errors[t] + later) * (1 - states[t + 1] ** 2)`; "
    "add `torch.outer(blame, …)` to the gradients of W and U, and `blame` to that of b; then "
    "`later = U.T @ blame`.",
)
def check_through_time(function) -> None:
    """Every step has an error of its own; width and input differ."""
    inputs, direct, U = draw(5, 2, seed=21), draw(5, 3, seed=22), 0.7 * draw(3, 3, seed=23)
    past = [0.5 * draw(3, seed=24)]
    W, b = draw(3, 2, seed=25), 0.3 * draw(3, seed=26)
    for x in inputs:
        past.append(torch.tanh(W @ x + U @ past[-1] + b))
    states = torch.stack(past)
    answer = function(inputs, states, direct, U)
    mistake_if(
        not isinstance(answer, tuple | list) or len(answer) != 3,
        "expected three tensors, the gradients of W, U and b, got "
        + (f"{len(answer)}" if isinstance(answer, tuple | list) else type(answer).__name__),
    )
    right = _through_time(inputs, states, direct, U)
    for name, got, want in zip("WUb", answer, right, strict=True):
        expect_shape(got, want.shape, f"the gradient of {name}")
    for message, fault in BPTT_FAULTS.items():
        wrong = _through_time(inputs, states, direct, U, **fault)
        mistake_if(all(resembles(*pair) for pair in zip(answer, wrong, strict=True)), message)
    for name, got, want in zip("WUb", answer, right, strict=True):
        expect_close(got, want, f"the gradient of {name}")


@exercise(
    "03.3",
    title="clipping by the global norm",
    minutes=10,
    hint="One norm for all tensors together: the root of the sum of all their squared entries. If "
    "it is above `limit`, multiply every tensor by limit / norm; otherwise give them back as they "
    "are.",
)
def check_clipping(function) -> None:
    """A list above the limit, one below, and one whose first tensor alone is below."""
    large = [draw(3, 2, seed=31), 4 * draw(4, seed=32)]
    norm = torch.stack([g.square().sum() for g in large]).sum().sqrt()
    limit = 2.0
    got = _tensors(function(large, limit), large)
    want = [g * limit / norm for g in large]
    sum_of_norms = sum(g.norm() for g in large)
    greatest = max(g.abs().max() for g in large)
    known = {
        "nothing was clipped": large,
        "each tensor is clipped by its own norm, which turns the step in another direction; one "
        "norm for all of them": [g * (limit / g.norm()).clamp(max=1) for g in large],
        "the entries are clipped one by one, which turns the step in another direction; multiply "
        "all by one number": [g.clamp(-limit, limit) for g in large],
        "the global norm is the root of the sum of squares, not the sum of the tensors' norms": [
            g * limit / sum_of_norms for g in large
        ],
        "the root is missing: you divide by the squared norm": [g * limit / norm**2 for g in large],
        "the tensors now have norm 1; they should have norm `limit`": [g / norm for g in large],
        "this is the largest entry in place of the norm": [g * limit / greatest for g in large],
    }
    for message, wrong in known.items():
        mistake_if(all(resembles(*pair) for pair in zip(got, wrong, strict=True)), message)
    for place, (have, need) in enumerate(zip(got, want, strict=True)):
        expect_close(have, need, f"tensor {place} of a gradient of norm {norm:.2f}, limit 2")
    small = [0.1 * g for g in large]
    got = _tensors(function(small, limit), small)
    mistake_if(
        all(resembles(h, g * 10 * limit / norm) for h, g in zip(got, small, strict=True)),
        "a gradient below the limit is blown up to it; it must stay as it is",
    )
    for place, (have, need) in enumerate(zip(got, small, strict=True)):
        expect_close(have, need, f"tensor {place} of a gradient below the limit")
    nothing = [torch.zeros(2)]
    expect_close(_tensors(function(nothing, limit), nothing)[0], nothing[0], "a gradient of zeros")


def _tensors(got: object, given: list[Tensor]) -> list[Tensor]:
    """The answer as a list of as many tensors as were given."""
    mistake_if(got is None, "expected a list of tensors, got None; is the return missing?")
    wanted = "expected a list with a tensor for each one given"
    if not isinstance(got, list | tuple):
        raise Mistake(f"{wanted}, got {type(got).__name__}")
    mistake_if(len(got) != len(given), f"{wanted}, got {len(got)} of {len(given)}")
    return [
        expect_shape(have, need.shape, f"tensor {place}")
        for place, (have, need) in enumerate(zip(got, given, strict=True))
    ]


def _turning(radius: float) -> Tensor:
    """A matrix of that spectral radius that turns, so that its eigenvalues are complex.

    It is sheared, so that its largest singular value is another number.
    """
    turn = torch.tensor([[math.cos(1.0), -math.sin(1.0)], [math.sin(1.0), math.cos(1.0)]])
    shear = torch.tensor([[1.0, 2.0], [0.0, 1.0]])
    return radius * shear @ turn @ shear.inverse()


@exercise(
    "03.4",
    title="predict the decay",
    minutes=15,
    hint="The spectral radius is the largest of `torch.linalg.eigvals(U).abs()`. After k steps the "
    "gradient has shrunk to radius ** k. For which k is that 1/2? And when is there none?",
)
def check_half_life(function) -> None:
    """Turning matrices, whose eigenvalues are complex and singular values larger."""
    for radius in (0.9, 0.5):
        U = _turning(radius)
        eigen, singular = torch.linalg.eigvals(U), torch.linalg.svdvals(U)
        want = math.log(0.5) / math.log(radius)
        known = {
            "this uses the largest singular value, which bounds one step; how a power decays is "
            "said by the eigenvalues": _halving(singular.max().item()),
            "these eigenvalues are complex: take their absolute value, not their real part": (
                _halving(eigen.real.max().item())
            ),
            "this is the radius, not a number of steps": radius,
            "this is how many steps it takes to shrink to 1/e; wanted one half": -1
            / math.log(radius),
            "the sign is wrong: both logarithms are negative, their quotient is not": -want,
            "this is log(radius) / log(1/2); turn it round": 1 / want,
            "this is rounded; give the exact number of steps": float(math.ceil(want)),
            "this uses the Frobenius norm; wanted the largest absolute eigenvalue": _halving(
                U.norm().item()
            ),
        }
        _compare_number(function(U), want, f"the half-life at spectral radius {radius}", known)
    for radius in (1.0, 1.3):
        got = _as_number(function(radius * torch.eye(3)))
        number = isinstance(got, bool | int | float)
        mistake_if(
            not number or got != math.inf,
            f"at spectral radius {radius} the gradient never halves; expected infinity "
            f"(`math.inf`), got {got if number else type(got).__name__}",
        )
    mistake_if(
        not resembles(_as_number(function(torch.diag(torch.tensor([0.2, -0.5])))), 1.0),
        "an eigenvalue of −0.5 shrinks as 0.5 does, it only flips the sign each step: take "
        "absolute values",
    )


def _halving(radius: float) -> float:
    return math.log(0.5) / math.log(radius) if 0 < radius < 1 else math.inf


def _as_number(got: object) -> object:
    return got.item() if isinstance(got, Tensor) and got.numel() == 1 else got


def _compare_number(got: object, want: float, what: str, known: dict[str, float]) -> None:
    number = _as_number(got)
    for message, wrong in known.items():
        alike = number == wrong or resembles(number, wrong)
        mistake_if(alike and not resembles(wrong, want), message)
    expect_close(got, want, what)
