"""Checks of chapter 07, first half: what a decoder is fed.

Each check knows the answers that common mistakes give, so that it can name what went wrong.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from seq2seq_lib.batching import Batch, Example, collate
from seq2seq_lib.checks import chapter07_scores as _scores  # noqa: F401  (registers 07.5 to 07.7)
from seq2seq_lib.checks.registry import (
    compare,
    exercise,
    expect_close,
    expect_shape,
    mistake_if,
    resembles,
)
from seq2seq_lib.memory import Decoded, Memory, Record
from seq2seq_lib.vocabulary import BOS, EOS, PAD


@exercise(
    "07.1",
    title="shift the target",
    minutes=10,
    hint="`inputs` has the shape of `targets`. Its first column is `BOS`; its other columns are "
    "all columns of `targets` but the last, one place further right: "
    "`torch.cat([start, targets[:, :-1]], dim=1)`. Then an `<eos>` that is fed stands where the "
    "sentence is over; make it padding.",
)
def check_shift(function) -> None:
    """Three lengths in one batch; the longest has no padding."""
    targets = torch.tensor([[7, 8, 9, EOS], [5, EOS, PAD, PAD], [6, 4, EOS, PAD]])
    want = torch.tensor([[BOS, 7, 8, 9], [BOS, 5, PAD, PAD], [BOS, 6, 4, PAD]])
    start = torch.full_like(targets[:, :1], BOS)
    gone = torch.full_like(targets[:, :1], PAD)
    with_end = torch.cat([start, targets[:, :-1]], dim=1)
    known = {
        "each step is fed the very word that it should say: it need only copy, the loss falls to "
        "nothing, and free it can say nothing": targets,
        "shifted the wrong way: each step is fed the word after the one it should say": torch.cat(
            [targets[:, 1:], gone], dim=1
        ),
        "the columns went round in a circle: what left at the end came in at the front, where "
        "`<bos>` belongs": targets.roll(1, dims=1),
        "one column too many: `<bos>` was put in front, and nothing was left out": torch.cat(
            [start, targets], dim=1
        ),
        "the first input is `<eos>`; a decoder begins with `<bos>`": torch.where(
            want == BOS, EOS, want
        ),
        "`<eos>` is fed in the short sentences, at a step whose target is padding; make it "
        "padding": with_end,
        "the first word was overwritten; everything should move one place": torch.cat(
            [start, want[:, 2:], gone], dim=1
        ),
    }
    got = function(targets)
    compare(got, want, "the inputs (batch, target)", known)


@exercise(
    "07.2",
    title="three schedules",
    minutes=15,
    hint="Linear: `1 - step / steps`. Exponential: `k ** step`, with k a little below 1. Inverse "
    "sigmoid: `k / (k + exp(step / k))`, with k above 1. All give the *teacher's* share.",
)
def check_schedules(function) -> None:
    """Each schedule at its start, its end and between."""
    cases = [
        ("linear", None, [(250, 0.75), (0, 1.0), (1000, 0.0)]),
        ("exponential", 0.995, [(200, 0.995**200), (0, 1.0), (1000, 0.995**1000)]),
        ("inverse sigmoid", 80.0, [(s, _sigmoid(s, 80.0)) for s in (350, 0, 1000)]),
    ]
    for schedule, k, points in cases:
        for step, want in points:
            got = function(schedule, step, 1000, k)
            mistake_if(
                isinstance(got, Tensor) and got.numel() != 1,
                f"expected one number, got a tensor of shape {tuple(getattr(got, 'shape', ()))}",
            )
            for message, wrong in _wrong_shares(schedule, step, k).items():
                mistake_if(
                    resembles(got, wrong) and not resembles(wrong, want), f"{schedule}: {message}"
                )
            expect_close(got, want, f"{schedule}, step {step} of 1000")


def _sigmoid(step: float, k: float) -> float:
    return k / (k + math.exp(step / k))


def _wrong_shares(schedule: str, step: int, k: float | None) -> dict[str, float]:
    if k is None:
        return {
            "this is the share of own words; wanted the teacher's, which falls": step / 1000,
            "nothing falls: is the step an integer division?": float(1 - step // 1000),
        }
    if schedule == "exponential":
        return {
            "this is the share of own words; wanted the teacher's, which falls": 1 - k**step,
            "k is the base, not the rate: `k ** step`": math.exp(-k * step),
            "the step counts by itself here, not as a share of all steps": k ** (step / 1000),
        }
    return {
        "this is the share of own words; wanted the teacher's, which falls": 1 - _sigmoid(step, k),
        "the step in the exponent is divided by k": k / (k + math.exp(min(step, 700))),
        "k is in the numerator too; it starts near 1, not near 1/k": 1 / (k + math.exp(step / k)),
        "a plain sigmoid: k belongs beside the exponential": 1 / (1 + math.exp(step / k)),
    }


@dataclass(frozen=True)
class Count(Record):
    """The scripted model's state: number `(batch,)`."""

    number: Tensor


class Scripted:
    """A model whose next word depends on all words it was fed: number ← 3 · number + word + 1."""

    NEXT = (EOS, 7, 8, 7, 6, 5, 4)

    def encode(self, source: Tensor, mask: Tensor) -> tuple[Memory, Count]:
        """The number starts at the sum of the source."""
        return Memory(mask), Count((source * mask).sum(1) % 7)

    def decode(self, tokens: Tensor, state: Count, memory: Memory) -> Decoded:
        """The logits are 1 at the next word and 0 elsewhere."""
        number, logits = state.number, []
        for word in tokens.unbind(1):
            number = (3 * number + word + 1) % 7
            following = torch.tensor(self.NEXT)[number]
            logits.append(torch.nn.functional.one_hot(following, 9).float())
        return Decoded(torch.stack(logits, dim=1), Count(number))  # type: ignore[arg-type]


def scripted_run(
    number: Tensor, steps: int, *, carry: bool = True, feed: bool = True, stop: bool = True,
    together: bool = False,
) -> Tensor:  # fmt: skip
    """What a free-running loop with these faults says; padding after `<eos>`."""
    word, said = torch.full_like(number, BOS), []
    ended = torch.zeros_like(number, dtype=torch.bool)
    for _ in range(steps):
        after = (3 * number + word + 1) % 7
        chosen = torch.tensor(Scripted.NEXT)[after]
        chosen = torch.where(ended & stop, PAD, chosen)
        said.append(chosen)
        ended = ended | (chosen == EOS)
        ended = ended.any().expand_as(ended) if together else ended
        number = after if carry else number
        word = chosen if feed else word
    return torch.stack(said, dim=1)


@exercise(
    "07.3",
    title="run free, a batch at a time",
    minutes=20,
    hint="Begin with a column of `BOS` and a column `ended` of False. In each of `steps` rounds: "
    "`decoded = model.decode(word, state, memory)`, the new word is "
    "`decoded.logits[:, -1:].argmax(-1)`, padding where `ended`; then `ended |= word == EOS`. Put "
    "the words side by side with `torch.cat(..., dim=1)`.",
)
def check_free_run(function) -> None:
    """Rows that end early, late, and not within the steps."""
    source = torch.tensor([[1], [2], [0], [4], [6]])
    mask = torch.ones_like(source, dtype=torch.bool)
    for steps in (6, 3):
        number = source[:, 0]
        want = scripted_run(number, steps)
        known = {
            "something is said after `<eos>`; a finished sentence is filled with padding": (
                scripted_run(number, steps, stop=False)
            ),
            "the state is not carried: each step starts again from the encoder's": scripted_run(
                number, steps, carry=False
            ),
            "`<bos>` is fed at every step; the next input is the word just said": scripted_run(
                number, steps, feed=False
            ),
            "all rows stop with the first that ends; each has its own end": scripted_run(
                number, steps, together=True
            ),
            "`<bos>` is the first column; it was given, not said": torch.cat(
                [torch.full_like(source, BOS), want[:, :-1]], dim=1
            ),
        }
        got = function(Scripted(), source, mask, steps)
        expect_shape(got, want.shape, "the words said", axes="(batch, steps)")
        compare(got, want, "the words said", known)


@exercise(
    "07.4",
    title="one wrong word in the prefix",
    minutes=20,
    hint="Clone `batch.inputs`; the word said at `step` is fed at `step + 1`. Encode, decode all "
    "inputs at once, `argmax`. A hit is the right word at a real place. For each later step: hits "
    "divided by real places, both summed over the batch. The targets stay what they are.",
)
def check_planted(function) -> None:
    """Three lengths; one row is given its right word, so that something is right at the end."""
    batch = collate([Example((n,), t) for n, t in ((1, (4, 5, 6, 7)), (2, (7, 8)), (5, (6, 5, 4)))])
    model, step = Scripted(), 0
    targets = _fitting(model, batch)
    batch = Batch(batch.source, batch.source_mask, *targets)
    words = torch.tensor([int(batch.inputs[0, step + 1]), 5, 8])
    want = _accuracy(model, batch, step + 1, words)[step + 1 :]
    padded = _accuracy(model, batch, step + 1, words, padding=True)[step + 1 :]
    clean = _accuracy(model, batch, step + 1, batch.inputs[:, step + 1])
    known = {
        "the wrong word is fed at `step`, where it replaces the word before; it is said at `step` "
        "and fed at `step + 1`": _accuracy(model, batch, step, words)[step + 1 :],
        "nothing was disturbed: this is the accuracy with all words right": clean[step + 1 :],
        "padding is counted among the places": padded,
        "the places before the error are in it too; wanted those after `step`": _accuracy(
            model, batch, step + 1, words
        ),
    }
    got = function(model, batch, step, words)
    compare(got, want, "accuracy at each step after the error", known)


def _fitting(model: Scripted, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """Inputs, targets and mask whose targets the model says, but for every fourth."""
    targets = scripted_run(batch.source[:, 0] % 7, batch.targets.shape[1], stop=False)
    targets = torch.where(batch.target_mask, targets, PAD)
    inputs = torch.cat([batch.inputs[:, :1], targets[:, :-1]], dim=1)
    return inputs, targets, batch.target_mask


def _accuracy(
    model: Scripted, batch: Batch, column: int, words: Tensor, *, padding: bool = False
) -> Tensor:
    """Accuracy at every step, with `words` in this column of the inputs."""
    inputs = batch.inputs.clone()
    inputs[:, column] = words
    memory, state = model.encode(batch.source, batch.source_mask)
    said = model.decode(inputs, state, memory).logits.argmax(dim=-1)
    right = (said == batch.targets) & batch.target_mask
    places = torch.ones_like(right) if padding else batch.target_mask
    return right.sum(0) / places.sum(0)
