"""The recurrent parts: a reader, and the writers that look at one vector of it or at none."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from seq2seq_lib.config import RecurrentConfig, RecurrentLanguageConfig
from seq2seq_lib.memory import Decoded, Memory, Record, State, check_source, held

CELLS = {"gru": nn.GRU, "lstm": nn.LSTM, "rnn": nn.RNN}


@dataclass(frozen=True)
class RecurrentState(State):
    """hidden: `(batch, layers, width)`; cell: the same shape for an LSTM, otherwise None.

    fed: `(batch, width)`, what the last step read out, for a decoder that is fed it; steps:
    `(batch,)`, how many steps it has made, for one that counts them; otherwise None.
    """

    hidden: Tensor
    cell: Tensor | None = None
    fed: Tensor | None = None
    steps: Tensor | None = None


@dataclass(frozen=True)
class Reading(Record):
    """What a reader found: a vector for each token, and the state it ended in.

    outputs: `(batch, source, width)`; final: the state after the last real token; mask:
    `(batch, source)`; divergence: `(batch,)`, see `Memory`.
    """

    outputs: Tensor
    final: RecurrentState
    mask: Tensor
    divergence: Tensor | None = None


def run(cells: nn.Module, inputs: Tensor, state: RecurrentState) -> tuple[Tensor, RecurrentState]:
    """Carry `state` over `inputs (batch, steps, features)` with a fused `nn.GRU` or the like.

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


def by_layer(final: Tensor, layers: int) -> Tensor:
    """Final states as torch gives them, (layers · directions, batch, part), to (batch, layers,
    width): each layer's directions side by side."""
    sides = final.view(layers, -1, *final.shape[1:]).permute(2, 0, 1, 3)
    return sides.reshape(final.shape[1], layers, -1)


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
        check_source(embedded, mask)
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
        layers = self.cells.num_layers
        state = RecurrentState(
            by_layer(hidden, layers), None if cell is None else by_layer(cell, layers)
        )
        return Reading(outputs, state, mask)


class Writer(nn.Module):
    """What all decoders have: embedding, cells, read-out. Each adds its own way to look."""

    def __init__(
        self, config: RecurrentConfig | RecurrentLanguageConfig, *, looks: bool, fed: bool
    ) -> None:
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
        """Vectors `(batch, target, embedding)`."""
        return self.dropout(self.embedding(tokens))

    def mix(self, hidden: Tensor, context: Tensor | None) -> Tensor:
        """State and context `(batch, target, width)` as one vector of that width."""
        if self.combine is None or context is None:
            return hidden
        return torch.tanh(self.combine(torch.cat([hidden, context], dim=-1)))

    def read_out(self, hidden: Tensor, context: Tensor | None = None) -> Tensor:
        """Logits `(batch, target, vocabulary)` of states and contexts `(batch, target, width)`."""
        return self.output(self.dropout(self.mix(hidden, context)))


class FirstState(Writer):
    """The last state of the reader becomes the first of the writer (Sutskever et al. 2014)."""

    def __init__(self, config: RecurrentConfig) -> None:
        super().__init__(config, looks=False, fed=False)

    def remember(self, reading: Reading) -> tuple[Memory, RecurrentState]:
        """The memory holds the context for whoever wants to probe it; the decoder never looks."""
        context = reading.final.hidden[:, -1]
        return Memory(reading.mask, context, divergence=reading.divergence), reading.final

    def forward(self, tokens: Tensor, state: RecurrentState, memory: Memory) -> Decoded:
        """Go on from `state` over `tokens (batch, target)`."""
        hidden, state = run(self.cells, self.embed(tokens), state)
        return Decoded(self.read_out(hidden), state)


class EveryStep(Writer):
    """The context is the first state and beside every input and read-out (Cho et al. 2014)."""

    def __init__(self, config: RecurrentConfig) -> None:
        super().__init__(config, looks=True, fed=True)

    def remember(self, reading: Reading) -> tuple[Memory, RecurrentState]:
        """The context is the top layer's last state."""
        context = reading.final.hidden[:, -1]
        return Memory(reading.mask, context, divergence=reading.divergence), reading.final

    def forward(self, tokens: Tensor, state: RecurrentState, memory: Memory) -> Decoded:
        """Go on from `state` over `tokens (batch, target)`."""
        context = held(memory.context, "a context")[:, None].expand(-1, tokens.shape[1], -1)
        inputs = torch.cat([self.embed(tokens), context], dim=-1)
        hidden, state = run(self.cells, inputs, state)
        return Decoded(self.read_out(hidden, context), state)


class RecurrentLanguage(Writer):
    """A writer alone (Elman 1990; Mikolov et al. 2010). A source is what it has said so far."""

    def __init__(self, config: RecurrentLanguageConfig) -> None:
        super().__init__(config, looks=False, fed=False)

    def begin(self, source: Tensor, mask: Tensor) -> tuple[Memory, RecurrentState]:
        """The state after `source (batch, source)`: zero where `mask` has no real token."""
        lengths = mask.sum(1)
        if not mask.any():
            cells = self.cells
            zero = self.output.weight.new_zeros(len(mask), cells.num_layers, cells.hidden_size)
            return Memory(mask), RecurrentState(zero, zero if cells.mode == "LSTM" else None)
        packed = pack_padded_sequence(
            self.embed(source), lengths.clamp(min=1).cpu(), batch_first=True, enforce_sorted=False
        )
        _, final = self.cells(packed)
        hidden, cell = final if isinstance(final, tuple) else (final, None)
        real = (lengths > 0)[:, None, None]
        state = RecurrentState(
            hidden.transpose(0, 1) * real, None if cell is None else cell.transpose(0, 1) * real
        )
        return Memory(mask), state

    def forward(self, tokens: Tensor, state: RecurrentState, memory: Memory) -> Decoded:
        """Go on from `state` over `tokens (batch, target)`."""
        hidden, state = run(self.cells, self.embed(tokens), state)
        return Decoded(self.read_out(hidden), state)
