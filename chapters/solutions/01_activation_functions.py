"""Chapter 01, worked solutions: what does a non-linearity buy?"""

import torch
from torch import Tensor


def exercise_01_1(x: Tensor) -> Tensor:
    """tanh x = s / c with s' = c and c' = s, so its slope is (c² − s²) / c² = 1 − tanh² x."""
    return 1 - torch.tanh(x) ** 2


def exercise_01_2(x: Tensor, alpha: float) -> Tensor:
    """The curved branch is asked about negative numbers only, where exp cannot overflow."""
    below = alpha * (torch.exp(x.clamp(max=0)) - 1)
    return torch.where(x > 0, x, below)


def exercise_01_3(logits: Tensor) -> Tensor:
    """Taking the largest logit off changes no quotient, and no exponent is above 0 any more."""
    raised = torch.exp(logits - logits.amax(dim=-1, keepdim=True))
    return raised / raised.sum(dim=-1, keepdim=True)


def exercise_01_4(inputs: Tensor, W: Tensor, b: Tensor) -> int:
    """A unit is dead when no example lifts its weighted sum above 0."""
    sums = inputs @ W.T + b  # (examples, units)
    return int((sums <= 0).all(dim=0).sum())


def exercise_01_5(fan_in: int, fan_out: int, scheme: str) -> float:
    """An even spread from −a to a has variance a²/3, so a is the root of 3 variances."""
    variance = 2 / fan_in if scheme == "he" else 2 / (fan_in + fan_out)
    return (3 * variance) ** 0.5


def exercise_01_6(weights: list[Tensor], biases: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Each layer multiplies what came before from the left, the bias so far as well."""
    W, b = weights[0], biases[0]
    for weight, bias in zip(weights[1:], biases[1:], strict=True):
        W, b = weight @ W, weight @ b + bias
    return W, b


def exercise_01_7() -> tuple[Tensor, Tensor, Tensor, float]:
    """Each unit counts the negations from a later start, and the slope turns with each."""
    W = torch.ones(3, 3)  # every unit counts the negations
    b = torch.tensor([0.0, -1.0, -2.0])
    v = torch.tensor([1.0, -2.0, 2.0])  # up, down, up: 0, 1, 0, 1
    return W, b, v, -0.5


def exercise_01_8(weights: list[float], x: Tensor) -> Tensor:
    """Walk forward; each layer multiplies the slope by its weight and by h (1 − h)."""
    h, slope = x, torch.ones_like(x)
    for w in weights:
        h = torch.sigmoid(w * h)
        slope = slope * w * h * (1 - h)
    return slope
