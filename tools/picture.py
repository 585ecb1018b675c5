"""Take a figure out of a built chapter, for the README.

    python tools/picture.py 09 "adjective" docs/attention.png

writes the first figure of chapter 09 whose caption or alternative text holds the words.
"""

import argparse
import base64
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import notebooks
from chapters import CHAPTERS, chapters, choose

PICTURE = re.compile(r'src="data:image/png;base64,([^"]+)"')


def figures(path: Path) -> Iterator[tuple[str, bytes]]:
    """Give each figure of a built chapter: its HTML, which has all its words, and its PNG."""
    for cell in notebooks.read(path).cells:
        for output in cell.get("outputs", ()):
            page = output.get("data", {}).get("text/html", "")
            for found in PICTURE.finditer(page):
                yield PICTURE.sub("", page), base64.b64decode(found[1])


def main(arguments: Sequence[str] | None = None, folder: Path = CHAPTERS) -> int:
    """Write the figure asked for; 1 where there is none."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("chapter", help="number or name")
    parser.add_argument("words", help="words of its caption or alternative text")
    parser.add_argument("file", type=Path)
    asked = parser.parse_args(arguments)
    chapter = choose(chapters(folder), [asked.chapter])[0]
    for page, picture in figures(chapter.notebook):
        if asked.words in page:
            asked.file.write_bytes(picture)
            return 0
    print(f"{chapter.name}: no figure says {asked.words!r}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
