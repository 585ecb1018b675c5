"""How the recipes' settings were found: one run for each change, measured on the validation split.

`python -m seq2seq_lib.tuning multi30k-attention-2min model.score="dot" training.tokens=384` trains
the recipe with these settings in place of its own for a minute of processor time, and adds what it
scores to data/results/tuning.json. `model.dropout=` leaves a setting out. The test split is not
looked at: whoever chooses by it has nothing left to judge by.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from seq2seq_lib import benchmark, recipes
from seq2seq_lib.corpora import Splits
from seq2seq_lib.evaluation import evaluate
from seq2seq_lib.experiments import results
from seq2seq_lib.experiments.results import Result
from seq2seq_lib.recipes import Recipe

SECONDS = 60.0
SENTENCES = 500  # of the validation split, which are translated
TABLES = ("data", "model", "training")


def changed(recipe: Recipe, changes: Sequence[str]) -> Recipe:
    """The recipe with `table.setting=value` changed, each value as TOML has it or a plain word.

    An empty value leaves a setting of the model out. Raises ValueError for a table or setting that
    there is not.
    """
    for change in changes:
        place, _, text = change.partition("=")
        table, _, name = place.partition(".")
        if table not in TABLES or not name or "=" not in change:
            raise ValueError(
                f"wanted {' or '.join(f'{one}.SETTING=VALUE' for one in TABLES)}, got {change!r}"
            )
        if table == "model":
            kept = {key: value for key, value in recipe.model.items() if key != name}
            recipe = replace(recipe, model=kept | ({name: _value(text)} if text else {}))
            continue
        part = getattr(recipe, table)
        if not hasattr(part, name):
            raise ValueError(f"[{table}]: there is no setting {name!r}")
        recipe = replace(recipe, **{table: replace(part, **{name: _value(text)})})
    return recipe


def _value(text: str) -> object:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def measure(name: str, recipe: Recipe, corpus: Splits, *, directory: Path | None = None) -> Result:
    """Train as the recipe says; metrics: valid_loss at the end, and bleu and chrf of the first
    `SENTENCES` validation sentences. `name` is the result's."""
    # One look, at the end: the time is for training.
    training = replace(recipe.training, validate_every=recipe.training.steps)
    recipe = replace(recipe, training=training)
    outcome = recipes.carry_out(recipe, directory, progress=False, corpus=corpus)
    few, lower = corpus.valid[:SENTENCES], recipe.data.lower
    report = evaluate(outcome.model, few, outcome.vocabularies, lower=lower)
    loss = outcome.history.points[-1].validation_loss
    scores = {"bleu": report.bleu, "chrf": report.chrf}
    metrics = {key: score.value for key, score in scores.items()} | {"valid_loss": loss}
    return benchmark.result(
        name,
        recipe,
        outcome,
        metrics={key: round(value, 3) for key, value in metrics.items()},
        lengths={},
        signatures={key: score.signature for key, score in scores.items()},
    )


def results_file() -> Path:
    """Where the runs are kept."""
    return results.RESULTS / "tuning.json"


def stored() -> dict[str, list[Result]]:
    """The kept runs. Raises FileNotFoundError, saying the command, if there are none."""
    return results.stored("tuning", path=results_file(), command="seq2seq_lib.tuning RECIPE")


def main(words: Sequence[str] | None = None) -> int:
    """Train one recipe with its changes, score it on validation, keep and print what it scores."""
    parser = argparse.ArgumentParser(
        prog="python -m seq2seq_lib.tuning",
        description="what a recipe scores on the validation split with some settings changed",
    )
    parser.add_argument("recipe", metavar="RECIPE", help="a name of data/recipes, or a file")
    parser.add_argument(
        "changes", nargs="*", metavar="TABLE.SETTING=VALUE",
        help="such as training.tokens=384; an empty VALUE leaves a setting of the model out",
    )  # fmt: skip
    parser.add_argument(
        "--seconds", type=float, default=SECONDS, help=f"of the processor (default {SECONDS:g})"
    )
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(words)
    torch.set_num_threads(1)
    try:
        own = replace(recipes.read(asked.recipe), seed=asked.seed)
        chosen = changed(own, asked.changes)
    except (ValueError, TypeError) as error:
        parser.error(str(error))
    training = replace(chosen.training, seconds=asked.seconds, clock="processor")
    chosen = replace(chosen, training=training)
    name = " ".join((Path(asked.recipe).stem, f"{asked.seconds:g} s", *sorted(asked.changes)))
    found = measure(name, chosen, chosen.data.load(progress=False))
    results.keep("tuning", [found], path=results_file())
    print(
        f"{name}, seed {asked.seed}: {found.metrics['bleu']:.1f} BLEU on {SENTENCES} validation "
        f"sentences, loss {found.metrics['valid_loss']:.3f}; {found.tokens:,} tokens"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
