"""The ledger of claims: every claim of every chapter, as its notebook stored it.

    python tools/claims.py            write docs/claims.md
    python tools/claims.py --check    say whether it is in step, and exit 1 if not
"""

import argparse
import ast
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from pages import settle

ROOT = Path(__file__).resolve().parent.parent
MARK = "✓ "
HEAD = """# The ledger of claims

What the chapters claim, and hold themselves to whenever they run. Each line is printed by a
`claim` in the chapter, which raises when its bound does not hold. Made from the stored
notebooks by `python tools/claims.py`.
"""


def page(folder: Path) -> str:
    """Give the ledger of the chapters in `folder`.

    Raises ValueError when a chapter calls `claim` and its notebook lacks the line of it.
    """
    parts, total = [], 0
    for path in sorted(folder.glob("[0-9][0-9]_*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        lines = [line for cell in notebook["cells"] for line in _claimed(path, cell)]
        if not lines:
            continue
        rows = "\n".join("| " + line.replace("|", "\\|") + " |" for line in lines)
        title = f"## {path.name[:2]} [{_title(path, notebook)}](../chapters/{path.name})"
        parts.append(f"{title}\n\n| claim |\n|---|\n{rows}\n")
        total += len(lines)
    count = f"{total} claim{'' if total == 1 else 's'} in {len(parts)} chapter"
    return "\n".join([HEAD, f"{count}{'' if len(parts) == 1 else 's'}.\n", *parts])


def _claimed(path: Path, cell: dict) -> Iterator[str]:
    """Give the stored claims of a cell, without their mark; refuse a call without one."""
    if cell["cell_type"] != "code":
        return
    printed = [line for output in cell["outputs"] for line in _text(output.get("text", ""))]
    stored = [line.removeprefix(MARK) for line in printed if line.startswith(MARK)]
    calls = _calls("".join(cell["source"]))
    for call in calls:
        first = call.args[0] if call.args else None
        said = first.value if isinstance(first, ast.Constant) else ""
        if not any(line.startswith(str(said)) for line in stored):
            raise ValueError(f"{path.name}: no stored line of the claim {said!r}; build it again")
    if len(stored) < len(calls):
        found = f"{len(calls)} calls of claim, {len(stored)} stored line(s)"
        raise ValueError(f"{path.name}: {found} in one cell; build it again")
    yield from stored


def _text(text: str | list[str]) -> list[str]:
    return "".join(text).splitlines()


def _calls(source: str) -> list[ast.Call]:
    """Give the calls of `claim` that a cell makes itself: not in a function that it defines."""
    lines = ["" if line.lstrip().startswith(("%", "!")) else line for line in source.split("\n")]
    waiting: list[ast.AST] = [ast.parse("\n".join(lines))]
    calls = []
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "claim":
            calls.append(node)
        if not isinstance(node, ast.FunctionDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))
    return calls


def _title(path: Path, notebook: dict) -> str:
    for cell in notebook["cells"]:
        for line in _text(cell["source"]) if cell["cell_type"] == "markdown" else []:
            if line.startswith("# "):
                return line.removeprefix("# ").strip()
    return path.stem


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the ledger, or with --check compare it; give the exit status."""
    parser = argparse.ArgumentParser(description="the ledger of the chapters' claims")
    parser.add_argument("--check", action="store_true", help="only say whether it is in step")
    parser.add_argument("--chapters", type=Path, default=ROOT / "chapters")
    parser.add_argument("--ledger", type=Path, default=ROOT / "docs" / "claims.md")
    options = parser.parse_args(arguments)
    try:
        wanted = page(options.chapters)
    except ValueError as error:
        print(error)
        return 1
    target = options.ledger
    return settle(target, wanted, check=options.check, tool="claims.py")


if __name__ == "__main__":
    sys.exit(main())
