"""Tampering with attention: what a model still does when it looks elsewhere.

Attention reads keys from memory, and memory is a value: other keys are other weights, and nothing
else in the model is touched (Jain & Wallace 2019 and Wiegreffe & Pinter 2019 argue about what this
shows).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import cast

import torch
from torch import Tensor, nn

from seq2seq_lib.evaluation import forced
from seq2seq_lib.memory import Decoded, Memory, State
from seq2seq_lib.models import Model
from seq2seq_lib.vocabulary import Vocabularies


class Tampered(nn.Module):
    """A model that attends, with other keys in its memory.

    change: gives the keys `(batch, source, width)` for a `Memory`.
    """

    def __init__(self, model: Model, change: Callable[[Memory], Tensor]) -> None:
        super().__init__()
        self.model: Model = model
        self.change = change

    def encode(self, source: Tensor, mask: Tensor) -> tuple[Memory, State]:
        """Read `source (batch, source)`, then change the keys."""
        memory, state = self.model.encode(source, mask)
        return replace(memory, keys=self.change(memory)), state

    def decode(self, tokens: Tensor, state: State, memory: Memory) -> Decoded:
        """As the model decodes."""
        return self.model.decode(tokens, state, memory)


def _keys(memory: Memory) -> Tensor:
    if memory.keys is None:
        raise ValueError("wanted the memory of a model that attends, this one keeps no keys")
    return memory.keys


def uniform(memory: Memory) -> Tensor:
    """Keys that are all alike: every real source token gets the same weight.

    Raises ValueError for a memory without keys.
    """
    return torch.zeros_like(_keys(memory))


def shuffled(memory: Memory) -> Tensor:
    """The keys of each sentence dealt anew among its real tokens, padding left where it is.

    The weights of a row stay what they were, and lie on other words. The order is the same
    whenever the same memory comes: it is drawn from a generator made here. Raises ValueError for a
    memory without keys.
    """
    keys = _keys(memory)
    generator = torch.Generator().manual_seed(0)
    order = torch.rand(memory.mask.shape, generator=generator).to(keys.device)
    places = order.masked_fill(~memory.mask, 2).argsort(dim=1)
    rows = torch.arange(len(places), device=places.device)[:, None]
    return keys[rows, places]


def total_variation(
    model: Model, other: Model | Tampered, pairs: Sequence, vocabularies: Vocabularies
) -> Tensor:
    """How far the next word's distribution moves from one model to another, the reference forced.

    Gives `(words,)`, one number for each target word and `<eos>`: half the sum of the absolute
    differences of the probabilities, 0 for none and 1 for no overlap.
    """
    found = []
    # A tampered model is a model in all but its type.
    both = (forced(cast(Model, each), pairs, vocabularies, "logits") for each in (model, other))
    for (pair, first), (_, second) in zip(*both, strict=True):
        real = len(pair.target) + 1
        moved = first[:real].softmax(dim=-1) - second[:real].softmax(dim=-1)
        found.append(moved.abs().sum(dim=-1) / 2)
    return torch.cat(found)


def entropy(weights: Tensor) -> Tensor:
    """Entropy in bits over the last axis: 0 if one place has all the weight, log2(n) if n share it.

    `weights (…, source)` sum to 1; gives `(…)`.
    """
    return torch.special.entr(weights).sum(dim=-1) / torch.tensor(2.0).log()
