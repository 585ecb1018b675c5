"""How many bits a French sentence costs a model, and how many its source spares: chapter 06.

`python -m seq2seq_lib.experiments.usable --seeds 0 1 2` trains the fixed contexts of chapter 06,
the same models with a source that says nothing, and a model that attends, and adds to
data/results/chapter06_usable.json. What a source spares a kind of model, beside the same kind
without it, is the information that this kind can use (Xu et al. 2020).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import log

import torch
import torch.nn.functional as F
from torch import Tensor

from seq2seq_lib import corpora
from seq2seq_lib.batching import Example, encode_pairs
from seq2seq_lib.corpora import Pair, Splits
from seq2seq_lib.evaluation import BUCKETS, forced_rows
from seq2seq_lib.experiments import results, running
from seq2seq_lib.experiments.commands import to_do
from seq2seq_lib.experiments.results import Result, circumstances, keep
from seq2seq_lib.experiments.running import Fitted
from seq2seq_lib.experiments.variants import Variant, variants
from seq2seq_lib.models import Model, parameters
from seq2seq_lib.schedule import TrainingConfig
from seq2seq_lib.vocabulary import EOS, Vocabularies

CHAPTER = "06_usable"
SIZES = ("64", "128", "256", "128, twice as long")
# Place by place, over sources of at least so many words.
LONG, PLACES = 16, 20


@dataclass(frozen=True)
class Trial:
    """A variant of chapters 06 or 09. silent: whether every source is but an end mark, so that its
    decoder is a language model of French."""

    name: str
    variant: Variant
    silent: bool = False


def _trials() -> dict[str, Trial]:
    looking = variants("09")["luong, dot"]
    found = [Trial(looking.name, looking)]
    for size in SIZES:
        variant = variants("06")[f"fixed {size}"]
        found += [Trial(variant.name, variant), Trial(f"silent {size}", variant, silent=True)]
    return {trial.name: trial for trial in found}


TRIALS = _trials()


def examples(pairs: Sequence[Pair], vocabularies: Vocabularies, *, silent: bool) -> list[Example]:
    """The pairs as numbers; the source of each but its end mark, if it is to be `silent`."""
    found = encode_pairs(pairs, vocabularies)
    return [replace(example, source=(EOS,)) for example in found] if silent else found


def fit(trial: Trial, seed: int, corpus: Splits, *, progress: bool = True) -> Fitted:
    """Train the trial's variant, on silent sources if it is so. The same seed, the same model."""
    encode = partial(examples, silent=trial.silent)
    return running.fit(trial.variant, seed, corpus, progress=progress, encode=encode)


def bits(model: Model, given: Sequence[Example]) -> list[Tensor]:
    """-log₂ of the probability of each target token, `<eos>` included, the ones before it forced: a
    row `(tokens,)` for each example, in their order."""
    found: dict[int, Tensor] = {}
    for place, logits in forced_rows(model, given, "logits"):
        own = torch.tensor([*given[place].target, EOS])
        found[place] = F.cross_entropy(logits[: len(own)], own, reduction="none") / log(2)
    return [found[place] for place in range(len(given))]


def by_length(pairs: Sequence[Pair], spent: Sequence[Tensor]) -> dict[str, dict[str, float]]:
    """The mean bits of a sentence, by the length of its source; lengths without one left out."""
    found = {}
    for low, high in BUCKETS:
        own = [
            row.sum().item()
            for pair, row in zip(pairs, spent, strict=True)
            if low <= len(pair.source) <= high
        ]
        if own:
            mean = sum(own) / len(own)
            found[f"{low}–{high}"] = {"bits": round(mean, 6), "count": float(len(own))}
    return found


def by_place(pairs: Sequence[Pair], spent: Sequence[Tensor]) -> dict[str, float]:
    """The mean bits of the target's first word, its second and so on to PLACES, over the pairs with
    sources of at least LONG words; "place 1" and so on."""
    rows = [row for pair, row in zip(pairs, spent, strict=True) if len(pair.source) >= LONG]
    found = {}
    for place in range(PLACES):
        there = [row[place] for row in rows if len(row) > place]
        if there:
            found[f"place {place + 1}"] = torch.stack(there).mean().item()
    return found


def run(trial: Trial, seed: int, corpus: Splits, *, progress: bool = True) -> Result:
    """Train the trial and measure what the test sentences cost it. Its metrics: valid_loss (nats a
    token), bits (a token of the test split), and `by_place`; its lengths: `by_length`."""
    fitted = fit(trial, seed, corpus, progress=progress)
    return measure(trial, fitted, corpus)


def measure(trial: Trial, fitted: Fitted, corpus: Splits) -> Result:
    """What `run` measures."""
    given = examples(corpus.test, fitted.vocabularies, silent=trial.silent)
    spent = bits(fitted.model, given)
    metrics = {
        "valid_loss": fitted.history.best.validation_loss,
        "bits": torch.cat(spent).mean().item(),
        **by_place(corpus.test, spent),
    }
    last = fitted.history.points[-1]
    return Result(
        variant=trial.name,
        seed=fitted.seed,
        config=fitted.model.config.to_dict(),
        training=TrainingConfig(**trial.variant.training).to_dict(),
        parameters=parameters(fitted.model),
        metrics={name: round(value, 6) for name, value in metrics.items()},
        lengths=by_length(corpus.test, spent),
        signatures={},
        tokens=last.tokens,
        seconds=round(last.seconds, 1),
        circumstances=circumstances(),
    )


def stored() -> dict[str, list[Result]]:
    """The kept runs: for each trial's name its runs, by seed.

    Raises FileNotFoundError, saying the command that makes them, if there are none.
    """
    return results.stored(CHAPTER, command="seq2seq_lib.experiments.usable")


def main(words: Sequence[str] | None = None) -> int:
    """Run what is not yet kept; each finished run is kept at once."""
    corpus = corpora.load("grammar")
    for trial, seed in to_do("usable", CHAPTER, TRIALS, words, called="trials"):
        result = run(trial, seed, corpus, progress=False)
        keep(CHAPTER, [result])
        shown = {name: cell["bits"] for name, cell in result.lengths.items()}
        print(f"{trial.name}, seed {seed}: {result.seconds} s, {shown}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
