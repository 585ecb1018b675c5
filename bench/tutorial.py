"""The usual tutorial manner, written out: the library's own parts, so the sizes and, where nothing
is padded, the losses are the same, but run as most tutorials on the web run theirs.

The encoder reads the padding. The decoder goes word by word through a Python loop, each word
projected to the whole vocabulary on its own and written into outputs allocated before. Attention
projects its keys anew at every step. A second manner is that of Dive into Deep Learning, sections
10.7 and 11.4: the loop only where attention asks for it, one projection at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from bench.work import Loss
from seq2seq_lib.attending import Luong
from seq2seq_lib.attention import Dot
from seq2seq_lib.batching import Batch
from seq2seq_lib.vocabulary import BOS, EOS, PAD


def surprise(logits: Tensor, batch: Batch) -> Tensor:
    """Cross-entropy over the whole rectangle, the padding left out at the end."""
    return F.cross_entropy(logits.flatten(0, 1), batch.targets.flatten(), ignore_index=PAD)


def read(model: Any, source: Tensor) -> tuple[Tensor, Tensor]:
    """Every column's output and the last state, padding and all."""
    outputs, hidden = model.reader.cells(model.dropout(model.embedding(source)))
    if model.reader.cells.bidirectional:
        hidden = torch.cat([hidden[-2], hidden[-1]], dim=1)[None]
    return outputs, hidden


Look = Callable[[Tensor], Tensor]


def looking(writer: Any, outputs: Tensor, first: Tensor, mask: Tensor) -> Look:
    """The way to the context `(batch, 1, width)` for a state `(1, batch, width)`: attention, or
    the encoder's last state whatever the decoder's is."""
    if not hasattr(writer, "score"):
        return lambda hidden: first.transpose(0, 1)
    score = writer.score

    def compare(hidden: Tensor) -> Tensor:
        if isinstance(score, Dot):
            return torch.bmm(outputs, hidden[-1][:, :, None]).squeeze(2)
        repeated = hidden[-1][:, None].repeat(1, outputs.shape[1], 1)
        energy = torch.tanh(score.query(repeated) + score.key(outputs))
        return score.weight(energy).squeeze(2)

    def look(hidden: Tensor) -> Tensor:
        weights = F.softmax(compare(hidden).masked_fill(~mask, -1e10), dim=1)
        return torch.bmm(weights[:, None], outputs)

    return look


def step(writer: Any, word: Tensor, hidden: Tensor, look: Look) -> tuple[Tensor, Tensor]:
    """What is read out after one more word `(batch,)`: `(batch, 1, width)`, and the state. Luong's
    decoder steps, then looks; the others look first."""
    inputs = writer.dropout(writer.embedding(word[:, None]))
    if isinstance(writer, Luong):
        stepped, hidden = writer.cells(inputs, hidden)
        context = look(hidden)
    else:
        context = look(hidden)
        stepped, hidden = writer.cells(torch.cat([inputs, context], dim=2), hidden)
    return torch.tanh(writer.combine(torch.cat([stepped, context], dim=2))), hidden


def word_by_word(model: Any) -> Loss:
    """The loss of a recurrent model in the usual tutorial manner."""

    def loss(batch: Batch) -> Tensor:
        outputs, hidden = read(model, batch.source)
        look = looking(model.writer, outputs, hidden, batch.source != PAD)
        rows, steps = batch.inputs.shape
        logits = torch.zeros(rows, steps, model.writer.output.out_features)
        for place in range(steps):
            mixed, hidden = step(model.writer, batch.inputs[:, place], hidden, look)
            logits[:, place] = model.writer.output(mixed[:, 0])
        return surprise(logits, batch)

    return loss


def projected_once(model: Any) -> Loss:
    """The loss of a recurrent model in the manner of Dive into Deep Learning: a fixed context's
    decoder in one call of the fused kernel, an attending one in a loop, one projection."""

    def loss(batch: Batch) -> Tensor:
        outputs, hidden = read(model, batch.source)
        writer = model.writer
        look = looking(writer, outputs, hidden, batch.source != PAD)
        if hasattr(writer, "score"):
            found = []
            for word in batch.inputs.unbind(1):
                mixed, hidden = step(writer, word, hidden, look)
                found.append(mixed)
            return surprise(writer.output(torch.cat(found, dim=1)), batch)
        context = look(hidden).repeat(1, batch.inputs.shape[1], 1)
        inputs = torch.cat([writer.embedding(batch.inputs), context], dim=2)
        stepped, _ = writer.cells(inputs, hidden)
        mixed = torch.tanh(writer.combine(torch.cat([stepped, context], dim=2)))
        return surprise(writer.output(mixed), batch)

    return loss


class Ahead:
    """How a tutorial goes on from a beginning: a sentence at a time, a word at a time."""

    def __init__(self, model: Any, source: Tensor) -> None:
        self.model = model
        self.mask = torch.ones_like(source, dtype=torch.bool)
        self.recurrent = hasattr(model.reader, "cells")
        if self.recurrent:
            outputs, self.start = read(model, source)
            self.look = looking(model.writer, outputs, self.start, self.mask)
        else:
            self.memory, self.state = model.encode(source, self.mask)

    def scores(self, words: list[int], hidden: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Log-probabilities `(vocabulary,)` of what follows, and the state after it.

        A Transformer reads all the words again, as the usual loop does, a recurrent one the last.
        """
        if self.recurrent:
            last = torch.tensor([words[-1]])
            found = self.start if hidden is None else hidden
            mixed, after = step(self.model.writer, last, found, self.look)
            logits = self.model.writer.output(mixed[:, 0])
        else:
            logits = self.model.decode(torch.tensor([words]), self.state, self.memory).logits[:, -1]
            after = None
        scores = F.log_softmax(logits[0], dim=0)
        scores[[PAD, BOS]] = -torch.inf
        return scores, after


@torch.no_grad()
def translate(model: Any, sentence: list[int], width: int) -> list[int]:
    """One sentence by a loop: each beginning asked on its own, the `width` best kept, until all of
    them have ended. Numbers without `<bos>` and `<eos>`."""
    ahead = Ahead(model, torch.tensor([sentence]))
    limit = 2 * len(sentence) + 10
    kept: list[tuple[float, list[int], Tensor | None]] = [(0.0, [BOS], None)]
    for _ in range(limit):
        grown = []
        for total, words, hidden in kept:
            if words[-1] == EOS:
                grown.append((total, words, hidden))
                continue
            scores, after = ahead.scores(words, hidden)
            for score, word in zip(*scores.topk(width), strict=True):
                grown.append((total + score.item(), [*words, int(word)], after))
        kept = sorted(grown, key=lambda one: -one[0])[:width]
        if all(words[-1] == EOS for _, words, _ in kept):
            break
    return [word for word in kept[0][1] if word not in (BOS, EOS)]
