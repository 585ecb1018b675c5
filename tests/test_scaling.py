"""What chapters/scaling.md says in numbers: counted again, computed again, read from results."""

import re
import statistics
from pathlib import Path

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from references import references
from seq2seq_lib import cli, estimates, recipes
from seq2seq_lib.corpora import Splits, load
from seq2seq_lib.experiments import batches
from seq2seq_lib.experiments.results import disagreements, stored
from seq2seq_lib.losses import objective
from tests.test_back_matter import BIBLIOGRAPHY, CHAPTERS, rows, unlisted_works

SECONDS = 15.0
PAGE = (CHAPTERS / "scaling.md").read_text(encoding="utf-8")
ROOT = CHAPTERS.parent


def block(kind: str) -> str:
    """The page's fenced block of this kind."""
    found = re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert len(found) == 1
    return found[0]


def numbers(text: str) -> list[float]:
    return [float(number.replace(",", "")) for number in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]


@pytest.fixture(scope="module")
def recipe(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("scaling") / "small.toml"
    path.write_text(block("toml"), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def prepared(recipe):
    return recipes.prepare(recipes.read(recipe))


def test_the_estimate_is_what_the_command_says(recipe, prepared, monkeypatch, capsys) -> None:
    monkeypatch.setattr(recipes, "prepare", lambda recipe: prepared)
    assert cli.main(["estimate", str(recipe), "--speed", "33"]) == 0
    said, written = capsys.readouterr().out, block("text")
    assert re.sub(r"[\d.,]+", "", said) == re.sub(r"[\d.,]+", "", written)
    assert numbers(said) == pytest.approx(numbers(written), rel=0.1)
    assert said.splitlines()[0] == written.splitlines()[0]


class Counting(TorchDispatchMode):
    """Counts what is done to numbers: views, and making room for them, left out."""

    VIEWS = (
        "view", "detach", "transpose", "aten.t.", "unsqueeze", "expand", "slice", "select",
        "alias", "as_strided", "split", "permute", "empty",
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.count += not any(name in str(function) for name in self.VIEWS)
        return function(*args, **(kwargs or {}))


def test_a_step_is_so_many_operations(prepared) -> None:
    model, ready = prepared
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    for counting in (Counting(), Counting()):  # the first step makes Adam's means, too
        with counting:
            objective(model, ready[0]).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
    written = re.search(r"is about (\d+) operations of PyTorch", PAGE)
    assert written and counting.count == pytest.approx(int(written[1]), rel=0.15)


def test_hours_follow_from_the_other_columns() -> None:
    table = rows(PAGE, "run")
    assert len(table) >= 5
    for row in table:
        weights, tokens, peak, share, hours = map(float, [*row.cells[1:3], *row.cells[4:7]])
        found = estimates.hours(
            round(1e6 * weights), 1e6 * tokens, peak=1e12 * peak, utilisation=share
        )
        assert hours == pytest.approx(found, rel=0.05), row.cells
        assert re.search("measured|estimate|their hours", row.cells[7])


def test_the_table_of_batches_is_that_of_the_results() -> None:
    kept, table = stored("scaling", path=batches.FILE), rows(PAGE, "setting")
    assert [row.cells[0] for row in table] == list(batches.SETTINGS)
    assert set(kept) == set(batches.SETTINGS)
    assert len({run.tokens for runs in kept.values() for run in runs}) == 1
    for row in table:
        runs = kept[row.cells[0]]
        losses = [run.metrics["valid_loss"] for run in runs]
        assert len(losses) >= 3
        assert row.cells[1] == f"{runs[0].training['steps']:,}"
        assert row.cells[2] == f"{statistics.mean(losses):.2f}"
        assert row.cells[3] == f"{min(losses):.2f} to {max(losses):.2f}"


def test_a_run_of_the_experiment_is_what_is_kept() -> None:
    """On a few pairs: the same settings as the kept runs, but for the number of steps."""
    whole = load("grammar")
    few = Splits(train=whole.train[:200], valid=whole.valid[:20], test=())
    result = batches.run("4 times the batch", 0, few, progress=False)
    kept = stored("scaling", path=batches.FILE)["4 times the batch"][0]
    assert result.training["tokens"] == kept.training["tokens"] == 4 * batches.TOKENS
    assert result.training["learning_rate"] == kept.training["learning_rate"] == batches.RATE
    assert result.metrics["valid_loss"] > 0 and disagreements(kept, [kept]) == []


def test_every_work_cited_is_listed_and_every_listed_one_cited() -> None:
    assert unlisted_works({"scaling": PAGE}, BIBLIOGRAPHY) == []
    body = PAGE.split("## References")[0]
    for item in references(PAGE):
        assert re.split(r"[ ,]", item)[0] in body, item


def test_what_the_page_points_to_is_there() -> None:
    for name in re.findall(r"`((?:seq2seq_lib|data)/[\w/.]+)`", PAGE):
        assert (ROOT / name).exists(), name
    assert "chapters/scaling.md" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "torchrun --standalone" in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
