"""What a built chapter must be, beyond running: each function gives the problems it finds."""

import ast
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path

from nbformat import NotebookNode

MOST_BYTES = 800 * 1024
COLUMNS = 79

_PLACES = re.compile(r"(?<![\w.])(/home/|/root/|/tmp/|/Users/|/private/var/|[A-Z]:\\)")
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")
_EMPTY_ALT = re.compile(r"!\[\s*\]\(")


def problems(notebook: NotebookNode, path: Path) -> list[str]:
    """Give all that is wrong with a built chapter, a line each, in order of the cells."""
    found = [*size_problems(path), *run_problems(notebook)]
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            lines = (*code_problems(cell), *output_problems(cell))
        else:
            lines = (*prose_problems(cell),)
        found += [f"cell {index}: {line}" for line in lines]
    return found


def size_problems(path: Path) -> Iterator[str]:
    """A chapter's file is at most 800 KB."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        yield f"at most {MOST_BYTES // 1024} KB wanted, got {size // 1024} KB"


def run_problems(notebook: NotebookNode) -> Iterator[str]:
    """Every code cell has run, in order: nbval passes a cell that was never run."""
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    if counts != list(range(1, len(counts) + 1)):
        yield f"run counts 1 to {len(counts)} in order wanted, got {counts}"


def code_problems(cell: NotebookNode) -> Iterator[str]:
    """Code parses, fits the page, and is tagged `exercise` exactly when it is a stub."""
    for number, line in enumerate(cell.source.splitlines(), start=1):
        if len(line) > COLUMNS:
            yield f"line {number}: at most {COLUMNS} columns wanted, got {len(line)}"
    if not cell.source.strip():
        yield "an empty code cell"
    if cell.source.lstrip().startswith(("%", "!")):
        yield "plain Python wanted, got a magic or a shell command"
        return
    try:
        tree = ast.parse(cell.source)
    except SyntaxError as error:
        yield f"plain Python wanted, got {error.msg} in line {error.lineno}"
        return
    stub = any(_is_stub(node) for node in ast.walk(tree))
    tagged = "exercise" in cell.metadata.get("tags", [])
    if stub and not tagged:
        yield "raises NotImplementedError without the tag exercise"
    if tagged and not stub:
        yield "tagged exercise, but nothing raises NotImplementedError"


def _is_stub(node: ast.AST) -> bool:
    """Tell whether a node raises NotImplementedError, called or not."""
    if not isinstance(node, ast.Raise) or node.exc is None:
        return False
    error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    return isinstance(error, ast.Name) and error.id == "NotImplementedError"


def output_problems(cell: NotebookNode) -> Iterator[str]:
    """No error, nothing on stderr, no machine's paths or addresses, pictures with their words."""
    for output in cell.outputs:
        if output.output_type == "error":
            yield f"stored an error: {output.ename}: {output.evalue}"
        if output.get("name") == "stderr":
            yield f"writes to stderr, which strict nbval compares: {output.text[:80]!r}"
        data = output.get("data", {})
        for text in (output.get("text", ""), data.get("text/plain", ""), data.get("text/html", "")):
            text = re.sub(r"data:image/[a-z]+;base64,[A-Za-z0-9+/=\s]+", "", text)
            if match := _PLACES.search(text) or _ADDRESS.search(text):
                yield f"stored what differs on another machine: {match[0]!r}"
        yield from picture_problems(data)


def picture_problems(data: dict[str, str]) -> Iterator[str]:
    """A picture stands in a <figure> with alternative text and a caption (plotting.show)."""
    if any(kind.startswith("image/") for kind in data):
        yield "a picture without alternative text and caption: show it with plotting.show"
    page = data.get("text/html", "")
    if "<img" not in page and "<svg" not in page:
        return
    reader = _Figure()
    reader.feed(page)
    if reader.pictures != reader.described:
        yield "a picture in HTML wants alternative text, got none"
    if not reader.caption.strip():
        yield "a picture in HTML wants a caption in <figcaption>, got none"


class _Figure(HTMLParser):
    """Counts pictures and those with alternative text; collects the caption."""

    def __init__(self) -> None:
        super().__init__()
        self.pictures = self.described = 0
        self.caption = ""
        self._in_caption = False

    def handle_starttag(self, tag: str, attrs: Iterable[tuple[str, str | None]]) -> None:
        words = dict(attrs)
        if tag in ("img", "svg"):
            self.pictures += 1
            self.described += bool((words.get("alt") or words.get("aria-label") or "").strip())
        self._in_caption |= tag == "figcaption"

    def handle_endtag(self, tag: str) -> None:
        self._in_caption &= tag != "figcaption"

    def handle_data(self, data: str) -> None:
        self.caption += data if self._in_caption else ""


def prose_problems(cell: NotebookNode) -> Iterator[str]:
    """A Markdown cell has words, and its pictures have theirs."""
    if not cell.source.strip():
        yield "an empty Markdown cell"
    if _EMPTY_ALT.search(cell.source):
        yield "a picture in Markdown wants alternative text, got none"
