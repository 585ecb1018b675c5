"""A challenge set: sentences that each try a translator on one divergence of English and French.

The idea is Isabelle, Cherry & Foster's (2017). They asked people whether the divergence was
bridged; here patterns of French tokens tell, wherever the answer can be read off the words.

A pattern is a row of tokens as `typography.tokenise` makes them, in small letters. "a/b" is either
of two tokens, and "…" a gap of any number of tokens, none too: "n'/ne … pas".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from seq2seq_lib.metrics import Score, Share, bleu, chrf, paired
from seq2seq_lib.typography import tokenise

PATH = Path(__file__).resolve().parent.parent / "data" / "challenge" / "challenge.tsv"
COLUMNS = ("phenomenon", "english", "references", "wanted", "refused")
ALTERNATIVE = " | "
GAP = "…"


@dataclass(frozen=True)
class Item:
    """A sentence to translate, and what tells a right translation.

    `references` are translations as they are printed. A translation passes if some pattern of
    `wanted` occurs in it and none of `refused`. Both are empty where no pattern could be fair.
    """

    phenomenon: str
    english: str
    references: tuple[str, ...]
    wanted: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """How `count` items went. passed: of those with patterns; None where there is none."""

    count: int
    passed: Share | None
    bleu: Score
    chrf: Score


@dataclass(frozen=True)
class Scores:
    """The result of each phenomenon, in the order of the items, and of all items together."""

    phenomena: dict[str, Result]
    whole: Result


def load(path: str | Path = PATH) -> tuple[Item, ...]:
    """The items of the challenge set, or of another file with the same columns.

    Raises ValueError for a missing or empty file, a wrong header, a bad line or an English
    sentence that stands there twice: the message names file and line.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"challenge: wanted the file {path.name}; got none")
    header, *lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    if tuple(header.split("\t")) != COLUMNS:
        raise ValueError(
            f"{path.name}, line 1: wanted the header {', '.join(COLUMNS)}; got {header!r}"
        )
    items: dict[str, Item] = {}
    for number, line in enumerate(lines, start=2):
        try:
            item = parse(line)
            if item.english in items:
                raise ValueError(f"wanted each English sentence once; got {item.english!r} again")
        except ValueError as error:
            raise ValueError(f"{path.name}, line {number}: {error}") from None
        items[item.english] = item
    if not items:
        raise ValueError(f"{path.name}: wanted at least one item; got none")
    return tuple(items.values())


def parse(line: str) -> Item:
    """The item of one line. Raises ValueError, naming the column, for one that is malformed."""
    cells = line.split("\t")
    if len(cells) != len(COLUMNS):
        raise ValueError(
            f"wanted {len(COLUMNS)} columns separated by tabs ({', '.join(COLUMNS)}); "
            f"got {len(cells)}: {line!r}"
        )
    for name, cell in zip(COLUMNS[:3], cells, strict=False):
        if not cell:
            raise ValueError(f"{name}: wanted text; got nothing")
    references, wanted, refused = (
        tuple(cell.split(ALTERNATIVE)) if cell else () for cell in cells[2:]
    )
    for name, texts in zip(COLUMNS[2:], (references, wanted, refused), strict=True):
        for text in texts:
            if not text or text != text.strip() or "|" in text:
                raise ValueError(
                    f"{name}: wanted texts separated by {ALTERNATIVE!r}; "
                    f"got {ALTERNATIVE.join(texts)!r}"
                )
    for name, patterns in zip(COLUMNS[3:], (wanted, refused), strict=True):
        for pattern in patterns:
            _check(pattern, name)
    if refused and not wanted:
        raise ValueError("wanted: wanted a pattern where refused has one; got nothing")
    return Item(cells[0], cells[1], references, wanted, refused)


def _check(pattern: str, name: str) -> None:
    """Raise ValueError, naming the column, for a pattern that could not be meant."""
    words = pattern.split(" ")
    choices = [choice for word in words for choice in word.split("/")]
    doubled = any(left == right == GAP for left, right in zip(words, words[1:], strict=False))
    if "" in choices or pattern != pattern.lower() or doubled or GAP in (words[0], words[-1]):
        raise ValueError(
            f"{name}: wanted tokens in small letters, single spaces and gaps only between tokens; "
            f"got {pattern!r}"
        )


def occurs(pattern: str, tokens: Sequence[str]) -> bool:
    """Whether the pattern's runs of tokens stand in `tokens` (in small letters), in order."""
    start = 0
    for run in pattern.split(GAP):
        words = [word.split("/") for word in run.split()]
        for place in range(start, len(tokens) - len(words) + 1):
            here = tokens[place : place + len(words)]
            if all(token in word for token, word in zip(here, words, strict=True)):
                start = place + len(words)
                break
        else:
            return False
    return True


def passes(item: Item, translation: str) -> bool:
    """Whether a translation, as running text, bridges the divergence that the item tries.

    Only that: the rest of the sentence may be wrong. Raises ValueError for an item without
    patterns.
    """
    if not item.wanted:
        raise ValueError(f"passes: wanted an item with patterns; got {item.english!r}")
    tokens = [token.lower() for token in tokenise(translation, "fr")]
    return any(occurs(pattern, tokens) for pattern in item.wanted) and not any(
        occurs(pattern, tokens) for pattern in item.refused
    )


def score(items: Sequence[Item], translations: Sequence[str]) -> Scores:
    """Hold translations, as running text and in the items' order, against the items.

    Raises ValueError if there are not as many translations as items, or none.
    """
    paired("challenge", translations, items)
    rows: dict[str, list[int]] = {}
    for row, item in enumerate(items):
        rows.setdefault(item.phenomenon, []).append(row)
    return Scores(
        phenomena={
            name: _result([items[row] for row in found], [translations[row] for row in found])
            for name, found in rows.items()
        },
        whole=_result(items, translations),
    )


def _result(items: Sequence[Item], translations: Sequence[str]) -> Result:
    said = zip(items, translations, strict=True)
    passed = [passes(item, translation) for item, translation in said if item.wanted]
    references = [item.references for item in items]
    return Result(
        count=len(items),
        passed=Share(sum(passed) / len(passed), len(passed)) if passed else None,
        bleu=bleu(translations, references),
        chrf=chrf(translations, references),
    )
