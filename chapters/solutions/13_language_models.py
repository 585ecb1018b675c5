"""Chapter 13, worked solutions: from translator to language model."""

import math

import torch
from torch import Tensor


def exercise_13_1(source: int, target: int) -> Tensor:
    """Causal, and the source's own square on top of it."""
    length = source + target
    mask = torch.ones(length, length, dtype=torch.bool).tril()
    mask[:source, :source] = True
    return mask


def exercise_13_2(logits: Tensor, stream: Tensor, start: Tensor, real: Tensor) -> Tensor:
    """The place of the token that is scored decides, not of the one that was fed."""
    scored = stream[:, 1:]
    chances = logits[:, :-1].log_softmax(-1)
    losses = -chances.gather(2, scored[..., None])[..., 0]
    places = torch.arange(1, stream.shape[1])
    counts = (places >= start[:, None]) & real[:, 1:]
    return losses[counts].mean()


def exercise_13_3(
    x: Tensor, W_Q: Tensor, W_K: Tensor, W_V: Tensor, keys: Tensor, values: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """The new word joins the cache first, and then asks everyone in it, itself included."""
    query, key, value = x @ W_Q, x @ W_K, x @ W_V
    keys = torch.cat([keys, key[:, None]], dim=1)
    values = torch.cat([values, value[:, None]], dim=1)
    scores = query[:, None] @ keys.mT / math.sqrt(x.shape[-1])
    return (scores.softmax(-1) @ values)[:, 0], keys, values


def exercise_13_4(
    layers: int, width: int, heads: int, groups: int, tokens: int, each: int
) -> int:
    """A key and a value, in each block, for each token, of so many numbers."""
    return 2 * layers * tokens * groups * (width // heads) * each


def exercise_13_5(tokens: Tensor) -> Tensor:
    """First each place learns what stood before it, then the question looks for its own like."""
    before = tokens.roll(1)
    before[0] = -1
    hits = before == tokens[-1]
    if not hits.any():
        hits = torch.ones_like(hits)
    return hits.float() / hits.sum()


def exercise_13_6(weights: Tensor, source: int) -> Tensor:
    """From <bos> to the last French word but one, over the English words."""
    part = weights[source + 1 : -1, :source]
    return part / part.sum(dim=-1, keepdim=True)
