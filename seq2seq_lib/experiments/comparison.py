"""Four systems, the same data and size, one budget: the experiment of chapter 12.

`python -m seq2seq_lib.experiments.comparison --seeds 0 1 2` measures what a step costs, trains
every system under every budget (see `budgets`), and adds to data/results/chapter12.json; what each
one makes of the test split goes to data/results/chapter12_translations.json. The chapter calls
`fit` and `measure`, the same functions, for one seed, and holds what comes out against the stored
runs.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from seq2seq_lib import checkpoints, corpora
from seq2seq_lib.batching import encode_pairs
from seq2seq_lib.corpora import Splits
from seq2seq_lib.evaluation import alignment, attends
from seq2seq_lib.experiments import copying, racing, results, running
from seq2seq_lib.experiments.budgets import BUDGETS, MODELS, TOKENS, WARMUP, Entry, entries
from seq2seq_lib.experiments.results import Result, circumstances, keep
from seq2seq_lib.experiments.running import Fitted
from seq2seq_lib.models import EncoderDecoder, build
from seq2seq_lib.schedule import TrainingConfig
from seq2seq_lib.training import train
from seq2seq_lib.vocabulary import Vocabularies

CHAPTER = "12"
RACES = ("equal steps", "equal seconds")
TIMED = "seconds a step"
# These two are one and the same run.
SAME = ("transformer, equal steps", "transformer, equal seconds")


def fit(chosen: Entry, seed: int, corpus: Splits, *, progress: bool = True) -> Fitted:
    """Train the system. The vocabularies are those of all pairs, whatever part it is given."""
    vocabularies = Vocabularies.build(corpus.train)
    generator = torch.Generator().manual_seed(seed)
    variant = chosen.variant
    model = build(running.configuration(variant, vocabularies), generator)
    if chosen.copying:
        copying.take("encoder", _copier(chosen, corpus, generator, progress=progress), model)
    history = train(
        model,
        encode_pairs(corpus.train[: chosen.budget.pairs], vocabularies),
        encode_pairs(corpus.valid, vocabularies),
        TrainingConfig(**variant.training),
        generator=generator,
        progress=progress,
    )
    return Fitted(variant, seed, model, vocabularies, history)


def _copier(
    chosen: Entry, corpus: Splits, generator: torch.Generator, *, progress: bool
) -> EncoderDecoder:
    """An autoencoder of the system's kind, after `chosen.copying` steps on all of the English."""
    english = {name: copying.told(getattr(corpus, name), "en", "en") for name in ("train", "valid")}
    vocabularies = Vocabularies.build(english["train"])
    model = build(running.configuration(chosen.variant, vocabularies), generator)
    train(
        model,
        encode_pairs(english["train"], vocabularies),
        encode_pairs(english["valid"], vocabularies),
        TrainingConfig(
            steps=chosen.copying, tokens=TOKENS, learning_rate=chosen.rate,
            warmup=WARMUP, validate_every=chosen.copying, output_bias=chosen.output_bias,
        ),
        generator=generator,
        progress=progress,
    )  # fmt: skip
    return model


def measure(fitted: Fitted, corpus: Splits) -> tuple[Result, list[str]]:
    """The run's scores, and what it makes of the test split, a tokenised sentence each.

    Beside the scores of its translations: aer, where it attends (a Transformer: in its last
    block); best_step, that of its least validation loss.
    """
    reports = running.translated(fitted, corpus)
    more = {"best_step": float(fitted.history.best.step)}
    if attends(fitted.model):
        generator = torch.Generator().manual_seed(fitted.seed)
        found = alignment(fitted.model, corpus.test, fitted.vocabularies, generator=generator)
        more |= {"aer": found.attention, "aer_diagonal": found.diagonal}
    said = [" ".join(words) for words in reports["test"].hypotheses]
    return running.result(fitted, corpus, reports, more), said


def run(
    chosen: Entry, seed: int, corpus: Splits, *, progress: bool = True
) -> tuple[Result, list[str]]:
    """Train a system and measure it; at equal seconds and on few pairs on the test split alone."""
    fitted = fit(chosen, seed, corpus, progress=progress)
    whole = not chosen.budget.seconds and chosen.budget.pairs is None
    asked = corpus if whole else replace(corpus, long=(), novel=())
    found, said = measure(fitted, asked)
    return replace(found, metrics=found.metrics | {"copying": chosen.copying}), said


def timed(corpus: Splits) -> Result:
    """`racing.costs` as a result, under the name TIMED: a metric for each, in seconds a step."""
    racers = {name: (settings, corpus.train) for name, settings in MODELS.items()}
    english = copying.told(corpus.train, "en", "en")
    racers["copying"] = (racers.pop("pretrained")[0], english)
    found = racing.costs(racers, tokens=TOKENS)
    return Result(
        variant=TIMED, seed=0, config={}, training={}, parameters=0,
        metrics={name: round(value, 5) for name, value in found.items()},
        lengths={}, signatures={}, tokens=0, seconds=0.0, circumstances=circumstances(),
    )  # fmt: skip


def stored() -> dict[str, list[Result]]:
    """The kept runs by system and budget, by seed; "transformer, equal seconds" among them.

    Raises FileNotFoundError, saying the command that makes them, if there are none.
    """
    found = results.stored(CHAPTER, command="seq2seq_lib.experiments.comparison")
    return found | {SAME[1]: found.get(SAME[0], [])}


def translations() -> dict[str, dict[int, list[str]]]:
    """What the kept runs of both RACES make of the test split, tokenised: by name, by seed."""
    path = _translations_file()
    if not path.is_file():
        return {}
    kept = json.loads(path.read_text(encoding="utf-8"))
    found = {name: {int(seed): said for seed, said in runs.items()} for name, runs in kept.items()}
    return found | {SAME[1]: found.get(SAME[0], {})}


def _translations_file() -> Path:
    return results.RESULTS / f"chapter{CHAPTER}_translations.json"


def keep_translations(name: str, seed: int, said: list[str]) -> None:
    """Add a run's translations to those that are kept."""
    found = translations() | {name: translations().get(name, {}) | {seed: said}}
    found.pop(SAME[1], None)
    text = json.dumps(found, indent=0, sort_keys=True, ensure_ascii=False) + "\n"
    _translations_file().parent.mkdir(parents=True, exist_ok=True)
    checkpoints.replace_file(_translations_file(), text.encode())


def main(words: Sequence[str] | None = None) -> int:
    """Run what is not yet kept; each finished run is kept at once."""
    parser = argparse.ArgumentParser(prog="python -m seq2seq_lib.experiments.comparison")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], metavar="SEED")
    parser.add_argument("--only", nargs="+", default=[], metavar="BUDGET", help="some budgets")
    parser.add_argument("--models", nargs="+", default=list(MODELS), metavar="NAME")
    asked = parser.parse_args(words)
    torch.set_num_threads(1)
    corpus = corpora.load("grammar")
    if (TIMED, 0) not in results.finished(CHAPTER):
        keep(CHAPTER, [timed(corpus)])
    (cost,) = results.stored(CHAPTER)[TIMED]
    chosen = [found for found in entries(cost.metrics) if found.model in asked.models]
    for budget in asked.only or BUDGETS:
        for seed in asked.seeds:
            for found in chosen:
                name = found.variant.name
                if found.name == budget and (name, seed) not in results.finished(CHAPTER):
                    result, said = run(found, seed, corpus, progress=False)
                    if found.name in RACES:
                        keep_translations(name, seed, said)
                    keep(CHAPTER, [result])
                    print(f"{name}, seed {seed}: {result.seconds} s, {result.metrics}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
