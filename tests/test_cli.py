"""The command line and the recipes behind it: what it does, what it says, how it ends."""

import io
import os
import re
import subprocess
import sys

import pytest

from seq2seq_lib import cli, recipes, training
from seq2seq_lib.corpora import downloads
from seq2seq_lib.schedule import TrainingConfig

RECIPE = """
seed = 5

[data]
corpus = "{corpus}"
subwords = {subwords}

[model]
embedding = 8
width = 8
context = "luong"
score = "dot"

[training]
steps = {steps}
tokens = 300
validate_every = 5
"""
WORDS = ("cats chats", "dogs chiens", "birds oiseaux", "cows vaches", "pigs cochons")


@pytest.fixture
def recipe(tmp_path):
    """A recipe on a tiny text; give a function that writes it with other settings."""
    lines = []
    for number in range(400):
        english, french = WORDS[number % 5].split()
        lines.append(f"I see {number} {english}.\tJe vois {number} {french}.\n")
    (tmp_path / "tiny.tsv").write_text("".join(lines), encoding="utf-8")

    def write(name: str = "tiny.toml", *, steps: int = 10, subwords: int = 60, more: str = ""):
        text = RECIPE.format(corpus=tmp_path / "tiny.tsv", steps=steps, subwords=subwords) + more
        (tmp_path / name).write_text(text, encoding="utf-8")
        return str(tmp_path / name)

    return write


def run(*words: str) -> int:
    return cli.main(list(words))


def test_a_translator_of_the_book_translates(capsys) -> None:
    assert run("translate", "The black cat sleeps.", "The man eats bread.", "--beam", "2") == 0
    assert capsys.readouterr().out.splitlines() == ["Le chat noir dort.", "L'homme mange du pain."]


def test_lines_of_stdin_are_translated(capsys, monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("The black cat sleeps.\n"))
    assert run("translate") == 0
    assert capsys.readouterr().out == "Le chat noir dort.\n"


def test_train_then_translate_then_evaluate(recipe, tmp_path, capsys) -> None:
    out = str(tmp_path / "run")
    assert run("train", recipe(), "--out", out) == 0
    said = capsys.readouterr().out
    assert "10 steps" in said and said.rstrip().endswith("translator.safetensors")
    model = os.path.join(out, recipes.TRANSLATOR)
    assert run("translate", "--model", model, "I see 3 cats.") == 0
    assert capsys.readouterr().out.endswith("\n")
    assert run("evaluate", "--model", model, "--corpus", str(tmp_path / "tiny.tsv")) == 0
    said = capsys.readouterr().out
    assert "nrefs:1" in said and "words: BLEU" in said and "exact 0.0 %" in said


def test_an_interrupted_run_is_gone_on_with(recipe, tmp_path, capsys, monkeypatch) -> None:
    out, whole = str(tmp_path / "run"), str(tmp_path / "whole")
    advance = training._Run.advance

    def stop(self, started):
        if self.step == 7:
            raise KeyboardInterrupt
        return advance(self, started)

    path = recipe()
    monkeypatch.setattr(training._Run, "advance", stop)
    assert run("train", path, "--out", out) == cli.INTERRUPTED
    assert "interrupted after step 7 of 10" in capsys.readouterr().err
    monkeypatch.setattr(training._Run, "advance", advance)
    assert run("train", path, "--out", out) == run("train", path, "--out", whole) == 0
    one, other = (tmp_path / name / recipes.TRANSLATOR for name in ("run", "whole"))
    assert one.read_bytes() == other.read_bytes()


def test_an_estimate_needs_no_training(recipe, tmp_path, capsys) -> None:
    assert run("estimate", recipe(steps=7)) == 0
    first, second, third, last = capsys.readouterr().out.splitlines()
    assert "of them multiply every token" in first and second.startswith("memory, MB: weights 0.0")
    assert third.endswith("billion operations for that batch")
    assert last.startswith("7 steps of ") and re.search(r"hours at \d+ billion operations", last)
    assert not (tmp_path / "runs").exists()


def test_a_run_with_another_recipe_is_not_mixed_in(recipe, tmp_path, capsys) -> None:
    out = str(tmp_path / "run")
    assert run("train", recipe(), "--out", out) == 0
    assert run("train", recipe(steps=12), "--out", out) == cli.FAILED
    assert "steps" in capsys.readouterr().err


WRONG = [
    (["translate", "--model", "nobody", "Hello."], "--model: wanted one of .*; got 'nobody'"),
    (["translate", ""], "wanted an English sentence, got ''"),
    (["train", "none.toml"], "there is no 'none.toml'"),
    (["evaluate", "--split", "dev"], "--split: wanted one that 'grammar' has; got 'dev'"),
    (["evaluate", "--corpus", "europarl"], "corpus: wanted one of grammar"),
]


@pytest.mark.parametrize(("words", "message"), WRONG, ids=[words[-1] for words, _ in WRONG])
def test_an_error_is_one_line_and_the_code_1(words, message: str, capsys) -> None:
    assert cli.main(words) == cli.FAILED
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1
    assert re.search(message, captured.err)


@pytest.mark.parametrize("words", [[], ["sing"], ["translate", "--beam", "0", "x"], ["download"]])
def test_wrong_usage_ends_in_2(words, capsys) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(words)
    assert stop.value.code == 2
    assert "usage: seq2seq" in capsys.readouterr().err


def test_help_says_what_there_is(capsys) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["--help"])
    assert stop.value.code == 0
    said = capsys.readouterr().out
    assert all(name in said for name in ("translate", "train", "evaluate", "download"))


def test_the_installed_command_is_this_one() -> None:
    command = os.path.join(os.path.dirname(sys.executable), "seq2seq")
    ran = subprocess.run([command, "--help"], capture_output=True, text=True, check=True)
    assert "English to French" in ran.stdout


def test_a_corpus_that_cannot_be_fetched_says_what_to_do(tmp_path, monkeypatch, capsys) -> None:
    remote = downloads.Remote("small", "http://127.0.0.1:9/", {"a.tsv": "0" * 64})
    monkeypatch.setitem(downloads.REMOTES, "tatoeba", remote)
    monkeypatch.setattr(downloads, "kept", lambda name: tmp_path)
    monkeypatch.setattr(downloads, "RETRIES", 0)
    assert run("download", "tatoeba") == cli.FAILED
    assert "SEQ2SEQ_DATA" in capsys.readouterr().err


BAD = [
    ("", "[data", "wanted TOML"),
    ("", "\n[other]\nx = 1\n", "the recipe: wanted some of data, model, training, seed; got 'oth"),
    ("warmth = 1", "", r"\[training\]: wanted some of .*; got 'warmth'"),
    ("learning_rate = -1", "", "learning_rate: wanted more than 0, got -1"),
]


@pytest.mark.parametrize(("training", "more", "message"), BAD)
def test_a_bad_recipe_is_refused_by_name(recipe, training: str, more: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"tiny.toml: .*{message}"):
        recipes.read(recipe(more=f"{training}\n{more}"))


def test_a_recipe_is_its_values(recipe) -> None:
    found = recipes.read(recipe(steps=3))
    assert found.training == TrainingConfig(steps=3, tokens=300, validate_every=5)
    assert found.seed == 5 and found.data.subwords == 60 and found.model["context"] == "luong"
    with pytest.raises(ValueError, match="wanted a table .data.; got None"):
        recipes.from_values({"training": {"steps": 1}})
    with pytest.raises(ValueError, match="wanted the setting 'corpus'; it is missing"):
        recipes.from_values({"data": {}, "training": {"steps": 1}})
    with pytest.raises(ValueError, match="sizes come from the corpus; leave them out"):
        recipes.from_values(
            {"data": {"corpus": "x"}, "training": {"steps": 1}, "model": {"source_size": 3}}
        )
