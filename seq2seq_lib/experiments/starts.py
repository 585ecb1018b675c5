"""How chapter 11's Transformer begins: the first fifth of its training, with the norm before or
after the parts in either of its halves, with and without warm-up.

`python -m seq2seq_lib.experiments.starts --seeds 0 1 2` trains every setting and adds to
data/results/chapter11_starts.json.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import torch
from torch import nn

from seq2seq_lib import corpora
from seq2seq_lib.batching import Batch, batches, collate, encode_pairs, plan
from seq2seq_lib.corpora import Splits
from seq2seq_lib.experiments import results, transformers
from seq2seq_lib.experiments.commands import to_do
from seq2seq_lib.experiments.results import Result, circumstances, keep
from seq2seq_lib.experiments.running import configuration
from seq2seq_lib.losses import objective
from seq2seq_lib.memory import held
from seq2seq_lib.models import EncoderDecoder, build, parameters
from seq2seq_lib.schedule import TrainingConfig, learning_rate
from seq2seq_lib.training import evaluating, mean_loss
from seq2seq_lib.vocabulary import Vocabularies

# The schedule is that of all 600 steps; so much of it is run, and looked at so often.
STEPS, EVERY = 120, 20
# Sentences of the validation split that are looked at.
LOOKED_AT = 100
KEPT = "11_starts"


@dataclass(frozen=True)
class Setting:
    """Where the norm stands in each half, and the share of the steps that warm up."""

    reader: str
    writer: str
    warmup: float

    @property
    def name(self) -> str:
        """Such as "start, post reader, pre writer, no warm-up"."""
        norms = f"{self.reader} reader, {self.writer} writer"
        return f"start, {norms}, {'warm-up' if self.warmup else 'no warm-up'}"


SETTINGS = {
    setting.name: setting
    for setting in (
        Setting("post", "post", 0.0),
        Setting("pre", "post", 0.0),
        Setting("post", "pre", 0.0),
        Setting("post", "post", 0.1),
        Setting("pre", "pre", 0.0),
    )
}


def begin(setting: Setting, vocabularies: Vocabularies, seed: int) -> EncoderDecoder:
    """The untrained model: two of the chapter's of the same weights, the reader from one of them
    and the writer from the other."""
    halves = []
    for norm in (setting.reader, setting.writer):
        base = transformers.VARIANTS["base"]
        config = configuration(replace(base, model=base.model | {"norm": norm}), vocabularies)
        halves.append(cast(EncoderDecoder, build(config, torch.Generator().manual_seed(seed))))
    halves[1].reader = halves[0].reader
    return halves[1]


def likeness(model: EncoderDecoder, ready: Sequence[Batch]) -> float:
    """How alike the reader leaves the words of a sentence: the mean cosine between the vectors of
    two of its places, over all sentences."""
    found, pairs = 0.0, 0
    with evaluating(model):
        for batch in ready:
            memory, _ = model.encode(batch.source, batch.source_mask)
            unit = nn.functional.normalize(held(memory.values, "values"), dim=-1)
            real = batch.source_mask[:, :, None] & batch.source_mask[:, None]
            real &= ~torch.eye(real.shape[-1], dtype=torch.bool)
            found += (unit @ unit.mT)[real].sum().item()
            pairs += int(real.sum())
    return found / pairs


def run(setting: Setting, seed: int, corpus: Splits, *, steps: int | None = None) -> Result:
    """Train for STEPS or fewer, looking every so many of them.

    lengths: for each step looked at the validation loss and `likeness`; metrics: those at the end.
    """
    began, steps = time.process_time(), steps or STEPS
    vocabularies = Vocabularies.build(corpus.train)
    model, generator = begin(setting, vocabularies, seed), torch.Generator().manual_seed(seed)
    examples = encode_pairs(corpus.train, vocabularies)
    held = encode_pairs(corpus.valid[:LOOKED_AT], vocabularies)
    settings = transformers.TRAINING | {"warmup": setting.warmup}
    config = TrainingConfig(**settings)  # type: ignore[arg-type]
    ready = batches(held, tokens=config.tokens)
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    order: list[list[int]] = []
    looks = {}
    for step in range(1, steps + 1):
        order = order or list(plan(examples, config.tokens, generator))
        batch = collate([examples[i] for i in order.pop(0)])
        optimizer.param_groups[0]["lr"] = learning_rate(config, step)
        optimizer.zero_grad()
        objective(model, batch).backward()
        nn.utils.clip_grad_norm_(model.parameters(), config.clip)
        optimizer.step()
        if step % EVERY == 0:
            found = {"loss": mean_loss(model, ready), "likeness": likeness(model, ready)}
            looks[str(step)] = {name: round(value, 6) for name, value in found.items()}
    return Result(
        variant=setting.name,
        seed=seed,
        config=model.config.to_dict() | {"reader norm": setting.reader},
        training=config.to_dict(),
        parameters=parameters(model),
        metrics=looks[str(steps)],
        lengths=looks,
        signatures={},
        tokens=0,
        seconds=round(time.process_time() - began, 1),
        circumstances=circumstances(),
    )


def stored() -> dict[str, list[Result]]:
    """The kept runs: for each setting's name its runs, by seed.

    Raises FileNotFoundError, saying the command that makes them, if there are none.
    """
    return results.stored(KEPT, command="seq2seq_lib.experiments.starts")


def main(words: Sequence[str] | None = None) -> int:
    """Run what is not yet kept; each finished run is kept at once."""
    jobs = to_do("starts", KEPT, SETTINGS, words, called="settings")
    corpus = corpora.load("grammar")
    for setting, seed in jobs:
        result = run(setting, seed, corpus)
        keep(KEPT, [result])
        print(f"{setting.name}, seed {seed}: {result.seconds} s, {result.metrics}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
