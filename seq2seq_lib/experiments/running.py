"""Train a variant and measure it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from seq2seq_lib.batching import Example, encode_pairs
from seq2seq_lib.config import Config, from_dict
from seq2seq_lib.corpora import Pair, Splits
from seq2seq_lib.evaluation import Report, agreement_accuracy, by_length, evaluate
from seq2seq_lib.experiments.insights import inside
from seq2seq_lib.experiments.results import Result, circumstances
from seq2seq_lib.experiments.variants import Variant
from seq2seq_lib.models import Model, build, parameters
from seq2seq_lib.schedule import History, TrainingConfig
from seq2seq_lib.training import train
from seq2seq_lib.typography import detokenise
from seq2seq_lib.vocabulary import Vocabularies


@dataclass(frozen=True)
class Fitted:
    """A variant, trained: its model in `eval` mode, at its least validation loss."""

    variant: Variant
    seed: int
    model: Model
    vocabularies: Vocabularies
    history: History


def configuration(variant: Variant, vocabularies: Vocabularies) -> Config:
    """The variant's model for these vocabularies."""
    sizes = {
        "source_size": len(vocabularies.source),
        "target_size": len(vocabularies.target),
    }
    return from_dict(sizes | variant.model)


def fit(
    variant: Variant,
    seed: int,
    corpus: Splits,
    *,
    progress: bool = True,
    directory: Path | None = None,
    encode: Callable[[Sequence[Pair], Vocabularies], list[Example]] = encode_pairs,
    prepare: Callable[[Model], None] | None = None,
) -> Fitted:
    """Train the variant on `corpus.train`. The same seed gives the same model. `encode` makes the
    pairs examples; `prepare` may change the new model before it is trained."""
    vocabularies = Vocabularies.build(corpus.train, joint=variant.joint)
    generator = torch.Generator().manual_seed(seed)
    model = build(configuration(variant, vocabularies), generator)
    if prepare is not None:
        prepare(model)
    history = train(
        model,
        encode(corpus.train, vocabularies),
        encode(corpus.valid, vocabularies),
        TrainingConfig(**variant.training),
        generator=generator,
        directory=directory,
        progress=progress,
    )
    return Fitted(variant, seed, model, vocabularies, history)


def measure(fitted: Fitted, corpus: Splits) -> Result:
    """Everything that is measured of a trained variant, on the splits it has not seen."""
    reports = translated(fitted, corpus)
    return result(fitted, corpus, reports, _words(fitted, corpus))


def translated(fitted: Fitted, corpus: Splits) -> dict[str, Report]:
    """What it makes of test, long and novel, greedily; a split that is empty is left out."""
    splits = {"test": corpus.test, "long": corpus.long, "novel": corpus.novel}
    return {
        name: evaluate(fitted.model, pairs, fitted.vocabularies)
        for name, pairs in splits.items()
        if pairs
    }


def result(
    fitted: Fitted, corpus: Splits, reports: dict[str, Report], more: dict[str, float]
) -> Result:
    """The run as a value: the scores of its translations, and whatever `more` was measured."""
    last = fitted.history.points[-1]
    metrics = {"valid_loss": fitted.history.best.validation_loss}
    metrics |= _translation(reports) | more
    return Result(
        variant=fitted.variant.name,
        seed=fitted.seed,
        config=fitted.model.config.to_dict(),
        training=TrainingConfig(**fitted.variant.training).to_dict(),
        parameters=parameters(fitted.model),
        metrics={name: round(value, 6) for name, value in metrics.items()},
        lengths=_lengths(reports, corpus),
        signatures={
            "bleu": reports["test"].bleu.signature,
            "chrf": reports["test"].chrf.signature,
        },
        tokens=last.tokens,
        seconds=round(last.seconds, 1),
        circumstances=circumstances(),
    )


def _translation(reports: dict[str, Report]) -> dict[str, float]:
    test = reports["test"]
    metrics = {"bleu": test.bleu.value, "chrf": test.chrf.value, "exact": test.exact.value}
    others = {name: found.bleu.value for name, found in reports.items() if name != "test"}
    return metrics | {f"{name}_bleu": value for name, value in others.items()}


def _words(fitted: Fitted, corpus: Splits) -> dict[str, float]:
    """What is measured at single words, with the reference forced, and inside the model."""
    model, vocabularies = fitted.model, fitted.vocabularies
    metrics = inside(model, corpus, vocabularies, fitted.seed)
    if any(pair.agreement for pair in corpus.test):
        metrics["agreement"] = agreement_accuracy(model, corpus.test, vocabularies).value
    return metrics


def _lengths(reports: dict[str, Report], corpus: Splits) -> dict[str, dict[str, float]]:
    """BLEU by source length, over test and long together."""
    said = [
        words for name in ("test", "long") if name in reports for words in reports[name].hypotheses
    ]
    pairs = (*corpus.test, *corpus.long)
    found = by_length(
        [len(pair.source) for pair in pairs],
        [detokenise(words, "fr") for words in said],
        [detokenise(pair.target, "fr") for pair in pairs],
    )
    return {
        bucket.name: {"bleu": round(bucket.bleu, 6), "count": bucket.count}
        for bucket in found
    }


def run(variant: Variant, seed: int, corpus: Splits, *, progress: bool = True) -> Result:
    """Train a variant and measure it: what the command does, for a chapter to do live."""
    return measure(fit(variant, seed, corpus, progress=progress), corpus)
