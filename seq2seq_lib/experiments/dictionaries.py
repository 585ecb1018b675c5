"""A dictionary in the context: made-up words that mean something else in every stream, in chapter
13.

`python -m seq2seq_lib.experiments.dictionaries --seeds 0 1 2 3 4` trains every setting and adds to
data/results/chapter13.json. The chapter calls `fit` and `measure`, the same functions, for one
seed.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from seq2seq_lib.batching import Batch, Example, collate
from seq2seq_lib.config import TransformerLanguageConfig
from seq2seq_lib.experiments.commands import to_do
from seq2seq_lib.experiments.results import Result, circumstances, keep
from seq2seq_lib.losses import cross_entropy
from seq2seq_lib.models import LanguageModel, build, parameters
from seq2seq_lib.schedule import TrainingConfig, learning_rate
from seq2seq_lib.search import force
from seq2seq_lib.training import evaluating
from seq2seq_lib.vocabulary import EOS, SPECIALS, Vocabulary

WORDS = ("blik", "dax", "fep", "kiv", "lorp", "mip", "sarn", "toma", "vok", "wug", "yul", "zib")
MEANINGS = ("ama", "beru", "cilo", "dena", "elu", "fira", "goma", "hilo", "ibu", "jana", "kelo",
            "luma")  # fmt: skip
VOCABULARY = Vocabulary((*SPECIALS, *WORDS, *MEANINGS))
FIRST_WORD, FIRST_MEANING = len(SPECIALS), len(SPECIALS) + len(WORDS)
TRAINED, ASKED = (2, 4), (2, 3, 4, 6, 8, 10, 12)
QUESTIONS, BATCH, HELD = 4, 32, 500


@dataclass(frozen=True)
class Setting:
    """How many blocks, and whether each stream has a dictionary of its own or all have one."""

    name: str
    layers: int = 2
    fresh: bool = True


SETTINGS = {
    setting.name: setting
    for setting in (
        Setting("dictionary, two blocks"),
        Setting("dictionary, one block", layers=1),
        Setting("dictionary, always the same", fresh=False),
    )
}
SCHEDULE = TrainingConfig(steps=800, learning_rate=3e-3, warmup=0.1, validate_every=50)


@dataclass(frozen=True)
class Taught:
    """A model in `eval` mode, and how it learned: after each so many steps the share of first
    questions that it answered rightly."""

    model: LanguageModel
    curve: dict[int, float]


def draw(
    count: int, pairs: tuple[int, int], generator: torch.Generator, *, fresh: bool = True
) -> list[Example]:
    """Streams: a dictionary of words and their meanings, then questions and answers.

    The source is word, meaning, word, meaning, …, from the fewer to the more `pairs`; the target is
    a word of it, what it means here, and so on, `QUESTIONS` times. Without `fresh` a word means the
    same in all streams.
    """
    found = []
    for _ in range(count):
        size = int(torch.randint(pairs[0], pairs[1] + 1, (), generator=generator))
        words = torch.randperm(len(WORDS), generator=generator)[:size]
        meanings = torch.randperm(len(MEANINGS), generator=generator)[:size] if fresh else words
        entries = torch.stack([words + FIRST_WORD, meanings + FIRST_MEANING], dim=1)
        asked = torch.randint(size, (QUESTIONS,), generator=generator)
        source = (*entries.flatten().tolist(), EOS)
        found.append(Example(source, tuple(entries[asked].flatten().tolist())))
    return found


def answers(batch: Batch) -> Tensor:
    """Where in the targets `(batch, target)` an answer stands: after each question."""
    mask = batch.target_mask.clone()
    mask[:, ::2] = False
    return mask


def fit(setting: Setting, seed: int) -> Taught:
    """Train on fresh streams at each step, scored at the answers alone."""
    generator = torch.Generator().manual_seed(seed)
    config = TransformerLanguageConfig(
        source_size=len(VOCABULARY), target_size=len(VOCABULARY), width=64, layers=setting.layers,
        heads=1, feedforward=128, positions="rotary", tied="output",
    )  # fmt: skip
    model = build(config, generator)
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    asked, curve = held(TRAINED[1], seed), {}
    for step in range(1, SCHEDULE.steps + 1):
        batch = collate(draw(BATCH, TRAINED, generator, fresh=setting.fresh))
        optimizer.param_groups[0]["lr"] = learning_rate(SCHEDULE, step)
        optimizer.zero_grad()
        cross_entropy(force(model, batch).logits, batch.targets, answers(batch)).backward()
        nn.utils.clip_grad_norm_(model.parameters(), SCHEDULE.clip)
        optimizer.step()
        if step % SCHEDULE.validate_every == 0:
            curve[step] = first_right(model, asked).float().mean().item()
    return Taught(model.eval(), curve)


def first_right(model: LanguageModel, batch: Batch) -> Tensor:
    """Whether the answer to the first question is the likeliest token there: `(batch,)`."""
    with evaluating(model):
        likeliest = force(model, batch).logits[:, 1].argmax(dim=-1)
    return likeliest == batch.targets[:, 1]


def held(size: int, seed: int, *, fresh: bool = True) -> Batch:
    """Streams with dictionaries of this size, the same for every setting."""
    generator = torch.Generator().manual_seed(10_000 + seed)
    return collate(draw(HELD, (size, size), generator, fresh=fresh))


def stream_maps(model: LanguageModel, batch: Batch) -> tuple[Tensor, ...]:
    """Each block's weights over the whole stream, source and inputs as one, all of one length:
    `(batch, heads, stream, stream)`."""
    stream = torch.cat([batch.source, batch.inputs], dim=1)
    with evaluating(model):
        memory, state = model.encode(stream[:, :0], stream[:, :0].bool())
        return model.writer.maps(stream, state, memory)


def circuit(model: LanguageModel, batch: Batch) -> dict[str, float]:
    """Two shares of attention, the mean over dictionaries of one size.

    back: of the first block's weight at each meaning of the dictionary, what lies on the token
    before it, its word. match: of the last block's weight at the first question, what lies on the
    meaning that is asked for.
    """
    maps = stream_maps(model, batch)
    size = batch.source.shape[1] // 2
    places = torch.arange(1, 2 * size, 2)
    question = batch.source.shape[1] + 1
    right = batch.source == batch.targets[:, 1:2]
    match = maps[-1][:, 0, question, : batch.source.shape[1]]
    return {
        "back": maps[0][:, 0, places, places - 1].mean().item(),
        "match": match[right].mean().item(),
    }


def measure(taught: Taught, setting: Setting, seed: int, *, seconds: float = 0.0) -> Result:
    """Metrics: right 2, right 3, …: the share of first questions answered rightly with dictionaries
    of that size, new to the model; known: with the one dictionary that a setting without fresh ones
    has trained on; back and match: see `circuit`, with four entries. lengths: for each number of
    steps the share of questions about four entries answered rightly after them."""
    model = taught.model
    shares = {f"right {size}": first_right(model, held(size, seed)) for size in ASKED}
    shares["known"] = first_right(model, held(TRAINED[1], seed, fresh=False))
    metrics = {name: right.float().mean().item() for name, right in shares.items()}
    metrics |= circuit(model, held(TRAINED[1], seed))
    return Result(
        variant=setting.name,
        seed=seed,
        config=model.config.to_dict(),
        training=SCHEDULE.to_dict() | {"tokens": BATCH},
        parameters=parameters(model),
        metrics={name: round(value, 6) for name, value in metrics.items()},
        lengths={
            str(step): {"right": round(right, 6), "count": HELD}
            for step, right in taught.curve.items()
        },
        signatures={},
        tokens=0,
        seconds=round(seconds, 1),
        circumstances=circumstances(),
    )


def run(setting: Setting, seed: int) -> Result:
    """Train one model and measure it: what the command does, for a chapter to do live."""
    began = time.process_time()
    taught = fit(setting, seed)
    return measure(taught, setting, seed, seconds=time.process_time() - began)


def main(words: Sequence[str] | None = None) -> int:
    """Run what is not yet kept; each finished run is kept at once."""
    jobs = to_do("dictionaries", "13", SETTINGS, words, seeds=5, called="settings")
    for setting, seed in jobs:
        result = run(setting, seed)
        keep("13", [result])
        print(f"{setting.name}, seed {seed}: {result.seconds} s, {result.metrics}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
