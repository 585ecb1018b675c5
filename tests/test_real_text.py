"""The page on real text: its tables are those of the results, its commands are real commands."""

import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

import real_text
from seq2seq_lib import benchmark, cli, corpora, pretrained, recipes, tuning
from seq2seq_lib.experiments import Result
from tests.test_benchmark import CORPUS

SECONDS = 5.0
PAGE = real_text.PAGE.read_text(encoding="utf-8")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
RUN = Result(
    variant="attention, 120 s",
    seed=0,
    config={},
    training={},
    parameters=1_234_567,
    metrics={
        "bleu": 30.06, "bleu_beam": 31.0, "bleu_tokenised": 33.0, "chrf": 50.0, "exact": 0.123,
        "valid_loss": 2.0,
        "challenge passed": 0.5, "passed: negation": 0.25, "passed: tense": 0.75,
    },
    lengths={"1–9": {"bleu": 40.0, "count": 3}, "5–5": {"bleu": 30.0, "count": 1}},
    signatures={"bleu": "nrefs:1"},
    tokens=1_000_000,
    seconds=120.2,
    circumstances={},
)  # fmt: skip
BATCHES = {"tokens": 768, "learning_rate": 4e-3}


def fences(language: str) -> list[str]:
    return [text for name, text in FENCE.findall(PAGE) if name == language]


def test_the_tables_are_in_step_with_the_results() -> None:
    assert real_text.main(["--check"]) == 0
    assert len(real_text.SLOT.findall(PAGE)) == PAGE.count("<!-- end -->") >= 3


def test_the_readme_leads_to_the_page() -> None:
    readme = (real_text.ROOT / "README.md").read_text(encoding="utf-8")
    assert "(chapters/real_text.md)" in readme


def test_a_table_out_of_step_is_seen_and_made_anew(tmp_path, capsys) -> None:
    page = tmp_path / "page.md"
    page.write_text("# P\n\n<!-- table: multi30k -->\nold\n<!-- end -->\n\nrest\n", "utf-8")
    assert real_text.main(["--check", "--page", str(page)]) == 1
    assert "run python tools/real_text.py" in capsys.readouterr().out
    assert real_text.main(["--page", str(page)]) == 0
    assert real_text.main(["--check", "--page", str(page)]) == 0
    text = page.read_text("utf-8")
    assert "| architecture | seconds |" in text and "old" not in text and text.endswith("rest\n")
    with pytest.raises(ValueError, match="table: wanted one of .*, got 'wmt'"):
        real_text.filled("<!-- table: wmt -->\n<!-- end -->")


def test_what_the_tables_say() -> None:
    other = replace(RUN, seed=1, metrics=RUN.metrics | {"bleu": 32.0}, tokens=2_000_000)
    longer = replace(RUN, variant="fixed context, 300 s")
    runs = {"fixed context, 300 s": [longer], "attention, 120 s": [RUN, other]}
    assert real_text.ordered(runs) == ["attention, 120 s", "fixed context, 300 s"]
    lines = real_text.scores(runs).splitlines()
    assert lines[2] == (
        "| attention | 120 | 2 | 1.23 M | 1.50 M | 31.0 (30.1–32.0) | 31.0 (31.0–31.0) "
        "| 33.0 (33.0–33.0) | 50.0 (50.0–50.0) | 12 % |"
    )
    assert lines[3].startswith("| fixed context | 300 | 1 | 1.23 M | 1.00 M | 30.1 | 31.0 |")
    assert real_text.lengths(runs).splitlines()[0] == "| words | seconds | 1–9 | 5 |"
    cards = {"tatoeba attention": RUN, "tatoeba transformer": other}
    assert real_text.phenomena(cards).splitlines()[2] == "| tense | 75 % | 75 % |"
    assert "| tatoeba transformer | 1.23 M | 120 | 2.00 M | 32.0 |" in real_text.translators(cards)
    assert real_text.signatures(runs) == "- bleu: `nrefs:1`\n"


def test_what_the_table_of_the_search_says() -> None:
    recurrent = {"embedding": 64, "width": 128, "score": "dot", "context": "luong"}
    first = replace(RUN, variant="multi30k-attention-2min 60 s", config=recurrent, training=BATCHES)
    spread = replace(
        first,
        config=recurrent | {"spread": 0.7},
        training=BATCHES | {"output_bias": "frequencies"},
        metrics=RUN.metrics | {"bleu": 33.0},
    )
    single = {"kind": "transformer", "width": 64, "layers": 1, "feedforward": 256, "tied": "none"}
    other = {
        "multi30k-fixed-2min 60 s": replace(
            first,
            config=recurrent | {"score": None, "context": "every step", "direction": "backward"},
        ),
        "multi30k-transformer-2min 60 s": replace(first, config=single),
        "multi30k-attention-2min 60 s": first,
        "multi30k-attention-2min 60 s model.spread=0.7": spread,
    }
    runs = {name: [run] for name, run in other.items()} | {"tatoeba-attention-2min 60 s": [first]}
    assert real_text.tuning("multi30k", runs).splitlines()[2:] == [
        "| fixed context, every step, reads backward, embedding 64 | zero | 0.12 | 128 | 768 "
        "| 0.004 | 1.00 M | 2.00 | 30.1 |",
        "| attention, dot, embedding 64 | frequencies | 0.70 | 128 | 768 | 0.004 | 1.00 M | 2.00 "
        "| 33.0 |",
        "| attention, dot, embedding 64 | zero | 0.12 | 128 | 768 | 0.004 | 1.00 M | 2.00 | 30.1 |",
        "| transformer, 1+1 blocks, network 256, untied | zero | 0.12 | 64 | 768 | 0.004 | 1.00 M "
        "| 2.00 | 30.1 |",
    ]
    assert len(real_text.tuning("tatoeba", runs).splitlines()) == 3


def test_every_command_of_the_page_is_one(capsys) -> None:
    lines = [line for text in fences("sh") for line in text.splitlines() if line]
    assert len(lines) >= 5
    for line in lines:
        words = shlex.split(line)
        if words[0] == "python":
            assert words[1] == "-m"
            if words[2] == "seq2seq_lib.tuning":
                assert tuning.changed(recipes.read(words[3]), words[4:])
            else:
                assert words[2] == "seq2seq_lib.pretrained" and words[3] in pretrained.REAL
            continue
        assert words[0] == "seq2seq"
        asked = cli._parser().parse_args(words[1:])
        if asked.command == "train":
            assert asked.recipe in recipes.named()
        if getattr(asked, "model", "").startswith("runs/"):
            assert Path(asked.model).parts[1] in recipes.named()
            assert Path(asked.model).name == recipes.TRANSLATOR


def test_the_cell_of_the_page_runs(monkeypatch, capsys) -> None:
    read = recipes.read

    def shortly(name: str) -> recipes.Recipe:
        found = read(name)
        training = replace(found.training, steps=2, seconds=None)
        return replace(found, training=training, data=replace(found.data, subwords=40))

    monkeypatch.setattr(recipes, "read", shortly)
    monkeypatch.setattr(corpora, "load", lambda name, **options: CORPUS)
    cells = fences("python")
    assert cells
    for cell in cells:
        exec(compile(cell, "cell", "exec"), {})
    assert capsys.readouterr().out.count("\n") == len(cells)


def test_the_page_names_the_translators_that_ship() -> None:
    """Those that there are have a row of their own; those named in a command are there."""
    for name in real_text.cards():
        assert f"| {name} |" in PAGE
    for name in re.findall(r'--model "([^"]+)"', PAGE):
        assert name in pretrained.NAMES and pretrained.load(name)


def test_the_counts_of_the_corpora_are_those_of_the_results() -> None:
    counts = {
        corpus: sum(
            int(bucket["count"]) for bucket in next(iter(runs.values()))[0].lengths.values()
        )
        for corpus, runs in ((name, benchmark.stored(name)) for name in benchmark.LENGTHS)
        if runs
    }
    assert counts["multi30k"] == 1000
    assert counts["tatoeba"] == 943
