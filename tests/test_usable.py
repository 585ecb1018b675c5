"""Chapter 06's usable bits: what is spent is counted right, and a silent source says nothing."""

import math
from dataclasses import replace

import pytest
import torch
from torch.testing import assert_close

from seq2seq_lib import corpora, search
from seq2seq_lib.batching import collate
from seq2seq_lib.experiments import results, usable
from seq2seq_lib.experiments.running import configuration
from seq2seq_lib.models import build
from seq2seq_lib.schedule import TrainingConfig
from seq2seq_lib.vocabulary import EOS, Vocabularies
from tests.test_experiments import CORPUS, TRAINING

SECONDS = 15.0


def small(name: str) -> usable.Trial:
    trial = usable.TRIALS[name]
    model = {**trial.variant.model, "embedding": 8, "width": 12}
    return replace(trial, variant=replace(trial.variant, model=model, training=TRAINING))


def test_each_width_stands_beside_itself_without_a_source():
    for size in ("64", "128", "256", "128, twice as long"):
        seeing, silent = (usable.TRIALS[f"{kind} {size}"] for kind in ("fixed", "silent"))
        assert seeing.variant == silent.variant
        assert seeing.variant.model["width"] == int(size.partition(",")[0])
        assert (seeing.silent, silent.silent) == (False, True)
    assert usable.TRIALS["luong, dot"].variant.model["context"] == "luong"


def test_the_stored_runs_are_those_that_are_declared():
    kept = usable.stored()
    tests = len(corpora.load("grammar").test)
    for name, trial in usable.TRIALS.items():
        assert {run.seed for run in kept[name]} >= {0, 1, 2}, name
        for run in kept[name]:
            assert run.training == TrainingConfig(**trial.variant.training).to_dict()
            assert sum(cell["count"] for cell in run.lengths.values()) == tests


@pytest.fixture(scope="module")
def work():
    vocabularies = Vocabularies.build(CORPUS.train)
    config = configuration(small("fixed 128").variant, vocabularies)
    return vocabularies, build(config, torch.Generator().manual_seed(0))


def test_bits_are_the_models_own_log_probabilities(work):
    vocabularies, model = work
    given = usable.examples(CORPUS.test, vocabularies, silent=False)
    spent = usable.bits(model, given)
    assert [len(row) for row in spent] == [len(pair.target) + 1 for pair in CORPUS.test]
    for example, row in zip(given, spent, strict=True):
        alone = search.score(model, collate([example]))
        assert_close(row.sum(), -alone[0] / math.log(2), atol=1e-3, rtol=1e-4)


def test_silent_sources_are_all_the_same(work):
    vocabularies, model = work
    given = usable.examples(CORPUS.test, vocabularies, silent=True)
    assert {example.source for example in given} == {(EOS,)}
    speaking = usable.examples(CORPUS.test, vocabularies, silent=False)
    assert [one.target for one in given] == [one.target for one in speaking]
    first = [row[0].item() for row in usable.bits(model, given)]
    same = {}
    for example, cost in zip(given, first, strict=True):  # the first word: no source, no past
        same.setdefault(example.target[0], set()).add(round(cost, 3))
    assert all(len(costs) == 1 for costs in same.values())


def test_means_by_length_and_by_place_by_hand():
    pairs = [corpora.Pair(source=("a",) * count, target=("b",) * 2) for count in (4, 5, 17, 18)]
    spent = [torch.tensor([1.0, 2.0, 3.0]), torch.tensor([3.0, 2.0, 3.0]),
             torch.tensor([4.0, 6.0, 0.0]), torch.tensor([6.0, 7.0])]  # fmt: skip
    assert usable.by_length(pairs, spent) == {
        "3–6": {"bits": 7.0, "count": 2.0}, "16–20": {"bits": 11.5, "count": 2.0},
    }  # fmt: skip
    assert usable.by_place(pairs, spent) == {"place 1": 5.0, "place 2": 6.5, "place 3": 0.0}


def test_the_command_does_what_is_missing(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    trials = {name: small(name) for name in ("fixed 64", "silent 64")}
    monkeypatch.setattr(usable, "TRIALS", trials)
    monkeypatch.setattr(usable.corpora, "load", lambda name: CORPUS)
    with pytest.raises(FileNotFoundError, match="seq2seq_lib.experiments.usable"):
        usable.stored()
    assert usable.main(["--seeds", "0", "--only", "silent 64"]) == 0
    assert capsys.readouterr().out.count("seed 0") == 1
    assert usable.main(["--seeds", "0"]) == 0
    assert capsys.readouterr().out.count("seed 0") == 1
    kept = usable.stored()
    assert set(kept) == set(trials)
    again = usable.run(trials["silent 64"], 0, CORPUS, progress=False)
    assert again == kept["silent 64"][0]
