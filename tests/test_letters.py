"""Letters written backwards: the words, what counts as right, and what is kept."""

import pytest
import torch

from seq2seq_lib.batching import collate
from seq2seq_lib.experiments import letters, results
from seq2seq_lib.schedule import TrainingConfig
from seq2seq_lib.search import beam
from seq2seq_lib.vocabulary import EOS

SECONDS = 5.0


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(letters, "SCHEDULE", TrainingConfig(steps=25, learning_rate=5e-3))


def test_the_target_is_the_source_backwards():
    words = letters.draw(300, (3, 5), torch.Generator().manual_seed(0))
    assert {len(word.target) for word in words} == {3, 4, 5}
    for word in words:
        assert word.source == (*reversed(word.target), EOS)
    used = {letter for word in words for letter in word.target}
    assert used == set(range(letters.FIRST_LETTER, letters.FIRST_LETTER + letters.LETTERS))


def test_a_word_is_right_if_greedy_search_writes_it(monkeypatch):
    monkeypatch.setattr(letters, "SCHEDULE", TrainingConfig(steps=60, learning_rate=1e-2))
    monkeypatch.setattr(letters, "LETTERS", 1)
    monkeypatch.setattr(letters, "TRAINED", (1, 2))
    model = letters.fit(letters.Setting("sinusoid"), 0)
    words = letters.draw(60, (1, 3), torch.Generator().manual_seed(5))
    batch = collate(words)
    said = [found[0].tokens for found in beam(model, batch.source, batch.source_mask, width=1)]
    wanted = [tokens == word.target for tokens, word in zip(said, words, strict=True)]
    assert letters.right(model, batch).tolist() == wanted
    assert True in wanted and False in wanted


def test_the_same_seed_gives_the_same_run_and_another_another(quick):
    setting = letters.SETTINGS["letters, rotary"]
    first = letters.run(setting, 0)
    torch.manual_seed(3)
    assert letters.run(setting, 0) == first
    assert letters.run(setting, 1).metrics != first.metrics
    assert set(first.metrics) == {"right", "beyond", "valid_loss"}
    assert list(first.lengths) == [str(length) for length in range(3, 13)]
    assert sum(found["count"] for found in first.lengths.values()) == 2 * letters.HELD


def test_the_command_does_what_is_missing(quick, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    assert letters.main(["--seeds", "0", "--only", "letters, none"]) == 0
    assert capsys.readouterr().out.count("seed") == 1
    assert letters.main(["--seeds", "0"]) == 0
    assert capsys.readouterr().out.count("seed") == 3
    assert sorted(results.stored("11")) == sorted(letters.SETTINGS)
