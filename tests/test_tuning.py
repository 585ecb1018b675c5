"""The search for the recipes' settings: what is changed, what is measured, what is kept."""

from dataclasses import replace

import pytest

from seq2seq_lib import recipes, tuning
from seq2seq_lib.corpora import Splits
from seq2seq_lib.evaluation import evaluate
from seq2seq_lib.experiments import results
from tests.test_benchmark import CORPUS, SMALL

SECONDS = 5.0


def test_settings_are_changed_one_by_one() -> None:
    recipe = replace(SMALL, model={"width": 8, "dropout": 0.5})
    found = tuning.changed(
        recipe,
        ["model.width=16", "model.score=scaled dot", "model.dropout=", "training.tokens=96",
         "training.output_bias=frequencies", "data.subwords=300"],
    )  # fmt: skip
    assert found.model == {"width": 16, "score": "scaled dot"}
    assert found.training == replace(recipe.training, tokens=96, output_bias="frequencies")
    assert found.data == replace(recipe.data, subwords=300)
    assert recipe.model == {"width": 8, "dropout": 0.5}
    assert tuning.changed(recipe, []) == recipe


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("width=16", "wanted data.SETTING=VALUE or model.SETTING=VALUE"),
        ("model.width", "got 'model.width'"),
        ("model.=3", "got 'model.=3'"),
        ("training.speed=3", r"\[training\]: there is no setting 'speed'"),
        ("training.tokens=0", "tokens: wanted a positive whole number"),
    ],
)
def test_a_change_that_is_none_is_refused(change, message, capsys) -> None:
    with pytest.raises(ValueError, match=message):
        tuning.changed(SMALL, [change])
    with pytest.raises(SystemExit):
        tuning.main(["multi30k-attention-2min", change])
    assert "usage" in capsys.readouterr().err


def test_the_validation_split_is_measured_and_no_other(monkeypatch) -> None:
    monkeypatch.setattr(tuning, "SENTENCES", 3)
    recipe = replace(SMALL, training=replace(SMALL.training, steps=3, seconds=None))
    alone = Splits(CORPUS.train, CORPUS.valid, ())
    found = tuning.measure("x", recipe, alone)
    assert set(found.metrics) == {"bleu", "chrf", "valid_loss"}
    training = replace(recipe.training, validate_every=3)
    outcome = recipes.carry_out(replace(recipe, training=training), progress=False, corpus=alone)
    few = evaluate(outcome.model, CORPUS.valid[:3], outcome.vocabularies, lower=recipe.data.lower)
    assert found.metrics["bleu"] == pytest.approx(few.bleu.value, abs=1e-3)
    last = outcome.history.points[-1]
    assert found.metrics["valid_loss"] == pytest.approx(last.validation_loss, abs=1e-3)
    assert len(outcome.history.points) == 1 and found.tokens == last.tokens


def test_the_command_keeps_a_run_under_its_changes(monkeypatch, tmp_path, capsys) -> None:
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    monkeypatch.setattr(recipes, "read", lambda name: SMALL)
    monkeypatch.setattr(recipes.Data, "load", lambda self, progress: CORPUS)
    said = ["some-recipe", "training.tokens=200", "model.width=8", "--seconds", "0.3"]
    with pytest.raises(FileNotFoundError, match="seq2seq_lib.tuning"):
        tuning.stored()
    assert tuning.main(said) == 0
    assert tuning.main([*said, "--seed", "1"]) == 0
    name = "some-recipe 0.3 s model.width=8 training.tokens=200"
    assert capsys.readouterr().out.startswith(f"{name}, seed 0: ")
    runs = tuning.stored()[name]
    assert [found.seed for found in runs] == [0, 1]
    assert all(found.config["width"] == 8 for found in runs)
    assert all(found.training["tokens"] == 200 for found in runs)
    assert runs[0].training["clock"] == "processor" and runs[0].seconds >= 0.3
