"""Parallel text: pairs of sentences, and the shipped corpus with all that is known about it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"
SPLITS = ("train", "valid", "test", "long", "novel")
HEADER = ("english", "french", "alignment", "phenomena", "agreement")


@dataclass(frozen=True)
class Agreement:
    """A target position whose form agreement chose, and the forms it could have chosen."""

    position: int
    rivals: tuple[str, ...]


@dataclass(frozen=True)
class Pair:
    """A sentence and its translation, in tokens.

    alignment: links (source position, target position), counted from 0. phenomena: names of what
    happens in the pair. agreement: the forms that had to agree.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    alignment: tuple[tuple[int, int], ...] = ()
    phenomena: tuple[str, ...] = ()
    agreement: tuple[Agreement, ...] = ()


@dataclass(frozen=True)
class Splits:
    """A corpus: what to train on, what to choose by, and what to measure on.

    `long` is longer than anything trained on; `novel` has known words in combinations that
    training never shows.
    """

    train: tuple[Pair, ...]
    valid: tuple[Pair, ...]
    test: tuple[Pair, ...]
    long: tuple[Pair, ...] = ()
    novel: tuple[Pair, ...] = ()


def load(name: str) -> Splits:
    """The corpus of that name; "grammar" is the one shipped in data/grammar.

    Read once and kept. Raises ValueError for another name.
    """
    if name not in LOADERS:
        raise ValueError(f"corpus: wanted one of {', '.join(LOADERS)}, got {name!r}")
    return LOADERS[name]()


@cache
def _grammar() -> Splits:
    return Splits(*(read_pairs(DATA / "grammar" / f"{split}.tsv") for split in SPLITS))


LOADERS = {"grammar": _grammar}


def read_pairs(path: Path | str, *, limit: int | None = None) -> tuple[Pair, ...]:
    """Pairs from a file as the shipped corpus has it (data/README.md describes the columns).

    Raises ValueError, naming file and line, for a wrong header, a missing column, a malformed
    link or agreement site, one that points outside its sentence, an empty side, or a sentence of
    more than `limit` tokens; and if the file has no pair. FileNotFoundError if there is no file.
    """
    path = Path(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    if not lines:
        raise ValueError(f"{path.name}: wanted a header and pairs, got an empty file")
    if tuple(lines[0].split("\t")) != HEADER:
        raise ValueError(f"{path.name}, line 1: wanted the header {HEADER}, got {lines[0]!r}")
    if len(lines) == 1:
        raise ValueError(f"{path.name}: wanted at least one pair, got an empty corpus")
    return tuple(
        _pair(line, f"{path.name}, line {number}", limit)
        for number, line in enumerate(lines[1:], start=2)
    )


def _pair(line: str, where: str, limit: int | None) -> Pair:
    columns = line.split("\t")
    if len(columns) != len(HEADER):
        raise ValueError(
            f"{where}: wanted {len(HEADER)} columns separated by tabs, got {len(columns)}: {line!r}"
        )
    source, target = tuple(columns[0].split()), tuple(columns[1].split())
    for side, tokens in (("English", source), ("French", target)):
        if not tokens:
            raise ValueError(f"{where}: the {side} sentence is empty")
        if limit is not None and len(tokens) > limit:
            raise ValueError(
                f"{where}: wanted at most {limit} tokens, the {side} sentence has {len(tokens)}"
            )
    links = tuple(_link(link, len(source), len(target), where) for link in columns[2].split())
    phenomena = tuple(columns[3].split(",")) if columns[3] else ()
    sites = tuple(_site(site, len(target), where) for site in columns[4].split())
    return Pair(source, target, links, phenomena, sites)


def _link(text: str, source: int, target: int, where: str) -> tuple[int, int]:
    left, dash, right = text.partition("-")
    if not (dash and left.isdecimal() and right.isdecimal()):
        raise ValueError(f"{where}: wanted a link like 0-1, got {text!r}")
    if int(left) >= source or int(right) >= target:
        raise ValueError(
            f"{where}: wanted a link within {source} source and {target} target tokens, got {text}"
        )
    return int(left), int(right)


def _site(text: str, target: int, where: str) -> Agreement:
    place, colon, rivals = text.partition(":")
    if not (colon and place.isdecimal() and rivals):
        raise ValueError(f"{where}: wanted an agreement site like 3:grand,grands, got {text!r}")
    if int(place) >= target:
        raise ValueError(f"{where}: wanted a site within {target} target tokens, got {text}")
    return Agreement(int(place), tuple(rivals.split(",")))


def format_pair(pair: Pair) -> str:
    """The pair as one line of a file that `read_pairs` reads, without the line's end."""
    return "\t".join(
        (
            " ".join(pair.source),
            " ".join(pair.target),
            " ".join(f"{left}-{right}" for left, right in pair.alignment),
            ",".join(pair.phenomena),
            " ".join(f"{site.position}:{','.join(site.rivals)}" for site in pair.agreement),
        )
    )
