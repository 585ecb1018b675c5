"""Claims hold their bounds, print the same line everywhere, and fail with value and bound."""

import json
import math
import textwrap
from pathlib import Path

import numpy as np
import pytest
import torch

import claims as ledger
from seq2seq_lib.claims import Claim, ClaimFailed, claim, recorded

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("value", "options", "line"),
    [
        (12.3, {"at_least": 10, "unit": "BLEU", "seeds": 3}, "✓ S: at least 10 BLEU (3 seeds)"),
        (torch.tensor(0.2), {"at_most": 0.25}, "✓ S: at most 0.25"),
        (3, {"between": (2, 4.5), "unit": "points"}, "✓ S: between 2 and 4.5 points"),
        (3, {"at_least": 2, "at_most": 3}, "✓ S: between 2 and 3"),
        ([11, 10.0, 14], {"at_least": 10}, "✓ S: at least 10 (each of 3 seeds)"),
        (np.array([0.1, 0.2]), {"at_most": 0.2}, "✓ S: at most 0.2 (each of 2 seeds)"),
        ([torch.tensor(1.0), np.float32(2)], {"at_least": 1}, "✓ S: at least 1 (each of 2 seeds)"),
        ([5.0], {"at_least": 1}, "✓ S: at least 1 (1 seed)"),
        (True, {}, "✓ S"),
        ([True, True], {}, "✓ S (each of 2 seeds)"),
        (torch.tensor(True), {"seeds": 1}, "✓ S (1 seed)"),
    ],
)
def test_line_names_the_bound_and_never_the_value(value, options, line, capsys) -> None:
    claim("S", value, **options)
    assert capsys.readouterr().out == line + "\n"
    assert recorded()[-1].line == line


@pytest.mark.parametrize(
    ("value", "options", "message"),
    [
        (9.99, {"at_least": 10, "unit": "BLEU"}, "✗ S: wanted at least 10 BLEU, came 9.99 BLEU"),
        (0.3, {"at_most": 0.25}, "✗ S: wanted at most 0.25, came 0.3"),
        ([11, 9], {"at_least": 10}, "✗ S: wanted at least 10, came 11, 9"),
        (math.nan, {"at_least": 0}, "came nan"),
        (math.inf, {"at_least": 0}, "came inf"),
        (-math.inf, {"at_most": 0}, "came -inf"),
        ([1.0, math.nan], {"at_least": 0}, "came 1, nan"),
        (False, {}, "✗ S: wanted true, came False"),
        ([True, False], {}, "came True, False"),
    ],
)
def test_failure_names_value_and_bound_and_is_not_recorded(value, options, message, capsys) -> None:
    before = recorded()
    with pytest.raises(ClaimFailed) as raised:
        claim("S", value, **options)
    assert message in str(raised.value)
    assert isinstance(raised.value, AssertionError)
    assert recorded() == before
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("statement", "value", "options", "message"),
    [
        ("S", 1.0, {}, "wants at_least, at_most or between"),
        ("S", True, {"at_least": 0}, "takes no bound"),
        ("S", [], {"at_least": 0}, "got an empty sequence"),
        ("S", [1.0, True], {"at_least": 0}, "numbers or truth values, not both"),
        ("S", "12", {"at_least": 0}, "got '12'"),
        ("S", [[1.0], [2.0]], {"at_least": 0}, "one number a seed"),
        ("S", 1.0, {"at_least": 0, "between": (0, 1)}, "not both"),
        ("S", 1.0, {"between": (2, 1)}, "must not pass its upper"),
        ("S", 1.0, {"at_least": math.nan}, "must not pass its upper"),
        ("S", 1.0, {"between": (-math.inf, math.inf)}, "finite bound"),
        ("S", [1.0, 2.0], {"at_least": 0, "seeds": 3}, "3 seeds, 2 values"),
        ("S", 1.0, {"at_least": 0, "seeds": 0}, "seeds must be at least 1, got 0"),
        (" ", 1.0, {"at_least": 0}, "a sentence on one line"),
        ("a\nb", 1.0, {"at_least": 0}, "a sentence on one line"),
    ],
)
def test_malformed_claims_are_refused(statement, value, options, message) -> None:
    with pytest.raises(ValueError, match=message):
        claim(statement, value, **options)


def test_record_is_a_copy_with_the_values() -> None:
    claim("copy", [1, 2], at_least=1)
    recorded().clear()
    assert recorded()[-1] == Claim("copy", "at least 1", "each of 2 seeds", (1.0, 2.0))


# The ledger.


def write_chapter(folder: Path, source: str, printed: str) -> None:
    """Write a chapter with a title, one code cell and what it printed."""
    output = {"output_type": "stream", "name": "stdout", "text": printed.splitlines(True)}
    code = {"cell_type": "code", "source": textwrap.dedent(source), "outputs": [output]}
    cells = [{"cell_type": "markdown", "source": ["# Can it | fit?\n", "text"]}, code]
    text = json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {}})
    (folder / "06_fit.ipynb").write_text(text, encoding="utf-8")


CALL = """%time 1
def later():
    claim("Never called", 1, at_least=0)
claim("A holds", value, at_least=1)
for n in "ab":
    claim(f"{n} | holds", True)
"""
LINES = "✓ A holds: at least 1\nother\n✓ a | holds\n✓ b | holds (2 seeds)\n"


def test_ledger_lists_each_chapter_s_claims(tmp_path: Path) -> None:
    write_chapter(tmp_path, CALL, LINES)
    page = ledger.page(tmp_path)
    assert "## 06 [Can it | fit?](../chapters/06_fit.ipynb)" in page
    assert "| A holds: at least 1 |" in page
    assert "| a \\| holds |" in page
    assert "| b \\| holds (2 seeds) |" in page
    assert "3 claims" in page


@pytest.mark.parametrize(
    ("printed", "message"),
    [
        (LINES.replace("A holds", "B holds"), "no stored line of the claim 'A holds'"),
        ("✓ A holds: at least 1\n", "2 calls of claim, 1 stored line"),
    ],
)
def test_ledger_refuses_a_claim_without_its_stored_line(
    tmp_path: Path, printed: str, message: str
) -> None:
    write_chapter(tmp_path, CALL, printed)
    with pytest.raises(ValueError, match=message):
        ledger.page(tmp_path)


def test_check_mode_tells_a_stale_ledger(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    write_chapter(tmp_path, CALL, LINES)
    target = tmp_path / "docs" / "claims.md"
    places = ["--chapters", str(tmp_path), "--ledger", str(target)]
    assert ledger.main([*places, "--check"]) == 1
    assert ledger.main(places) == 0
    assert ledger.main([*places, "--check"]) == 0
    target.write_text(target.read_text(encoding="utf-8") + "more\n", encoding="utf-8")
    assert ledger.main([*places, "--check"]) == 1
    assert "python tools/claims.py" in capsys.readouterr().out


def test_the_book_s_ledger_is_in_step() -> None:
    assert ledger.page(ROOT / "chapters") == (ROOT / "docs" / "claims.md").read_text("utf-8"), (
        "docs/claims.md is not in step with the chapters: run python tools/claims.py"
    )
