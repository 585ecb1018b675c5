"""Checks of chapter 04, second half: what is counted and computed about gates."""

from __future__ import annotations

import math

import torch
from torch import nn

from seq2seq_lib.checks.registry import (
    exercise,
    expect_close,
    mistake_if,
    resembles,
)

GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
CELLS = {"RNN": nn.RNN, "GRU": nn.GRU, "LSTM": nn.LSTM}


def _count(cell, inputs, width, layers=1, both_ways=False, *, gates=GATES, biases=2, wide=True):
    ways, total = 1 + both_ways, 0
    for _ in range(layers):
        total += ways * gates[cell] * width * (inputs + width + biases)
        inputs = ways * width if wide else width
    return total


def _torch_count(cell, inputs, width, layers, both_ways) -> int:
    layer = CELLS[cell](inputs, width, num_layers=layers, bidirectional=both_ways)
    return sum(parameter.numel() for parameter in layer.parameters())


@exercise(
    "04.4",
    title="count the parameters",
    minutes=10,
    hint="One gate of one reader: a matrix (width, inputs), a matrix (width, width) and two "
    "biases, so width·(inputs + width + 2). An RNN has one such block, a GRU three, an LSTM four. "
    "From the second layer on, the inputs are what the layer below gives.",
)
def check_count(function) -> None:
    """One layer of each cell first, then two layers, then both directions."""
    for cell in GATES:
        got, want = function(cell, 5, 7), _torch_count(cell, 5, 7, 1, False)
        known = {
            "there are two bias vectors in a PyTorch layer, `bias_ih` and `bias_hh`; one is "
            "missing": _count(cell, 5, 7, biases=1),
            "the biases are missing": _count(cell, 5, 7, biases=0),
            "this counts one gate; a GRU has three such blocks, and an LSTM four": _count(
                "RNN", 5, 7
            ),
            "this counts the gates only; the candidate has its matrices too, so it is 3 blocks "
            "for a GRU and 4 for an LSTM": _count(cell, 5, 7, gates={"RNN": 1, "GRU": 2, "LSTM": 3})
            if cell != "RNN" else -1,
        }
        _expect_count(got, want, known, f"an {cell} of width 7 with 5 inputs")
    got, want = function("GRU", 5, 7, layers=3), _torch_count("GRU", 5, 7, 3, False)
    known = {
        "every layer was given the inputs of the first; the second reads the state of the "
        "first, which is `width` wide": 3 * _count("GRU", 5, 7),
        "`layers` is not used": _count("GRU", 5, 7),
    }
    _expect_count(got, want, known, "a GRU of three layers")
    got = function("LSTM", 5, 7, layers=2, both_ways=True)
    want = _torch_count("LSTM", 5, 7, 2, True)
    known = {
        "the second layer reads both directions side by side: its inputs are 2·width wide": _count(
            "LSTM", 5, 7, 2, True, wide=False
        ),
        "`both_ways` is not used": _count("LSTM", 5, 7, 2),
    }
    _expect_count(got, want, known, "an LSTM of two layers in both directions")


def _expect_count(got: object, want: int, known: dict[str, int], what: str) -> None:
    mistake_if(isinstance(got, float) and got == want, "a count is a whole number, not a float")
    for message, wrong in known.items():
        mistake_if(wrong != want and resembles(got, wrong, tolerance=0), message)
    expect_close(got, want, what, tolerance=0)


@exercise(
    "04.6",
    title="the carousel",
    minutes=15,
    hint="On its way from c_t to c_T the value is multiplied by f at t+1, …, T: *not* by f_t, that "
    "was used to make c_t. So the last row is 1, the one before it f_T, the one before that "
    "f_{T−1}·f_T. `cumprod` multiplies up from the front; turn the rows round before and after.",
)
def check_carousel(function) -> None:
    """Five steps of two cells; held to autograd."""
    draw = torch.rand(5, 2, generator=torch.Generator().manual_seed(70))
    forgets = 0.2 + 0.7 * draw
    want = _by_autograd(forgets)
    whole = forgets.flip(0).cumprod(0).flip(0)
    known = {
        "off by one: f_t was already used to make c_t, so the product begins at t + 1 and the "
        "last row is 1": whole,
        "the product runs from the front: this is how far the *first* value has come, not what "
        "is still before c_t": forgets.cumprod(0),
        "the product runs from the front: at row t wanted are the gates *after* t": torch.cat(
            [torch.ones(1, 2), forgets[:-1].cumprod(0)]
        ),
        "these are sums; a chain of steps multiplies": forgets.flip(0).cumsum(0).flip(0),
        "this is one step's derivative at each row; the way to the last cell is their product":
            torch.cat([forgets[1:], torch.ones(1, 2)]),
        "the rows are in reverse order: the last row belongs to the last cell": want.flip(0),
        "this is without a forget gate; with one the derivative is a product of gates":
            torch.ones_like(forgets),
    }
    got = function(forgets)
    for message, wrong in known.items():
        mistake_if(resembles(got, wrong), message)
    expect_close(got, want, "the derivatives", axes="(time, width)")
    closed = forgets.clone()
    closed[2, 0] = 0.0
    expect_close(
        function(closed), _by_autograd(closed), "the derivatives when one gate is shut (exactly 0)"
    )


def _by_autograd(forgets: torch.Tensor) -> torch.Tensor:
    cell, kept = torch.zeros(forgets.shape[1], requires_grad=True), []
    with torch.enable_grad():
        for gate in forgets:
            cell = gate * cell + 0.3
            kept.append(cell)
        slopes = torch.autograd.grad(cell.sum(), kept)
    return torch.stack(slopes)


@exercise(
    "04.7",
    title="a bias for a lag",
    minutes=10,
    hint="First the gate: which f gives f^steps = left? Then the bias: which b gives σ(b) = f? The "
    "inverse of the sigmoid is the logit, log(f / (1 − f)).",
)
def check_bias_for(function) -> None:
    """Short and long lags, shares on both sides of one half."""
    for steps, left in ((1, 0.5), (10, 0.5), (50, 0.5), (100, 0.1), (3, 0.01)):
        gate = left ** (1 / steps)
        want, got = math.log(gate / (1 - gate)), function(steps, left)
        known = {
            "this is the gate; wanted is the bias that makes it, the inverse of the sigmoid": gate,
            "this is the logarithm of the gate; the inverse of the sigmoid is log(f / (1 − f))":
                math.log(gate),
            "the sign is wrong: log(f / (1 − f)), so that a gate near 1 wants a large bias": -want,
            "the gate multiplies at every step: f^steps = left, so f is the root, not left / steps "
            "and not 1 − left / steps": _logit(left / steps),
            "f loses a share of what is *left* at each step, so f is the root of left and not "
            "1 − (1 − left) / steps": _logit(1 - (1 - left) / steps),
            "this bias leaves the share after one step; there are `steps` of them": _logit(left),
            "this is the sigmoid of the gate; wanted is its inverse": 1 / (1 + math.exp(-gate)),
        }
        for message, wrong in known.items():
            mistake_if(resembles(got, wrong) and not resembles(wrong, want), message)
        expect_close(got, want, f"the bias for the share {left} after {steps} steps")


def _logit(share: float) -> float:
    return math.log(share / (1 - share))
