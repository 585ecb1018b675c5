"""What every exercise of the book must have, and what is missing, in words.

Used on the book by `test_exercises.py`, and on a made-up chapter by `test_checks.py`.
"""

import ast
import importlib
import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path

import nbformat

from seq2seq_lib import checks
from seq2seq_lib.checks import registry
from seq2seq_lib.checks.attempts import CORRECT, UNTRIED, WRONG, attempt
from tests.wrong_answers import Wrong

WRONG_ANSWERS = 3


def chapters_with_checks() -> list[str]:
    """The chapters ("06") that have a module of checks."""
    folders = [Path(folder) for folder in checks.__path__]
    return sorted({path.stem[-2:] for folder in folders for path in folder.glob("chapter??.py")})


def notebooks(folder: Path) -> dict[str, Path]:
    """The built chapters by number."""
    return {path.name[:2]: path for path in sorted(folder.glob("[0-9][0-9]_*.ipynb"))}


def notebook_complaints(path: Path) -> list[str]:
    """What is amiss with the exercises of a chapter's notebook; none when all is well."""
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    registered = [known.number for known in registry.of_chapter(path.name[:2])]
    calls = [found for cell in cells for found in _calls(cell)]
    complaints = [
        f"{number}: {name} is called in the notebook, but no such exercise is registered"
        for name, number, _ in calls
        if number not in registered
    ]
    for number in registered:
        for name in ("check", "hint", "solution"):
            if (name, number) not in [call[:2] for call in calls]:
                complaints.append(f"{number}: the notebook has no call {name}({number!r})")
        try:
            stub = stub_of(path, number)
        except ValueError as error:
            complaints.append(str(error))
            continue
        verdict = attempt(registry.find(number), stub)
        if verdict.outcome != UNTRIED:
            complaints.append(f"{number}: the stub is not 'not attempted': {verdict.line}")
        if f"{number} not attempted yet\n" not in _printed(cells):
            complaints.append(f"{number}: the stored notebook does not say 'not attempted yet'")
    return complaints


def stub_of(path: Path, number: str) -> Callable:
    """The learner's function as the notebook leaves it: from the cell before its check."""
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    for before, cell in zip([None, *cells], cells, strict=False):
        named = [found for found in _calls(cell) if found[:2] == ("check", number)]
        if not named:
            continue
        if before is None or "exercise" not in before.metadata.get("tags", []):
            raise ValueError(f"{number}: no cell tagged 'exercise' stands before its check")
        names = [node.name for node in ast.parse(before.source).body if hasattr(node, "name")]
        if named[0][2] not in names:
            raise ValueError(f"{number}: the stub defines {names}, the check takes {named[0][2]}")
        return _run([*map(_imports, cells), before.source], names[names.index(named[0][2])])
    raise ValueError(f"{number}: no stub, for no cell checks it")


def answer_complaints(number: str, wrong: Sequence[Wrong]) -> list[str]:
    """What is amiss with an exercise's solution, hint and wrong answers."""
    exercise = registry.find(number)
    complaints = []
    try:
        verdict = attempt(exercise, _solution(number))
        if verdict.outcome != CORRECT:
            complaints.append(f"{number}: the solution is not correct: {verdict.line}")
    except ValueError as error:
        complaints.append(f"{number}: {error}")
    if not exercise.hint.strip() or not exercise.title.strip() or exercise.minutes < 1:
        complaints.append(f"{number}: wants a title, a hint and its minutes")
    mine = [answer for answer in wrong if answer.exercise == number]
    said = {answer.diagnosis for answer in mine if answer.diagnosis.strip()}
    if len(mine) < WRONG_ANSWERS or len(said) < WRONG_ANSWERS:
        complaints.append(
            f"{number}: wanted {WRONG_ANSWERS} wrong answers with as many diagnoses, "
            f"got {len(mine)} with {len(said)}"
        )
    for answer in mine:
        verdict = attempt(exercise, answer.function)
        if verdict.outcome != WRONG or answer.diagnosis not in verdict.line:
            complaints.append(
                f"{number}: {answer.function.__name__} wants a rejection that says "
                f"{answer.diagnosis!r}, got: {verdict.line}"
            )
    return complaints


def wrong_answers(chapter: str) -> list[Wrong]:
    """The chapter's wrong answers; ModuleNotFoundError when it has no module of them."""
    return list(importlib.import_module(f"tests.wrong_answers.chapter{chapter}").WRONG)


def _solution(number: str) -> Callable:
    """The worked solution, run from its file; ValueError when it is not there."""
    checks.solution_source(number)
    path = registry.solution_file(number[:2])
    spec = importlib.util.spec_from_file_location(f"solutions_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, "exercise_" + number.replace(".", "_"))


def _calls(cell: nbformat.NotebookNode) -> list[tuple[str, str, str]]:
    """Calls of check, hint and solution in a cell: name, exercise, the function's name."""
    found = []
    for node in ast.walk(ast.parse(_python(cell.source))):
        named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if not named or node.func.id not in ("check", "hint", "solution") or not node.args:
            continue
        number = node.args[0].value if isinstance(node.args[0], ast.Constant) else ""
        function = node.args[1] if len(node.args) > 1 else None
        found.append((node.func.id, str(number), getattr(function, "id", "")))
    return found


def _printed(cells: Sequence[nbformat.NotebookNode]) -> str:
    outputs = [output for cell in cells for output in cell.outputs]
    return "".join(output.text for output in outputs if output.output_type == "stream")


def _imports(cell: nbformat.NotebookNode) -> str:
    body = ast.parse(_python(cell.source)).body
    return "\n".join(ast.unparse(node) for node in body if _imports_only(node))


def _imports_only(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _python(source: str) -> str:
    """The cell without its magic lines, each kept as an empty line."""
    lines = source.split("\n")
    return "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in lines)


def _run(sources: Sequence[str], name: str) -> Callable:
    """Run the sources in one namespace, annotations unevaluated, and give what `name` is."""
    space: dict[str, object] = {"__name__": "stub"}
    for source in sources:
        code = compile("from __future__ import annotations\n" + source, "<stub>", "exec")
        exec(code, space)
    return space[name]
