"""The audit of exercises, on a made-up chapter 98: it passes whole, and names what is amiss."""

import sys
import textwrap
from pathlib import Path

import nbformat
import pytest

from seq2seq_lib import checks
from seq2seq_lib.checks import registry
from tests import exercise_audit as audit
from tests.wrong_answers import Wrong

MODULE = '''
    import torch
    from seq2seq_lib.checks.registry import exercise, expect_close

    @exercise("98.1", title="Double", minutes=2, hint="Twice.")
    def check_double(double):
        expect_close(double(torch.ones(2)), 2 * torch.ones(2), "the double")
'''
SOLUTION = '''
    def exercise_98_1(number):
        """Twice a number is the number and itself."""
        twice = number + number

        return twice
'''
STUB = 'def double(number: Tensor) -> "Tensor":\n    raise NotImplementedError'


def answers() -> list[Wrong]:
    return [
        Wrong("98.1", lambda number: number, "expected 2, got 1"),
        Wrong("98.1", lambda number: 3 * number, "expected 2, got 3"),
        Wrong("98.1", lambda number: None, "is the return missing"),
    ]


def write_notebook(path: Path, cells: list[tuple[str, str, str]]) -> Path:
    """Write a notebook of (source, tag, printed) cells."""
    made = [
        nbformat.v4.new_code_cell(
            source,
            metadata={"tags": [tag] if tag else []},
            outputs=[nbformat.v4.new_output("stream", text=printed)] if printed else [],
        )
        for source, tag, printed in cells
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=made), path)
    return path


CELLS = [
    ("%matplotlib inline\nfrom torch import Tensor", "", ""),
    (STUB, "exercise", ""),
    ('check("98.1", double)', "", "98.1 not attempted yet\n"),
    ('hint("98.1")', "", ""),
    ('solution("98.1")', "", ""),
]


@pytest.fixture
def chapter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of chapters, with chapter 98 and its checks and solution."""
    (tmp_path / "solutions").mkdir()
    for name, text in (("chapter98.py", MODULE), ("solutions/98_double.py", SOLUTION)):
        (tmp_path / name).write_text(textwrap.dedent(text), encoding="utf-8")
    monkeypatch.setattr(checks, "__path__", [*checks.__path__, str(tmp_path)])
    monkeypatch.setattr(registry, "CHAPTERS", tmp_path)
    monkeypatch.setattr(registry, "_exercises", {})
    monkeypatch.delitem(sys.modules, "seq2seq_lib.checks.chapter98", raising=False)
    return tmp_path


def test_whole_chapter_passes_the_audit(chapter: Path) -> None:
    path = write_notebook(chapter / "98_double.ipynb", CELLS)
    assert audit.chapters_with_checks()[-1] == "98"
    assert audit.notebooks(chapter) == {"98": path}
    assert audit.notebook_complaints(path) == []
    assert audit.answer_complaints("98.1", answers()) == []


@pytest.mark.parametrize(
    ("place", "cell", "words"),
    [
        (1, (STUB, "", ""), "no cell tagged 'exercise' stands before its check"),
        (1, (STUB.replace("double", "twice"), "exercise", ""), "the check takes double"),
        (1, ("def double(n):\n    return n", "exercise", ""), "the stub is not 'not attempted'"),
        (2, ("1 + 1", "", ""), "no call check('98.1')"),
        (2, ('check("98.1", double)', "", "98.1 ✓ correct\n"), "stored notebook does not say"),
        (3, ("1 + 1", "", ""), "no call hint('98.1')"),
        (3, ('hint("98.2")', "", ""), "98.2: hint is called in the notebook, but no such"),
        (4, ("1 + 1", "", ""), "no call solution('98.1')"),
    ],
)
def test_audit_names_what_a_notebook_lacks(
    chapter: Path, place: int, cell: tuple[str, str, str], words: str
) -> None:
    cells = [*CELLS[:place], cell, *CELLS[place + 1 :]]
    complaints = audit.notebook_complaints(write_notebook(chapter / "98_double.ipynb", cells))
    assert any(words in complaint for complaint in complaints), complaints


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (answers()[:2], "wanted 3 wrong answers"),
        ([answers()[0]] * 3, "as many diagnoses, got 3 with 1"),
        ([*answers(), Wrong("98.1", lambda n: 2 * n, "expected")], "98.1 ✓ correct"),
        ([*answers(), Wrong("98.1", lambda n: 5 * n, "got 4")], "says 'got 4', got: 98.1 ✗"),
    ],
)
def test_audit_names_what_the_wrong_answers_lack(
    chapter: Path, wrong: list[Wrong], words: str
) -> None:
    complaints = audit.answer_complaints("98.1", wrong)
    assert any(words in complaint for complaint in complaints), complaints


def test_audit_tries_the_solution(chapter: Path) -> None:
    path = chapter / "solutions" / "98_double.py"
    path.write_text("def exercise_98_1(number):\n    return 3 * number\n", encoding="utf-8")
    assert any("is not correct" in said for said in audit.answer_complaints("98.1", answers()))
    path.write_text("def other():\n    pass\n", encoding="utf-8")
    complaints = audit.answer_complaints("98.1", answers())
    assert any("98_double.py wants a function exercise_98_1" in said for said in complaints)
    path.unlink()
    complaints = audit.answer_complaints("98.1", answers())
    assert any("wanted one file chapters/solutions/98_*.py" in said for said in complaints)


def test_hint_and_solution_are_folded_and_the_code_is_the_file_s(
    chapter: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[dict[str, str]] = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw: shown.append(data))
    checks.hint("98.1")
    checks.solution("98.1")
    checks.check("98.1", lambda number: 2 * number)
    assert capsys.readouterr().out == "98.1 ✓ correct\n"
    assert all(page["text/markdown"].startswith("<details>\n<summary>") for page in shown)
    assert "\n\nTwice.\n\n" in shown[0]["text/markdown"]
    source = textwrap.dedent(SOLUTION).strip()
    assert f"```python\n{source}\n```" in shown[1]["text/markdown"]


def test_one_number_cannot_be_registered_twice(chapter: Path) -> None:
    registry.exercise("98.7", title="t", minutes=1, hint="h")(Wrong)
    with pytest.raises(ValueError, match="98.7 is registered twice"):
        registry.exercise("98.7", title="t", minutes=1, hint="h")(write_notebook)


