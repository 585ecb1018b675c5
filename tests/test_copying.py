"""Chapter 10's runs of sentences: copying, beginning from a copier, and codes that are drawn."""

from dataclasses import replace

import pytest
import torch

from seq2seq_lib.experiments import copying, results, variational
from seq2seq_lib.vocabulary import BOS, UNK, Vocabularies
from tests.test_experiments import CORPUS

SECONDS = 15.0
SMALL = {"steps": 12, "tokens": 100, "validate_every": 6, "learning_rate": 2e-2}


@pytest.fixture
def quick(monkeypatch, tmp_path):
    """Short runs on the small corpus, kept in a folder of their own."""
    monkeypatch.setattr(copying, "TRAINING", SMALL)
    monkeypatch.setattr(copying, "FEW_TRAINING", {**SMALL, "steps": 2, "validate_every": 1})
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    monkeypatch.setattr(copying.corpora, "load", lambda name: CORPUS)
    names = {name: replace(task, width=8) for name, task in copying.NAMED.items()}
    monkeypatch.setattr(copying, "NAMED", names)
    return names


@pytest.fixture
def drawing(monkeypatch, tmp_path):
    """Variational runs of four steps on the small corpus."""
    monkeypatch.setattr(variational, "STEPS", 4)
    monkeypatch.setattr(variational, "EVERY", 2)
    made = {name: variational._training(1.0, share) for name, share in (("a", 1.0), ("b", 0.0))}
    monkeypatch.setattr(variational, "VARIANTS", made)
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    monkeypatch.setattr(variational.corpora, "load", lambda name: CORPUS)


def test_the_sides_are_what_was_asked_for() -> None:
    pair = CORPUS.train[0]
    assert copying.told([pair], "en", "en")[0].target == pair.source
    turned = copying.told([pair], "fr", "en")[0]
    assert (turned.source, turned.target) == (pair.target, pair.source)
    with pytest.raises(ValueError, match="wanted en or fr, got 'de'"):
        copying.told([pair], "de", "en")


def test_a_copier_copies_better_than_chance_and_is_measured(quick) -> None:
    task = quick["copy 128"]
    trained = copying.fit(task, 0, CORPUS)
    assert copying.fit(task, 0, CORPUS).history == trained.history
    found = copying.measure(trained, CORPUS)
    assert found.variant == "copy 128" and found.metrics["best_step"] > 0
    assert sum(bucket["count"] for bucket in found.lengths.values()) == 35
    assert trained.history.best.validation_loss < 2.3


def test_what_is_begun_begins_with_the_copiers_weights(quick, tmp_path) -> None:
    english, french = (
        copying.fit(quick[name], 0, CORPUS, directory=tmp_path).model
        for name in copying.COPIES.values()
    )
    vocabularies = Vocabularies.build(CORPUS.train)

    def begun(*halves: str):
        task = replace(quick["1,000 pairs"], begun=halves)
        generator = torch.Generator().manual_seed(0)
        return copying.begin(task, vocabularies, generator, CORPUS, directory=tmp_path)

    def same(model, other, part: str) -> bool:
        one, two = (getattr(each, part).state_dict() for each in (model, other))
        return all(torch.equal(one[name], two[name]) for name in one)

    new, encoder, both = begun(), begun("encoder"), begun("encoder", "decoder")
    assert not same(new, english, "reader")
    assert same(encoder, english, "reader") and same(encoder, english, "embedding")
    assert same(encoder, new, "writer") and same(both, french, "writer")
    with pytest.raises(ValueError, match="wanted encoder or decoder, got 'head'"):
        copying.take("head", english, english)


def test_the_command_does_what_is_missing(quick, capsys) -> None:
    assert copying.main(["--seeds", "0", "--only", "1,000 pairs"]) == 0
    assert copying.main(["--seeds", "0", "1", "--only", "1,000 pairs"]) == 0
    assert capsys.readouterr().out.count("seed") == 2
    assert [run.seed for run in copying.stored()["1,000 pairs"]] == [0, 1]


def test_blanked_inputs_keep_their_beginning() -> None:
    inputs = torch.tensor([[BOS, 7, 8, 9]]).expand(500, 4)
    found = variational.blank(inputs, 0.5, torch.Generator().manual_seed(0))
    assert found[:, 0].eq(BOS).all()
    assert float(found[:, 1:].eq(UNK).float().mean()) == pytest.approx(0.5, abs=0.04)
    assert torch.equal(variational.blank(inputs, 0.0), inputs)
    with pytest.raises(ValueError, match="got -1"):
        variational.blank(inputs, -1)


def test_a_walk_has_its_ends_and_fluent_knows_its_runs() -> None:
    line = variational.walk(torch.zeros(2), torch.tensor([2.0, 4.0]), 3)
    assert line.tolist() == [[0, 0], [1, 2], [2, 4]]
    with pytest.raises(ValueError, match="got 1"):
        variational.walk(line[0], line[1], 1)
    known = [("a", "cat", "sleeps"), ("a", "dog", "sleeps")]
    said = [("a", "cat", "sleeps"), ("dog", "sleeps"), ("a", "cat"), ("a", "dog", "sleeps")]
    assert variational.fluent(said, known) == [True, False, False, True]


def test_codes_do_not_depend_on_the_neighbours_and_are_said(drawing) -> None:
    trained = variational.fit("a", 0, CORPUS)
    sentences = [("a", "cat", "runs", "."), ("the", "dog", ".")]
    both = variational.codes(trained, sentences)
    alone = variational.codes(trained, sentences[1:])
    torch.testing.assert_close(both.mean[1:], alone.mean)
    assert len(variational.say(trained, both.mean, limit=3)) == 2
    with pytest.raises(ValueError, match="wanted one of a, b, got 'c'"):
        variational.fit("c", 0, CORPUS)


def test_the_weight_rises_and_a_live_run_is_held_to_the_stored_ones(drawing, capsys) -> None:
    trained = variational.fit("a", 0, CORPUS)
    assert [(point.step, point.weight) for point in trained.points] == [(2, 0.5), (4, 1.0)]
    assert variational.main(["--seeds", "0", "--only", "a"]) == 0
    assert variational.main(["--seeds", "0", "--only", "a", "b"]) == 0
    assert capsys.readouterr().out.count("seed 0") == 2
    kept = variational.stored()
    assert list(kept) == ["a", "b"]
    live = variational.measure(trained, CORPUS)
    assert variational.disagreements(live, kept["a"]) == []
    far = replace(live, metrics={**live.metrics, "kl": live.metrics["kl"] + 2})
    (line,) = variational.disagreements(far, kept["a"])
    assert line.startswith("kl: wanted ")
