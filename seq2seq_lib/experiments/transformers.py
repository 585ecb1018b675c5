"""The Transformer, one setting changed at a time: the experiment of chapter 11.

`python -m seq2seq_lib.experiments.transformers --only base --seeds 0 1 2` trains the one that the
chapter rests on and adds to data/results/chapter11.json; without `--only`, the others too, which
are there to try. The chapter calls `fit` and `measure`, the same functions, for one seed, and holds
what comes out against the stored runs with `agrees`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, cast

import torch

from seq2seq_lib import corpora, heads, probes
from seq2seq_lib.corpora import Splits
from seq2seq_lib.evaluation import evaluate
from seq2seq_lib.experiments import results, running
from seq2seq_lib.experiments.commands import to_do
from seq2seq_lib.experiments.results import Result, keep
from seq2seq_lib.experiments.running import Fitted
from seq2seq_lib.experiments.variants import Variant
from seq2seq_lib.models import EncoderDecoder

# Fewer parameters than any model of chapters 06 and 09, and half of their steps.
BASE = {
    "kind": "transformer", "width": 64, "layers": 2, "heads": 4, "feedforward": 256,
    "norm": "pre", "positions": "sinusoid", "tied": "output",
}  # fmt: skip
TRAINING = {"steps": 600, "tokens": 512, "learning_rate": 4e-3, "validate_every": 200}
# What pruning costs is measured on the first sentences of the test split, greedily.
PRUNED_ON = 100
# Influence is measured on long sentences: how many words at least, and how many sentences.
FAR, SENTENCES = 29, 60


def _variant(name: str, *, warmup: float | None = None, **changed: str | int) -> Variant:
    training = dict(TRAINING) if warmup is None else TRAINING | {"warmup": warmup}
    return Variant(name, BASE | changed, training)


VARIANTS = {
    variant.name: variant
    for variant in (
        _variant("base"),
        _variant("no positions", positions="none"),
        _variant("rotary", positions="rotary"),
        _variant("rotary, places in the source", positions="rotary"),
        _variant("rotary, places on both sides", positions="rotary"),
        _variant("learned", positions="learned"),
        _variant("post", norm="post"),
        _variant("no warm-up", warmup=0.0),
        _variant("post, no warm-up", norm="post", warmup=0.0),
        _variant("one head", heads=1),
        _variant("two heads", heads=2),
        _variant("sixteen heads", heads=16),
    )
}
# Of this variant the heads are taken out one by one.
TAKEN_APART = "base"


def _write_places(model: Any, *, both: bool) -> None:
    model.embedding.waves = True
    model.writer.embedding.waves = both


# To these, sinusoids are added where words come in, on one side or on both, and their attention
# still turns: what rotary positions say, and what is written into the vectors, both at once.
PREPARED: dict[str, Callable[[Any], None]] = {
    "rotary, places in the source": partial(_write_places, both=False),
    "rotary, places on both sides": partial(_write_places, both=True),
}


def fit(variant: Variant, seed: int, corpus: Splits, *, progress: bool = True) -> Fitted:
    """Train the variant, as `experiments.fit` does; one of `PREPARED` is changed before."""
    prepare = PREPARED.get(variant.name)
    return running.fit(variant, seed, corpus, progress=progress, prepare=prepare)


def measure(fitted: Fitted, corpus: Splits) -> Result:
    """Everything that is measured of every variant, and where each head looks.

    Beside the metrics of `experiments.measure`: "aer cross 2.4", the alignment error rate of the
    second block's fourth head; "influence 20", that of a token 20 places before the end (see
    `probes.influence`).
    """
    found, model = running.measure(fitted, corpus), _model(fitted)
    rates = heads.alignment_errors(model, corpus.test, fitted.vocabularies)
    named = {
        f"aer cross {block}.{head}": round(rate, 6)
        for block, row in enumerate(rates.tolist(), 1)
        for head, rate in enumerate(row, 1)
    }
    named |= _influence(fitted, corpus)
    return replace(found, metrics=found.metrics | named)


def _model(fitted: Fitted) -> EncoderDecoder:
    """The model, of which this experiment knows what it is."""
    return cast(EncoderDecoder, fitted.model)


def _influence(fitted: Fitted, corpus: Splits) -> dict[str, float]:
    pairs = [pair for pair in corpus.long if len(pair.source) >= FAR][:SENTENCES]
    if not pairs:
        return {}
    found = probes.influence(
        _model(fitted), pairs, fitted.vocabularies,
        distance=FAR, generator=torch.Generator().manual_seed(0),
    )  # fmt: skip
    return {f"influence {gap}": round(found[gap].item(), 6) for gap in (1, 5, 10, 20)}


def take_apart(fitted: Fitted, corpus: Splits) -> dict[str, float]:
    """BLEU on the first test sentences of the whole model, and without some of its heads.

    "whole"; "without cross 2.4": without that one head; "without cross 2": without any of that
    attention's heads.
    """
    pairs, model = corpus.test[:PRUNED_ON], _model(fitted)

    def score(model: EncoderDecoder) -> float:
        return round(evaluate(model, pairs, fitted.vocabularies).bleu.value, 6)

    found = {"whole": score(model)}
    for name, attention in heads.attentions(model).items():
        everyone = range(attention.heads)
        found[f"without {name}"] = score(heads.without(model, name, everyone))
        for head in everyone:
            found[f"without {name}.{head + 1}"] = score(heads.without(model, name, [head]))
    return found


def run(variant: Variant, seed: int, corpus: Splits, *, progress: bool = True) -> Result:
    """Train and measure one variant; `TAKEN_APART` is taken apart, too."""
    fitted = fit(variant, seed, corpus, progress=progress)
    result = measure(fitted, corpus)
    if variant.name != TAKEN_APART:
        return result
    return replace(result, metrics=result.metrics | take_apart(fitted, corpus))


def stored() -> dict[str, list[Result]]:
    """The kept runs: for each variant's name its runs, by seed.

    Raises FileNotFoundError, saying the command that makes them, if there are none.
    """
    return results.stored("11", command="seq2seq_lib.experiments.transformers")


def main(words: Sequence[str] | None = None) -> int:
    """Run what is not yet kept; each finished run is kept at once."""
    jobs = to_do("transformers", "11", VARIANTS, words)
    corpus = corpora.load("grammar")
    for variant, seed in jobs:
        result = run(variant, seed, corpus, progress=False)
        keep("11", [result])
        shown = {key: result.metrics[key] for key in ("bleu", "long_bleu", "valid_loss", "aer")}
        print(f"{variant.name}, seed {seed}: {result.seconds} s, {shown}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
