"""Chapter 07, worked solutions: what happens when a decoder eats its own words?"""

import math

import torch
from torch import Tensor

from seq2seq_lib.vocabulary import BOS, EOS, PAD


def exercise_07_1(targets: Tensor) -> Tensor:
    """One place to the right; what is lost at the end is the last `<eos>` or padding."""
    start = torch.full_like(targets[:, :1], BOS)
    shifted = torch.cat([start, targets[:, :-1]], dim=1)
    return shifted.masked_fill(shifted == EOS, PAD)


def exercise_07_2(schedule: str, step: int, steps: int, k: float | None) -> float:
    """The teacher's share; the own words get the rest."""
    if schedule == "linear":
        return 1 - step / steps
    if schedule == "exponential":
        return k**step
    return k / (k + math.exp(step / k))


def exercise_07_3(model, source: Tensor, mask: Tensor, steps: int) -> Tensor:
    """Each row goes on until its own end; all rows take all steps."""
    memory, state = model.encode(source, mask)
    word = torch.full((len(source), 1), BOS)
    ended, said = torch.zeros_like(word, dtype=torch.bool), []
    for _ in range(steps):
        decoded = model.decode(word, state, memory)
        state = decoded.state
        word = decoded.logits[:, -1:].argmax(dim=-1).masked_fill(ended, PAD)
        said.append(word)
        ended = ended | (word == EOS)
    return torch.cat(said, dim=1)


def exercise_07_4(model, batch, step: int, words: Tensor) -> Tensor:
    """Only what is fed changes; what is wanted stays."""
    inputs = batch.inputs.clone()
    inputs[:, step + 1] = words
    memory, state = model.encode(batch.source, batch.source_mask)
    said = model.decode(inputs, state, memory).logits.argmax(dim=-1)
    right = (said == batch.targets) & batch.target_mask
    return (right.sum(dim=0) / batch.target_mask.sum(dim=0))[step + 1 :]


def exercise_07_5(inputs: Tensor, said: Tensor, teacher: Tensor) -> Tensor:
    """Said at one step, fed at the next; the first column is `<bos>` in both."""
    moved = torch.cat([inputs[:, :1], said[:, :-1]], dim=1)
    return torch.where(teacher, inputs, moved)


def exercise_07_6(logits: Tensor, targets: Tensor, mask: Tensor, smoothing: float) -> Tensor:
    """Minus the sum of wanted times log-probability, which falls into two terms."""
    log = logits.log_softmax(dim=-1)
    right = log.gather(2, targets[..., None])[..., 0]
    losses = -(1 - smoothing) * right - smoothing * log.mean(dim=-1)
    return losses[mask].mean()


def exercise_07_7(first: Tensor, then: Tensor) -> tuple[float, float]:
    """The tables are both the truth and the model, so the forced one cannot be better."""
    said = int(first.argmax())
    forced = free = 0.0
    for a in range(len(first)):
        for b in range(len(first)):
            share = float(first[a] * then[a, b])
            if share > 0:
                forced -= share * float(first[a].log() + then[a, b].log())
                free -= share * float(first[a].log() + then[said, b].log())
    return math.exp(forced / 2), math.exp(free / 2)
