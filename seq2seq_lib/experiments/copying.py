"""Chapter 06's model as an autoencoder, and what a trained one is worth: chapter 10.

`python -m seq2seq_lib.experiments.copying --seeds 0 1 2` trains every task and adds to
data/results/chapter10.json. The runs of translation that they are held against are chapter 06's.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from seq2seq_lib import corpora
from seq2seq_lib.batching import encode_pairs
from seq2seq_lib.config import RecurrentConfig
from seq2seq_lib.corpora import Pair, Splits
from seq2seq_lib.evaluation import Bucket, Report, by_length, evaluate
from seq2seq_lib.experiments import results
from seq2seq_lib.experiments.results import Result, circumstances, keep
from seq2seq_lib.experiments.variants import TRAINING
from seq2seq_lib.models import EncoderDecoder, build, parameters
from seq2seq_lib.schedule import History, TrainingConfig
from seq2seq_lib.training import train
from seq2seq_lib.typography import detokenise
from seq2seq_lib.vocabulary import Vocabularies

CHAPTER = "10"
COPIER_SEED = 0
FEW = 1000  # pairs: 5 % of the training split
# Small batches: 512 tokens would make but 26 of them. It is best after 700 or 800 steps.
FEW_TRAINING = {
    "steps": 1200, "tokens": 128, "learning_rate": 3e-3, "validate_every": 100,
    "output_bias": "frequencies",
}  # fmt: skip


@dataclass(frozen=True)
class Task:
    """What is read, what is to be written, and how wide the one vector between them is.

    source, target: "en" or "fr". pairs: how many of the training pairs it is given, or None for
    all. begun: the halves that are not new but an autoencoder's: "encoder" (which copied the
    source's language), "decoder" (which copied the target's).
    """

    name: str
    source: str
    target: str
    width: int = 128
    pairs: int | None = None
    begun: tuple[str, ...] = ()

    @property
    def training(self) -> TrainingConfig:
        """How it is trained: as in chapter 06, or, on few pairs, shorter and looked at often. A
        decoder that has learned to copy keeps its bias."""
        settings: dict = TRAINING if self.pairs is None else FEW_TRAINING
        if "decoder" in self.begun:
            settings = settings | {"output_bias": "as built"}
        return TrainingConfig(**settings)


TASKS = (
    Task("copy 128", "en", "en"),
    Task("copy French 128", "fr", "fr"),
    Task("1,000 pairs", "en", "fr", pairs=FEW),
    Task("1,000 pairs, encoder", "en", "fr", pairs=FEW, begun=("encoder",)),
    Task("1,000 pairs, decoder", "en", "fr", pairs=FEW, begun=("decoder",)),
    Task("1,000 pairs, both", "en", "fr", pairs=FEW, begun=("encoder", "decoder")),
    Task("copy 64", "en", "en", width=64),
    Task("from French 128", "fr", "en"),
    Task("copy 256", "en", "en", width=256),
)
NAMED = {task.name: task for task in TASKS}
COPIES = {"en": "copy 128", "fr": "copy French 128"}


@dataclass(frozen=True)
class Trained:
    """A task's model in `eval` mode, at its least validation loss."""

    task: Task
    seed: int
    model: EncoderDecoder
    vocabularies: Vocabularies
    history: History


def told(pairs: Sequence[Pair], source: str, target: str) -> tuple[Pair, ...]:
    """The pairs with other sides: each "en" or "fr". With the same on both, a copy is asked for."""
    for name in (source, target):
        if name not in COPIES:
            raise ValueError(f"told: wanted en or fr, got {name!r}")
    sides = [{"en": pair.source, "fr": pair.target} for pair in pairs]
    return tuple(Pair(source=side[source], target=side[target]) for side in sides)


def begin(
    task: Task,
    vocabularies: Vocabularies,
    generator: torch.Generator,
    corpus: Splits,
    *,
    directory: Path | None = None,
) -> EncoderDecoder:
    """The task's model before training: new, but for the halves that a copier has trained.

    All seeds begin from the same copiers, those of seed COPIER_SEED.
    """
    config = RecurrentConfig(
        source_size=len(vocabularies.source),
        target_size=len(vocabularies.target),
        embedding=64,
        width=task.width,
        context="every step",
        direction="backward",
    )
    model = build(config, generator)
    for half in task.begun:
        language = task.source if half == "encoder" else task.target
        copier = NAMED[COPIES[language]]
        take(half, fit(copier, COPIER_SEED, corpus, directory=directory).model, model)
    return model


def fit(task: Task, seed: int, corpus: Splits, *, directory: Path | None = None) -> Trained:
    """Train one task. With a `directory`, its runs and those it begins from are kept there."""
    sides = {
        name: told(getattr(corpus, name), task.source, task.target) for name in ("train", "valid")
    }
    vocabularies = Vocabularies.build(sides["train"])
    generator = torch.Generator().manual_seed(seed)
    model = begin(task, vocabularies, generator, corpus, directory=directory)
    history = train(
        model,
        encode_pairs(sides["train"][: task.pairs], vocabularies),
        encode_pairs(sides["valid"], vocabularies),
        task.training,
        generator=generator,
        directory=None if directory is None else directory / f"{task.name} {seed}",
        progress=False,
    )
    return Trained(task, seed, model, vocabularies, history)


def take(half: str, giver: EncoderDecoder, model: EncoderDecoder) -> None:
    """Put the giver's encoder or decoder, its table of embeddings with it, into the model."""
    parts = {"encoder": ("embedding", "reader"), "decoder": ("writer",)}
    if half not in parts:
        raise ValueError(f"take: wanted encoder or decoder, got {half!r}")
    for part in parts[half]:
        getattr(model, part).load_state_dict(getattr(giver, part).state_dict())


def measure(trained: Trained, corpus: Splits) -> Result:
    """BLEU, chrF and exact matches on the test split, BLEU on `long`, and BLEU by length.

    A length is that of the English sentence whatever is read, so that a bucket always holds the
    same sentences.
    """
    task, found = trained.task, {}
    for name in ("test", "long"):
        pairs = told(getattr(corpus, name), task.source, task.target)
        if pairs:
            found[name] = evaluate(
                trained.model, pairs, trained.vocabularies, language=task.target
            )
    last = trained.history.points[-1]
    metrics = {
        "valid_loss": trained.history.best.validation_loss,
        "best_step": trained.history.best.step,
        "bleu": found["test"].bleu.value,
        "chrf": found["test"].chrf.value,
        "exact": found["test"].exact.value,
    } | ({"long_bleu": found["long"].bleu.value} if "long" in found else {})
    return Result(
        variant=task.name,
        seed=trained.seed,
        config=trained.model.config.to_dict(),
        training=task.training.to_dict(),
        parameters=parameters(trained.model),
        metrics={name: round(float(value), 6) for name, value in metrics.items()},
        lengths={
            bucket.name: {"bleu": round(bucket.bleu, 6), "count": bucket.count}
            for bucket in _buckets(found, corpus, task.target)
        },
        signatures={"bleu": found["test"].bleu.signature, "chrf": found["test"].chrf.signature},
        tokens=last.tokens,
        seconds=round(last.seconds, 1),
        circumstances=circumstances(),
    )


def _buckets(found: dict[str, Report], corpus: Splits, language: str) -> tuple[Bucket, ...]:
    pairs = [pair for name in found for pair in getattr(corpus, name)]
    said = [words for report in found.values() for words in report.hypotheses]
    return by_length(
        [len(pair.source) for pair in pairs],
        [detokenise(words, language) for words in said],
        [detokenise(pair.target, language) for pair in told(pairs, language, language)],
    )


def run(task: Task, seed: int, corpus: Splits, *, directory: Path | None = None) -> Result:
    """Train a task and measure it: what the command does."""
    return measure(fit(task, seed, corpus, directory=directory), corpus)


def stored() -> dict[str, list[Result]]:
    """The kept runs of this module's tasks: for each name its runs, by seed.

    Raises FileNotFoundError, saying the command that makes them, if there are none.
    """
    return results.stored(CHAPTER, command="seq2seq_lib.experiments.copying", names=NAMED)


def main(words: Sequence[str] | None = None) -> int:
    """Run what is not yet kept; each finished run is kept at once."""
    parser = argparse.ArgumentParser(prog="python -m seq2seq_lib.experiments.copying")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], metavar="SEED")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="tasks by name")
    parser.add_argument("--again", action="store_true", help="repeat runs already kept")
    parser.add_argument("--directory", type=Path, help="where trained models are kept meanwhile")
    asked = parser.parse_args(words)
    torch.set_num_threads(1)
    corpus = corpora.load("grammar")
    done = set() if asked.again else results.finished(CHAPTER)
    chosen = [task for task in TASKS if not asked.only or task.name in asked.only]
    for seed in asked.seeds:
        for task in chosen:
            if (task.name, seed) in done:
                continue
            result = run(task, seed, corpus, directory=asked.directory)
            keep(CHAPTER, [result])
            print(f"{task.name}, seed {seed}: {result.seconds} s, {result.metrics}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
