"""From a chapter's source to its notebook: reading, cleaning, writing, comparing.

A source is MyST Markdown as jupytext reads it. What is written here depends on the source and on
the outputs alone, so that a rebuild with the same outputs is the same byte for byte.
"""

import os
import re
from itertools import zip_longest
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

TAGS = frozenset({"exercise", "hide-input", "nbval-ignore-output"})
WIDGET = "application/vnd.jupyter.widget-view+json"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}

_FENCE = re.compile(r"^(`{3,}|~{3,})")


def read_source(path: Path) -> NotebookNode:
    """Give the notebook of a source, without outputs, with its final ids and metadata.

    Raises ValueError, naming file and line, for what jupytext would misread in silence.
    """
    text = path.read_text(encoding="utf-8")
    _refuse_traps(path, text)
    try:
        notebook = jupytext.reads(text, fmt="md:myst")
    except Exception as error:
        raise ValueError(f"{path.name}: jupytext cannot read it: {error}") from error
    for cell in notebook.cells:
        unknown = sorted(set(cell.metadata.get("tags", [])) - TAGS)
        if unknown:
            raise ValueError(f"{path.name}: tags wanted are {sorted(TAGS)}, got {unknown}")
    return normalise(notebook, path.stem)


def _refuse_traps(path: Path, text: str) -> None:
    """Refuse `+++ prose` (jupytext crashes), empty cells and directives (shown as raw text)."""
    lines = text.split("\n")
    fence, filled = "", True
    for number, line in enumerate(_without_front_matter(lines), start=1):
        where = f"{path.name}, line {number}"
        match = _FENCE.match(line)
        if fence:
            fence = "" if match and line.strip() == fence else fence
            continue
        if match:
            fence = match[1]
            if line.startswith(fence + "{") and not line.startswith(fence + "{code-cell}"):
                raise ValueError(f"{where}: wanted a code-cell or plain Markdown, got {line!r}")
            filled = True
        elif line.startswith("+++"):
            if line.strip() != "+++":
                raise ValueError(f"{where}: '+++' stands alone on its line, got {line!r}")
            if not filled:
                raise ValueError(f"{where}: an empty cell before '+++'")
            filled = False
        elif line.startswith(":::"):
            raise ValueError(f"{where}: JupyterLab does not render ':::', got {line!r}")
        elif line.strip():
            filled = True
    if fence:
        raise ValueError(f"{path.name}: a fence {fence} is never closed")
    if not filled:
        raise ValueError(f"{path.name}: an empty cell at the end")


def _without_front_matter(lines: list[str]) -> list[str]:
    """Blank the YAML block at the head, so that line numbers stay."""
    if lines[0].strip() != "---":
        return lines
    ends = [n for n, line in enumerate(lines[1:], start=1) if line.strip() == "---"]
    return [""] * (ends[0] + 1) + lines[ends[0] + 1 :] if ends else lines


def normalise(notebook: NotebookNode, stem: str) -> NotebookNode:
    """Give a copy with ids `stem-000` on, tags the only cell metadata, outputs cleaned."""
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    for name in ("title", "book"):
        if name in notebook.metadata:
            metadata[name] = notebook.metadata[name]
    clean = nbformat.v4.new_notebook(metadata=metadata)
    clean.nbformat_minor = 5
    slug = re.sub(r"[^a-zA-Z0-9-]", "-", stem)[:56]
    for index, cell in enumerate(notebook.cells):
        tags = list(cell.metadata.get("tags", []))
        made = NotebookNode(
            id=f"{slug}-{index:03d}",
            cell_type=cell.cell_type,
            metadata={"tags": tags} if tags else {},
            source=cell.source,
        )
        if cell.cell_type == "code":
            made.execution_count = cell.get("execution_count")
            made.outputs = clean_outputs(cell.get("outputs", []), tags)
        clean.cells.append(made)
    return nbformat.from_dict(clean)


def clean_outputs(outputs: list[NotebookNode], tags: list[str]) -> list[NotebookNode]:
    """Drop widgets, join the pieces of a stream, keep what a reader sees.

    What goes to stderr stays, for `hygiene` to refuse: strict nbval compares it. Only a cell
    tagged nbval-ignore-output loses it.
    """
    kept: list[NotebookNode] = []
    for output in outputs:
        output = nbformat.from_dict(output)
        stream = output.get("name")
        if stream == "stderr" and "nbval-ignore-output" in tags:
            continue
        if WIDGET in output.get("data", {}):
            continue
        if stream and kept and kept[-1].get("name") == stream:
            kept[-1].text += output.text
            continue
        if "metadata" in output:
            output.metadata.pop("needs_background", None)
        kept.append(output)
    return kept


def write(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook in one canonical form (UTF-8, line feeds, sorted keys), all or nothing."""
    text = nbformat.writes(notebook, version=nbformat.NO_CONVERT).rstrip("\n") + "\n"
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8", newline="\n")
    os.replace(part, path)


def read(path: Path) -> NotebookNode:
    """Read a built notebook as it is."""
    return nbformat.read(path, as_version=4)


def differences(source: NotebookNode, built: NotebookNode) -> list[str]:
    """Say where the inputs of a built notebook are not those of its source."""
    found = []
    if dict(source.metadata) != dict(built.metadata):
        found.append("the metadata differ from the source's")
    for index, (want, got) in enumerate(zip_longest(source.cells, built.cells)):
        if want is None or got is None:
            found.append(f"{len(source.cells)} cells wanted, got {len(built.cells)}")
            break
        for field in ("cell_type", "id", "source", "metadata"):
            if want[field] != got[field]:
                found.append(f"cell {index}: {field} differs from the source's")
    return found


def carry_outputs(source: NotebookNode, built: NotebookNode) -> NotebookNode:
    """Give the source with the outputs of `built`, for a change of prose alone.

    Raises ValueError when a code cell has changed: then the chapter must be run.
    """
    wanted = [cell for cell in source.cells if cell.cell_type == "code"]
    stored = [cell for cell in built.cells if cell.cell_type == "code"]
    if [cell.source for cell in wanted] != [cell.source for cell in stored]:
        raise ValueError("the code has changed, not the prose alone: build the chapter")
    for new, old in zip(wanted, stored, strict=True):
        new.outputs, new.execution_count = old.outputs, old.execution_count
    return source
