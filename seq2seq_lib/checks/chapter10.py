"""Checks of chapter 10, first half: codes, their error, their subspaces, and noise."""

from __future__ import annotations

import torch
from torch import Tensor

from seq2seq_lib.checks import chapter10_chance as _chance  # noqa: F401  (registers 10.5 to 10.8)
from seq2seq_lib.checks.registry import (
    compare,
    draw,
    exercise,
    expect_close,
    expect_tensor,
    mistake_if,
    resembles,
)


@exercise(
    "10.1",
    title="what principal components leave over",
    minutes=15,
    hint="Take the mean of the rows away first. `torch.linalg.svdvals` gives the singular values, "
    "the largest first. Their squares, divided by the number of vectors, are the variances along "
    "the components. What is left over are those of the components that are *not* kept.",
)
def check_left_over(function) -> None:
    """Seven vectors of four numbers, far from the origin."""
    vectors = draw(7, 4, seed=1) * torch.tensor([3.0, 2.0, 1.0, 0.5]) + 4
    centred = vectors - vectors.mean(0)
    values, raw = torch.linalg.svdvals(centred), torch.linalg.svdvals(vectors)
    want = values[2:].square().sum() / 7
    known = {
        "the mean is not taken away: the first component then only points from the origin to the "
        "cloud": raw[2:].square().sum() / 7,
        "this is what the first components keep; what they leave over is the rest": values[:2]
        .square()
        .sum()
        / 7,
        "the singular values are not squared": values[2:].sum() / 7,
        "this is the sum over all vectors; the mean is wanted": values[2:].square().sum(),
        "this is the mean over the entries too; sum the squares of a vector's entries": want / 4,
        "one component too few is left over: the first `code` are kept, no more": values[3:]
        .square()
        .sum()
        / 7,
    }
    compare(torch.as_tensor(function(vectors, 2)), want, "what is left over", known)
    everything = torch.as_tensor(function(vectors, 4))
    expect_close(everything, torch.tensor(0.0), "left over by as many components as entries")


def _angles(first: Tensor, second: Tensor) -> Tensor:
    bases = [torch.linalg.qr(matrix)[0] for matrix in (first, second)]
    return torch.linalg.svdvals(bases[0].T @ bases[1]).clamp(max=1).acos().rad2deg()


@exercise(
    "10.2",
    title="the largest principal angle",
    minutes=20,
    hint="`torch.linalg.qr(first)[0]` is a matrix of the same span, its columns orthonormal. "
    "With two such bases A and B the singular values of A.T @ B are the cosines of the angles. The "
    "largest angle has the smallest cosine. `clamp(max=1)` before `acos`, `rad2deg` after it.",
)
def check_angle(function) -> None:
    """Two planes in five dimensions, given by columns that are neither long nor square."""
    first, second = draw(5, 2, seed=2), draw(5, 2, seed=3) * 2 + 0.5
    angles = _angles(first, second)
    cosine = torch.linalg.svdvals(first.T @ second)[-1].clamp(max=1)
    known = {
        "this is the smallest of the angles: two planes that share one direction have a smallest "
        "angle of 0 and need not be the same": angles[0],
        "this angle is in radians": angles[-1].deg2rad(),
        "the columns are not made orthonormal first, so their lengths go into the "
        "cosine": cosine.acos().rad2deg(),
        "this is the cosine; the angle is its arc cosine": angles[-1].deg2rad().cos(),
        "these are all the angles; the largest one is wanted": angles,
    }
    got = function(first, second)
    for message, wrong in known.items():
        mistake_if(resembles(torch.as_tensor(got), wrong), message)
    expect_close(torch.as_tensor(got), angles[-1], "the largest angle", tolerance=1e-3)
    same = torch.as_tensor(function(first, first @ torch.tensor([[1.0, 2.0], [0.5, -1.0]])))
    mistake_if(same.isnan().any(), "the angle of a plane with itself is NaN: a cosine a little "
               "over 1 has no arc cosine; clamp it first")
    mistake_if(same > 0.2, "two bases of the same plane must have an angle of 0")


@exercise(
    "10.3",
    title="a denoising step",
    minutes=10,
    hint="Three lines: damage the clean vectors with `corrupt`; let the model rebuild what it was "
    "given; compare with what the vectors were *before* they were damaged. Sum the squares over "
    "the entries, take the mean over the vectors.",
)
def check_denoising(function) -> None:
    """A model and a noise that are plain arithmetic, so that each mix-up has its own number."""
    clean, calls = draw(3, 4, seed=4), []

    def corrupt(vectors: Tensor) -> Tensor:
        calls.append(vectors)
        return vectors * torch.tensor([1.0, 0.0, 1.0, 0.0]) + len(calls)

    def model(vectors: Tensor) -> Tensor:
        return 0.5 * vectors + 0.25

    def error(got: Tensor, wanted: Tensor) -> Tensor:
        return (got - wanted).square().sum(1).mean()

    noised = corrupt(clean)
    again = corrupt(clean)
    calls.clear()
    want = error(model(noised), clean)
    known = {
        "the target is the damaged vector: this rewards keeping the damage": error(
            model(noised), noised
        ),
        "the model is given the clean vector: this is a plain autoencoder": error(
            model(clean), clean
        ),
        "the two have changed places: the model reads the damaged vector and must give the clean "
        "one": error(model(clean), noised),
        "the noise is drawn twice, once for the model and once for the target": error(
            model(noised), again
        ),
        "this is the mean over the entries too; sum over the entries of a vector": want / 4,
        "this is the sum over the vectors; the mean is wanted": want * 3,
        "nothing was rebuilt: this compares the damaged vectors with the clean ones": error(
            noised, clean
        ),
    }
    compare(function(model, clean, corrupt), want, "the loss", known)


@exercise(
    "10.4",
    title="one matrix for both ways",
    minutes=10,
    hint="`W` is (code, inputs). The way in multiplies each vector with it: `vectors @ W.T`. The "
    "way back uses its transpose: `code @ W`. Each way has its own bias.",
)
def check_tied(function) -> None:
    """Three vectors of five numbers through a code of two."""
    vectors, W = draw(3, 5, seed=5), draw(2, 5, seed=6)
    b, c = draw(2, seed=7), draw(5, seed=8)
    code = torch.tanh(vectors @ W.T + b)
    want = code @ W + c
    known = {
        "this is the code; the way back is missing": code,
        "there is no tanh on the way in": (vectors @ W.T + b) @ W + c,
        "there is a tanh on the way back too; the output is linear": torch.tanh(code @ W + c),
        "the bias of the output is missing": code @ W,
        "the bias of the code is missing": torch.tanh(vectors @ W.T) @ W + c,
    }
    leaf = W.clone().requires_grad_()
    got = function(vectors, leaf, b, c)
    expect_tensor(got, "the rebuilt vectors")
    compare(got, want, "the rebuilt vectors (batch, inputs)", known)
    mistake_if(not got.requires_grad, "no gradient reaches W: is something detached?")
    (slope,) = torch.autograd.grad(got.sum(), leaf)
    again = W.clone().requires_grad_()
    (right,) = torch.autograd.grad((torch.tanh(vectors @ again.T + b) @ again + c).sum(), again)
    mistake_if(
        not resembles(slope, right),
        "the gradient reaches W on one of its two ways only: it is one matrix, so both count",
    )
