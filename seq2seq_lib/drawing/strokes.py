"""What all drawings are made of: an empty sheet, boxes, words, arrows, and their colours."""

from __future__ import annotations

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from seq2seq_lib.plotting import COLOURS, STYLE

INK = "#333333"
READS, WRITES, LOOKS, HANDED = COLOURS[0], COLOURS[1], COLOURS[3], COLOURS[2]
TINTS = {READS: "#d9ebf7", WRITES: "#fbe3d4", HANDED: "#d5f0e6"}


def blank(size: tuple[float, float]) -> tuple[Figure, Axes]:
    """An empty sheet of this size in inches: figure, axes."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=size, layout="constrained")
        ax = figure.subplots()
    ax.set_axis_off()
    return figure, ax


def box(ax: Axes, x: float, y: float, text: str, colour: str, *, width: float = 0.76) -> None:
    """A box around a word, its middle at (x, y), in one of the colours of TINTS."""
    shape = FancyBboxPatch(
        (x - width / 2, y - 0.32), width, 0.64, boxstyle="round,pad=0,rounding_size=0.1",
        facecolor=TINTS[colour], edgecolor=colour, linewidth=1.6, zorder=3,
    )
    ax.add_patch(shape)
    ax.text(x, y, text, ha="center", va="center", size=9.5, color=INK, zorder=4)


def say(ax: Axes, x: float, y: float, word: str, *, bold: bool = False, grey: bool = False):
    """A word with its middle at (x, y)."""
    weight, colour = ("bold" if bold else "normal"), ("#777777" if grey else INK)
    ax.text(x, y, word, ha="center", va="center", size=11, weight=weight, color=colour)


def arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """An arrow from here to there."""
    ax.add_patch(FancyArrowPatch(
        start, end, arrowstyle="-|>", mutation_scale=9, color=INK, linewidth=1.3,
        shrinkA=0, shrinkB=0, zorder=2,
    ))
