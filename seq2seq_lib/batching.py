"""Sentences of unequal length, made into rectangles that waste little."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from seq2seq_lib.memory import Record
from seq2seq_lib.vocabulary import BOS, EOS, PAD, Vocabularies


@dataclass(frozen=True)
class Example:
    """A pair as numbers: `source` ends in `<eos>`; `target` has neither `<bos>` nor `<eos>`."""

    source: tuple[int, ...]
    target: tuple[int, ...]

    @property
    def size(self) -> int:
        """The longer side in tokens, `<eos>` included."""
        return max(len(self.source), len(self.target) + 1)


@dataclass(frozen=True)
class Batch(Record):
    """A rectangle of examples.

    source, source_mask: `(batch, source)`. inputs, targets, target_mask: `(batch, target)`: the
    inputs begin with `<bos>`, the targets end with `<eos>`, and at each position the target is
    what should follow the input.
    """

    source: Tensor
    source_mask: Tensor
    inputs: Tensor
    targets: Tensor
    target_mask: Tensor

    @property
    def tokens(self) -> int:
        """Real target tokens, `<eos>` included."""
        return int(self.target_mask.sum())


def encode_pairs(
    pairs: Iterable, vocabularies: Vocabularies, *, limit: int | None = None
) -> list[Example]:
    """Numbers for pairs that have `.source` and `.target` tokens.

    Raises ValueError if there is no pair, or if a side is empty or longer than `limit` tokens.
    """
    examples = []
    for number, pair in enumerate(pairs, start=1):
        for side, tokens in (("source", pair.source), ("target", pair.target)):
            if not tokens:
                raise ValueError(f"pair {number}: the {side} is empty")
            if limit is not None and len(tokens) > limit:
                raise ValueError(
                    f"pair {number}: wanted at most {limit} tokens, the {side} has {len(tokens)}"
                )
        source = (*vocabularies.source.encode(pair.source), EOS)
        examples.append(Example(source, tuple(vocabularies.target.encode(pair.target))))
    if not examples:
        raise ValueError("wanted at least one pair, got an empty corpus")
    return examples


def pad(sequences: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Numbers and mask `(batch, longest)` of sequences of unequal length."""
    if not sequences:
        raise ValueError("wanted at least one sequence to pad, got none")
    lengths = [len(sequence) for sequence in sequences]
    longest = max(lengths)
    # One tensor of equal lists: a tensor for each sentence costs more than the padding.
    rows = [[*sequence, *[PAD] * (longest - len(sequence))] for sequence in sequences]
    padded = torch.tensor(rows, dtype=torch.long).view(len(rows), longest)
    return padded, torch.arange(longest) < torch.tensor(lengths)[:, None]


def collate(examples: Sequence[Example]) -> Batch:
    """One batch of these examples, in this order."""
    source, source_mask = pad([example.source for example in examples])
    inputs, target_mask = pad([(BOS, *example.target) for example in examples])
    targets, _ = pad([(*example.target, EOS) for example in examples])
    return Batch(source, source_mask, inputs, targets, target_mask)


def batches(
    examples: Sequence[Example], *, tokens: int, generator: torch.Generator | None = None
) -> list[Batch]:
    """All examples once, in batches of at most `tokens` padded tokens on the longer side.

    Examples of like length go together, so that little is padding. With a generator, ties are
    broken and the batches ordered at random; without one, both are fixed. Raises ValueError if an
    example alone is over the budget.
    """
    return [collate([examples[i] for i in rows]) for rows in plan(examples, tokens, generator)]


def plan(
    examples: Sequence[Example], tokens: int, generator: torch.Generator | None = None
) -> list[list[int]]:
    """Which examples go into which batch: positions in `examples`, as `batches` uses them."""
    if not examples:
        raise ValueError("wanted at least one example to batch, got none")
    order = list(range(len(examples)))
    if generator is not None:
        order = torch.randperm(len(examples), generator=generator).tolist()
    order.sort(key=lambda i: (len(examples[i].target), len(examples[i].source)))
    rows: list[list[int]] = []
    longest = 0
    for i in order:
        if examples[i].size > tokens:
            raise ValueError(
                f"wanted examples of at most {tokens} tokens, the batch's budget; "
                f"example {i} has {examples[i].size}"
            )
        longest = max(longest, examples[i].size)
        if not rows or longest * (len(rows[-1]) + 1) > tokens:
            rows.append([])
            longest = examples[i].size
        rows[-1].append(i)
    if generator is not None:
        rows = [rows[i] for i in torch.randperm(len(rows), generator=generator).tolist()]
    return rows


def digest(examples: Sequence[Example]) -> str:
    """A short name for exactly these examples in this order."""
    total = hashlib.sha256()
    for example in examples:
        total.update(repr((tuple(example.source), tuple(example.target))).encode())
    return total.hexdigest()[:16]
