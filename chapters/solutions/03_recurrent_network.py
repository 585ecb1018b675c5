"""Chapter 03, worked solutions: how long does an RNN remember?"""

import math

import torch
from torch import Tensor


def exercise_03_1(inputs: Tensor, state: Tensor, W: Tensor, U: Tensor, b: Tensor) -> Tensor:
    """Rows times transposed matrices: every row x of the batch becomes W x."""
    return torch.tanh(inputs @ W.T + state @ U.T + b)


def exercise_03_2(
    inputs: Tensor, states: Tensor, errors: Tensor, U: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """From the last step to the first; the shares of all steps add up."""
    width = len(U)
    of_W, of_U, of_b = torch.zeros(width, inputs.shape[1]), torch.zeros_like(U), torch.zeros(width)
    later = torch.zeros(width)  # what the steps after t blame on h_t
    for t in range(len(inputs) - 1, -1, -1):
        blame = (errors[t] + later) * (1 - states[t + 1] ** 2)  # at the sum inside the tanh
        of_W += torch.outer(blame, inputs[t])
        of_U += torch.outer(blame, states[t])
        of_b += blame
        later = U.T @ blame
    return of_W, of_U, of_b


def exercise_03_3(gradients: list[Tensor], limit: float) -> list[Tensor]:
    """One number for all tensors, so that the direction stays."""
    norm = math.sqrt(sum(g.square().sum().item() for g in gradients))
    factor = limit / norm if norm > limit else 1.0
    return [g * factor for g in gradients]


def exercise_03_4(U: Tensor) -> float:
    """radius ** k = 1/2, solved for k; a radius of 1 or more never halves."""
    radius = torch.linalg.eigvals(U).abs().max().item()
    if radius >= 1:
        return math.inf
    return math.log(0.5) / math.log(radius) if radius > 0 else 0.0


def exercise_03_5(step, inputs: Tensor, state: Tensor, chunk: int) -> list[Tensor]:
    """The state crosses the border between chunks, its gradient does not."""
    totals = []
    for piece in inputs.split(chunk):
        losses = []
        for word in piece:
            loss, state = step(word, state)
            losses.append(loss)
        totals.append(torch.stack(losses).sum())
        state = state.detach()
    return totals


def exercise_03_6(logits: Tensor, temperature: float, generator: torch.Generator) -> Tensor:
    """Divide before the softmax: afterwards it would cancel out."""
    shares = (logits / temperature).softmax(dim=-1)
    return torch.multinomial(shares, 1, generator=generator).squeeze(1)


def exercise_03_7(width: int) -> tuple[Tensor, Tensor, Tensor]:
    """A queue: in at place 0, one place further each step, read at the last place."""
    places = torch.eye(width)
    W, V = places[:, :1], places[-1:]
    U = torch.diag(torch.ones(width - 1), -1)  # entry (i + 1, i) moves place i to i + 1
    return W, U, V
