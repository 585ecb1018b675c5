"""The Transformer's parts (Vaswani et al. 2017): one block, of which encoder, decoder and language
model are made, with the keys and values of earlier tokens in the decoder's state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from seq2seq_lib.config import TransformerConfig, TransformerLanguageConfig
from seq2seq_lib.memory import Decoded, Memory, Record, State, check_source
from seq2seq_lib.multihead import (
    Attention,
    Pair,
    PlacedEmbedding,
    Settings,
    rotate,
    turned_width,
    turns,
)


@dataclass(frozen=True)
class Cache(State):
    """What the tokens so far leave to the next.

    mask: `(batch, past)`, True where a token is real; the next position of a row is its number of
    real tokens. pairs: for each layer keys and values `(batch, heads, past, width / heads)`.
    """

    mask: Tensor
    pairs: tuple[Pair, ...]


@dataclass(frozen=True)
class CrossMemory(Memory):
    """pairs: for each layer keys and values `(batch, heads, source, width / heads)`, projected once
    from `values`."""

    pairs: tuple[Pair, ...] = ()


@dataclass(frozen=True)
class Encoded(Record):
    """outputs: `(batch, source, width)`; mask: `(batch, source)`."""

    outputs: Tensor
    mask: Tensor


class Around(nn.Module):
    """What stands around each part of a block: x + part(norm(x)), or norm(x + part(x))."""

    def __init__(self, config: Settings) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.before = config.norm == "pre"

    def enter(self, vectors: Tensor) -> Tensor:
        """What the part is to see."""
        return self.norm(vectors) if self.before else vectors

    def leave(self, vectors: Tensor, change: Tensor) -> Tensor:
        """What goes on, once the part has given its change."""
        vectors = vectors + self.dropout(change)
        return vectors if self.before else self.norm(vectors)


class Block(nn.Module):
    """Attention to one's own sequence, in a decoder to the memory, then a network for each token
    (section 3.1)."""

    cross: Attention  # these two only in a block that crosses
    around_cross: Around

    def __init__(self, config: Settings, *, crosses: bool = False) -> None:
        super().__init__()
        self.attention = Attention(config.width, config.heads)
        self.around_attention = Around(config)
        if crosses:
            self.cross = Attention(config.width, config.heads)
            self.around_cross = Around(config)
        self.network = nn.Sequential(
            nn.Linear(config.width, config.feedforward),
            nn.ReLU(),
            nn.Linear(config.feedforward, config.width),
        )
        self.around_network = Around(config)

    def look_at_self(
        self, x: Tensor, visible: Tensor, turned: Tensor | None, past: Pair | None = None
    ) -> tuple[Tensor, Pair]:
        """`x (batch, steps, width)` after attention to itself and to the `past` before it, and the
        keys and values of both."""
        y = self.around_attention.enter(x)
        pair = self.keep(y, turned, past)
        return self.around_attention.leave(x, self.attention(y, pair, visible, turned)), pair

    def keep(self, y: Tensor, turned: Tensor | None, past: Pair | None) -> Pair:
        """Keys and values of `past` and, after them, of `y (batch, steps, width)`."""
        keys, values = self.attention.project(y)
        keys = rotate(keys, turned)
        if past is None:
            return keys, values
        return torch.cat([past[0], keys], dim=2), torch.cat([past[1], values], dim=2)

    def map_self(
        self, x: Tensor, visible: Tensor, turned: Tensor | None, past: Pair
    ) -> Tensor:
        """The weights of `look_at_self`: `(batch, heads, steps, past + steps)`."""
        y = self.around_attention.enter(x)
        return self.attention.weigh(y, self.keep(y, turned, past), visible, turned)[1]

    def look_at_memory(
        self, x: Tensor, pair: Pair, real: Tensor, *, weigh: bool
    ) -> tuple[Tensor, Tensor | None]:
        """`x (batch, steps, width)` after attention to the source and, if asked for, its weights
        `(batch, heads, steps, source)`."""
        y, weights = self.around_cross.enter(x), None
        if weigh:
            change, weights = self.cross.weigh(y, pair, real)
        else:
            change = self.cross(y, pair, real)
        return self.around_cross.leave(x, change), weights

    def think(self, x: Tensor) -> Tensor:
        """`x (batch, steps, width)` after the network."""
        return self.around_network.leave(x, self.network(self.around_network.enter(x)))


def blocks(config: Settings, *, crosses: bool = False) -> Sequence[Block]:
    """As many blocks as there are layers: a module, of which mypy knows that it holds blocks."""
    made = nn.ModuleList(Block(config, crosses=crosses) for _ in range(config.layers))
    return cast(Sequence[Block], made)


def final_norm(config: Settings) -> nn.Module:
    """Norms before the parts leave the last sum without one."""
    return nn.LayerNorm(config.width) if config.norm == "pre" else nn.Identity()


class TransformerReader(nn.Module):
    """The encoder: every token sees every other."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.blocks = blocks(config)
        self.norm = final_norm(config)
        self.turned_width = turned_width(config)

    def forward(self, embedded: Tensor, mask: Tensor) -> Encoded:
        """Read `embedded (batch, source, width)`; raises ValueError as all readers do."""
        check_source(embedded, mask)
        positions = torch.arange(mask.shape[1], device=mask.device)[None]
        turned = turns(positions, self.turned_width, embedded.dtype)
        x, visible = embedded, mask[:, None, None]
        for block in self.blocks:
            x, _ = block.look_at_self(x, visible, turned)
            x = block.think(x)
        return Encoded(self.norm(x), mask)


class Tower(nn.Module):
    """What both writers are: embedding, blocks that see no later token, read-out."""

    def __init__(self, config: Settings, *, crosses: bool) -> None:
        super().__init__()
        self.embedding = PlacedEmbedding(config.target_size, config)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = blocks(config, crosses=crosses)
        self.norm = final_norm(config)
        self.output = nn.Linear(config.width, config.target_size)
        if config.tied != "none":
            self.output.weight = self.embedding.tokens.weight
        self.turned_width = turned_width(config)

    def empty(self, mask: Tensor) -> Cache:
        """The state before the first token, for the rows of `mask (batch, …)`."""
        heads = self.blocks[0].attention.heads
        weight = self.embedding.tokens.weight
        nothing = weight.new_zeros(len(mask), heads, 0, weight.shape[1] // heads)
        return Cache(mask[:, :0], tuple((nothing, nothing) for _ in self.blocks))

    def place(self, tokens: Tensor, state: Cache) -> tuple[Tensor, Tensor | None]:
        """The tokens' vectors `(batch, steps, width)`, and their angles: positions go on from the
        state's real tokens."""
        steps = torch.arange(tokens.shape[1], device=tokens.device)
        positions = state.mask.sum(1, keepdim=True) + steps
        x = self.dropout(self.embedding(tokens, positions))
        return x, turns(positions, self.turned_width, x.dtype)


def visible_from(past: Tensor, real: Tensor, *, full: bool = False) -> Tensor:
    """What each new token may look at: `(batch, 1, steps, past + steps)`.

    All real tokens of `past (batch, past)`, and of the new ones, `real (batch, steps)`, those up to
    itself, or all of them if `full`. A token of padding sees itself, lest it see nothing.
    """
    steps = real.shape[1]
    square = torch.ones(steps, steps, dtype=torch.bool, device=real.device)
    own = real[:, None] & (square if full else square.tril())
    own = own | torch.eye(steps, dtype=torch.bool, device=real.device)
    return torch.cat([past[:, None].expand(-1, steps, -1), own], dim=2)[:, None]


class TransformerWriter(Tower):
    """The decoder: each block looks back at its own past, then at the source."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__(config, crosses=True)

    def remember(self, encoded: Encoded) -> tuple[CrossMemory, Cache]:
        """Each block projects its keys and values of the source once."""
        pairs = tuple(block.cross.project(encoded.outputs) for block in self.blocks)
        memory = CrossMemory(encoded.mask, values=encoded.outputs, pairs=pairs)
        return memory, self.empty(encoded.mask)

    def forward(self, tokens: Tensor, state: Cache, memory: CrossMemory) -> Decoded:
        """Go on from `state` over `tokens (batch, target)`. `attention` is the last block's, the
        mean of its heads; for all blocks and heads see `maps`."""
        x, state, weights = self._climb(tokens, state, memory, weigh=len(self.blocks) - 1)
        return Decoded(self.output(x), state, weights[-1].mean(dim=1))

    def maps(self, tokens: Tensor, state: Cache, memory: CrossMemory) -> tuple[Tensor, ...]:
        """Each block's attention to the source, by heads: `(batch, heads, target, source)`."""
        return tuple(self._climb(tokens, state, memory, weigh=0)[2])

    def _climb(
        self, tokens: Tensor, state: Cache, memory: CrossMemory, *, weigh: int
    ) -> tuple[Tensor, Cache, list[Tensor]]:
        """Through all blocks; those from number `weigh` on give their weights."""
        x, turned = self.place(tokens, state)
        mask = torch.cat([state.mask, torch.ones_like(tokens, dtype=torch.bool)], dim=1)
        visible = visible_from(state.mask, mask[:, state.mask.shape[1] :])
        real, pairs, weights = memory.mask[:, None, None], list[Pair](), list[Tensor]()
        for number, block in enumerate(self.blocks):
            x, pair = block.look_at_self(x, visible, turned, state.pairs[number])
            x, seen = block.look_at_memory(x, memory.pairs[number], real, weigh=number >= weigh)
            x = block.think(x)
            pairs.append(pair)
            if seen is not None:
                weights.append(seen)
        return self.norm(x), Cache(mask, tuple(pairs)), weights


class TransformerLanguage(Tower):
    """A decoder alone. A source is read as its beginning, all at once, into the state."""

    def __init__(self, config: TransformerLanguageConfig) -> None:
        super().__init__(config, crosses=False)
        self.full_prefix = config.prefix == "full"

    def begin(self, source: Tensor, mask: Tensor) -> tuple[Memory, Cache]:
        """The state after `source (batch, source)`, real where `mask` is True; it may be empty."""
        state = self.empty(mask)
        if source.shape[1]:
            _, state = self._climb(source, mask, state, full=self.full_prefix)
        return Memory(mask), state

    def forward(self, tokens: Tensor, state: Cache, memory: Memory) -> Decoded:
        """Go on from `state` over `tokens (batch, target)`."""
        x, state = self._climb(tokens, torch.ones_like(tokens, dtype=torch.bool), state)
        return Decoded(self.output(x), state)

    def maps(self, tokens: Tensor, state: Cache, memory: Memory) -> tuple[Tensor, ...]:
        """Each block's attention to the stream, by heads: `(batch, heads, target, past + target)`,
        the columns of the source first, its padding among them."""
        weights = list[Tensor]()
        self._climb(tokens, torch.ones_like(tokens, dtype=torch.bool), state, weights=weights)
        return tuple(weights)

    def _climb(
        self,
        tokens: Tensor,
        real: Tensor,
        state: Cache,
        *,
        full: bool = False,
        weights: list[Tensor] | None = None,
    ) -> tuple[Tensor, Cache]:
        """Through all blocks; each block's weights are added to `weights`, if that is given."""
        x, turned = self.place(tokens, state)
        visible = visible_from(state.mask, real, full=full)
        pairs = []
        for block, past in zip(self.blocks, state.pairs, strict=True):
            if weights is not None:
                weights.append(block.map_self(x, visible, turned, past))
            x, pair = block.look_at_self(x, visible, turned, past)
            x = block.think(x)
            pairs.append(pair)
        return self.norm(x), Cache(torch.cat([state.mask, real], dim=1), tuple(pairs))
