"""Checks of chapter 01, first half: activation functions and softmax.

Each check knows the answers that common mistakes give. It compares the learner's answer with the
right one, then with those, so that it can name what went wrong.
"""

from __future__ import annotations

import torch
from torch import Tensor

from seq2seq_lib.checks import chapter01_layers as _layers  # noqa: F401  (registers 01.4 to 01.8)
from seq2seq_lib.checks.registry import (
    exercise,
    expect_close,
    expect_shape,
    mistake_if,
    resembles,
)


def _compare(got: object, want: Tensor, what: str, known: dict[str, Tensor]) -> None:
    """Pass if `got` is `want`; otherwise name the mistake whose answer it is, if it is known."""
    expect_shape(got, want.shape, what)
    for message, wrong in known.items():
        mistake_if(resembles(got, wrong) and not resembles(wrong, want), message)
    expect_close(got, want, what)


@exercise(
    "01.1",
    title="the slope of tanh",
    minutes=10,
    hint="tanh x = s / c, with s = (eˣ − e⁻ˣ)/2 and c = (eˣ + e⁻ˣ)/2. Differentiate both: s′ = c "
    "and c′ = s. Now the rule for quotients, (s′c − sc′)/c², and write what you get with tanh x "
    "alone. A test by hand: the slope at 0 is 1.",
)
def check_tanh(function) -> None:
    """Numbers of both signs, and two so large that powers of e overflow."""
    x = torch.tensor([-3.0, -1.2, -0.4, 0.0, 0.3, 0.9, 2.5], dtype=torch.float64)
    y, s = torch.tanh(x), torch.sigmoid(x)
    known = {
        "this is tanh itself; wanted its slope": y,
        "tanh is not squared: 1 − tanh x is above 1 for negative x, and no slope of tanh is": 1 - y,
        "this is tanh² x; the slope is 1 where tanh is 0": y**2,
        "this is the slope of the sigmoid; tanh rises four times as steeply at 0": s * (1 - s),
        "this is tanh · (1 − tanh), the sigmoid's rule with tanh put in; derive tanh's own": y
        * (1 - y),
        "the sign is wrong: tanh rises everywhere, so its slope is never negative": y**2 - 1,
        "this is 1 − x²; the square is of tanh x": 1 - x**2,
        "you took tanh twice: the slope is 1 − tanh² x, at x and not at tanh x": 1
        - torch.tanh(y) ** 2,
    }
    _compare(function(x), 1 - y**2, "the slopes", known)
    far = function(torch.tensor([-1000.0, 1000.0]))
    mistake_if(
        bool(far.isnan().any()),
        "at ±1,000 there is NaN: e¹⁰⁰⁰ overflows; use torch.tanh, which does not",
    )
    expect_close(far, torch.zeros(2), "the slopes at −1,000 and 1,000")


@exercise(
    "01.2",
    title="ELU with its α",
    minutes=10,
    hint="`torch.where(x > 0, this, that)` chooses entry by entry, but works out both sides "
    "everywhere. To keep exp from large numbers, give it `x.clamp(max=0)`.",
)
def check_elu(function) -> None:
    """Both branches, three values of α, and a number at which exp overflows."""
    x = torch.tensor([-4.0, -1.0, -0.2, 0.0, 0.5, 3.0], dtype=torch.float64)
    for alpha in (0.5, 1.0, 2.0):
        below = alpha * (x.exp() - 1)

        def joined(left: Tensor, right: Tensor = x) -> Tensor:
            return torch.where(x > 0, right, left)

        known = {
            "α scales the curve: α (exp(x) − 1). You put it into the exponent": joined(
                (alpha * x).exp() - 1
            ),
            "α belongs to the negative side; you scaled both": alpha * joined(x.exp() - 1),
            "α is missing": joined(x.exp() - 1),
            "the − 1 is missing: the two sides do not meet at 0": joined(alpha * x.exp()),
            "α multiplies exp(x) − 1 as a whole; put it before a bracket": joined(
                alpha * x.exp() - 1
            ),
            "this is the leaky ReLU, a straight line on the left; ELU bends towards −α": joined(
                alpha * x
            ),
            "the sides have changed places: x itself stands where x > 0": joined(x, below),
            "this is ReLU: the negative side is 0": joined(torch.zeros_like(x)),
        }
        _compare(function(x, alpha), joined(below), f"ELU with α = {alpha}", known)
    far = function(torch.tensor([-1000.0, 1000.0]), 1.5)
    mistake_if(
        bool(far.isnan().any()),
        "at 1,000 there is NaN: exp overflows to infinity on the side you did not want, and "
        "0 · ∞ is NaN; choose with torch.where",
    )
    expect_close(far, torch.tensor([-1.5, 1000.0]), "ELU at −1,000 and 1,000, α = 1.5")


@exercise(
    "01.3",
    title="softmax at ±1,000",
    minutes=10,
    hint="The same number may be taken off all logits of a row, for exp(a − m) = exp(a) / exp(m) "
    "and the quotient forgets exp(m). Which m makes every exponent 0 or less? "
    "`logits.amax(dim=-1, keepdim=True)` keeps the axis, so that it still lines up.",
)
def check_softmax(function) -> None:
    """Rows whose largest logits differ, a square batch, and logits of ±1,000."""
    logits = torch.tensor([[2.0, 1.0, -1.0], [0.5, 0.5, 3.0], [-2.0, 0.0, 1.0]])
    raised = logits.exp()
    want = logits.softmax(-1)
    known = {
        "you divided by the sum down the columns; each row is one choice, and its shares must sum "
        "to 1": logits.softmax(0),
        "you divided by the sum of the whole batch; each row must sum to 1 on its own": raised
        / raised.sum(),
        "the sum is missing: these are the exponentials": raised,
        "these are the exponentials with the largest taken off; they still want dividing by their "
        "sum": (logits - logits.amax(-1, keepdim=True)).exp(),
        "the logits are divided by their sum; exp comes first, or shares are negative": logits
        / logits.sum(-1, keepdim=True),
        "these are logarithms of the shares": logits.log_softmax(-1),
        "sigmoid treats each logit alone; the shares of a row must sum to 1": torch.sigmoid(logits),
    }
    _compare(function(logits), want, "the shares", known)
    _large(function)


def _large(function) -> None:
    high = torch.tensor([[1000.0, 999.0, 0.0], [1000.0, 1000.0, -1000.0]])
    low = torch.tensor([[-1000.0, -1001.0, -1002.0], [-1000.0, 1000.0, 999.0]])
    for name, logits in (("1,000", high), ("−1,000", low)):
        got = function(logits)
        expect_shape(got, logits.shape, f"the shares at {name}")
        mistake_if(
            bool(got.isnan().any()) and name == "1,000",
            "logits of 1,000 gave NaN: exp(1,000) is infinite and ∞/∞ has no value; take the "
            "largest logit of the row off first",
        )
        mistake_if(
            bool(got.isnan().any()),
            "logits of −1,000 gave NaN: the exponentials are all 0, and 0/0 has no value; take off "
            "the largest of each row itself, not its absolute value nor that of the batch",
        )
        mistake_if(
            not resembles(got.sum(-1), torch.ones(2)),
            f"at {name} a row does not sum to 1; is a logit cut off, or the sum made larger?",
        )
        mistake_if(
            not resembles(got, logits.softmax(-1)),
            f"at {name} the shares are wrong though they sum to 1: cutting logits off makes "
            "different ones equal; take the largest off instead",
        )
    want = torch.tensor([2.0, 0.0, 1.0])
    expect_close(function(want), want.softmax(-1), "the shares of a single row")
