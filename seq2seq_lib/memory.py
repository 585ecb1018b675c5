"""The values that pass between encoder and decoder.

An encoder and a decoder meet in two of them. `Memory` is what every later step may read again and
none may change. `State` is what a step leaves to the next one. Both are records of batch-first
tensors: nothing that a sentence has produced is ever kept on a module.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Protocol, Self

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Record:
    """The base of all records: frozen, and every tensor in it has the batch as its first axis."""

    def select(self, rows: Tensor) -> Self:
        """The same record for other rows of the batch.

        `rows` is an index `(rows,)`, in which a row may be repeated or left out, or a boolean mask
        `(batch,)`. This one method reorders a beam, repeats a sentence for sampling, and drops the
        sentences that are finished.
        """
        # `index_select` copies a row as one block, `tensor[rows]` number by number: in a search
        # over a Transformer's keys and values, five to eight times as slow.
        places = rows.nonzero().flatten() if rows.dtype == torch.bool else rows
        return self._map(lambda tensor: tensor.index_select(0, places))

    def to(self, device: torch.device | str) -> Self:
        """The same record on another device."""
        return self._map(lambda tensor: tensor.to(device))

    def _map(self, change) -> Self:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: _apply(value, change) for name, value in values.items()})


def _apply(value, change):
    if value is None:
        return None
    if isinstance(value, Record):
        return value._map(change)
    if isinstance(value, tuple):
        return tuple(_apply(part, change) for part in value)
    return change(value)


@dataclass(frozen=True)
class State(Record):
    """What one step of a decoder leaves to the next. Each family of decoders has its own fields."""


@dataclass(frozen=True)
class Memory(Record):
    """What the encoder leaves for every step of the decoder to read.

    mask: `(batch, source)`, True where a source token is real.
    context: `(batch, width)`, the whole sentence in one vector, or None.
    values: `(batch, source, width)`, one vector for each source token, or None.
    keys: `(batch, source, keys)`, the values as attention compares them, projected once.
    divergence: `(batch,)`, what a bottleneck between the halves costs: the Kullback–Leibler
    divergence in nats from the prior to what the encoder says of the sentence; otherwise None.
    """

    mask: Tensor
    context: Tensor | None = None
    values: Tensor | None = None
    keys: Tensor | None = None
    divergence: Tensor | None = None


@dataclass(frozen=True)
class Decoded(Record):
    """What the decoder gives for the tokens it was fed.

    logits: `(batch, target, vocabulary)`, at each position the scores of the token that follows.
    state: what to hand to the next call.
    attention: `(batch, target, source)`, rows that sum to 1, or None where there is no attention.
    """

    logits: Tensor
    state: State
    attention: Tensor | None = None


class SequenceModel(Protocol):
    """What every model of the book is: a reader and a writer that meet in memory and state."""

    def encode(self, source: Tensor, mask: Tensor) -> tuple[Memory, State]:
        """Read `source (batch, source)`, whose real tokens are True in `mask (batch, source)`."""

    def decode(self, tokens: Tensor, state: State, memory: Memory) -> Decoded:
        """Go on from `state` over `tokens (batch, target)`, however many they are."""

    def parameters(self) -> Iterator[nn.Parameter]:
        """What training changes; it also says where the model is."""


def held(part: Tensor | None, what: str) -> Tensor:
    """The part of a memory that a decoder reads. Raises ValueError if this memory has none."""
    if part is None:
        raise ValueError(f"decode: wanted a memory with {what}, got one without")
    return part


def check_mask(mask: Tensor, shape: tuple[int, ...], what: str) -> None:
    """Raise ValueError unless `mask` is a boolean tensor of this shape."""
    if mask.dtype != torch.bool or tuple(mask.shape) != tuple(shape):
        raise ValueError(
            f"{what}: wanted a boolean mask of shape {tuple(shape)}, "
            f"got {mask.dtype} of shape {tuple(mask.shape)}"
        )


def check_source(source: Tensor, mask: Tensor, *, empty: bool = False) -> None:
    """Raise ValueError unless `mask (batch, source)` fits `source (batch, source, …)`, has padding
    only after the real tokens and, unless `empty` is allowed, a real token in every row."""
    check_mask(mask, tuple(source.shape[:2]), "encode")
    if (mask[:, 1:] & ~mask[:, :-1]).any():
        raise ValueError("encode: wanted padding only after the last real token, got some before")
    if not empty and not mask.any(dim=1).all():
        row = int((~mask.any(dim=1)).nonzero()[0])
        raise ValueError(f"encode: wanted a real token in every sentence, row {row} has none")


def check_tokens(tokens: Tensor, memory: Memory) -> None:
    """Raise ValueError unless `tokens (batch, target)` has a step, and a row for each sentence."""
    if tokens.ndim != 2 or tokens.shape[1] == 0:
        raise ValueError(
            f"decode: wanted tokens (batch, target) with at least one step, "
            f"got shape {tuple(tokens.shape)}"
        )
    if len(tokens) != len(memory.mask):
        raise ValueError(
            f"decode: wanted one row of tokens for each of the {len(memory.mask)} sentences "
            f"in memory, got {len(tokens)}"
        )
