"""Checkpoints: what is saved is loaded, and nothing else is."""

import json

import pytest
import safetensors.torch
import torch
from torch import nn

from seq2seq_lib import checkpoints
from seq2seq_lib.checkpoints import CheckpointError, load, load_weights, save
from seq2seq_lib.config import RecurrentConfig
from seq2seq_lib.models import build
from seq2seq_lib.vocabulary import SPECIALS, Vocabularies, Vocabulary
from tests.variants import SETTINGS, decode_all, make, random_batch

VOCABULARIES = Vocabularies(
    Vocabulary((*SPECIALS, "the", "cat")), Vocabulary((*SPECIALS, "l'", "élève"))
)


@pytest.fixture
def path(tmp_path):
    """The checkpoint of a small model."""
    path = tmp_path / "model.safetensors"
    save(path, make("luong, general"), VOCABULARIES)
    return path


@pytest.mark.parametrize("name", SETTINGS)
def test_a_loaded_model_decodes_exactly_as_the_saved_one(name, tmp_path):
    model, batch = make(name, dropout=0.3), random_batch()
    save(tmp_path / "model.safetensors", model, VOCABULARIES)
    saved = load(tmp_path / "model.safetensors")
    assert saved.vocabularies == VOCABULARIES
    assert saved.model.config == model.config
    assert not saved.model.training
    assert torch.equal(decode_all(saved.model, batch)[2].logits, decode_all(model, batch)[2].logits)


def test_vocabularies_may_be_left_out(tmp_path):
    save(tmp_path / "model.safetensors", make("luong, general"))
    assert load(tmp_path / "model.safetensors").vocabularies is None


def test_the_same_model_gives_the_same_bytes(path, tmp_path):
    save(tmp_path / "again.safetensors", make("luong, general"), VOCABULARIES)
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()


def test_weights_go_into_a_model_of_the_same_configuration(path):
    other = make("luong, general", seed=5)
    load_weights(path, other)
    for own, saved in zip(other.parameters(), make("luong, general").parameters(), strict=True):
        assert torch.equal(own, saved)


def test_tied_weights_stay_tied(tmp_path):
    def tied() -> nn.Module:
        model = nn.ModuleDict({"embedding": nn.Embedding(7, 3), "readout": nn.Linear(3, 7)})
        model["readout"].weight = model["embedding"].weight
        model.config = RecurrentConfig(source_size=7, target_size=7)
        return model

    model, other = tied(), tied()
    save(tmp_path / "tied.safetensors", model)
    load_weights(tmp_path / "tied.safetensors", other)
    assert other["readout"].weight is other["embedding"].weight
    assert torch.equal(other["readout"].weight, model["embedding"].weight)


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(path, monkeypatch):
    before = path.read_bytes()

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(checkpoints.os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        save(path, make("luong, general", seed=5), VOCABULARIES)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="none.safetensors: wanted a checkpoint, there is"):
        load(tmp_path / "none.safetensors")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 a pickle of the usual kind", b"\xff" * 100])
def test_something_else(data, tmp_path):
    path = tmp_path / "other.bin"
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match=f"not a checkpoint: .* got {len(data)} bytes"):
        load(path)


def test_a_safetensors_file_that_is_not_the_books(tmp_path):
    path = tmp_path / "other.safetensors"
    path.write_bytes(safetensors.torch.save({"weight": torch.zeros(3)}, {"format": "pt"}))
    with pytest.raises(CheckpointError, match="not a checkpoint: wanted one of 'seq2seq-book"):
        load(path)


@pytest.mark.parametrize("kept", [20, 1000, -1])
def test_a_truncated_one(kept, path):
    data = path.read_bytes()
    path.write_bytes(data[:kept])
    got = len(data[:kept])
    with pytest.raises(
        CheckpointError, match=rf"truncated: wanted (at least )?\d+ bytes, got {got}"
    ):
        load(path)


def test_one_with_something_appended(path):
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(CheckpointError, match="too long"):
        load(path)


def test_a_changed_weight(path):
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match="changed since it was written: wanted digest"):
        load(path)


def rewritten(path, change) -> None:
    """Change the book's header of a checkpoint, and write it back as a whole file."""
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    outer = json.loads(data[8 : 8 + length])
    header = json.loads(outer["__metadata__"][checkpoints.KEY])
    change(header)
    outer["__metadata__"][checkpoints.KEY] = json.dumps(header)
    text = json.dumps(outer).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data[8 + length :])


def test_rewriting_nothing_still_loads(path):
    rewritten(path, lambda header: None)
    assert load(path).vocabularies == VOCABULARIES


def test_a_changed_setting(path):
    rewritten(path, lambda header: header["content"]["config"].update(context="bahdanau"))
    with pytest.raises(CheckpointError, match="changed since it was written"):
        load(path)


def test_another_version(path):
    rewritten(path, lambda header: header.update(version=99))
    with pytest.raises(CheckpointError, match="wanted a checkpoint of version 1, got version 99"):
        load(path)


def test_another_models(path):
    model = make("bahdanau, general")
    before = [parameter.clone() for parameter in model.parameters()]
    with pytest.raises(
        CheckpointError, match="another model's .* context: wanted 'bahdanau', got 'luong'"
    ):
        load_weights(path, model)
    assert all(map(torch.equal, before, model.parameters()))


def test_another_models_weights_under_the_same_configuration(path):
    config = RecurrentConfig.from_dict({**make("luong, general").config.to_dict(), "width": 8})
    model = build(config, torch.Generator())
    model.config = make("luong, general").config
    with pytest.raises(CheckpointError, match=r"another model's .*: wanted \(.*\), got \("):
        load_weights(path, model)


def test_another_kind(path):
    with pytest.raises(CheckpointError, match="wanted a checkpoint of a run, got one of a model"):
        checkpoints.read(path, kind="run")
