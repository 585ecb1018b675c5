"""Translators trained on real text for a budget of time, and what they score.

`python -m seq2seq_lib.benchmark multi30k` trains each architecture for two minutes, as the book's
recipes in data/recipes/ say, and adds what it scores to data/results/multi30k.json; `tatoeba` does
so for the other corpus, where the challenge set is translated, too. The corpora are fetched, or
read from the folder that the variable SEQ2SEQ_DATA names.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from seq2seq_lib import challenge, recipes
from seq2seq_lib.corpora import Splits
from seq2seq_lib.evaluation import Report, evaluate
from seq2seq_lib.experiments import results
from seq2seq_lib.experiments.results import Result
from seq2seq_lib.metrics import tokenised_bleu
from seq2seq_lib.recipes import Outcome, Recipe
from seq2seq_lib.search import translate
from seq2seq_lib.training import evaluating
from seq2seq_lib.typography import detokenise, tokenise

ARCHITECTURES = {"fixed context": "fixed", "attention": "attention", "transformer": "transformer"}
# For which budget, in seconds, each of a corpus's recipes is made.
BUDGETS = {60: "1min", 120: "2min", 300: "5min", 1200: "20min"}
# Of the source, in words: about a fifth of the test sentences in each.
LENGTHS = {
    "multi30k": ((1, 9), (10, 11), (12, 13), (14, 16), (17, 60)),
    "tatoeba": ((1, 4), (5, 5), (6, 6), (7, 7), (8, 60)),
}
BEAM = 5


def variant(architecture: str, seconds: float) -> str:
    """The name of a run in the results: "attention, 120 s"."""
    return f"{architecture}, {seconds:g} s"


def recipe(corpus: str, architecture: str, seconds: float, seed: int = 0) -> Recipe:
    """The book's recipe whose budget is nearest to this one, by ratio, with this one.

    Seconds are the processor's, so that a busy machine gives a run no less than a quiet one.
    """
    nearest = min(BUDGETS, key=lambda budget: abs(math.log(budget / seconds)))
    name = f"{corpus}-{ARCHITECTURES[architecture]}-{BUDGETS[nearest]}"
    found = recipes.read(name)
    training = replace(found.training, seconds=float(seconds), clock="processor")
    return replace(found, training=training, seed=seed)


def folder(runs: Path, corpus: str, architecture: str, seconds: float, seed: int) -> Path:
    """Where in `runs` a run is kept, to be gone on with."""
    return runs / f"{corpus}-{ARCHITECTURES[architecture]}-{seconds:g}s-{seed}"


def run(
    name: str,
    recipe: Recipe,
    corpus: Splits,
    *,
    lengths: Sequence[tuple[int, int]],
    challenged: bool = False,
    directory: Path | None = None,
) -> Result:
    """Train as the recipe says and measure on the test split; `name` is the result's."""
    started = time.perf_counter()
    outcome = recipes.carry_out(recipe, directory, progress=False, corpus=corpus)
    wall = time.perf_counter() - started
    found = measure(name, recipe, outcome, corpus, lengths=lengths, challenged=challenged)
    return replace(found, circumstances=found.circumstances | {"wall seconds": round(wall, 1)})


def measure(
    name: str,
    recipe: Recipe,
    outcome: Outcome,
    corpus: Splits,
    *,
    lengths: Sequence[tuple[int, int]],
    challenged: bool = False,
) -> Result:
    """Everything that is measured of a translator of real text.

    metrics: bleu and chrf, detokenised, against all references (without case if the corpus is in
    small letters), bleu_beam with a beam of `BEAM`, bleu_tokenised; exact, the share that is one
    of the references but for case; valid_loss. With `challenged`, of the challenge set, as a whole
    and by phenomenon: "challenge passed", "challenge bleu", "challenge chrf", "passed: NAME" (a
    share of those with patterns), "bleu: NAME", "chrf: NAME".
    """
    history = outcome.history
    report = _translated(outcome, corpus, lengths, lower=recipe.data.lower)
    metrics, signatures = _scores(report, corpus)
    beam = _translated(outcome, corpus, lengths, lower=recipe.data.lower, width=BEAM)
    metrics |= {"valid_loss": history.best.validation_loss, "bleu_beam": beam.bleu.value}
    metrics |= _challenge(outcome) if challenged else {}
    return result(
        name,
        recipe,
        outcome,
        metrics={key: round(value, 6) for key, value in metrics.items()},
        lengths={
            each.name: {"bleu": round(each.bleu, 6), "count": each.count} for each in report.buckets
        },
        signatures=signatures,
    )


def result(
    name: str,
    recipe: Recipe,
    outcome: Outcome,
    *,
    metrics: dict[str, float],
    lengths: dict[str, dict[str, float]],
    signatures: dict[str, str],
) -> Result:
    """What a recipe's run scored, beside what the run was."""
    last = outcome.history.points[-1]
    return Result(
        variant=name,
        seed=recipe.seed,
        config=outcome.model.config.to_dict(),
        training=recipe.training.to_dict(),
        parameters=outcome.parameters,
        metrics=metrics,
        lengths=lengths,
        signatures=signatures,
        tokens=last.tokens,
        seconds=round(last.seconds, 1),
        circumstances=results.circumstances() | {"clock": recipe.training.clock},
    )


def _translated(
    outcome: Outcome,
    corpus: Splits,
    lengths: Sequence[tuple[int, int]],
    *,
    lower: bool,
    width: int = 1,
) -> Report:
    return evaluate(
        outcome.model, corpus.test, outcome.vocabularies, width=width, lengths=lengths, lower=lower
    )


def _scores(report: Report, corpus: Splits) -> tuple[dict[str, float], dict[str, str]]:
    """BLEU, chrF and exact matches of the test split, and sacrebleu's signatures."""
    wanted = [
        [tokenise(text, "fr") for text in pair.references] or [list(pair.target)]
        for pair in corpus.test
    ]
    tokenised = tokenised_bleu(report.hypotheses, wanted)
    same = [
        _small(said) in [_small(tokens) for tokens in each]
        for said, each in zip(report.hypotheses, wanted, strict=True)
    ]
    scores = {"bleu": report.bleu, "chrf": report.chrf, "bleu_tokenised": tokenised}
    metrics = {key: score.value for key, score in scores.items()}
    signatures = {key: score.signature for key, score in scores.items()}
    return metrics | {"exact": sum(same) / len(same)}, signatures


def _small(tokens: Sequence[str]) -> list[str]:
    return [token.lower() for token in tokens]


def _challenge(outcome: Outcome) -> dict[str, float]:
    """What the translator scores on the challenge set, as a whole and by phenomenon."""
    items = challenge.load()
    sources = [tokenise(item.english, "en") for item in items]
    with evaluating(outcome.model):
        said = translate(outcome.model, sources, outcome.vocabularies)
    found = challenge.score(items, [detokenise(tokens, "fr") for tokens in said])
    whole = found.whole
    metrics = {"challenge bleu": whole.bleu.value, "challenge chrf": whole.chrf.value}
    if whole.passed is not None:
        metrics["challenge passed"] = whole.passed.value
    for name, each in found.phenomena.items():
        metrics |= {f"bleu: {name}": each.bleu.value, f"chrf: {name}": each.chrf.value}
        if each.passed is not None:
            metrics[f"passed: {name}"] = each.passed.value
    return metrics


def stored(corpus: str) -> dict[str, list[Result]]:
    """The kept runs on this corpus: for each variant's name its runs, by seed.

    Raises FileNotFoundError, saying the command that makes them, if there are none.
    """
    command = f"seq2seq_lib.benchmark {corpus}"
    return results.stored(corpus, path=results_file(corpus), command=command)


def results_file(corpus: str) -> Path:
    """Where the results on a corpus are kept."""
    return results.RESULTS / f"{corpus}.json"


def _kept(corpus: str, name: str, wanted: Recipe) -> bool:
    """Whether a run of this name and seed is kept, with the settings that it is to have."""
    runs = stored(corpus).get(name, []) if results_file(corpus).is_file() else []
    return any(
        found.seed == wanted.seed
        and found.training == wanted.training.to_dict()
        and all(found.config.get(key) == value for key, value in wanted.model.items())
        for found in runs
    )


def main(words: Sequence[str] | None = None) -> int:
    """Run what is asked for and not yet kept; each finished run is kept at once."""
    parser = argparse.ArgumentParser(
        prog="python -m seq2seq_lib.benchmark",
        description="train each architecture on real text for a budget of time, and score it",
    )
    parser.add_argument("corpus", choices=sorted(LENGTHS))
    parser.add_argument("--only", choices=sorted(ARCHITECTURES), action="append", metavar="NAME")
    parser.add_argument("--seconds", type=float, nargs="+", default=[120], metavar="S")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], metavar="SEED")
    parser.add_argument("--again", action="store_true", help="repeat runs whose results are kept")
    parser.add_argument(
        "--runs", type=Path, metavar="FOLDER", help="keep the runs there: one cut off goes on"
    )
    asked = parser.parse_args(words)
    torch.set_num_threads(1)
    for seconds in asked.seconds:
        for seed in asked.seeds:
            for architecture in asked.only or ARCHITECTURES:
                _one(asked.corpus, architecture, seconds, seed, again=asked.again, runs=asked.runs)
    return 0


def _one(
    corpus: str, architecture: str, seconds: float, seed: int, *, again: bool, runs: Path | None
) -> None:
    """Run, keep and report one variant with one seed, unless it is kept."""
    name, wanted = variant(architecture, seconds), recipe(corpus, architecture, seconds, seed)
    if not again and _kept(corpus, name, wanted):
        return
    result = run(
        name, wanted, wanted.data.load(progress=False),
        lengths=LENGTHS[corpus], challenged=not wanted.data.lower,
        directory=runs and folder(runs, corpus, architecture, seconds, seed),
    )  # fmt: skip
    results.keep(corpus, [result], path=results_file(corpus))
    metrics = result.metrics
    print(
        f"{name}, seed {seed}: {metrics['bleu']:.1f} BLEU, {metrics['bleu_tokenised']:.1f} "
        f"tokenised, {metrics['bleu_beam']:.1f} with a beam; {result.parameters:,} parameters, "
        f"{result.tokens:,} tokens in {result.seconds:.0f} s",
        flush=True,
    )


if __name__ == "__main__":
    raise SystemExit(main())
