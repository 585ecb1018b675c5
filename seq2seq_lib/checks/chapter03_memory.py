"""Checks of chapter 03, second half: truncation, a sampler, a delay line.

Registered by `chapter03`, which is what the book loads.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from seq2seq_lib.checks.registry import (
    Mistake,
    exercise,
    expect_close,
    expect_shape,
    expect_tensor,
    mistake_if,
    resembles,
)


class _Steps:
    """A step of a small network that keeps count; its parameter receives the gradient."""

    def __init__(self) -> None:
        self.U = torch.tensor([[0.8, 0.5], [-0.4, 0.9]], requires_grad=True)

    def __call__(self, word: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        after = torch.tanh(state @ self.U.T + word)
        return (after - 0.3).square().sum(), after


def _walk(words: Tensor, state: Tensor, chunk: int, fault: str = "") -> list[Tensor]:
    """Gradients of U after each chunk; a fault is planted by name."""
    step, totals = _Steps(), []
    start = state
    pieces = list(words.split(chunk))
    for piece in pieces[: len(words) // chunk] if fault == "rest" else pieces:
        losses = []
        for word in piece:
            state = state.detach() if fault == "always" else state
            loss, state = step(word, state)
            losses.append(loss)
        totals.append(losses[-1] if fault == "last" else torch.stack(losses).sum())
        if fault == "mean":
            totals[-1] = totals[-1] / len(piece)
        state = state if fault == "never" else state.detach()
        state = start if fault == "reset" else state
    return _gradients(totals, step)


def _gradients(totals: list[Tensor], step: _Steps) -> list[Tensor]:
    return [
        torch.autograd.grad(total, step.U, retain_graph=True, allow_unused=True)[0]
        for total in totals
    ]


CHUNK_FAULTS = {
    "never": "the gradient of a later chunk reaches into the chunks before it: between chunks, "
    "`state = state.detach()`",
    "always": "the state is detached at every step, so no gradient goes back even one step; detach "
    "it between chunks only",
    "reset": "every chunk starts from the first state; the state itself is carried on, only its "
    "gradient is cut",
    "last": "this is the loss of each chunk's last step alone; wanted the sum over its steps",
    "mean": "these are means over the steps of a chunk; wanted sums",
    "rest": "the steps left over at the end belong to a last, shorter chunk",
}


@exercise(
    "03.5",
    title="truncated backpropagation through time",
    minutes=20,
    hint="`inputs.split(chunk)` gives the chunks, the last one perhaps shorter. For each chunk: "
    "begin a new total, walk its steps adding up the losses, keep the total, then "
    "`state = state.detach()` before the next chunk.",
)
def check_truncated(function) -> None:
    """Seven steps in chunks of three: gradients of each chunk's loss are held."""
    words = 0.5 * torch.randn(7, 2, generator=torch.Generator().manual_seed(2))
    state = torch.tensor([0.2, -0.1])
    step = _Steps()
    got = function(step, words, state, 3)
    mistake_if(
        not isinstance(got, list),
        f"expected a list with one loss a chunk, got {type(got).__name__}",
    )
    for loss in got:
        expect_tensor(loss, "the loss of a chunk")
        expect_shape(loss, (), "the loss of a chunk")
        mistake_if(
            not loss.requires_grad,
            "a loss without a gradient: keep the tensors as they are, without `.item()` or "
            "`.detach()` on them",
        )
    mistake_if(len(got) == 7, "there is one loss for every step; wanted one for every chunk")
    have, want = _gradients(got, step), _walk(words, state, 3)
    for fault, message in CHUNK_FAULTS.items():
        mistake_if(_same(have, _walk(words, state, 3, fault)), message)
    mistake_if(len(have) != 3, f"7 steps in chunks of 3 make 3 losses, got {len(have)}")
    for place, (mine, right) in enumerate(zip(have, want, strict=True)):
        expect_close(mine, right, f"the gradient of the loss of chunk {place}")


def _same(have: list[Tensor], wrong: list[Tensor]) -> bool:
    return len(have) == len(wrong) and all(map(resembles, have, wrong))


@exercise(
    "03.6",
    title="a sampler with a temperature",
    minutes=15,
    hint="Divide the logits by the temperature, take the softmax over the last axis, and draw with "
    "`torch.multinomial(shares, 1, generator=generator)`, which gives (batch, 1).",
)
def check_sampler(function) -> None:
    """Many rows of one distribution; frequencies at two temperatures."""
    logits = torch.tensor([2.0, 1.0, 0.0, -1.0])
    rows = logits.expand(20000, 4)
    for temperature in (0.5, 2.0):
        got = function(rows, temperature, torch.Generator().manual_seed(3))
        expect_tensor(got, "the drawn characters")
        mistake_if(
            got.shape == rows.shape,
            "these are probabilities; wanted one drawn number for each row, (batch,)",
        )
        expect_shape(got, (len(rows),), "the drawn characters", axes="(batch,)")
        found = torch.bincount(got.long(), minlength=4) / len(rows)
        shares = logits.softmax(0)
        sharp = shares.pow(1 / temperature)
        known = {
            "the likeliest character is always chosen; draw from the distribution": _one_hot(0),
            "the logits are multiplied by the temperature; divide them": (
                logits * temperature
            ).softmax(0),
            "the temperature has no effect; dividing probabilities and making them sum to 1 again "
            "undoes itself: divide the logits, before the softmax": shares,
            "all characters are equally likely in yours; is the softmax over the batch? "
            "Each row has logits of its own: take the last axis": torch.full((4,), 0.25),
            "softmax is taken twice": (sharp / sharp.sum()).softmax(0),
        }
        want = (logits / temperature).softmax(0)
        for message, wrong in known.items():
            mistake_if(_near(found, wrong) and not _near(wrong, want), message)
        mistake_if(
            not _near(found, want),
            f"at temperature {temperature} the frequencies should be {_say(want)}, came "
            f"{_say(found)}",
        )
    _hold_to_generator(function, rows[:50])


def _hold_to_generator(function: Callable, rows: Tensor) -> None:
    """The same generator draws the same, and two rows differ in what they draw from."""
    first = function(rows, 1.0, torch.Generator().manual_seed(5))
    second = function(rows, 1.0, torch.Generator().manual_seed(5))
    mistake_if(
        not torch.equal(first, second),
        "the generator is not used: the same seed should draw the same characters again",
    )
    sure = torch.tensor([[9.0, 0, 0], [0, 0, 9.0], [0, 9.0, 0]]) * 10
    got = function(sure, 1.0, torch.Generator().manual_seed(5))
    mistake_if(
        not torch.equal(got.long(), torch.tensor([0, 2, 1])),
        "each row has logits of its own; softmax goes over the last axis",
    )


def _one_hot(place: int) -> Tensor:
    return torch.nn.functional.one_hot(torch.tensor(place), 4).float()


def _near(found: Tensor, want: Tensor) -> bool:
    return bool((found - want).abs().max() < 0.02)


def _say(shares: Tensor) -> str:
    return ", ".join(f"{share:.2f}" for share in shares.tolist())


@exercise(
    "03.7",
    title="a perfect memory, for a while",
    minutes=20,
    hint="Let the state be a queue. The new input goes into place 0, and what stood at place i "
    "moves to place i + 1: which entries of U are 1? The readout looks at the last place. Try "
    "width 3 on paper.",
)
def check_delay_line(function) -> None:
    """The three matrices are run, linear and without offset, on a sequence."""
    for width in (4, 6):
        answer = function(width)
        mistake_if(
            not isinstance(answer, tuple | list) or len(answer) != 3,
            "expected three tensors: W (width, 1), U (width, width) and V (1, width)",
        )
        for name, matrix, shape in zip(
            "WUV", answer, ((width, 1), (width, width), (1, width)), strict=True
        ):
            expect_shape(matrix, shape, name)
        W, U, V = (matrix.float() for matrix in answer)
        response = _response(W, U, V, 3 * width)
        want = torch.zeros(3 * width)
        want[width - 1] = 1
        if resembles(response, want):
            continue
        mistake_if(
            not response.any(),
            "the input never reaches the readout: is U the shift in the other direction?",
        )
        arrived = response.nonzero().flatten().tolist()
        mistake_if(
            len(arrived) == 1,
            f"an input comes out once, but {arrived[0]} steps later and as {response.max():.3g}; "
            f"at width {width} wanted {width - 1} steps later and as 1",
        )
        _tell_smear(arrived, width)


def _tell_smear(arrived: list[int], width: int) -> None:
    """Name what is wrong when one input comes out at several steps."""
    steps = {later - sooner for sooner, later in zip(arrived, arrived[1:], strict=False)}
    mistake_if(
        steps == {width},
        f"an input comes out again every {width} steps: the last place leads back to the first; "
        "let it fall out",
    )
    raise Mistake(
        f"one input comes out at steps {arrived[:4]}…; wanted once only, {width - 1} steps later: "
        "each place hands its number on and keeps nothing",
    )


def _response(W: Tensor, U: Tensor, V: Tensor, steps: int) -> Tensor:
    """What comes out, step by step, when a 1 goes in at step 0 and zeros follow."""
    state, out = torch.zeros(len(U)), []
    for t in range(steps):
        state = W[:, 0] * (1.0 if t == 0 else 0.0) + U @ state
        out.append(V[0] @ state)
    return torch.stack(out)
