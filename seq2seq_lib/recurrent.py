"""The recurrent parts: a reader for the source, and four ways for a decoder to get at it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from seq2seq_lib.attention import attend, make_score
from seq2seq_lib.config import RecurrentConfig
from seq2seq_lib.memory import Decoded, Memory, Record, State, check_mask

CELLS = {"gru": nn.GRU, "lstm": nn.LSTM}


@dataclass(frozen=True)
class RecurrentState(State):
    """hidden: `(batch, layers, width)`; cell: the same shape for an LSTM, None for a GRU."""

    hidden: Tensor
    cell: Tensor | None = None


@dataclass(frozen=True)
class Reading(Record):
    """What a reader found: a vector for each token, and the state it ended in.

    outputs: `(batch, source, width)`; final: the state after the last real token; mask:
    `(batch, source)`.
    """

    outputs: Tensor
    final: RecurrentState
    mask: Tensor


def run(cells: nn.Module, inputs: Tensor, state: RecurrentState) -> tuple[Tensor, RecurrentState]:
    """Carry `state` over `inputs (batch, steps, features)` with a fused `nn.GRU` or `nn.LSTM`.

    Gives the top layer's outputs `(batch, steps, width)` and the state after the last step.
    """
    hidden = state.hidden.transpose(0, 1).contiguous()
    if state.cell is None:
        outputs, final = cells(inputs, hidden)
        return outputs, RecurrentState(final.transpose(0, 1))
    outputs, (final, cell) = cells(inputs, (hidden, state.cell.transpose(0, 1).contiguous()))
    return outputs, RecurrentState(final.transpose(0, 1), cell.transpose(0, 1))


def reverse(sequence: Tensor, mask: Tensor) -> Tensor:
    """The real tokens of each row in reverse order; the padding stays at the end.

    `sequence (batch, source, …)` and `mask (batch, source)`; done twice, it changes nothing.
    """
    steps = torch.arange(mask.shape[1], device=mask.device)
    backwards = (mask.sum(1, keepdim=True) - 1 - steps).where(mask, steps)
    return sequence[torch.arange(len(mask), device=mask.device)[:, None], backwards]


def _check_source(source: Tensor, mask: Tensor) -> None:
    check_mask(mask, tuple(source.shape[:2]), "encode")
    if (mask[:, 1:] & ~mask[:, :-1]).any():
        raise ValueError("encode: wanted padding only after the last real token, got some before")
    if not mask.any(dim=1).all():
        row = int((~mask.any(dim=1)).nonzero()[0])
        raise ValueError(f"encode: wanted a real token in every sentence, row {row} has none")


class Reader(nn.Module):
    """Reads the embedded source forward, backward, or both ways with half the width each."""

    def __init__(self, config: RecurrentConfig) -> None:
        super().__init__()
        both = config.direction == "both"
        self.backward = config.direction == "backward"
        self.cells = CELLS[config.cell](
            config.embedding,
            config.width // 2 if both else config.width,
            config.layers,
            batch_first=True,
            bidirectional=both,
        )

    def forward(self, embedded: Tensor, mask: Tensor) -> Reading:
        """Read `embedded (batch, source, embedding)`; raises ValueError on a mask that does not
        fit, on padding before a real token and on a sentence without tokens."""
        _check_source(embedded, mask)
        if self.backward:
            embedded = reverse(embedded, mask)
        packed = pack_padded_sequence(
            embedded, mask.sum(1).cpu(), batch_first=True, enforce_sorted=False
        )
        outputs, final = self.cells(packed)
        outputs, _ = pad_packed_sequence(outputs, batch_first=True, total_length=mask.shape[1])
        if self.backward:
            outputs = reverse(outputs, mask)
        hidden, cell = final if isinstance(final, tuple) else (final, None)
        state = RecurrentState(
            self._by_layer(hidden), None if cell is None else self._by_layer(cell)
        )
        return Reading(outputs, state, mask)

    def _by_layer(self, final: Tensor) -> Tensor:
        """(layers · directions, batch, part) to (batch, layers, width)."""
        batch, layers = final.shape[1], self.cells.num_layers
        return (
            final.view(layers, -1, *final.shape[1:]).permute(2, 0, 1, 3).reshape(batch, layers, -1)
        )


class _Writer(nn.Module):
    """What all four decoders have: embedding, cells, read-out. Each adds its own way to look."""

    def __init__(self, config: RecurrentConfig, *, looks: bool, fed: bool) -> None:
        super().__init__()
        width = config.width
        self.embedding = nn.Embedding(config.target_size, config.embedding)
        self.cells = CELLS[config.cell](
            config.embedding + (width if fed else 0), width, config.layers, batch_first=True
        )
        # The read-out sees the state and, where there is one, the context: tanh(W [h; c]).
        self.combine = nn.Linear(2 * width, width, bias=False) if looks else None
        self.output = nn.Linear(width, config.target_size)
        self.dropout = nn.Dropout(config.dropout)

    def embed(self, tokens: Tensor) -> Tensor:
        return self.dropout(self.embedding(tokens))

    def read_out(self, hidden: Tensor, context: Tensor | None = None) -> Tensor:
        """Logits `(batch, target, vocabulary)` of states and contexts `(batch, target, width)`."""
        if context is not None:
            hidden = torch.tanh(self.combine(torch.cat([hidden, context], dim=-1)))
        return self.output(self.dropout(hidden))


class FirstState(_Writer):
    """The last state of the reader becomes the first of the writer (Sutskever et al. 2014)."""

    def __init__(self, config: RecurrentConfig) -> None:
        super().__init__(config, looks=False, fed=False)

    def remember(self, reading: Reading) -> tuple[Memory, RecurrentState]:
        """The memory holds the context for whoever wants to probe it; the decoder never looks."""
        return Memory(reading.mask, context=reading.final.hidden[:, -1]), reading.final

    def forward(self, tokens: Tensor, state: RecurrentState, memory: Memory) -> Decoded:
        """Go on from `state` over `tokens (batch, target)`."""
        hidden, state = run(self.cells, self.embed(tokens), state)
        return Decoded(self.read_out(hidden), state)


class EveryStep(_Writer):
    """The context is the first state and beside every input and read-out (Cho et al. 2014)."""

    def __init__(self, config: RecurrentConfig) -> None:
        super().__init__(config, looks=True, fed=True)

    def remember(self, reading: Reading) -> tuple[Memory, RecurrentState]:
        """The context is the top layer's last state."""
        return Memory(reading.mask, context=reading.final.hidden[:, -1]), reading.final

    def forward(self, tokens: Tensor, state: RecurrentState, memory: Memory) -> Decoded:
        """Go on from `state` over `tokens (batch, target)`."""
        context = memory.context[:, None].expand(-1, tokens.shape[1], -1)
        inputs = torch.cat([self.embed(tokens), context], dim=-1)
        hidden, state = run(self.cells, inputs, state)
        return Decoded(self.read_out(hidden, context), state)


class _Attending(_Writer):
    def __init__(self, config: RecurrentConfig, *, fed: bool) -> None:
        super().__init__(config, looks=True, fed=fed)
        self.score = make_score(config.score, config.width)

    def remember(self, reading: Reading) -> tuple[Memory, RecurrentState]:
        """Keep every token's vector, and project the keys once for the whole sentence."""
        keys = self.score.project(reading.outputs)
        return Memory(reading.mask, values=reading.outputs, keys=keys), reading.final

    def look(self, query: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        return attend(self.score(query, memory.keys), memory.values, memory.mask)


class Bahdanau(_Attending):
    """Look back with the last state, then step (Bahdanau et al. 2015).

    Each step needs the context that the step before it chose, so the loop cannot be fused.
    """

    def __init__(self, config: RecurrentConfig) -> None:
        super().__init__(config, fed=True)

    def forward(self, tokens: Tensor, state: RecurrentState, memory: Memory) -> Decoded:
        """Go on from `state` over `tokens (batch, target)`."""
        steps = []
        for word in self.embed(tokens).split(1, dim=1):
            context, weights = self.look(state.hidden[:, -1:], memory)
            hidden, state = run(self.cells, torch.cat([word, context], dim=-1), state)
            steps.append((hidden, context, weights))
        hidden, context, weights = (torch.cat(parts, dim=1) for parts in zip(*steps, strict=True))
        return Decoded(self.read_out(hidden, context), state, weights)


class Luong(_Attending):
    """Step, then look back with the new state (Luong et al. 2015): all steps in one product."""

    def __init__(self, config: RecurrentConfig) -> None:
        super().__init__(config, fed=False)

    def forward(self, tokens: Tensor, state: RecurrentState, memory: Memory) -> Decoded:
        """Go on from `state` over `tokens (batch, target)`."""
        hidden, state = run(self.cells, self.embed(tokens), state)
        context, weights = self.look(hidden, memory)
        return Decoded(self.read_out(hidden, context), state, weights)


DECODERS = {
    "first state": FirstState,
    "every step": EveryStep,
    "bahdanau": Bahdanau,
    "luong": Luong,
}
