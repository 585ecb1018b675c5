"""The map of the book."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from seq2seq_lib.drawing.strokes import INK, TINTS, WRITES, arrow, blank


def book_map(
    parts: Mapping[str, Sequence[tuple[str, str]]], *, path: Sequence[str] = ()
) -> Figure:
    """The chapters as boxes in reading order: a row a part, each chapter (number, words).

    The chapters of `path`, by number, stand out and bear a star.
    """
    widest = max(map(len, parts.values()))
    figure, ax = blank((9.6, 0.5 + 1.45 * len(parts)))
    places = {}
    for row, (part, chapters) in enumerate(parts.items()):
        ax.text(-0.46, -row + 0.36, part, size=10, color=INK, va="bottom", style="italic")
        for column, (number, words) in enumerate(chapters):
            places[number] = (column, -row)
            _chapter(ax, column, -row, number, words, number in path)
    for (x, y), (right, below) in zip([*places.values()], [*places.values()][1:], strict=False):
        if y == below:
            arrow(ax, (x + 0.45, y), (right - 0.45, y))
    ax.set_xlim(-0.52, widest - 0.48)
    ax.set_ylim(-len(parts) + 0.62, 0.58)
    return figure


def _chapter(ax: Axes, x: float, y: float, number: str, words: str, stands_out: bool) -> None:
    face, edge = (TINTS[WRITES], WRITES) if stands_out else ("#f4f4f4", "#999999")
    shape = FancyBboxPatch(
        (x - 0.43, y - 0.31), 0.86, 0.6, boxstyle="round,pad=0,rounding_size=0.06",
        facecolor=face, edgecolor=edge, linewidth=2.4 if stands_out else 1.0,
    )
    ax.add_patch(shape)
    ax.text(x - 0.38, y + 0.25, number, size=11, weight="bold", va="top", color=INK)
    if stands_out:
        ax.text(x + 0.38, y + 0.25, "★", size=11, va="top", ha="right", color=WRITES)
    words = textwrap.fill(words, 20, break_on_hyphens=False)
    ax.text(x, y - 0.1, words, size=9, ha="center", va="center", color=INK)
