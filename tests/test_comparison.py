"""Chapter 12's experiment: the budgets are what they say, and the runs are kept."""

from dataclasses import replace

import pytest
import torch

from seq2seq_lib import corpora, experiments
from seq2seq_lib.evaluation import compare
from seq2seq_lib.experiments import budgets, comparison, results, running
from seq2seq_lib.experiments.budgets import Budget
from seq2seq_lib.models import build, parameters
from seq2seq_lib.schedule import TrainingConfig
from seq2seq_lib.vocabulary import Vocabularies
from tests.test_experiments import CORPUS

SECONDS = 15.0
COSTS = {"fixed context": 0.05, "attention": 0.2, "transformer": 0.1, "copying": 0.025}
SMALL = {
    "fixed context": {"embedding": 8, "width": 12, "context": "every step"},
    "pretrained": {"embedding": 8, "width": 12, "context": "every step"},
    "attention": {
        "embedding": 8, "width": 12, "context": "bahdanau", "score": "additive",
        "direction": "both",
    },
    "transformer": {"kind": "transformer", "width": 12, "heads": 2, "feedforward": 12},
}  # fmt: skip
FEW_BUDGETS = {
    "equal steps": Budget(steps=8),
    "equal seconds": Budget(steps=8, seconds=True),
    "frequencies": Budget(steps=8, begun=True),
    "10 %": Budget(steps=6, pairs=40, copying=4),
    "10 %, frequencies": Budget(steps=6, pairs=3, begun=True, copying=4),
}


def test_parameters_are_matched_within_a_tenth():
    vocabularies = Vocabularies.build(corpora.load("grammar").train)
    sizes = [
        parameters(
            build(
                running.configuration(budgets.entry(name, "5 %").variant, vocabularies),
                torch.Generator(),
            )
        )
        for name in budgets.MODELS
    ]
    assert max(sizes) <= 1.1 * min(sizes)


def test_equal_steps_are_equal_and_copying_counts():
    found = [budgets.entry(name, "equal steps") for name in budgets.MODELS]
    assert {each.steps + each.copying for each in found} == {budgets.STEPS}
    assert [each.model for each in found if each.copying] == ["pretrained"]


def test_equal_seconds_are_equal_and_copying_counts():
    for name in budgets.MODELS:
        found = budgets.entry(name, "equal seconds", COSTS)
        cost = COSTS["fixed context" if name == "pretrained" else name]
        seconds = found.steps * cost + found.copying * COSTS["copying"]
        assert seconds == pytest.approx(budgets.STEPS * COSTS["transformer"], rel=0.01)
    with pytest.raises(ValueError, match="equal seconds with costs"):
        budgets.entry("transformer", "equal seconds")


def test_the_stored_runs_had_the_budgets_that_are_declared():
    kept = comparison.stored()
    (cost,) = kept[comparison.TIMED]
    for declared in budgets.entries(cost.metrics):
        runs = kept.get(declared.variant.name, [])
        assert {run.seed for run in runs} >= {0, 1, 2}, declared
        for run in runs:
            assert run.training == TrainingConfig(**declared.variant.training).to_dict()
            assert run.metrics["copying"] == declared.copying


def test_the_stored_translations_give_the_stored_scores():
    corpus, kept = corpora.load("grammar"), comparison.stored()
    said = comparison.translations()["attention, equal steps"][0]
    report = compare(corpus.test, [line.split() for line in said])
    (run,) = [run for run in kept["attention, equal steps"] if run.seed == 0]
    assert report.bleu.value == pytest.approx(run.metrics["bleu"], abs=1e-5)


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Small models, few steps, a small corpus, and a folder of their own."""
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    for module in (budgets, comparison):
        monkeypatch.setattr(module, "MODELS", SMALL)
    monkeypatch.setattr(budgets, "BUDGETS", FEW_BUDGETS)
    monkeypatch.setattr(comparison.corpora, "load", lambda name: CORPUS)


def test_a_run_is_measured(small):
    chosen = budgets.entry("attention", "equal steps")
    found, said = comparison.run(chosen, 0, CORPUS, progress=False)
    assert {"bleu", "chrf", "long_bleu", "novel_bleu", "aer", "best_step"} <= set(found.metrics)
    assert len(said) == len(CORPUS.test) and found.metrics["copying"] == 0
    again, _ = comparison.run(chosen, 0, CORPUS, progress=False)
    assert again == found


def test_the_pretrained_begins_with_the_copiers_encoder(small, monkeypatch):
    begun = []

    def note(model, *parts, **options):
        begun.append({name: tensor.clone() for name, tensor in model.state_dict().items()})
        history = train(model, *parts, **options)
        begun.append({name: tensor.clone() for name, tensor in model.state_dict().items()})
        return history

    train = comparison.train
    monkeypatch.setattr(comparison, "train", note)
    comparison.fit(budgets.entry("pretrained", "10 %"), 0, CORPUS, progress=False)
    _, copied, new, _ = begun
    shared = [name for name in new if name.startswith(("embedding", "reader"))]
    assert shared and all(torch.equal(copied[name], new[name]) for name in shared)
    assert copied["writer.output.weight"].shape != new["writer.output.weight"].shape or (
        not torch.equal(copied["writer.output.weight"], new["writer.output.weight"])
    )


def test_a_beginning_at_the_frequencies_counts_the_pairs_that_are_given(small, monkeypatch):
    asked = []

    def note(model, examples, validation, config, **options):
        asked.append((len(examples), config.output_bias))
        return train(model, examples, validation, config, **options)

    train = comparison.train
    monkeypatch.setattr(comparison, "train", note)
    for model, budget in (
        ("attention", "equal steps"), ("attention", "frequencies"),
        ("attention", "10 %, frequencies"), ("pretrained", "frequencies"),
    ):  # fmt: skip
        comparison.fit(budgets.entry(model, budget), 0, CORPUS, progress=False)
    every = len(CORPUS.train)
    assert asked == [
        (every, "as built"), (every, "frequencies"), (3, "frequencies"),
        (every, "frequencies"), (every, "frequencies"),  # the copier, and what begins from it
    ]  # fmt: skip


def test_begun_at_the_frequencies_the_budgets_are_those_from_zero():
    for name in budgets.MODELS:
        for zero, begun in (
            ("equal steps", "frequencies"), ("equal seconds", "equal seconds, frequencies"),
            ("5 %", "5 %, frequencies"),
        ):  # fmt: skip
            one, other = (budgets.entry(name, each, COSTS) for each in (zero, begun))
            assert (one.steps, one.copying) == (other.steps, other.copying)
            assert one.budget.pairs == other.budget.pairs
            assert (one.output_bias, other.output_bias) == ("as built", "frequencies")


def test_few_pairs_are_few_and_the_vocabulary_is_whole(small):
    fitted = comparison.fit(budgets.entry("fixed context", "10 %"), 0, CORPUS, progress=False)
    assert fitted.vocabularies.source.tokens == Vocabularies.build(CORPUS.train).source.tokens
    found, _ = comparison.run(budgets.entry("fixed context", "10 %"), 0, CORPUS, progress=False)
    assert "long_bleu" not in found.metrics and found.tokens > 0


def test_the_command_does_what_is_missing(small, capsys):
    with pytest.raises(FileNotFoundError, match="seq2seq_lib.experiments.comparison"):
        comparison.stored()
    assert comparison.translations() == {}
    words = ["--seeds", "0", "--only", "equal steps", "--models", "transformer"]
    assert comparison.main(words) == 0
    assert capsys.readouterr().out.count("seed 0") == 1
    kept = comparison.stored()
    assert comparison.main([*words, "attention"]) == 0
    assert capsys.readouterr().out.count("seed 0") == 1
    assert comparison.stored()["transformer, equal steps"] == kept["transformer, equal steps"]
    assert kept["transformer, equal seconds"] == kept["transformer, equal steps"]
    (cost,) = kept[comparison.TIMED]
    assert set(cost.metrics) == set(COSTS) and min(cost.metrics.values()) > 0
    said = comparison.translations()
    assert set(said) == {
        "transformer, equal steps", "transformer, equal seconds", "attention, equal steps",
    }  # fmt: skip
    assert len(said["attention, equal steps"][0]) == len(CORPUS.test)
    live = replace(kept["transformer, equal steps"][0])
    assert experiments.agrees(live, kept["transformer, equal steps"])
