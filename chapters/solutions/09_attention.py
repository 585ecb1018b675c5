"""Chapter 09, worked solutions: what if the decoder could look back?"""

import torch
from torch import Tensor


def exercise_09_1(query: Tensor, values: Tensor, W: Tensor, U: Tensor, w: Tensor) -> Tensor:
    """Every query meets every value: the two new axes let broadcasting make all the sums."""
    queries = query @ W.T  # (batch, target, width)
    keys = values @ U.T  # (batch, source, width)
    mixed = torch.tanh(queries[:, :, None] + keys[:, None])  # (batch, target, source, width)
    return mixed @ w


def exercise_09_2(query: Tensor, values: Tensor, W: Tensor) -> Tensor:
    """qᵀ(W v): the matrix goes to the values' side, where one product serves every step."""
    keys = values @ W.T  # row v becomes W v
    return query @ keys.mT


def exercise_09_3(scores: Tensor, mask: Tensor) -> Tensor:
    """Hide before the softmax with a finite number, and wipe after it for the empty sentence."""
    visible = mask[:, None, :]  # the same words are hidden from every target step
    lowest = torch.finfo(scores.dtype).min
    weights = scores.masked_fill(~visible, lowest).softmax(dim=-1)
    return weights * visible


def exercise_09_4(queries: Tensor, keys: Tensor, values: Tensor, bandwidth: float) -> Tensor:
    """The logarithm of the Gaussian kernel is the score; softmax does the division."""
    distances = queries[:, None] - keys[None, :]  # (queries, examples)
    scores = -(distances**2) / (2 * bandwidth**2)
    return scores.softmax(dim=-1) @ values


def exercise_09_5(width: int, query_deviation: float, key_deviation: float) -> float:
    """Variances of independent products add up: width times the product of the variances."""
    variance = width * query_deviation**2 * key_deviation**2
    return variance**-0.5


def exercise_09_6(mask: Tensor, centres: Tensor, reach: int) -> Tensor:
    """A distance, a comparison, and the old mask: a place is visible if both agree."""
    places = torch.arange(mask.shape[1])
    near = (places - centres[:, :, None]).abs() <= reach  # (batch, target, source)
    return near & mask[:, None, :]


def exercise_09_7(links: list[set], sure: list[set], possible: list[set]) -> float:
    """Count over the whole corpus, then divide once, so that long sentences weigh more."""
    right, total = 0, 0
    for found, certain, allowed in zip(links, sure, possible, strict=True):
        right += len(found & certain) + len(found & allowed)
        total += len(found) + len(certain)
    return 1 - right / total


def exercise_09_8(scores: Tensor, values: Tensor, mask: Tensor) -> Tensor:
    """Choose one real word for each step, and take its vector as it is."""
    lowest = torch.finfo(scores.dtype).min
    places = scores.masked_fill(~mask[:, None, :], lowest).argmax(dim=-1)  # (batch, target)
    rows = torch.arange(len(values))[:, None]
    return values[rows, places]
