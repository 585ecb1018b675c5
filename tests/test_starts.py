"""How chapter 11's Transformer begins: what is built, what is looked at, what is kept."""

from dataclasses import replace

import pytest
import torch

from seq2seq_lib.batching import collate, encode_pairs
from seq2seq_lib.experiments import results, starts, transformers
from seq2seq_lib.experiments.running import configuration
from seq2seq_lib.models import build
from seq2seq_lib.search import force
from seq2seq_lib.vocabulary import Vocabularies
from tests.test_experiments import CORPUS

SECONDS = 8.0
WORDS = Vocabularies.build(CORPUS.train)
BATCH = collate(encode_pairs(CORPUS.test, WORDS))


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(starts, "STEPS", 6)
    monkeypatch.setattr(starts, "EVERY", 3)


def whole(norm: str):
    base = transformers.VARIANTS["base"]
    config = configuration(replace(base, model=base.model | {"norm": norm}), WORDS)
    return build(config, torch.Generator().manual_seed(1))


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_two_halves_of_one_kind_are_the_chapters_model(norm):
    made = starts.begin(starts.Setting(norm, norm, 0.0), WORDS, 1)
    assert torch.equal(force(made, BATCH).logits, force(whole(norm), BATCH).logits)


def test_each_half_is_of_its_kind():
    made = starts.begin(starts.Setting("post", "pre", 0.0), WORDS, 1)
    post, pre = whole("post"), whole("pre")
    read = [m.encode(BATCH.source, BATCH.source_mask)[0].values for m in (made, post, pre)]
    assert torch.equal(read[0], read[1]) and not torch.allclose(read[0], read[2])
    post.writer = pre.writer
    assert torch.equal(force(made, BATCH).logits, force(post, BATCH).logits)


def test_likeness_counts_pairs_of_real_words():
    model = whole("pre")
    batches = [collate(encode_pairs(CORPUS.test[at : at + 5], WORDS)) for at in (0, 5)]
    found = []
    for pair in CORPUS.test[:10]:
        alone = collate(encode_pairs([pair], WORDS))
        vectors = model.encode(alone.source, alone.source_mask)[0].values[0]
        for i, one in enumerate(vectors):
            others = [other for j, other in enumerate(vectors) if i != j]
            found += [torch.cosine_similarity(one, other, dim=0).item() for other in others]
    assert starts.likeness(model, batches) == pytest.approx(sum(found) / len(found), abs=1e-5)


def test_the_same_seed_gives_the_same_run_and_a_setting_another(quick):
    setting = starts.Setting("post", "post", 0.0)
    first = starts.run(setting, 0, CORPUS)
    torch.manual_seed(3)
    assert starts.run(setting, 0, CORPUS) == first
    assert list(first.lengths) == ["3", "6"] and first.metrics == first.lengths["6"]
    assert starts.run(replace(setting, reader="pre"), 0, CORPUS).metrics != first.metrics
    assert starts.run(setting, 0, CORPUS, steps=3).metrics == first.lengths["3"]


def test_the_command_does_what_is_missing(quick, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    monkeypatch.setattr(starts.corpora, "load", lambda name: CORPUS)
    name = "start, post reader, pre writer, no warm-up"
    assert starts.main(["--seeds", "0", "--only", name]) == 0
    assert capsys.readouterr().out.count("seed") == 1
    assert starts.main(["--seeds", "0"]) == 0
    assert capsys.readouterr().out.count("seed") == len(starts.SETTINGS) - 1
    assert sorted(starts.stored()) == sorted(starts.SETTINGS)
