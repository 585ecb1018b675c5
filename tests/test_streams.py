"""Chapter 13's two experiments: what is declared, measured and kept."""

from dataclasses import replace

import pytest
import torch
from torch.testing import assert_close

from seq2seq_lib import corpora, heads, transformer
from seq2seq_lib.batching import batches, collate, encode_pairs
from seq2seq_lib.evaluation import alignment_error_rate, hard_links
from seq2seq_lib.experiments import dictionaries, results, streams, transformers
from seq2seq_lib.experiments.running import configuration, fit
from seq2seq_lib.models import build, parameters
from seq2seq_lib.schedule import TrainingConfig
from seq2seq_lib.training import mean_loss
from seq2seq_lib.vocabulary import Vocabularies
from tests.test_experiments import CORPUS, TRAINING
from tests.variants import make, random_batch

SECONDS = 15.0
SMALL = {"width": 16, "heads": 2, "feedforward": 16, "layers": 2}


def small(name: str):
    variant = streams.VARIANTS[name]
    weight = {key: value for key, value in variant.training.items() if key == "source_weight"}
    return replace(variant, model={**variant.model, **SMALL}, training={**TRAINING, **weight})


def test_one_thing_changes_at_a_time():
    base = streams.VARIANTS["stream"]
    for name in set(streams.STREAMS) - {"stream, two blocks"}:
        variant = streams.VARIANTS[name]
        ours, theirs = base.model | base.training, variant.model | variant.training
        changed = {key for key in ours | theirs if ours.get(key) != theirs.get(key)}
        assert len(changed) == (name != "stream"), name


def test_steps_batches_and_parameters_are_chapter_11s():
    pairs = corpora.load("grammar").train
    sizes = {}
    for name, variant in {**streams.VARIANTS, "base": transformers.VARIANTS["base"]}.items():
        vocabularies = Vocabularies.build(pairs, joint=variant.joint)
        sizes[name] = parameters(build(configuration(variant, vocabularies), torch.Generator()))
        own_rate = {"learning_rate"} if name.endswith("e-3") else set()
        for key in transformers.TRAINING.keys() - own_rate:
            assert variant.training[key] == transformers.TRAINING[key], name
    for name in set(streams.STREAMS) - {"stream, two blocks"}:
        assert sizes[name] == pytest.approx(sizes["base"], rel=1e-3)


@pytest.fixture(scope="module")
def fitted():
    return fit(small("stream"), 0, CORPUS, progress=False)


def test_scoring_the_source_changes_the_training_and_not_what_is_validated(fitted):
    both = fit(small("stream, both scored"), 0, CORPUS, progress=False)
    ours, theirs = (found.history.points[-1] for found in (fitted, both))
    assert theirs.training_loss > ours.training_loss  # English is more of a guess
    ready = batches(encode_pairs(CORPUS.valid, both.vocabularies), tokens=TRAINING["tokens"])
    assert both.history.best.validation_loss == pytest.approx(mean_loss(both.model, ready))


def test_a_stream_is_measured_by_head(fitted):
    found = streams.measure(fitted, CORPUS)
    named = {
        f"{name} {block}.{head}"
        for name in ("english", "mark", "predicting", "holding")
        for block in (1, 2) for head in (1, 2)
    }  # fmt: skip
    assert named | {"chosen", "chosen block", "bleu", "long_bleu"} <= set(found.metrics)
    assert found == streams.run(small("stream"), 0, CORPUS, progress=False)


def test_an_encoder_decoder_is_not_measured_as_a_stream():
    found = streams.run(small("encoder–decoder, one table"), 0, CORPUS, progress=False)
    assert "chosen" not in found.metrics and "aer" in found.metrics


def test_a_look_is_what_the_weights_say(fitted):
    pairs = CORPUS.test[:6]
    found = streams.looks(fitted, pairs)[2, 1]
    gold, early, late, shares = [], [], [], []
    for pair, weights in heads.maps(fitted.model, pairs, fitted.vocabularies):
        source, target = len(pair.source), len(pair.target)
        rows = weights[1, 0]
        shares.append(rows[: target + 1, :source].sum(1))
        early.append(hard_links(rows, source, target))
        late.append(hard_links(rows[1:], source, target))
        gold.append(frozenset(pair.alignment))
    assert found.english == pytest.approx(torch.cat(shares).mean().item())
    assert found.predicting == pytest.approx(alignment_error_rate(early, gold))
    assert found.holding == pytest.approx(alignment_error_rate(late, gold))
    rates = {(1, 1): streams.Look(0, 0, 0.4, 0.3), (2, 1): streams.Look(0, 0, 0.2, 0.5)}
    assert streams.best_aligned(rates) == ((2, 1), "predicting")


def test_the_maps_of_a_stream_are_its_attention(fitted):
    batch = collate(encode_pairs(CORPUS.test[:4] + CORPUS.long[:1], fitted.vocabularies))
    memory, state = fitted.model.encode(batch.source, batch.source_mask)
    maps = fitted.model.writer.maps(batch.inputs, state, memory)
    source = batch.source.shape[1]
    for weights in maps:
        assert_close(weights.sum(-1), torch.ones_like(weights[..., 0]))
        hidden = weights[..., :source].movedim(3, 1)[~batch.source_mask]
        assert hidden.numel() and hidden.eq(0).all()
        assert weights[..., source:].triu(1).eq(0).all()


@pytest.mark.parametrize("name", ["decoder only, sinusoid", "decoder only, rotary, post"])
def test_weights_and_values_give_what_the_fused_kernel_gives(name):
    model, batch = make(name), random_batch()
    writer = model.writer
    memory, state = model.encode(batch.source, batch.source_mask)
    weights = writer.maps(batch.inputs, state, memory)[0]
    x, turned = writer.place(batch.inputs, state)
    block, real = writer.blocks[0], torch.ones_like(batch.inputs).bool()
    visible = transformer.visible_from(state.mask, real)
    entered = block.around_attention.enter(x)
    _, values = block.keep(entered, turned, state.pairs[0])
    by_weights = block.around_attention.leave(x, block.attention.join(weights @ values))
    assert_close(by_weights, block.look_at_self(x, visible, turned, state.pairs[0])[0])


def test_the_command_does_what_is_missing(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    monkeypatch.setattr(streams.corpora, "load", lambda name: CORPUS)
    names = ("stream", "stream, prefix")
    monkeypatch.setattr(streams, "VARIANTS", {name: small(name) for name in names})
    with pytest.raises(FileNotFoundError, match="seq2seq_lib.experiments.streams"):
        streams.stored()
    assert streams.main(["--seeds", "0", "--only", "stream"]) == 0
    assert streams.main(["--seeds", "0"]) == 0
    assert capsys.readouterr().out.count("seed") == 2
    assert {name: len(runs) for name, runs in streams.stored().items()} == dict.fromkeys(names, 1)


# Dictionaries


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(
        dictionaries, "SCHEDULE", TrainingConfig(steps=20, learning_rate=3e-3, validate_every=10)
    )


def test_the_answers_stand_in_the_dictionary():
    generator = torch.Generator().manual_seed(0)
    examples = dictionaries.draw(200, (2, 4), generator)
    meant = set()
    for example in examples:
        entries = dict(zip(example.source[:-1:2], example.source[1::2], strict=True))
        assert len(entries) == (len(example.source) - 1) / 2
        asked = zip(example.target[::2], example.target[1::2], strict=True)
        assert all(entries[word] == meaning for word, meaning in asked)
        meant |= set(entries.items())
    assert len(meant) > 100  # a word means many things
    batch = collate(examples)
    said = batch.targets[dictionaries.answers(batch)]
    assert said.numel() == 200 * dictionaries.QUESTIONS
    assert (said >= dictionaries.FIRST_MEANING).all()


def test_one_dictionary_is_one():
    generator = torch.Generator().manual_seed(0)
    entries = set()
    for example in dictionaries.draw(100, (2, 4), generator, fresh=False):
        entries |= set(zip(example.source[:-1:2], example.source[1::2], strict=True))
    assert len(entries) == len(dictionaries.WORDS)


def test_the_circuit_is_read_off_the_right_places(monkeypatch):
    batch = dictionaries.held(4, 0)
    length = batch.source.shape[1] + batch.inputs.shape[1]
    maps = [torch.zeros(dictionaries.HELD, 1, length, length) for _ in range(2)]
    maps[0][:, 0, 1:].diagonal(dim1=1, dim2=2).fill_(0.75)  # each on the token before it
    stream = torch.cat([batch.source, batch.inputs], dim=1)
    question = stream[torch.arange(len(stream)), batch.source.shape[1] + 1]
    place = (stream[:, : batch.source.shape[1]] == question[:, None]).long().argmax(1) + 1
    maps[1][torch.arange(len(stream)), 0, batch.source.shape[1] + 1, place] = 0.5
    monkeypatch.setattr(dictionaries, "stream_maps", lambda model, batch: tuple(maps))
    assert dictionaries.circuit(None, batch) == {"back": 0.75, "match": 0.5}


def test_the_same_seed_gives_the_same_run(quick):
    setting = dictionaries.SETTINGS["dictionary, one block"]
    first = dictionaries.run(setting, 0)
    torch.manual_seed(3)
    assert dictionaries.run(setting, 0) == first
    assert dictionaries.run(setting, 1).metrics != first.metrics
    assert list(first.lengths) == ["10", "20"]
    assert {f"right {size}" for size in dictionaries.ASKED} < set(first.metrics)


def test_the_dictionaries_command_does_what_is_missing(quick, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    assert dictionaries.main(["--seeds", "0", "--only", "dictionary, one block"]) == 0
    assert dictionaries.main(["--seeds", "0"]) == 0
    assert capsys.readouterr().out.count("seed") == 3
    assert sorted(results.stored("13")) == sorted(dictionaries.SETTINGS)
