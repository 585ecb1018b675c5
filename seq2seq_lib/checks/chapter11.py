"""Checks of chapter 11, first half: the parts of the Transformer.

Each check knows the answers that common mistakes give, so that it can name what went wrong.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from seq2seq_lib.checks import chapter11_whole as _whole  # noqa: F401  (registers 11.5 to 11.8)
from seq2seq_lib.checks.registry import (
    compare,
    draw,
    exercise,
    expect_shape,
    mistake_if,
    resembles,
)


def _heads(X: Tensor, W_Q: Tensor, W_K: Tensor, W_V: Tensor, heads: int, **how) -> Tensor:
    """The heads' answers side by side, with the faults that `how` asks for."""
    part = X.shape[-1] // heads
    scale = how.get("scale", math.sqrt(part))

    def split(x: Tensor) -> Tensor:
        if how.get("cut_wrongly"):
            return x.reshape(x.shape[0], heads, x.shape[1], part)
        return x.unflatten(-1, (heads, part)).transpose(1, 2)

    Q, K, V = (split(X @ W) for W in (W_Q, W_K, W_V))
    found = (Q @ K.mT / scale).softmax(how.get("axis", -1)) @ V
    if how.get("joined_wrongly"):
        return found.reshape(X.shape)
    return found.transpose(1, 2).flatten(2)


@exercise(
    "11.1",
    title="multi-head attention",
    minutes=20,
    hint="Project all of X three times. `unflatten(-1, (heads, -1)).transpose(1, 2)` makes "
    "(batch, heads, place, part). Then chapter 09: scores, divided by the root of the *part*, "
    "softmax over the last axis, mean of the values. Back: `.transpose(1, 2).flatten(2)`, and W_O.",
)
def check_multi_head(function) -> None:
    """Two sentences of four places, two heads of two, and one head beside."""
    X, (W_Q, W_K, W_V, W_O) = draw(2, 4, 4, seed=1), draw(4, 4, 4, seed=2)
    for heads in (2, 1):
        weights = (X, W_Q, W_K, W_V)
        want = _heads(*weights, heads) @ W_O
        known = {
            "the scores are divided by the root of the whole width; each head's queries have only "
            "width / heads entries": _heads(*weights, heads, scale=2.0) @ W_O,
            "the scores are not divided by the root of a head's width": _heads(
                *weights, heads, scale=1.0
            )
            @ W_O,
            "the softmax runs over the places that ask; a row of weights belongs to one asking "
            "place and sums to 1 over those that answer": _heads(*weights, heads, axis=-2) @ W_O,
            "the width was cut by a plain reshape: it mixes places with heads. Make "
            "(batch, place, heads, part) first, then swap two axes": _heads(
                *weights, heads, cut_wrongly=True
            )
            @ W_O,
            "the heads' answers are put together by a plain reshape: swap the axes back to "
            "(batch, place, heads, part) first": _heads(*weights, heads, joined_wrongly=True)
            @ W_O,
            "W_O is missing: the heads' answers stand side by side, and nothing mixes "
            "them": _heads(*weights, heads),
            "this is one head over the whole width: `heads` does nothing": _heads(*weights, 1)
            @ W_O,
            "the matrices are transposed: here a row of X is multiplied as X @ W": _heads(
                X, W_Q.T, W_K.T, W_V.T, heads
            )
            @ W_O.T,
        }
        got = function(X, W_Q, W_K, W_V, W_O, heads)
        compare(got, want, "what was found (batch, place, width)", known)


@exercise(
    "11.2",
    title="the mask of the decoder",
    minutes=10,
    hint="`torch.ones(target, target, dtype=torch.bool).tril()` is True where the column is not "
    "after the row. A column of padding is hidden in every row: combine with `mask[:, None, :]`.",
)
def check_mask(function) -> None:
    """A full sentence and a padded one."""
    mask = torch.tensor([[True] * 4, [True, True, False, False]])
    lower = torch.ones(4, 4, dtype=torch.bool).tril()
    real = mask[:, None, :]
    want = lower & real
    got = function(mask)
    mistake_if(
        isinstance(got, Tensor) and got.dtype != torch.bool,
        "wanted a boolean mask, True where a place may look",
    )
    expect_shape(got, want.shape, "the mask", axes="(batch, target, target)")
    known = {
        "the future leaks: place t sees the places after it": lower.mT & real,
        "the future leaks: only padding is hidden": real.expand(2, 4, 4),
        "padding is visible: hide it in every row": lower.expand(2, 4, 4),
        "a place does not see itself; it holds the word just said, which the next one "
        "needs": lower.tril(-1) & real,
        "the future leaks by one place: row t may look up to column t, not t + 1": torch.ones(
            4, 4, dtype=torch.bool
        ).tril(1)
        & real,
        "the mask is upside down: True is visible, not hidden": ~want,
        "padding is hidden as a row; it must be hidden as a column, from all that ask": lower
        & mask[:, :, None],
    }
    compare(got, want, "the mask (batch, target, target)", known)


def _places(count: int, n: int) -> Tensor:
    clocks = 10000.0 ** (-torch.arange(0, n, 2).double() / n)
    angles = torch.arange(count).double()[:, None] * clocks
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


def _shift(n: int, k: float, *, frequency: float = 1.0, sign: float = 1.0) -> Tensor:
    """A turn by k for each clock."""
    found = torch.zeros(n, n, dtype=torch.float64)
    for i in range(0, n, 2):
        angle = k * 10000.0 ** (-frequency * i / n)
        cos, sin = math.cos(angle), sign * math.sin(angle)
        found[i : i + 2, i : i + 2] = torch.tensor([[cos, sin], [-sin, cos]])
    return found


@exercise(
    "11.3",
    title="k places on is one matrix",
    minutes=15,
    hint="sin(a + b) = sin a cos b + cos a sin b, and cos(a + b) = cos a cos b − sin a sin b. So "
    "each clock needs a 2 × 2 block on the diagonal, of the cosine and sine of k times its "
    "frequency, 10000^(−2i/n). All else is 0.",
)
def check_shift(function) -> None:
    """Steps of 3 and of -1 on vectors of eight entries, and what the matrix does to them."""
    for n, k in ((8, 3), (8, -1), (4, 5)):
        want = _shift(n, k)
        known = {
            "this goes back by k: a sign of a sine is wrong, or the matrix is transposed": _shift(
                n, -k
            ),
            "the frequencies are too low by a square: clock i turns by 10000^(−2i/n), so that with "
            "i counted in steps of two it is 10000^(−i/n)": _shift(n, k, frequency=2.0),
            "all clocks turn alike: each has a frequency of its own": _shift(n, k, frequency=0.0),
            "this is the step of one place, whatever k is": _shift(n, 1),
        }
        got = function(n, k)
        expect_shape(got, want.shape, "the matrix", axes="(n, n)")
        compare(got, want, f"the matrix for n = {n}, k = {k}", known)
        places = _places(12, n)
        moved = places[5] @ got.double().T
        mistake_if(not resembles(moved, places[5 + k]), "it does not turn p_t into p_{t+k}")


@exercise(
    "11.4",
    title="layer norm",
    minutes=10,
    hint="Means over the last axis, with `keepdim=True` so that they can be subtracted. The "
    "variance is the mean of the squares of the centred entries, divided by n, not by n − 1.",
)
def check_norm(function) -> None:
    """Two sentences of three places of five entries, far from zero; one constant vector."""
    x, g, b = draw(2, 3, 5, seed=4) * 3 + 2, draw(5, seed=5), draw(5, seed=6)

    def unit(axis, *, unbiased=False, centre=True, root=True) -> Tensor:
        mean = x.mean(axis, keepdim=True)
        spread = x.var(axis, keepdim=True, unbiased=unbiased)
        return (x - mean * centre) / (torch.sqrt(spread + 0.1) if root else spread + 0.1)

    want = unit(-1) * g + b
    known = {
        "the variance is divided by n − 1; layer norm divides by n": unit(-1, unbiased=True) * g
        + b,
        "the mean runs over the batch: this is batch norm, and a sentence now depends on its "
        "neighbours": unit(0) * g + b,
        "the mean runs over the places: a word now depends on the other words, later ones "
        "included": unit(1) * g + b,
        "the mean runs over places and entries together; each vector has a mean of its own": unit(
            (1, 2)
        )
        * g
        + b,
        "the root is missing: divide by the standard deviation": unit(-1, root=False) * g + b,
        "the mean is not subtracted": unit(-1, centre=False) * g + b,
        "g and b are missing": unit(-1),
        "epsilon stands outside the root; it is added to the variance": (x - x.mean(-1, True))
        / (x.std(-1, keepdim=True, unbiased=False) + 0.1)
        * g
        + b,
        "epsilon is not used": torch.nn.functional.layer_norm(x, (5,), g, b, 1e-9),
    }
    compare(function(x, g, b, 0.1), want, "the normed vectors", known)
    flat = function(torch.ones(1, 1, 5), g, b, 1e-5)
    compare(flat, b.expand(1, 1, 5), "a vector whose entries are all equal", {})
