"""Multi-head attention, and how a Transformer knows where a token stands."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seq2seq_lib.attention import full_precision, widen
from seq2seq_lib.config import TransformerConfig, TransformerLanguageConfig

Settings = TransformerConfig | TransformerLanguageConfig
Pair = tuple[Tensor, Tensor]


def angles(positions: Tensor, width: int, dtype: torch.dtype) -> Tensor:
    """pos / 10000^(2i / width), the angle `(batch, steps, width / 2)` of each pair i of features at
    positions `(batch, steps)` (section 3.5)."""
    pairs = torch.arange(0, width, 2, device=positions.device, dtype=dtype)
    return positions[..., None].to(dtype) * 10000.0 ** (-pairs / width)


def sinusoid(positions: Tensor, width: int, dtype: torch.dtype) -> Tensor:
    """Sine and cosine of each angle in turn: `(batch, steps, width)` (section 3.5)."""
    turned = angles(positions, width, dtype)
    return torch.stack([turned.sin(), turned.cos()], dim=-1).flatten(-2)


def rotate(vectors: Tensor, turned: Tensor | None) -> Tensor:
    """Turn each pair of features of `vectors (batch, heads, steps, part)` by its angle
    `(batch, steps, part / 2)` (Su et al. 2021, equation 34); without angles nothing is turned."""
    if turned is None:
        return vectors
    cos, sin = turned.cos()[:, None], turned.sin()[:, None]
    even, odd = vectors[..., ::2], vectors[..., 1::2]
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], dim=-1).flatten(-2)


def turned_width(config: Settings) -> int | None:
    """How many features of a head positions turn: all where they are rotary, otherwise None."""
    return config.width // config.heads if config.positions == "rotary" else None


def turns(positions: Tensor, width: int | None, dtype: torch.dtype) -> Tensor | None:
    """The angles of `rotate`, if any features turn."""
    return None if width is None else angles(positions, width, dtype)


class PlacedEmbedding(nn.Module):
    """A token's vector, times √width (section 3.4), and where it stands."""

    def __init__(self, size: int, config: Settings) -> None:
        super().__init__()
        self.tokens = nn.Embedding(size, config.width)
        learned = config.positions == "learned"
        self.places = nn.Embedding(config.longest, config.width) if learned else None
        self.waves = config.positions == "sinusoid"

    def forward(self, tokens: Tensor, positions: Tensor | None = None) -> Tensor:
        """Vectors `(batch, steps, width)` of tokens at positions `(batch, steps)`, by default from
        0 on. Raises ValueError beyond the last position that has a learned vector."""
        if positions is None:
            positions = torch.arange(tokens.shape[1], device=tokens.device)[None]
        vectors = self.tokens(tokens)
        if self.places is not None:
            if positions.numel() and positions.max() >= self.places.num_embeddings:
                raise ValueError(
                    f"positions: wanted at most {self.places.num_embeddings} tokens, the longest "
                    f"of this configuration, got one at position {int(positions.max())}"
                )
            vectors = vectors + self.places(positions)
        vectors = vectors * vectors.shape[-1] ** 0.5
        if self.waves:
            vectors = vectors + sinusoid(positions, vectors.shape[-1], vectors.dtype)
        return vectors


class Attention(nn.Module):
    """Multi-head attention (section 3.2.2), keys and values projected apart from the query."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.pair = nn.Linear(width, 2 * width)
        self.output = nn.Linear(width, width)

    def split(self, vectors: Tensor) -> Tensor:
        """(batch, steps, width) to (batch, heads, steps, width / heads)."""
        return vectors.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def project(self, values: Tensor) -> Pair:
        """Keys and values, split by heads, of `values (batch, source, width)`."""
        keys, values = self.pair(values).chunk(2, dim=-1)
        return widen(self.split(keys)), widen(self.split(values))

    def forward(
        self, query: Tensor, pair: Pair, visible: Tensor, turned: Tensor | None = None
    ) -> Tensor:
        """What `query (batch, target, width)` finds: `(batch, target, width)`.

        `visible` is boolean and broadcasts to `(batch, heads, target, source)`; `turned` holds the
        queries' angles, where positions are rotary.
        """
        asked = self.ask(query, turned)
        with full_precision(query.device):
            found = F.scaled_dot_product_attention(asked, *pair, attn_mask=visible)
        return self.join(found)

    def weigh(
        self, query: Tensor, pair: Pair, visible: Tensor, turned: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """The same with the weights `(batch, heads, target, source)`, which the fused kernel does
        not give: softmax(Q Kᵀ / √d) V, equation 1."""
        asked, (keys, values) = self.ask(query, turned), pair
        with full_precision(query.device):
            scores = asked @ keys.mT * asked.shape[-1] ** -0.5
            lowest = torch.finfo(scores.dtype).min
            weights = scores.masked_fill(~visible, lowest).softmax(dim=-1) * visible
            found = weights @ values
        return self.join(found), weights

    def ask(self, query: Tensor, turned: Tensor | None = None) -> Tensor:
        """Queries `(batch, heads, target, width / heads)`."""
        return rotate(widen(self.split(self.query(query))), turned)

    def join(self, found: Tensor) -> Tensor:
        """What the heads found, side by side and mixed: `(batch, target, width)`."""
        return self.output(found.transpose(1, 2).flatten(2))
