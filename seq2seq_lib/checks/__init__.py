"""Exercises: a check that answers in one line, a hint, and a worked solution."""

from __future__ import annotations

import ast
from collections.abc import Callable

from seq2seq_lib.checks.attempts import Verdict, attempt
from seq2seq_lib.checks.registry import find, solution_file

__all__ = ["Verdict", "check", "hint", "solution", "solution_source"]


def check(number: str, function: Callable) -> None:
    """Print whether the learner's `function` solves exercise `number` ("06.1").

    One line: not attempted yet, correct, or the likely mistake. Never raises because of the
    learner's code, so the cells below still run. Raises ValueError for an unknown number.
    """
    print(attempt(find(number), function).line)


def hint(number: str) -> None:
    """Display the hint of exercise `number`, folded. ValueError for an unknown number."""
    found = find(number)
    _folded(f"Hint for {number}", found.hint.strip())


def solution(number: str) -> None:
    """Display the worked solution of exercise `number`, folded.

    The code is read from `chapters/solutions/`, where the tests try it. Raises ValueError
    for an unknown number or a missing solution.
    """
    _folded(f"Solution of {number}", f"```python\n{solution_source(number)}\n```")


def solution_source(number: str) -> str:
    """The source of `exercise_NN_M` in the chapter's solutions file, ValueError if none."""
    found = find(number)
    path = solution_file(found.chapter)
    name = "exercise_" + number.replace(".", "_")
    text = path.read_text(encoding="utf-8")
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            first = min([node.lineno, *(mark.lineno for mark in node.decorator_list)])
            return "\n".join(text.splitlines()[first - 1 : node.end_lineno])
    raise ValueError(f"{path.name} wants a function {name}, and has none")


def _folded(summary: str, body: str) -> None:
    from IPython.display import display

    page = f"<details>\n<summary>{summary}</summary>\n\n{body}\n\n</details>"
    display({"text/markdown": page, "text/plain": f"{summary}\n\n{body}"}, raw=True)
