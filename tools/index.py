"""The index: every term of the glossary, and the sections of the chapters that speak of it.

    python tools/index.py            write chapters/index_of_terms.md
    python tools/index.py --check    say whether it is in step, and exit 1 if not
"""

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from pages import settle

ROOT = Path(__file__).resolve().parent.parent
HEAD = """# Index of terms

Where the book speaks of what. In **bold** the section in which the [glossary](glossary.md) has the
term enter; then, chapter by chapter, the section that speaks of it most. What a term means, and its
French, stand in the glossary. Made from the glossary and the chapters by `python tools/index.py`.
"""
# A section that says a term less often only mentions it.
MENTIONS = 3
# Where a term is looked for only if it is nowhere else, in this order: exercises and papers, what
# repeats what others say, the chapter's head.
BESIDE = re.compile(r"\d\d\.\d .*|.* in miniature")
REPEATS = re.compile(r"Summary|Exercises")
# Other words under which a reader may look, and the terms to look for.
SEE = {
    "feeding back predictions": ("running free", "teacher forcing"),
    "free running": ("running free",),
    "seq2seq": ("encoder–decoder",),
    "translation, by machine": ("machine translation",),
}
FENCE = re.compile(r"^(`{3,}|~{3,}).*?^\1\s*?$", re.MULTILINE | re.DOTALL)
FORMULA = re.compile(r"\$\$.+?\$\$|\$[^$]+?\$", re.DOTALL)


class Term(NamedTuple):
    """A row of the glossary: the term, its other names, and the chapter in which it enters."""

    name: str
    others: tuple[str, ...]
    home: str


class Section(NamedTuple):
    """A section of a chapter, with its title and its prose. rank: 0 for the chapter's own way, 1
    for what stands beside it, 2 for what repeats it, 3 for its head."""

    chapter: str
    notebook: str
    title: str
    text: str
    rank: int

    @property
    def link(self) -> str:
        """To its heading, by the name that JupyterLab gives to headings."""
        title = re.sub(r" *\(?[★●].*", "", self.title)
        heading = self.title.replace("`", "").replace("*", "").replace(" ", "-")
        number = "" if title.startswith(f"{self.chapter}.") else f"{self.chapter} "
        return f"[{number}{title}](<{self.notebook}#{heading}>)"


class Entry(NamedTuple):
    """A line of the index. enters: the term's first section; others: one a chapter at most."""

    name: str
    enters: Section
    others: list[Section]


def terms(glossary: str) -> list[Term]:
    """Give the terms of the glossary; two rows of one name are two terms."""
    found = []
    for line in glossary.splitlines():
        cells = [cell.strip() for cell in line.strip("| ").split("|")]
        if len(cells) == 4 and re.fullmatch(r"\d\d", cells[3]):
            name, _, other = cells[0].partition(" (")
            other = other.removesuffix(")")
            others = (other,) if other and not other.startswith("of ") else ()
            found.append(Term(name, others, cells[3]))
    return found


def sections(path: Path) -> list[Section]:
    """Give the sections of a chapter's source, each exercise one of its own; not the references."""
    text = FORMULA.sub(" ", FENCE.sub("", path.read_text(encoding="utf-8")))
    parts = re.split(r"^#(?:|#|##(?= \d\d\.\d)) +(.+)$", text, flags=re.MULTILINE)
    found = []
    for number, (title, body) in enumerate(zip(parts[1::2], parts[2::2], strict=True)):
        if number == 0:
            rank = 3
        elif REPEATS.fullmatch(title):
            rank = 2
        else:
            rank = 1 if BESIDE.fullmatch(title) else 0
        if title != "References":
            text = f"{title}\n{body}"
            found.append(Section(path.name[:2], f"{path.stem}.ipynb", title.strip(), text, rank))
    return sorted(found, key=lambda section: section.rank)


@cache
def plain(text: str) -> str:
    """Give prose for looking words up: no emphasis, one kind of dash, single spaces."""
    return " ".join(text.replace("*", "").replace("–", "-").casefold().split())


def pattern(names: Sequence[str], *, parts: bool = False) -> re.Pattern[str]:
    """Match any of the names, also in the plural; as parts of a word with a hyphen only if asked
    for, so that cross-entropy is no entropy."""
    words = "|".join(re.escape(plain(name)) for name in sorted(names, key=len, reverse=True))
    edge = r"\w" if parts else r"\w-"
    return re.compile(rf"(?<![{edge}])(?:{words})(?:s|es)?(?![{edge}])")


def entry(term: Term, chapters: dict[str, list[Section]]) -> Entry:
    """Give a term's line. Raises ValueError where its chapter has no section that says it."""
    names = (term.name, *term.others)
    own = chapters.get(term.home, [])
    enters = _first(own, term.name) or _first(own, *term.others)
    if enters is None:
        raise ValueError(f"{term.name}: no section of chapter {term.home} says it")
    found, word = [], pattern(names)
    for there in chapters.values():
        read = [section for section in there if section.rank == 0]
        counts = [len(word.findall(plain(section.text))) for section in read]
        most = max(counts, default=0)
        if most >= MENTIONS and read[counts.index(most)] != enters:
            found.append(read[counts.index(most)])
    return Entry(term.name, enters, found)


def _first(there: Sequence[Section], *names: str) -> Section | None:
    """The section that sets a name off, in bold or else in italics, or else says it first; one
    that is read for itself before others."""
    if not names:
        return None
    word = pattern(names, parts=True)
    for rank in range(4):
        for mark in (r"\*\*(.+?)\*\*", r"(?<!\*)\*([^*]+)\*(?!\*)", r"(.+)"):
            for section in there:
                marked = re.findall(mark, section.text, flags=re.DOTALL)
                if section.rank == rank and any(word.search(plain(said)) for said in marked):
                    return section
    return None


def index(folder: Path) -> tuple[list[Entry], dict[str, tuple[str, ...]]]:
    """Give every line of the index, and for other names the terms to look under.

    Raises ValueError for a term without a place, or a name that leads to no term.
    """
    paths = sorted((folder / "source").glob("[0-9][0-9]_*.md"))
    chapters = {path.name[:2]: sections(path) for path in paths}
    known = terms((folder / "glossary.md").read_text(encoding="utf-8"))
    names = {term.name for term in known}
    see = {name: to for name, to in SEE.items() if name not in names}
    see |= {other: (term.name,) for term in known for other in term.others if other not in names}
    for name, to in see.items():
        if missing := set(to) - names:
            raise ValueError(f"{name}: leads to {', '.join(sorted(missing))}, not in the glossary")
    return [entry(term, chapters) for term in known], see


def page(folder: Path) -> str:
    """Give the page, by letters."""
    entries, see = index(folder)
    lines = [(plain(e.name), _line(e)) for e in entries]
    lines += [(plain(n), f"- *{n}*: see {' and '.join(to)}") for n, to in see.items()]
    return HEAD + "".join(_by_letters(sorted(lines)))


def _line(entry: Entry) -> str:
    places = [f"**{entry.enters.link}**", *(section.link for section in entry.others)]
    return f"- {entry.name}: {', '.join(places)}"


def _by_letters(lines: Sequence[tuple[str, str]]) -> Iterator[str]:
    for letter, group in groupby(lines, key=lambda line: line[0][0].upper()):
        yield f"\n## {letter}\n\n" + "\n".join(line for _, line in group) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or with --check compare it; give the exit status."""
    parser = argparse.ArgumentParser(description="the index of terms")
    parser.add_argument("--check", action="store_true", help="only say whether it is in step")
    parser.add_argument("--chapters", type=Path, default=ROOT / "chapters")
    options = parser.parse_args(arguments)
    try:
        wanted = page(options.chapters)
    except ValueError as error:
        print(error)
        return 1
    target = options.chapters / "index_of_terms.md"
    return settle(target, wanted, check=options.check, tool="index.py")


if __name__ == "__main__":
    sys.exit(main())
