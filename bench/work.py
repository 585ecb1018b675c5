"""What all entrants work on: one corpus, one size, the same sentences in as many updates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from bench.timing import Clock, Entrant, clock
from seq2seq_lib import corpora
from seq2seq_lib.batching import Batch, Example, collate, encode_pairs, plan
from seq2seq_lib.config import Config, RecurrentConfig, TransformerConfig
from seq2seq_lib.corpora import Splits
from seq2seq_lib.losses import objective
from seq2seq_lib.models import Model, build
from seq2seq_lib.vocabulary import Vocabularies

# Logits `(batch, target, vocabulary)` or a loss of a batch.
Loss = Callable[[Batch], Tensor]
LEARNING_RATE, CLIP = 1e-3, 1.0


@dataclass(frozen=True, kw_only=True)
class Settings:
    """corpus, minimum: what is read, and how often a word must occur. vocabulary: how many words
    each language has at most, the most frequent; 0 for all. embedding, width: of the
    recurrent models; transformer, layers, heads: the Transformer's width and the rest. tokens: a
    batch's budget. batches: how many make a round. sentences: how many are translated in a round.
    together: how many of them a peer takes in a batch. schooling: steps of training before
    translating, so that sentences end as they should."""

    corpus: str = "grammar"
    minimum: int = 1
    vocabulary: int = 0
    embedding: int = 256
    width: int = 512
    transformer: int = 256
    layers: int = 3
    heads: int = 4
    tokens: int = 1024
    batches: int = 24
    rounds: int = 5
    sentences: int = 16
    together: int = 64
    schooling: int = 60
    threads: int = 1
    bfloat16: bool = False

    @property
    def clock(self) -> Clock:
        """What the rounds are timed by."""
        return clock(self.threads)


@dataclass(frozen=True)
class Work:
    """The corpus as numbers. sorted: the batches of a round as the library makes them, from short
    sentences to long. unsorted: the same sentences in as many batches, by chance."""

    settings: Settings
    splits: Splits
    vocabularies: Vocabularies
    examples: Sequence[Example]
    sorted: Sequence[Batch]
    unsorted: Sequence[Batch]

    @classmethod
    def prepare(cls, settings: Settings) -> Work:
        """Read the corpus and choose a round's batches, evenly over all lengths."""
        splits = corpora.load(settings.corpus, progress=False)
        vocabularies = Vocabularies.build(
            splits.train, minimum=settings.minimum, size=settings.vocabulary or None
        )
        examples = encode_pairs(splits.train, vocabularies)
        rows = plan(examples, settings.tokens)
        count = settings.batches
        if not 1 <= count <= len(rows):
            raise ValueError(f"batches: wanted from 1 to {len(rows)}, got {count}")
        chosen = [rows[int((number + 0.5) * len(rows) / count)] for number in range(count)]
        together = [row for batch in chosen for row in batch]
        order = torch.randperm(len(together), generator=torch.Generator().manual_seed(0)).tolist()
        parts = [[together[place] for place in order[number::count]] for number in range(count)]
        ready = ([collate([examples[row] for row in part]) for part in side]
                 for side in (chosen, parts))  # fmt: skip
        return cls(settings, splits, vocabularies, examples, *ready)

    def model(self, config: Config) -> Any:
        """A model of the library, of whatever kind; the same weights each time."""
        return build(config, torch.Generator().manual_seed(0)).train()

    def recurrent(self, context: str) -> RecurrentConfig:
        """A GRU; "first state", "every step", "bahdanau", or "luong" with the dot."""
        scores = {"bahdanau": "additive", "luong": "dot"}
        return RecurrentConfig(
            source_size=len(self.vocabularies.source),
            target_size=len(self.vocabularies.target),
            embedding=self.settings.embedding,
            width=self.settings.width,
            context=context,
            score=scores.get(context),
            direction="both" if context in scores else "forward",
        )

    def transformer(self) -> TransformerConfig:
        """Norms after each part, which all peers have too."""
        return TransformerConfig(
            source_size=len(self.vocabularies.source),
            target_size=len(self.vocabularies.target),
            width=self.settings.transformer,
            layers=self.settings.layers,
            heads=self.settings.heads,
            feedforward=4 * self.settings.transformer,
            norm="post",
        )


def ours(model: Model, *, bfloat16: bool = False) -> Loss:
    """The library's own loss."""

    def loss(batch: Batch) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            return objective(model, batch)

    return loss


def training(model: nn.Module, loss: Loss, batches: Sequence[Batch], *, fused: bool) -> Entrant:
    """A round of training: an update for each batch, as `seq2seq_lib.training` makes it. Gives the
    real target tokens. The library fuses Adam's arithmetic; who follows a tutorial does not."""
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, fused=fused)

    def entrant() -> int:
        for batch in batches:
            optimizer.zero_grad()
            made = loss(batch)
            made.backward()
            nn.utils.clip_grad_norm_(model.parameters(), CLIP)
            if not torch.isfinite(made):
                raise FloatingPointError(f"wanted a loss that is finite, got {made.item()}")
            optimizer.step()
        return sum(batch.tokens for batch in batches)

    return entrant
