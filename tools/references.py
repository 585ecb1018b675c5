"""The page of references: every work of references.bib, and the chapters that list it.

    python tools/references.py            write chapters/references.md
    python tools/references.py --check    say whether it is in step, and exit 1 if not
"""

import argparse
import re
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pages import settle

ROOT = Path(__file__).resolve().parent.parent
HEAD = """# References

The works that the chapters draw on, by author, with the chapters that list them. Each chapter says
at its end what it took from them. Made from `references.bib` by `python tools/references.py`.
"""


class Work(NamedTuple):
    """What a citation is known by: the first author's last name, and the year."""

    name: str
    year: str


class Entry(NamedTuple):
    """An entry of the bibliography. authors: as (last name, first names)."""

    work: Work
    title: str
    authors: list[tuple[str, str]]
    venue: str
    url: str


def bare(text: str) -> str:
    """Give letters and digits only, without accents, braces and case."""
    text = unicodedata.normalize("NFKD", re.sub(r"\\.|[{}]", "", text)).casefold()
    return re.sub(r"[^a-z0-9 ]", "", re.sub(r"[-–\s]+", " ", text)).strip()


def entries(text: str) -> list[Entry]:
    """Give the entries of a BibTeX file, in its order.

    Raises ValueError for an entry without author, title or year.
    """
    found = []
    for entry in re.split(r"^@", text, flags=re.MULTILINE)[1:]:
        field = dict(re.findall(r"^\s*(\w+)\s*=\s*\{(.*)\},?\s*$", entry, flags=re.MULTILINE))
        for name in ("author", "title", "year"):
            if not field.get(name):
                raise ValueError(f"{entry.splitlines()[0]}: wanted a field {name!r}, it has none")
        authors = [_author(name) for name in re.split(r"\s+and\s+", field["author"])]
        work = Work(bare(authors[0][0]), field["year"])
        plain = re.sub(r"[{}]", "", field["title"]).replace("--", "–")
        venue = field.get("venue", "") or field.get("booktitle", "") or field.get("journal", "")
        venue = re.sub(r"[{}]", "", venue).replace("--", "–")
        found.append(Entry(work, plain, authors, venue, field.get("url", "")))
    return found


def _author(name: str) -> tuple[str, str]:
    name = re.sub(r"[{}]", "", name)
    if "," in name:
        last, first = name.split(",", 1)
        return last.strip(), first.strip()
    words = name.split()
    return words[-1], " ".join(words[:-1])


def bibliography(text: str) -> dict[Work, set[str]]:
    """Give the titles, as `bare` has them, of each author and year in a BibTeX file."""
    found: dict[Work, set[str]] = {}
    for entry in entries(text):
        found.setdefault(entry.work, set()).add(bare(entry.title))
    return found


def references(text: str) -> list[str]:
    """Give the items of a chapter's section of references, each on one line."""
    parts = re.split(r"^## References\s*$", text, flags=re.MULTILINE)
    section = re.split(r"^(?:## |\+\+\+)", parts[1], flags=re.MULTILINE)[0] if parts[1:] else ""
    return [" ".join(i.split()) for i in re.split(r"^[-*] ", section, flags=re.MULTILINE)[1:]]


def work_of(item: str) -> tuple[Work, str]:
    """Give a reference's author and year, and its title. Raises ValueError for another form."""
    match = re.match(r"(.+?) \((\d{4})[a-z]?\)\.? +(.+)", item)
    if not match:
        raise ValueError(f"a reference wanted, as 'Authors (year). Title.'; got {item!r}")
    first = re.split(r",| & | and | et al", match[1])[0]
    name = " ".join(word for word in first.split() if not word.endswith("."))
    return Work(bare(name), match[2]), bare(re.split(r"[.?] ", match[3] + " ")[0])


def same(item: str, entry: Entry) -> bool:
    """Whether a chapter's reference is this entry: author, year, the title's first words."""
    work, title = work_of(item)
    start = " ".join(title.split()[:3])
    return work == entry.work and bare(entry.title).startswith(start)


def chapters_of(entry: Entry, chapters: dict[str, str]) -> list[str]:
    """Give the numbers of the chapters that list a work."""
    return [
        number
        for number, text in chapters.items()
        if any(same(item, entry) for item in references(text))
    ]


def sources(folder: Path) -> dict[str, str]:
    """Give the text of each chapter's source by its number."""
    paths = sorted((folder / "source").glob("[0-9][0-9]_*.md"))
    return {path.name[:2]: path.read_text(encoding="utf-8") for path in paths}


def page(bibtex: str, chapters: dict[str, str]) -> str:
    """Give the page. Raises ValueError for a work that no chapter lists."""
    lines = []
    for entry in sorted(entries(bibtex), key=lambda e: (e.work.name, e.work.year, bare(e.title))):
        numbers = chapters_of(entry, chapters)
        if not numbers:
            raise ValueError(f"references.bib: no chapter lists {' '.join(entry.work)}")
        where = f"Chapter{'' if len(numbers) == 1 else 's'} {', '.join(numbers)}."
        title = f"[{entry.title}]({entry.url})" if entry.url else entry.title
        venue = f" {entry.venue}." if entry.venue else ""
        lines.append(f"- {_names(entry)} ({entry.work.year}). *{title}*.{venue} {where}")
    return HEAD + "\n" + "\n".join(lines) + "\n"


def _names(entry: Entry) -> str:
    """Give the authors as "Cho, K., van Merriënboer, B. et al."."""
    shown = [
        f"{last}, {' '.join(word[0] + '.' for word in first.split())}" if first else last
        for last, first in entry.authors[:3]
    ]
    return ", ".join(shown) + (" et al." if len(entry.authors) > 3 else "")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or with --check compare it; give the exit status."""
    parser = argparse.ArgumentParser(description="the page of references")
    parser.add_argument("--check", action="store_true", help="only say whether it is in step")
    parser.add_argument("--chapters", type=Path, default=ROOT / "chapters")
    options = parser.parse_args(arguments)
    bibtex = (options.chapters / "references.bib").read_text(encoding="utf-8")
    try:
        wanted = page(bibtex, sources(options.chapters))
    except ValueError as error:
        print(error)
        return 1
    target = options.chapters / "references.md"
    return settle(target, wanted, check=options.check, tool="references.py")


if __name__ == "__main__":
    sys.exit(main())
