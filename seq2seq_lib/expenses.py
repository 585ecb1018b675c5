"""What a model costs: seconds, and what it has to remember, against the length of a sentence."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields

import torch
from torch import Tensor

from seq2seq_lib.batching import Batch
from seq2seq_lib.losses import objective
from seq2seq_lib.memory import Record, SequenceModel
from seq2seq_lib.models import Model
from seq2seq_lib.training import evaluating
from seq2seq_lib.vocabulary import BOS, SPECIALS


def sentences(count: int, length: int, vocabulary: int, generator: torch.Generator) -> Batch:
    """A batch of `count` sentences of `length` random words on both sides: only its size matters.

    `vocabulary` is the smaller of the two; none of its special tokens is drawn.
    """
    if vocabulary <= len(SPECIALS):
        raise ValueError(f"sentences: wanted words beside {len(SPECIALS)} specials, got none")
    words = torch.randint(len(SPECIALS), vocabulary, (2, count, length), generator=generator)
    beginning = torch.full((count, 1), BOS)
    inputs = torch.cat([beginning, words[1, :, :-1]], dim=1)
    real = torch.ones(count, length, dtype=torch.bool)
    return Batch(words[0], real, inputs, words[1], real)


def training_step(model: Model, batch: Batch) -> None:
    """Forward and backward; the gradients are thrown away."""
    objective(model, batch).backward()
    model.zero_grad()


@torch.no_grad()
def writing(model: SequenceModel, batch: Batch) -> list[Record]:
    """Read the batch's sources and write as many words, greedily, never stopping before.

    Gives the records that the last step was left with: memory and state.
    """
    memory, state = model.encode(batch.source, batch.source_mask)
    word = batch.inputs[:, :1]
    for _ in range(batch.inputs.shape[1]):
        decoded = model.decode(word, state, memory)
        word, state = decoded.logits[:, -1:].argmax(-1), decoded.state
    return [memory, state]


def seconds(work: Callable[[], object], *, times: int = 3) -> float:
    """Processor time of the quickest of `times` calls: what disturbs can only make it slower."""
    found = []
    for _ in range(times):
        started = time.process_time()
        work()
        found.append(time.process_time() - started)
    return min(found)


def kept_for_backward(model: Model, batch: Batch) -> int:
    """The bytes of everything that the forward pass keeps for the backward pass, parameters apart.

    A storage that is kept twice counts once.
    """
    own = {tensor.untyped_storage().data_ptr() for tensor in model.parameters()}
    kept: dict[int, tuple[Tensor, int]] = {}

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            # The tensor itself is held, so that its address is not given to another.
            kept[storage.data_ptr()] = (tensor, storage.nbytes())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        loss = objective(model, batch)
    del loss
    return sum(size for _, size in kept.values())


def kept_for_writing(model: Model, batch: Batch) -> int:
    """The bytes of memory and state at the last word: what each sentence has to hold meanwhile."""
    with evaluating(model):
        return _size(writing(model, batch))


def _size(records: Iterable[Record]) -> int:
    storages = {
        tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes()
        for record in records
        for tensor in _tensors(record)
    }
    return sum(storages.values())


def _tensors(value: object) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Record):
        for field in fields(value):
            yield from _tensors(getattr(value, field.name))
    elif isinstance(value, tuple):
        for part in value:
            yield from _tensors(part)
