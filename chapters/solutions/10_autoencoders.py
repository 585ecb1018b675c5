"""Chapter 10, worked solutions: what if the target is the input?"""

from collections.abc import Callable

import torch
from torch import Tensor


def exercise_10_1(vectors: Tensor, code: int) -> Tensor:
    """The variances along the components that are not kept."""
    values = torch.linalg.svdvals(vectors - vectors.mean(0))
    return values[code:].square().sum() / len(vectors)


def exercise_10_2(first: Tensor, second: Tensor) -> Tensor:
    """Orthonormal bases; the smallest singular value of their product is the cosine."""
    A, B = torch.linalg.qr(first)[0], torch.linalg.qr(second)[0]
    cosines = torch.linalg.svdvals(A.T @ B)
    return cosines.min().clamp(max=1).acos().rad2deg()


def exercise_10_3(model: Callable, clean: Tensor, corrupt: Callable) -> Tensor:
    """Noise goes in, the clean vector is asked for."""
    rebuilt = model(corrupt(clean))
    return (rebuilt - clean).square().sum(dim=1).mean()


def exercise_10_4(vectors: Tensor, W: Tensor, b: Tensor, c: Tensor) -> Tensor:
    """The way back is the way in, transposed."""
    code = torch.tanh(vectors @ W.T + b)
    return code @ W + c


def exercise_10_5(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """Chance stands beside the two, so they can be moved."""
    return mean + (log_variance / 2).exp() * noise


def exercise_10_6(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """The mean of log q - log p over draws from q; what both share is left out."""
    z = mean + (log_variance / 2).exp() * noise
    log_q = -((z - mean).square() / log_variance.exp() + log_variance).sum(-1) / 2
    log_p = -z.square().sum(-1) / 2
    return (log_q - log_p).mean()


def exercise_10_7(step: int, steps: int, share: float, highest: float) -> float:
    """A straight line up, then level."""
    rise = share * steps
    return highest if step >= rise else highest * step / rise


def exercise_10_8(translator: dict, copier: dict) -> dict:
    """What reads the source is the copier's, what writes the target stays new."""
    weights = {name: tensor.clone() for name, tensor in translator.items()}
    for name, tensor in copier.items():
        if name.startswith(("embedding.", "reader.")):
            weights[name] = tensor.clone()
    return weights
