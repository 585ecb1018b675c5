"""Checks of chapter 10, second half: codes that are drawn, their cost, and what is handed on."""

from __future__ import annotations

import torch
from torch import Tensor

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
    "10.5",
    title="draw a code, and let the gradient through",
    minutes=10,
    hint="The deviation is σ = exp(½ log σ²). The draw is μ + σ ε, entry by entry.",
)
def check_drawn(function) -> None:
    """Values first, then the gradients of mean and log-variance."""
    mean, log_variance, noise = (draw(4, 3, seed=n) for n in (1, 2, 3))
    want = mean + (log_variance / 2).exp() * noise
    known = {
        "exp(log σ²) is the variance; the noise is multiplied with the deviation, its root": mean
        + log_variance.exp() * noise,
        "the log-variance itself is taken for the deviation": mean + log_variance * noise,
        "this is the mean; nothing is drawn": mean,
        "the noise is not stretched: this has a deviation of 1 everywhere": mean + noise,
        "the mean is missing": (log_variance / 2).exp() * noise,
    }
    compare(function(mean, log_variance, noise), want, "the draw (batch, code)", known)
    leaves = [part.clone().requires_grad_() for part in (mean, log_variance)]
    got = function(*leaves, noise)
    mistake_if(
        not got.requires_grad,
        "no gradient comes back: the draw must be a computation with μ and σ in it",
    )
    slopes = torch.autograd.grad(got.sum(), leaves, allow_unused=True)
    for name, slope in zip(("the mean", "the log-variance"), slopes, strict=True):
        mistake_if(slope is None, f"no gradient reaches {name}: is it detached?")
    expect_close(slopes[1], noise * (log_variance / 2).exp() / 2, "the log-variance's gradient")


def _log_density(z: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    off = (z - mean).square() / log_variance.exp()
    return -(off + log_variance + torch.log(torch.tensor(2 * torch.pi))).sum(-1) / 2


@exercise(
    "10.6",
    title="the divergence by drawing",
    minutes=20,
    hint="z = μ + σ ε for each row of the noise. For each z: the logarithm of the density of "
    "N(μ, σ²) at z, minus that of N(0, 1) at z, both summed over the axes. Then the mean over the "
    "draws. The 2π of the two cancels.",
)
def check_monte_carlo(function) -> None:
    """The same noise for both sides, so the estimates must agree, and not only nearly."""
    mean, log_variance = torch.tensor([0.8, -0.3, 0.0]), torch.tensor([-1.0, 0.5, 0.0])
    noise = draw(4000, 3, seed=4)
    z = mean + (log_variance / 2).exp() * noise
    zero = torch.zeros(3)
    own, prior = _log_density(z, mean, log_variance), _log_density(z, zero, zero)
    want = (own - prior).mean()
    raw = _log_density(noise, mean, log_variance) - _log_density(noise, zero, zero)
    known = {
        "the sign is turned: it is log q − log p, the code's own density first": -want,
        "the draws come from N(0, 1); they must come from N(μ, σ²), the first of the two": (
            raw.mean()
        ),
        "the draws come from N(0, 1), and the sign is turned": -raw.mean(),
        "this is the sum over the draws; the mean is wanted": (own - prior).sum(),
        "the axes are averaged; independent axes add up": want / 3,
        "this is the mean of log q alone; log p is not taken off": own.mean(),
        "these are the draws' own values; their mean is wanted": own - prior,
    }
    got = function(mean, log_variance, noise)
    for message, wrong in known.items():
        mistake_if(resembles(torch.as_tensor(got), wrong, tolerance=1e-3), message)
    closed = (mean.square() + log_variance.exp() - log_variance - 1).sum() / 2
    mistake_if(
        resembles(torch.as_tensor(got), closed, tolerance=1e-5),
        "this is the formula; here the number is wanted that the draws give",
    )
    expect_close(torch.as_tensor(got), want, "the estimate", tolerance=1e-3)


@exercise(
    "10.7",
    title="let the price rise slowly",
    minutes=10,
    hint="The rise takes `share * steps` steps. Before its end the weight is `highest` times the "
    "part of the rise that is done; after it, `highest`. With a share of 0 there is no rise.",
)
def check_annealing(function) -> None:
    """A rise over half of the steps, its end, and no rise at all."""
    got = [function(step, 200, 0.5, 2.0) for step in (1, 50, 100, 150, 200)]
    want = [0.02, 1.0, 2.0, 2.0, 2.0]
    known = {
        "the weight goes on rising after the rise should be over": [0.02, 1.0, 2.0, 3.0, 4.0],
        "the rise takes all steps; it should take `share` of them": [0.01, 0.5, 1.0, 1.5, 2.0],
        "the weight ends at 1; it should end at `highest`": [0.01, 0.5, 1.0, 1.0, 1.0],
        "the weight falls; it should rise": [1.98, 1.0, 0.0, 0.0, 0.0],
        "the weight is `highest` from the first step: nothing rises": [2.0] * 5,
    }
    wanted = torch.tensor(want)
    compare(torch.tensor([float(w) for w in got]), wanted, "the weights at steps 1, 50, 100, 150 "
            "and 200", {message: torch.tensor(wrong) for message, wrong in known.items()})
    try:
        none = function(1, 200, 0.0, 2.0)
    except ZeroDivisionError:
        mistake_if(True, "with a share of 0 this divides by 0; the weight is `highest` at once")
    expect_close(none, 2.0, "the weight at step 1 with a share of 0")


@exercise(
    "10.8",
    title="hand the encoder on",
    minutes=15,
    hint="Begin with a copy of the translator's weights: `dict(translator)`. Then go over the "
    "names: those that begin with `embedding.` or `reader.` come from the copier, as clones.",
)
def check_handed_on(function) -> None:
    """Two sets of weights with the library's names; the source's table is not the target's."""
    names = ("embedding.weight", "reader.cells.weight_ih_l0", "writer.embedding.weight",
             "writer.output.weight")  # fmt: skip
    translator = {name: torch.zeros(2, 2) for name in names}
    copier = {name: torch.ones(2, 2) for name in names}
    got = function(translator, copier)
    mistake_if(not isinstance(got, dict), f"expected a dict, got {type(got).__name__}")
    mistake_if(
        any(weights.ne(0).any() for weights in translator.values()),
        "the translator's own weights were changed; make a new dict, with clones",
    )
    mistake_if(set(got) != set(names), f"expected the names {sorted(names)}, got {sorted(got)}")
    taken = {name for name in names if resembles(got[name], copier[name])}
    mistake_if(not taken, "nothing is taken from the copier")
    mistake_if(taken == set(names), "everything is taken: the copier's decoder writes English")
    mistake_if(
        "writer.embedding.weight" in taken,
        "the decoder's own table is taken too: the name must *begin* with `embedding.`",
    )
    mistake_if(
        "embedding.weight" not in taken,
        "the reader is taken without its table of embeddings, so it reads words it never saw",
    )
    mistake_if("reader.cells.weight_ih_l0" not in taken, "the table is taken and the reader is not")
    mistake_if("writer.output.weight" in taken, "the output layer is taken: it names English words")
    for name in names:
        expect_tensor(got[name], name)
    got["embedding.weight"].add_(1)
    mistake_if(
        copier["embedding.weight"].ne(1).any(),
        "the copier's tensors are shared: training the translator would change the copier; clone",
    )
