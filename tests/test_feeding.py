"""Ways to feed a decoder in training: their runs, and what is kept of them."""

from dataclasses import replace

import pytest
import torch
from torch.testing import assert_close

from seq2seq_lib import corpora
from seq2seq_lib.batching import collate, encode_pairs
from seq2seq_lib.experiments import feeding, results
from seq2seq_lib.losses import objective
from seq2seq_lib.models import build
from seq2seq_lib.training import mean_loss
from seq2seq_lib.vocabulary import Vocabularies

SECONDS = 15.0


@pytest.fixture(scope="module")
def corpus():
    found = feeding.small(corpora.load("grammar"))
    return replace(found, train=found.train[:300], valid=found.valid[:20], test=found.test[:20])


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(feeding, "STEPS", 6)
    monkeypatch.setattr(feeding, "LOOK_EVERY", 3)


def test_the_small_corpus_is_short_and_of_common_words(corpus):
    assert max(len(pair.source) for pair in corpus.train) <= feeding.LONGEST
    assert len({word for pair in corpus.train for word in pair.source}) <= feeding.WORDS
    assert corpus.test and not set(corpus.test) & set(corpus.train)


def test_the_same_seed_gives_the_same_run_and_each_way_another(quick, corpus):
    runs = [feeding.run(way, 0, corpus) for way in feeding.WAYS]
    assert feeding.run(feeding.WAYS[1], 0, corpus) == runs[1]
    losses = {run.metrics["valid_loss"] for run in runs}
    assert len(losses) == len(feeding.WAYS)
    assert len({run.tokens for run in runs}) == 1, "all ways see the same batches"


def test_what_is_measured(quick, corpus):
    fitted = feeding.fit(feeding.WAYS[0], 0, corpus)
    metrics = feeding.measure(fitted, corpus).metrics
    assert [point.step for point in fitted.points] == [3, 6]
    assert metrics["bleu 6"] == pytest.approx(fitted.points[-1].bleu, abs=1e-5)
    for name in ("forced", "own", "after_forced", "after_own", "clean 1", "planted 1"):
        assert 0 <= metrics[name] <= 1
    examples = encode_pairs(corpus.valid, fitted.vocabularies)
    wanted = mean_loss(fitted.model, [collate(examples)])
    assert metrics["valid_loss"] == pytest.approx(wanted, abs=1e-5)


def test_teacher_forcing_is_the_library_s_objective(corpus):
    vocabularies = Vocabularies.build(corpus.train)
    fitted = feeding.Way("none", {"smoothing": 0.1}).training
    assert (fitted.smoothing, fitted.own_words) == (0.1, 0.0)
    model = build(feeding.configuration(vocabularies), torch.Generator().manual_seed(0))
    batch = collate(encode_pairs(corpus.valid, vocabularies))
    coins = torch.Generator().manual_seed(0)
    loss = feeding.loss(model, batch, share=0.0, smoothing=0.1, coins=coins)
    assert_close(loss, objective(model, batch, smoothing=0.1))
    own = feeding.loss(model, batch, share=1.0, smoothing=0.1, coins=coins)
    assert_close(own, objective(model, batch, smoothing=0.1, own_words=1.0))


def test_the_command_does_what_is_missing(quick, corpus, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    monkeypatch.setattr(feeding, "small", lambda whole: corpus)
    with pytest.raises(FileNotFoundError, match="python -m seq2seq_lib.experiments.feeding"):
        feeding.stored()
    assert feeding.main(["--seeds", "0", "--only", "teacher"]) == 0
    assert capsys.readouterr().out.count("seed") == 1
    assert feeding.main(["--seeds", "0", "1", "--only", "teacher", "free"]) == 0
    assert capsys.readouterr().out.count("seed") == 3
    assert {name: len(runs) for name, runs in feeding.stored().items()} == {"teacher": 2, "free": 2}
