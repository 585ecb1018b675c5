"""The decoders that look back: attention before each step, or after it."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from seq2seq_lib.attention import Window, attend, full_precision, make_score, widen
from seq2seq_lib.config import RecurrentConfig
from seq2seq_lib.memory import Decoded, Memory, held
from seq2seq_lib.recurrent import EveryStep, FirstState, Reading, RecurrentState, Writer, run


class Attending(Writer):
    """What the decoders share that look back at every token of the source."""

    def __init__(self, config: RecurrentConfig, *, fed: bool) -> None:
        super().__init__(config, looks=True, fed=fed)
        self.score = make_score(config.score, config.width)

    def remember(self, reading: Reading) -> tuple[Memory, RecurrentState]:
        """Keep every token's vector, and project the keys once for the whole sentence."""
        keys = self.score.project(reading.outputs)
        return Memory(reading.mask, values=reading.outputs, keys=keys), reading.final

    def look(
        self, query: Tensor, memory: Memory, bias: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Contexts `(batch, target, width)` and weights `(batch, target, source)` for queries
        `(batch, target, width)`; `bias` is added to the scores."""
        with full_precision(query.device):
            scores = self.score(widen(query), widen(held(memory.keys, "keys")))
            scores = scores if bias is None else scores + bias
            return attend(scores, widen(held(memory.values, "values")), memory.mask)


class Bahdanau(Attending):
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


class Luong(Attending):
    """Step, then look back with the new state (Luong et al. 2015).

    All steps go in one product, unless each is fed what the last one read out (section 3.3).
    """

    def __init__(self, config: RecurrentConfig) -> None:
        super().__init__(config, fed=config.feeding)
        self.feeding = config.feeding
        self.window = (
            Window(config.width, config.window, predictive=config.local == "predictive")
            if config.local is not None
            else None
        )

    def remember(self, reading: Reading) -> tuple[Memory, RecurrentState]:
        """As all that attend; before the first step nothing was read out, and no step made."""
        memory, state = super().remember(reading)
        hidden = state.hidden[:, -1]
        if self.feeding:
            state = replace(state, fed=torch.zeros_like(hidden))
        if self.window is not None:
            state = replace(state, steps=torch.zeros(len(hidden), device=hidden.device).long())
        return memory, state

    def forward(self, tokens: Tensor, state: RecurrentState, memory: Memory) -> Decoded:
        """Go on from `state` over `tokens (batch, target)`."""
        words = self.embed(tokens)
        said = []
        for piece in words.split(1, dim=1) if self.feeding else (words,):
            mixed, weights, state = self._advance(piece, state, memory)
            said.append((mixed, weights))
        mixed, weights = (torch.cat(parts, dim=1) for parts in zip(*said, strict=True))
        return Decoded(self.output(self.dropout(mixed)), state, weights)

    def _advance(
        self, words: Tensor, state: RecurrentState, memory: Memory
    ) -> tuple[Tensor, Tensor, RecurrentState]:
        """What is read out at these words, where was looked, and the state after them."""
        if state.fed is not None:
            words = torch.cat([words, state.fed[:, None].to(words.dtype)], dim=-1)
        hidden, after = run(self.cells, words, state)
        context, weights = self.look_from(hidden, state.steps, memory)
        mixed = self.mix(hidden, context)
        if state.fed is not None:
            after = replace(after, fed=mixed[:, -1])
        if state.steps is not None:
            after = replace(after, steps=state.steps + words.shape[1])
        return mixed, weights, after

    def look_from(
        self, query: Tensor, steps: Tensor | None, memory: Memory
    ) -> tuple[Tensor, Tensor]:
        """Look with `query (batch, target, width)`, made after `steps (batch,)`."""
        if self.window is None or steps is None:
            return self.look(query, memory)
        numbers = steps[:, None] + torch.arange(query.shape[1], device=query.device)
        with full_precision(query.device):
            bias = self.window(widen(query), numbers, memory.mask)
        return self.look(query, memory, bias)


DECODERS: dict[str, type[nn.Module]] = {
    "first state": FirstState,
    "every step": EveryStep,
    "bahdanau": Bahdanau,
    "luong": Luong,
}
