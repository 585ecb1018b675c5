"""Chapter 11, worked solutions: do we need recurrence?"""

import math
from collections.abc import Callable

import torch
from torch import Tensor


def exercise_11_1(
    X: Tensor, W_Q: Tensor, W_K: Tensor, W_V: Tensor, W_O: Tensor, heads: int
) -> Tensor:
    """The heads are an axis of their own, between the batch and the places."""

    def split(x: Tensor) -> Tensor:
        return x.unflatten(-1, (heads, -1)).transpose(1, 2)

    Q, K, V = split(X @ W_Q), split(X @ W_K), split(X @ W_V)
    weights = (Q @ K.mT / math.sqrt(Q.shape[-1])).softmax(dim=-1)
    return (weights @ V).transpose(1, 2).flatten(2) @ W_O


def exercise_11_2(mask: Tensor) -> Tensor:
    """Not after the row, and not padding."""
    target = mask.shape[1]
    return torch.ones(target, target, dtype=torch.bool).tril() & mask[:, None, :]


def exercise_11_3(n: int, k: int) -> Tensor:
    """Each clock is turned by k times its frequency, and knows nothing of the others."""
    turn = torch.zeros(n, n)
    for i in range(0, n, 2):
        angle = k / 10000 ** (i / n)
        turn[i, i], turn[i, i + 1] = math.cos(angle), math.sin(angle)
        turn[i + 1, i], turn[i + 1, i + 1] = -math.sin(angle), math.cos(angle)
    return turn


def exercise_11_4(x: Tensor, g: Tensor, b: Tensor, epsilon: float) -> Tensor:
    """Everything happens along the last axis."""
    centred = x - x.mean(dim=-1, keepdim=True)
    variance = centred.square().mean(dim=-1, keepdim=True)
    return g * centred / torch.sqrt(variance + epsilon) + b


def exercise_11_5(layer: Callable[[Tensor], Tensor], x: Tensor, order: Tensor) -> bool:
    """Shuffle and apply, or apply and shuffle."""
    return torch.allclose(layer(x[:, order]), layer(x)[:, order], atol=1e-5)


def exercise_11_6(
    tokens: Tensor, table: Tensor, bias: Tensor, read: Callable[[Tensor], Tensor]
) -> Tensor:
    """A word's row is what it means on the way in and what is looked for on the way out."""
    states = read(table[tokens] * math.sqrt(table.shape[1]))
    return states @ table.T + bias


def exercise_11_7(found: Tensor, W_O: Tensor, head: int) -> Tensor:
    """A head whose answers are zero adds nothing to the output."""
    silent = found.clone()
    silent[:, head] = 0
    return silent.transpose(1, 2).flatten(2) @ W_O


def exercise_11_8(source_size: int, target_size: int, n: int, inner: int, layers: int) -> int:
    """Part by part; the number of heads does not appear."""
    attention = 4 * (n * n + n)
    network = (n * inner + inner) + (inner * n + n)
    norm = 2 * n
    encoder = layers * (attention + network + 2 * norm) + norm
    decoder = layers * (2 * attention + network + 3 * norm) + norm
    return (source_size + target_size) * n + encoder + decoder + target_size
