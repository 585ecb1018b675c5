"""Build the chapters from their sources, and say whether they are in step.

    python tools/chapters.py build            the chapters that are not in step
    python tools/chapters.py build --all      every chapter
    python tools/chapters.py build 06 09      these chapters
    python tools/chapters.py prose 06         new prose around the stored outputs, nothing is run
    python tools/chapters.py check            what is wrong, a line each
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from nbformat import NotebookNode
from tqdm import tqdm

import notebooks
from hygiene import problems
from kernel import Cost, run

CHAPTERS = Path(__file__).resolve().parent.parent / "chapters"


class Chapter(NamedTuple):
    """A chapter's two files."""

    source: Path
    notebook: Path

    @property
    def name(self) -> str:
        """The name both files share, as in 06_one_vector."""
        return self.source.stem


def chapters(folder: Path = CHAPTERS) -> list[Chapter]:
    """Give every chapter of a folder, in order, also those with one file of the two."""
    sources = {path.stem for path in (folder / "source").glob("*.md")}
    built = {path.stem for path in folder.glob("*.ipynb")}
    return [
        Chapter(folder / "source" / f"{stem}.md", folder / f"{stem}.ipynb")
        for stem in sorted(sources | built)
    ]


def choose(everything: Sequence[Chapter], wanted: Sequence[str]) -> list[Chapter]:
    """Give the chapters whose number (06, 6) or name is wanted; ValueError for one not there."""
    found = []
    for word in wanted:
        number = word.zfill(2) if word.isdigit() else word
        match = [c for c in everything if c.name == word or c.name.split("_")[0] == number]
        if not match:
            names = ", ".join(c.name for c in everything) or "none yet"
            raise ValueError(f"a chapter wanted, one of: {names}; got {word!r}")
        found += match
    return found


def faults(chapter: Chapter) -> list[str]:
    """Give what is wrong with a chapter: not in step with its source, or not as it must be."""
    if not chapter.source.exists():
        return [f"no source {chapter.source.name}"]
    if not chapter.notebook.exists():
        return ["not built yet"]
    try:
        source = notebooks.read_source(chapter.source)
    except ValueError as error:
        return [str(error)]
    built = notebooks.read(chapter.notebook)
    return notebooks.differences(source, built) + problems(built, chapter.notebook)


def build(chapter: Chapter, source: NotebookNode, bar: tqdm) -> Cost:
    """Run one chapter from a fresh kernel and write its notebook.

    A chapter that fails, or whose outputs may not be stored, is not written: RuntimeError.
    """
    bar.set_description(chapter.name)
    cost = run(source, chapter.notebook.parent, bar.update)
    made = notebooks.normalise(source, chapter.name)
    draft = chapter.notebook.with_suffix(".draft")
    try:
        notebooks.write(made, draft)
        found = problems(made, draft)
        if found:
            raise RuntimeError("\n".join(found))
        draft.replace(chapter.notebook)
    finally:
        draft.unlink(missing_ok=True)
    return cost


def build_all(wanted: Sequence[Chapter]) -> int:
    """Build chapters one after the other with a progress bar; give the number that failed."""
    failed = 0
    sources = {}
    for chapter in wanted:
        try:
            sources[chapter] = notebooks.read_source(chapter.source)
        except (OSError, ValueError) as error:
            failed += 1
            print(f"{chapter.name} ✗ {error}")
    cells = sum(c.cell_type == "code" for source in sources.values() for c in source.cells)
    with tqdm(total=cells, unit="cell", disable=not cells) as bar:
        for chapter, source in sources.items():
            before = chapter.notebook.read_bytes() if chapter.notebook.exists() else b""
            try:
                cost = build(chapter, source, bar)
            except RuntimeError as error:
                failed += 1
                bar.write(f"{chapter.name} ✗ not written\n{error}")
                continue
            same = before == chapter.notebook.read_bytes()
            bar.write(
                f"{chapter.name} ✓ {cost.seconds:.0f} s, {cost.megabytes} MB, "
                f"{'the same as before' if same else 'changed'}{_slower(source, cost)}"
            )
    return failed


def _slower(source: NotebookNode, cost: Cost) -> str:
    """Say when a chapter takes much longer than its head promises (the tests order by that)."""
    promised = source.metadata.get("book", {}).get("seconds", 60)
    if cost.seconds <= 1.5 * promised:
        return ""
    return f" (its head promises {promised} s: correct book.seconds)"


def renew_prose(wanted: Sequence[Chapter]) -> None:
    """Write chapters anew whose prose alone has changed, with their stored outputs."""
    for chapter in wanted:
        source = notebooks.read_source(chapter.source)
        made = notebooks.carry_outputs(source, notebooks.read(chapter.notebook))
        notebooks.write(made, chapter.notebook)
        print(f"{chapter.name} ✓ new prose")


def check(wanted: Sequence[Chapter]) -> int:
    """Print what is wrong with each chapter; give the number that are not as they must be."""
    failed = 0
    for chapter in wanted:
        found = faults(chapter)
        failed += bool(found)
        print(f"{chapter.name} {'✗' if found else '✓ in step'}")
        for line in found:
            print(f"  {line}")
    return failed


def main(arguments: Sequence[str] | None = None, folder: Path = CHAPTERS) -> int:
    """Run the command; give its exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=("build", "prose", "check"))
    parser.add_argument("chapter", nargs="*", help="number or name; none: see above")
    parser.add_argument("--all", action="store_true", help="build those in step as well")
    options = parser.parse_args(arguments)
    everything = chapters(folder)
    try:
        wanted = choose(everything, options.chapter) if options.chapter else everything
        if options.command == "check":
            return check(wanted) > 0
        if options.command == "prose":
            renew_prose(wanted)
            return 0
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    if not options.chapter and not options.all:
        wanted = [chapter for chapter in wanted if faults(chapter)]
    if not wanted:
        print("Every chapter is in step." if everything else "There is no chapter yet.")
    return build_all(wanted) > 0


if __name__ == "__main__":
    sys.exit(main())
