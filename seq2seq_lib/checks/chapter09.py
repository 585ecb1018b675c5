"""Checks of chapter 09: attention.

Each check knows the answers that common mistakes give. It compares the learner's answer with the
right one, then with those, so that it can name what went wrong.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from seq2seq_lib.attention import masked_softmax
from seq2seq_lib.checks.registry import (
    draw,
    exercise,
    expect_close,
    expect_shape,
    mistake_if,
    resembles,
)


def _compare(got: object, want: Tensor | float, what: str, known: dict) -> None:
    """Pass if `got` is `want`; otherwise name the mistake whose answer it is, if it is known."""
    if isinstance(want, Tensor):
        expect_shape(got, want.shape, what)
    for message, wrong in known.items():
        mistake_if(resembles(got, wrong) and not resembles(wrong, want), message)
    expect_close(got, want, what)


@exercise(
    "09.1",
    title="the additive score",
    minutes=10,
    hint="Project both sides first. Then `queries[:, :, None]` has shape (batch, target, 1, width) "
    "and `keys[:, None]` has shape (batch, 1, source, width): their sum has every pair. "
    "tanh it, and let `@ w` remove the last axis.",
)
def check_additive(function) -> None:
    """All pairs of two sentences of four words and three steps, and a square case."""
    for target in (3, 4):
        query, values = draw(2, target, 5, seed=1), draw(2, 4, 5, seed=2)
        W, U, w = draw(5, 5, seed=3), draw(5, 5, seed=4), draw(5, seed=5)
        left, right = (query @ W.T)[:, :, None], (values @ U.T)[:, None]
        swapped = torch.tanh((query @ U.T)[:, :, None] + (values @ W.T)[:, None]) @ w
        turned = torch.tanh((query @ W)[:, :, None] + (values @ U)[:, None]) @ w
        got = function(query, values, W, U, w)
        want = torch.tanh(left + right) @ w
        known = {
            "there is no tanh: without it the query adds the same number to every word's score, "
            "and softmax forgets it": (left + right) @ w,
            "W and U have changed places: W is for the query, U for the values": swapped,
            "W q with q as a row is q @ W.T; you multiplied by W and U untransposed": turned,
            "these are weights; the score comes before the softmax": want.softmax(-1),
            "w weights the width's entries; you summed them with equal weight": torch.tanh(
                left + right
            ).sum(-1),
        }
        _compare(got, want, "the scores (batch, target, source)", known)


@exercise(
    "09.2",
    title="the general score",
    minutes=5,
    hint="For one query and one value it is `query @ (W @ value)`. For all values at once, W v as "
    "rows is `values @ W.T`; and `.mT` swaps a tensor's last two axes.",
)
def check_general(function) -> None:
    """A matrix that is not symmetric, so that its transpose shows."""
    query, values, W = draw(2, 3, 5, seed=1), draw(2, 4, 5, seed=2), draw(5, 5, seed=3)
    want = query @ W @ values.mT
    known = {
        "W is transposed: this is vᵀ W q, the score with the two sides exchanged": query
        @ W.T
        @ values.mT,
        "W is missing: this is the dot score": query @ values.mT,
        "these are weights; the score comes before the softmax": want.softmax(-1),
        "Luong's general score is not scaled; you divided by √width": want / math.sqrt(5),
    }
    _compare(function(query, values, W), want, "the scores (batch, target, source)", known)


@exercise(
    "09.3",
    title="softmax under a mask",
    minutes=15,
    hint="Put the lowest finite number, `torch.finfo(scores.dtype).min`, where the mask is False, "
    "then softmax over the last axis. What does a sentence without any real word get? Multiply by "
    "the mask at the end.",
)
def check_masked_softmax(function) -> None:
    """A full sentence, a padded one, large scores, and one without any real word."""
    scores = draw(2, 3, 4, seed=6)
    mask = torch.tensor([[True, True, True, True], [True, True, False, False]])
    hidden = ~mask[:, None].expand(-1, 3, -1)
    lowest = torch.finfo(scores.dtype).min
    early = scores.softmax(-1) * ~hidden
    known = {
        "you hid the padding after the softmax: it took its share of the sum first, so the real "
        "words' weights sum to less than 1": early,
        "you took the softmax over the target steps: your weights sum to 1 down the columns; it "
        "runs over the source, the last axis": scores.masked_fill(hidden, lowest).softmax(1)
        * ~hidden,
        "padding with a score of 0 still has weight: exp(0) is 1. Hide it with a very low "
        "score": scores.masked_fill(hidden, 0.0).softmax(-1),
        "the mask is upside down: True is a real word": scores.masked_fill(~hidden, lowest).softmax(
            -1
        )
        * hidden,
        "the mask did nothing: padding has weight": scores.softmax(-1),
    }
    _compare(function(scores, mask), masked_softmax(scores, mask), "the weights", known)
    large = function(scores * 1000, mask)
    mistake_if(
        bool(large.isnan().any()),
        "scores around 1,000 gave NaN: exp overflows; use softmax, which takes the largest off",
    )
    empty = function(scores, torch.tensor([[True] * 4, [False] * 4]))
    mistake_if(
        bool(empty.isnan().any()),
        "a sentence without a real word gave NaN: a row of -inf has no softmax; hide with the "
        "lowest finite number instead",
    )
    mistake_if(
        bool((empty[1] != 0).any()),
        "a sentence without a real word has weights on padding: wanted exactly 0 everywhere",
    )


@exercise(
    "09.4",
    title="kernel regression as attention",
    minutes=10,
    hint="The kernel is exp(−distance² / (2·bandwidth²)). Which score has it as its exponential? "
    "Softmax over the examples then divides by the total.",
)
def check_kernel(function) -> None:
    """Five questions and seven examples, at two bandwidths."""
    queries, keys, values = draw(5, seed=1), draw(7, seed=2), draw(7, seed=3)
    for bandwidth in (0.5, 2.0):
        gaps = queries[:, None] - keys[None]
        kernel = torch.exp(-(gaps**2) / (2 * bandwidth**2))
        want = kernel / kernel.sum(1, keepdim=True) @ values
        known = {
            "the kernels are not divided by their sum: this is a weighted sum, not a mean": kernel
            @ values,
            "you divided by the sum over the queries; the weights of each query's examples must "
            "sum to 1": kernel / kernel.sum(0) @ values,
            "the bandwidth is not squared": (-(gaps**2) / (2 * bandwidth)).softmax(1) @ values,
            "the 2 under the fraction is missing": (-(gaps**2) / bandwidth**2).softmax(1) @ values,
            "the sign is wrong: the farthest example weighs most": (
                gaps**2 / (2 * bandwidth**2)
            ).softmax(1)
            @ values,
            "the distance is not squared": (-gaps.abs() / (2 * bandwidth**2)).softmax(1) @ values,
        }
        _compare(function(queries, keys, values, bandwidth), want, "the estimates", known)


@exercise(
    "09.5",
    title="why one over the root of the width",
    minutes=10,
    hint="The product of two independent numbers of mean zero has the product of their variances "
    "as its variance, and variances of independent numbers add up. A factor f multiplies the "
    "variance by f².",
)
def check_scale(function) -> None:
    """Three widths and deviations; the known mistakes are other powers."""
    for width, query, key in ((64, 1.0, 1.0), (16, 2.0, 0.5), (100, 3.0, 1.5)):
        got = function(width, query, key)
        want = 1 / (math.sqrt(width) * query * key)
        wrong = {
            "this is one over the variance; a factor works on the deviation, its square root": want
            * want,
            "this is the deviation itself; the factor must undo it": 1 / want,
            "the width is there, but not the deviations of query and key": width**-0.5,
            "the width must stand under a root": 1 / (width * query * key),
            "the variances multiply, and the factor is one over their root: you took another root "
            "of the deviations": 1 / math.sqrt(width * query * key),
        }
        _compare(got, want, f"the factor at width {width}", wrong)


@exercise(
    "09.6",
    title="a window to look through",
    minutes=10,
    hint="`torch.arange(source) - centres[:, :, None]` is how far each place is from the centre, "
    "(batch, target, source). Compare its absolute value, and combine with `mask[:, None, :]`.",
)
def check_window(function) -> None:
    """Windows that reach over both ends of the sentence, and into the padding."""
    mask = torch.tensor([[True] * 6, [True] * 4 + [False] * 2])
    centres, reach = torch.tensor([[0, 1, 3, 5], [0, 2, 3, 3]]), 2
    gaps = torch.arange(6) - centres[:, :, None]
    real = mask[:, None]
    want = (gaps.abs() <= reach) & real
    got = function(mask, centres, reach)
    mistake_if(
        isinstance(got, Tensor) and got.dtype != torch.bool,
        "wanted a boolean mask, True where a word may be seen: a comparison gives one",
    )
    known = {
        "a place exactly `reach` away belongs to the window: wanted ≤, not <": (gaps.abs() < reach)
        & real,
        "the padding is visible: the window must also respect the mask": gaps.abs() <= reach,
        "the window looks back only: a place after the centre is as near as one before it": (
            gaps.abs() <= reach
        )
        & (gaps <= 0)
        & real,
        "the mask is upside down: True is visible": ~want,
        "each window is centred on the step's number; use the centres that are given": (
            (torch.arange(6) - torch.arange(4)[:, None]).abs() <= reach
        )
        & real,
    }
    _compare(got, want, "the mask (batch, target, source)", known)


@exercise(
    "09.7",
    title="alignment error rate",
    minutes=10,
    hint="Python's sets do the work: `found & certain` holds what both have. Add up over all "
    "sentences before you divide.",
)
def check_error_rate(function) -> None:
    """Two sentences of unequal size, with a possible link that is not sure."""
    links = [{(0, 0), (1, 2), (2, 1)}, {(0, 0)}]
    sure = [{(0, 0), (1, 2), (3, 3), (4, 4)}, {(0, 1)}]
    possible = [sure[0] | {(2, 1)}, {(0, 1), (0, 0)}]
    got = function(links, sure, possible)
    want = 1 - (2 + 4) / (4 + 5)
    wrong = {
        "this is the share that is right; the error rate is one minus it": 1 - want,
        "this is the mean of the sentences' rates; count over the whole corpus, then divide "
        "once": ((1 - 5 / 7) + (1 - 1 / 2)) / 2,
        "only the sure links count in yours: a found link that is possible is right too": 1
        - 2 * 2 / 9,
        "you divided by the possible links: below the line stand found and sure ones": 1 - 6 / 11,
        "this is one minus precision: the sure links that were missed must count as well": 1
        - 4 / 4,
        "this is one minus recall: links that were found wrongly must count as well": 1 - 2 / 5,
    }
    _compare(got, want, "the error rate", wrong)


@exercise(
    "09.8",
    title="hard attention",
    minutes=10,
    hint="Hide the padding as before, then `argmax` over the source instead of softmax: "
    "(batch, target). To pick one row of `values` for each, index with "
    "`torch.arange(batch)[:, None]` and the places.",
)
def check_hard(function) -> None:
    """The best score stands on padding, where it must not be chosen."""
    scores, values = draw(2, 3, 4, seed=8), draw(2, 4, 5, seed=9)
    mask = torch.tensor([[True] * 4, [True, True, False, False]])
    scores[1, :, 3] = 5.0
    lowest = torch.finfo(scores.dtype).min
    hidden = scores.masked_fill(~mask[:, None], lowest)
    rows = torch.arange(2)[:, None]
    places = hidden.argmax(-1)
    want = values[rows, places]
    known = {
        "you chose among the padding too: its scores mean nothing": values[rows, scores.argmax(-1)],
        "this is still soft: a mean of the values, where one of them was wanted": hidden.softmax(-1)
        @ values,
        "you took the lowest score": values[rows, scores.masked_fill(~mask[:, None], 9).argmin(-1)],
        "the chosen vectors must come as they are, not multiplied by their weight": want
        * hidden.softmax(-1).amax(-1, keepdim=True),
    }
    got = function(scores, values, mask)
    mistake_if(
        isinstance(got, Tensor) and got.shape == places.shape,
        "these are the places; wanted the values that stand there, (batch, target, width)",
    )
    _compare(got, want, "the chosen values (batch, target, width)", known)
