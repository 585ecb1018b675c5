"""The shipped corpus: a pair a line, with what is known about it, read and checked."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from seq2seq_lib.corpora.pairs import Agreement, Pair, Splits

SPLITS = ("train", "valid", "test", "long", "novel")
COLUMNS = ("english", "french", "alignment", "phenomena", "agreement")


@cache
def _link(part: str) -> tuple[int, int]:
    left, dash, right = part.partition("-")
    if not (dash and left.isdecimal() and right.isdecimal()):
        raise ValueError(f"alignment: wanted links like 0-2; got {part!r}")
    return int(left), int(right)


def _links(text: str, source: int, target: int) -> tuple[tuple[int, int], ...]:
    links = tuple([_link(part) for part in text.split()])
    for left, right in links:
        if left >= source or right >= target:
            raise ValueError(
                f"alignment: wanted links within {source} source and {target} target tokens; "
                f"got {left}-{right}"
            )
    return links


@cache
def _site(part: str) -> Agreement:
    position, colon, rivals = part.partition(":")
    if not (colon and rivals and position.isdecimal()):
        raise ValueError(f"agreement: wanted sites like 3:grand,grands; got {part!r}")
    return Agreement(int(position), tuple(rivals.split(",")))


def _sites(text: str, target: int) -> tuple[Agreement, ...]:
    sites = tuple([_site(part) for part in text.split()])
    for site in sites:
        if site.position >= target:
            raise ValueError(
                f"agreement: wanted positions within {target} target tokens; got {site.position}"
            )
    return sites


def parse_pair(line: str, *, limit: int | None = None) -> Pair:
    """One line of a corpus file as a pair.

    `limit` is the most tokens that either side may have. Raises ValueError for a wrong number of
    columns, an empty sentence, a pair over the limit, a malformed link or agreement site, or one
    that points outside the sentence.
    """
    cells = line.split("\t")
    if len(cells) != len(COLUMNS):
        raise ValueError(
            f"wanted {len(COLUMNS)} columns separated by tabs ({', '.join(COLUMNS)}); "
            f"got {len(cells)}: {line!r}"
        )
    source, target = tuple(cells[0].split()), tuple(cells[1].split())
    for name, tokens in (("english", source), ("french", target)):
        if not tokens:
            raise ValueError(f"{name}: wanted at least one token; got none")
        if limit is not None and len(tokens) > limit:
            raise ValueError(f"{name}: wanted at most {limit} tokens; got {len(tokens)}")
    return Pair(
        source=source,
        target=target,
        alignment=_links(cells[2], len(source), len(target)),
        phenomena=tuple(cells[3].split(",")) if cells[3] else (),
        agreement=_sites(cells[4], len(target)),
    )


def read_pairs(path: str | Path, *, limit: int | None = None) -> tuple[Pair, ...]:
    """The pairs of one tab-separated corpus file, after its header line.

    `limit` is the most tokens that either side of a pair may have. Raises ValueError for a missing
    file, a corpus without pairs, or a bad line: the message names file and line.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"corpus: wanted the file {path.name} in {path.parent.name}; got none")
    lines = path.read_text(encoding="utf-8").split("\n")
    if lines[-1] == "":
        lines.pop()
    if lines and tuple(lines[0].split("\t")) != COLUMNS:
        raise ValueError(
            f"{path.name}, line 1: wanted the header {', '.join(COLUMNS)}; got {lines[0]!r}"
        )
    pairs = []
    for number, line in enumerate(lines[1:], start=2):
        try:
            pairs.append(parse_pair(line, limit=limit))
        except ValueError as error:
            raise ValueError(f"{path.name}, line {number}: {error}") from None
    if not pairs:
        raise ValueError(f"{path.name}: wanted at least one pair; got an empty corpus")
    return tuple(pairs)


def read_splits(folder: str | Path) -> Splits:
    """The five splits of a folder as `data/grammar` has them."""
    return Splits(**{name: read_pairs(Path(folder) / f"{name}.tsv") for name in SPLITS})
