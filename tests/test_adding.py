"""The adding problem: its sequences, its networks, and what is kept of their runs."""

from dataclasses import replace

import pytest
import torch

from seq2seq_lib.experiments import adding, results


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("length", [2, 7, 20])
def test_one_mark_stands_in_each_half_and_the_sum_is_theirs(length):
    sequences, sums = adding.draw(200, length, generator())
    numbers, marks = sequences.unbind(dim=-1)
    assert sequences.shape == (200, length, 2)
    assert set(marks.unique().tolist()) <= {0.0, 1.0}
    assert (marks[:, : length // 2].sum(1) == 1).all()
    assert (marks[:, length // 2 :].sum(1) == 1).all()
    torch.testing.assert_close(sums, (numbers * marks).sum(1))
    assert (marks.sum(0) > 0).all(), "every place is marked sometimes"


def test_the_cells_have_as_many_parameters_within_two_in_a_hundred():
    sizes = [
        sum(parameter.numel() for parameter in adding.Adder(setting, generator()).parameters())
        for setting in (adding.Setting(cell, 20) for cell in adding.CELLS)
    ]
    assert max(sizes) <= 1.02 * min(sizes)


def test_the_forget_gate_starts_at_its_bias_and_recurrent_matrices_are_orthogonal():
    layer = adding.Adder(adding.Setting("LSTM", 20, 3.0), generator()).layer
    total = (layer.bias_ih_l0 + layer.bias_hh_l0).detach()
    assert total.chunk(4)[1].eq(3).all() and total.count_nonzero() == layer.hidden_size
    for gate in layer.weight_hh_l0.detach().chunk(4):
        torch.testing.assert_close(gate @ gate.T, torch.eye(len(gate)), atol=1e-5, rtol=0)


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(adding, "STEPS", 20)
    monkeypatch.setattr(adding, "CHECK_EVERY", 10)


def test_the_same_seed_gives_the_same_run_and_another_another(quick):
    setting = adding.Setting("LSTM", 4)
    first = adding.run(setting, 0)
    assert adding.run(setting, 0) == first
    assert adding.run(setting, 1).metrics != first.metrics
    assert first.variant == "LSTM 4" and first.metrics["batches"] == 20


def test_training_stops_when_the_held_out_set_is_solved(quick, monkeypatch):
    monkeypatch.setattr(adding, "SOLVED", 1e9)
    assert adding.fit(adding.Setting("GRU", 4), 0)[1] == 10


def test_a_live_run_is_held_to_the_range_of_the_stored_ones(quick):
    run = adding.run(adding.Setting("RNN", 4), 0)
    assert adding.disagreements(run, [run]) == []
    far = replace(run, metrics={**run.metrics, "right": run.metrics["right"] + 0.11})
    (line,) = adding.disagreements(far, [run])
    assert line.startswith("right: wanted ")
    (line,) = adding.disagreements(replace(run, parameters=1), [run])
    assert line.startswith("parameters: stored")


def test_the_command_does_what_is_missing(quick, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    with pytest.raises(FileNotFoundError, match="python -m seq2seq_lib.experiments.adding"):
        adding.stored()
    settings = (adding.Setting("RNN", 4), adding.Setting("LSTM", 4, -2.0))
    monkeypatch.setattr(adding, "SETTINGS", settings)
    assert adding.main(["--seeds", "0", "--only", "RNN 4"]) == 0
    assert capsys.readouterr().out.count("seed") == 1
    assert adding.main(["--seeds", "0", "1"]) == 0
    assert capsys.readouterr().out.count("seed") == 3
    kept = adding.stored()
    assert {name: [run.seed for run in runs] for name, runs in kept.items()} == {
        "LSTM 4, bias -2": [0, 1],
        "RNN 4": [0, 1],
    }
