"""Four systems, the same data and size, one budget: the experiment of chapter 12.

`python -m seq2seq_lib.experiments.comparison --seeds 0 1 2` measures what a step costs, trains
every system under every budget, and adds to data/results/chapter12.json; what each one makes of
the test split goes to data/results/chapter12_translations.json. The chapter calls `fit` and
`measure`, the same functions, for one seed, and holds what comes out against the stored runs.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from seq2seq_lib import checkpoints, corpora
from seq2seq_lib.batching import encode_pairs
from seq2seq_lib.corpora import Splits
from seq2seq_lib.evaluation import alignment, attends
from seq2seq_lib.experiments import copying, racing, results, running
from seq2seq_lib.experiments.results import Result, circumstances, keep
from seq2seq_lib.experiments.running import Fitted
from seq2seq_lib.experiments.variants import Variant
from seq2seq_lib.models import EncoderDecoder, build
from seq2seq_lib.schedule import TrainingConfig
from seq2seq_lib.training import train
from seq2seq_lib.vocabulary import Vocabularies

CHAPTER = "12"
# Half of the tokens of a step of chapters 06, 09 and 11: more steps for the same seconds.
STEPS, TOKENS = 1200, 256
# With half of the steps and a tenth of them for the warm-up, attention never leaves the loss of a
# unigram model: the budget HASTY.
WARMUP = 1 / 6
HASTY = "hasty"
# As at equal steps or seconds, but the read-out's bias begins at the words' frequencies (see
# chapter 09). The copier of a pretrained system begins so, too.
BEGUN, BEGUN_SECONDS = "frequencies", "equal seconds, frequencies"
# And at a higher rate, which such a beginning allows recurrent models (chapters 06 and 09); and at
# rates around the Transformer's own, which are for the Transformer alone.
HIGHER, HIGHER_SECONDS = "frequencies, 8e-3", "equal seconds, 8e-3"
AROUND = {"frequencies, 3e-3": 3e-3, "frequencies, 5.5e-3": 5.5e-3}
RATED = {HIGHER: 8e-3, HIGHER_SECONDS: 8e-3, **AROUND}
# "pretrained" is "fixed context", whose encoder has first learned to copy English.
MODELS: dict[str, dict] = {
    "fixed context": {
        "embedding": 64, "width": 128, "context": "every step", "direction": "backward",
    },
    "attention": {
        "embedding": 64, "width": 128, "context": "bahdanau", "score": "additive",
        "direction": "both",
    },
    "transformer": {
        "kind": "transformer", "width": 96, "layers": 2, "heads": 4, "feedforward": 384,
        "norm": "pre", "positions": "sinusoid", "tied": "output",
    },
}  # fmt: skip
MODELS["pretrained"] = MODELS["fixed context"]
# The highest rate found to be safe for each from zero.
RATES = {"fixed context": 3e-3, "attention": 3e-3, "transformer": 4e-3, "pretrained": 3e-3}
# Few pairs are read in smaller batches still, or there would be few steps before they are known by
# heart.
SHARES = {"5 %": 1000, "2 %": 400, "10 %": 2000}
FEW = "5 %"
BEGUN_FEW = {f"{share}, frequencies": pairs for share, pairs in SHARES.items()}
FEW_STEPS, FEW_TOKENS = 1200, 128
FEW_COPYING = 600  # steps of the copier, which has all of the English, and the full batch
RACES = ("equal steps", "equal seconds")
SECONDS = ("equal seconds", BEGUN_SECONDS, HIGHER_SECONDS)
EQUAL_STEPS = ("equal steps", BEGUN, HIGHER, *AROUND)
BUDGETS = (*RACES, FEW, HASTY, BEGUN, BEGUN_SECONDS, *RATED, *BEGUN_FEW)
TIMED = "seconds a step"
# These two are one and the same run.
SAME = ("transformer, equal steps", "transformer, equal seconds")
Costs = Mapping[str, float]


@dataclass(frozen=True)
class Entry:
    """One system under one budget.

    copying: steps, of the full batch, in which its encoder learns to copy before `steps` of
    translation. pairs: how many of the training pairs it is given, or None for all.
    """

    model: str
    budget: str
    steps: int
    tokens: int = TOKENS
    copying: int = 0
    pairs: int | None = None
    warmup: float = WARMUP

    @property
    def output_bias(self) -> str:
        """Where the read-out's bias begins: see `TrainingConfig`."""
        zero = self.budget in (*RACES, FEW, HASTY)
        return "as built" if zero else "frequencies"

    @property
    def rate(self) -> float:
        """Adam's learning rate at its highest."""
        return RATED.get(self.budget, RATES[self.model])

    @property
    def variant(self) -> Variant:
        """What is trained to translate, and how."""
        training = {
            "steps": self.steps, "tokens": self.tokens, "learning_rate": self.rate,
            "warmup": self.warmup, "validate_every": self.steps if self.pairs is None else 200,
            "output_bias": self.output_bias,
        }  # fmt: skip
        return Variant(f"{self.model}, {self.budget}", MODELS[self.model], training)


def entry(model: str, budget: str, costs: Costs | None = None) -> Entry:
    """The system under this budget; "equal seconds" wants the `costs` of a step.

    Equal seconds are those of the Transformer's STEPS. Of any budget, half goes into copying if
    the system is pretrained. Raises ValueError for an unknown budget or one without its costs.
    """
    if budget == FEW or budget in BEGUN_FEW:
        copied = FEW_COPYING if model == "pretrained" else 0
        pairs = BEGUN_FEW.get(budget, SHARES[FEW])
        return Entry(model, budget, FEW_STEPS, FEW_TOKENS, copied, pairs)
    if budget == HASTY:
        return Entry(model, budget, STEPS // 2, warmup=0.1)
    share: float = 0.5 if model == "pretrained" else 1.0
    if budget in EQUAL_STEPS:
        steps = round(share * STEPS)
        return Entry(model, budget, steps, copying=STEPS - steps)
    if budget not in SECONDS or costs is None:
        raise ValueError(
            f"budget: wanted one of {', '.join(BUDGETS)}, equal seconds with costs, got {budget!r}"
        )
    seconds = STEPS * costs["transformer"]
    cost = costs["fixed context" if model == "pretrained" else model]
    copied = round((1 - share) * seconds / costs["copying"])
    return Entry(model, budget, round(share * seconds / cost), copying=copied)


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
        encode_pairs(corpus.train[: chosen.pairs], vocabularies),
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
    whole = chosen.budget in (*EQUAL_STEPS, HASTY)
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


def entries(costs: Costs) -> list[Entry]:
    """All that is trained, what matters most first. The Transformer has its STEPS in both races,
    however they begin; from zero, few pairs are given to attention and the Transformer alone, and
    the higher rate is raced over seconds by those whom it serves."""
    left_out = {("transformer", budget) for budget in SECONDS} | {("pretrained", HIGHER_SECONDS)}
    left_out |= {(model, budget) for model in ("fixed context", "pretrained")
                 for budget in (HASTY, FEW)}  # fmt: skip
    left_out |= {(model, budget) for model in MODELS if model != "transformer" for budget in AROUND}
    return [
        entry(model, budget, costs)
        for budget in BUDGETS
        for model in MODELS
        if (model, budget) not in left_out
    ]


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
                if found.budget == budget and (name, seed) not in results.finished(CHAPTER):
                    result, said = run(found, seed, corpus, progress=False)
                    if found.budget in RACES:
                        keep_translations(name, seed, said)
                    keep(CHAPTER, [result])
                    print(f"{name}, seed {seed}: {result.seconds} s, {result.metrics}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
