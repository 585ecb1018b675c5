"""Chapter 09's locked score: watching changes nothing, and each trial changes one thing."""

import math
from dataclasses import replace

import pytest
import torch
from torch.testing import assert_close

from seq2seq_lib.attention import General
from seq2seq_lib.experiments import locking, results, running
from seq2seq_lib.experiments.locking import TRIALS, Trial
from tests.test_experiments import CORPUS, TRAINING

SECONDS = 5.0


def small(name: str) -> Trial:
    variant = TRIALS[name].variant
    model = {**variant.model, "embedding": 8, "width": 16}
    return replace(TRIALS[name], variant=replace(variant, model=model, training=TRAINING))


@pytest.fixture
def trials(monkeypatch):
    """The trials, small, on the small corpus, looked at every ten steps."""
    monkeypatch.setattr(locking, "EVERY", 10)
    monkeypatch.setattr(locking, "SENTENCES", 8)
    for name in TRIALS:
        monkeypatch.setitem(TRIALS, name, small(name))
    return TRIALS


def test_one_thing_changes_at_a_time():
    general, scaled, begun = TRIALS.values()
    assert scaled.variant.model == general.variant.model | {"score": "scaled general"}
    assert begun.variant.model == general.variant.model
    assert [trial.frequencies for trial in TRIALS.values()] == [False, False, True]
    assert general.variant.training == scaled.variant.training == begun.variant.training


def test_the_scaled_score_is_the_general_one_of_a_smaller_matrix():
    plain, scaled = General(16), General(16, scale=16**-0.5)
    with torch.no_grad():
        plain.key.weight.copy_(scaled.key.weight / 4)
    query, values = torch.randn(2, 3, 16), torch.randn(2, 5, 16)
    assert_close(plain(query, plain.project(values)), scaled(query, scaled.project(values)))


def test_watching_changes_nothing(trials):
    trial = trials["luong, general"]
    fitted, trace = locking.fit(trial, 0, CORPUS, first=20)
    assert fitted is not None and [look.step for look in trace.looks] == [0, 10, 20]
    plain = running.fit(trial.variant, 0, CORPUS, progress=False)
    for watched, own in zip(fitted.model.parameters(), plain.model.parameters(), strict=True):
        assert torch.equal(watched, own)
    assert fitted.history == plain.history


def test_a_watched_start_is_the_start_of_the_whole(trials):
    name = "luong, scaled general"
    fitted, trace = locking.fit(trials[name], 1, CORPUS, first=20, whole=False)
    assert fitted is None
    assert trace == locking.fit(trials[name], 1, CORPUS, first=20)[1]
    assert trace == locking.watch(name, 1, CORPUS, first=20)


def test_nobody_watches_afterwards(trials):
    before = locking.watch("luong, general", 0, CORPUS, first=10)
    running.fit(trials["luong, general"].variant, 0, CORPUS, progress=False)
    assert [look.step for look in before.looks] == [0, 10]


def test_a_look_says_what_the_model_does(trials):
    first, *_, last = locking.watch("luong, general", 0, CORPUS, first=30).looks
    assert first.gradient == 0 < last.gradient
    assert 0 < first.spread < 0.5 and 0 < first.fill < 1
    longest = max(len(pair.source) for pair in CORPUS.valid[:8]) + 1
    assert 0.9 < first.entropy / math.log2(longest) <= 1
    assert last.loss < first.loss
    assert 0 <= last.aer <= 1 and 0 <= last.alike <= 1


def test_the_frequencies_are_where_the_read_out_begins(trials):
    plain = locking.watch("luong, general", 0, CORPUS, first=10)
    begun = locking.watch("luong, general, frequencies", 0, CORPUS, first=10)
    assert begun.looks[0].loss < plain.looks[0].loss
    assert begun.looks[0].entropy == plain.looks[0].entropy


def test_traces_are_kept_and_read_back(trials, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(locking, "WATCHED", tmp_path / "watched.json")
    monkeypatch.setattr(locking, "FREED", tmp_path / "freed.json")
    monkeypatch.setattr(locking, "FIRST", 20)
    monkeypatch.setattr(locking.corpora, "load", lambda name: CORPUS)
    with pytest.raises(FileNotFoundError, match=r"python -m seq2seq_lib\.experiments\.locking"):
        locking.watched()
    scaled = "luong, scaled general"
    words = ["--seeds", "0", "--only", "luong, general", "--whole", scaled]
    assert locking.main(words) == 0
    assert {name: len(traces) for name, traces in locking.watched().items()} == {
        "luong, general": 1, scaled: 1,
    }  # fmt: skip
    (run,) = locking.freed()[scaled]
    assert run.config["score"] == "scaled general" and "aer" in run.metrics
    capsys.readouterr()
    assert locking.main(words) == 0
    assert capsys.readouterr().out == ""


def test_a_step_that_nobody_looked_at_is_an_error(trials):
    trace = locking.watch("luong, general", 0, CORPUS, first=10)
    assert trace.at(10) == trace.looks[-1]
    with pytest.raises(ValueError, match="step: wanted one that was looked at, got 7"):
        trace.at(7)


def test_the_kept_trainings_are_those_declared():
    for name, runs in locking.freed().items():
        for run in runs:
            assert run.training == {**run.training, **TRIALS[name].variant.training}
            assert run.config == {**run.config, **TRIALS[name].variant.model}
    assert results.stored("09")["luong, general"][0].config["score"] == "general"
