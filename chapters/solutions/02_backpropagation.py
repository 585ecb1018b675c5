"""Chapter 02, worked solutions: who is to blame?"""

from collections.abc import Callable

import torch
from torch import Tensor


def exercise_02_1(up: Tensor, factors: list[Tensor]) -> list[Tensor]:
    """Each factor gets the blame times all the others: a product that leaves one out."""
    blames = []
    for own in range(len(factors)):
        blame = up
        for place, factor in enumerate(factors):
            if place != own:
                blame = blame * factor
        blames.append(blame)
    return blames


def exercise_02_2(up: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """The chapter's rule for each sentence; b served all of them, so its shares are added."""
    return up @ b.T, (a.mT @ up).sum(0)


def exercise_02_3(up: Tensor, shape: tuple[int, ...]) -> Tensor:
    """First the axes that the tensor does not have, then those that were stretched from 1."""
    while up.dim() > len(shape):
        up = up.sum(0)
    for axis, size in enumerate(shape):
        if size == 1 and up.shape[axis] > 1:
            up = up.sum(axis, keepdim=True)
    return up


def exercise_02_4(graph: list) -> dict[str, float]:
    """When a step's turn comes, all that used it have had theirs, so its blame is complete."""
    blame = {name: 0.0 for name, _ in graph}
    loss, _ = graph[-1]
    blame[loss] = 1.0
    for name, inputs in reversed(graph):
        for parent, slope in inputs:
            blame[parent] += slope * blame[name]
    return blame


def exercise_02_5(parents: dict[str, list[str]], output: str) -> list[str]:
    """A stack of our own: a name leaves it when all its parents have left."""
    stack, done, listed = [output], set(), []
    while stack:
        name = stack[-1]
        waiting = [parent for parent in parents[name] if parent not in done]
        if name in done:
            stack.pop()
        elif waiting:
            stack.append(waiting[0])
        else:
            done.add(stack.pop())
            listed.append(name)
    return listed


def exercise_02_6(logits: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    """Probability less 1 for the right word; nothing at padding; a share of the mean each."""
    right = torch.nn.functional.one_hot(targets, logits.shape[-1])
    blame = logits.softmax(dim=-1) - right  # (batch, words, vocabulary)
    return blame * mask[:, :, None] / mask.sum()


def exercise_02_7(functions: dict[str, tuple[Callable, Callable]], points: Tensor) -> set[str]:
    """The worst point decides, measured against the largest slope of that function."""
    step, wrong = 1e-5, set()
    for name, (function, derivative) in functions.items():
        slope = (function(points + step) - function(points - step)) / (2 * step)
        worst = (slope - derivative(points)).abs().max()
        if worst > 1e-4 * slope.abs().max():
            wrong.add(name)
    return wrong


def exercise_02_8(
    weight: Tensor,
    gradient: Tensor,
    m: Tensor,
    v: Tensor,
    step: int,
    rate: float = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
) -> tuple[Tensor, Tensor, Tensor]:
    """The corrected means serve this step only; the running ones are kept."""
    m = beta1 * m + (1 - beta1) * gradient
    v = beta2 * v + (1 - beta2) * gradient**2
    m_hat, v_hat = m / (1 - beta1**step), v / (1 - beta2**step)
    return weight - rate * m_hat / (v_hat.sqrt() + epsilon), m, v
