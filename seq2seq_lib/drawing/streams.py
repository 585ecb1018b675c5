"""One stream drawn: who may look at whom under three masks, and a family of models by year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

from seq2seq_lib.drawing.strokes import HANDED, INK, LOOKS, READS, TINTS, WRITES, arrow, blank
from seq2seq_lib.plotting import STYLE

# What a filled cell is, by the letter in it: the half that looks, and where.
KINDS = {"e": READS, "c": LOOKS, "d": WRITES}


def three_masks(source: Sequence[str], target: Sequence[str]) -> Figure:
    """Who may look at whom, in a stream of `source` and `target`, for three kinds of model.

    The encoder–decoder's three attentions, put into one square; a decoder alone with a causal mask;
    the same with a prefix mask. Letters: e, the source looks at itself; c, the target at the
    source; d, the target at itself.
    """
    length, words = len(source), (*source, *target)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10.4, 4.7), layout="constrained")
        axes = figure.subplots(1, 3)
    names = ("encoder and decoder\nthree attentions", "decoder alone\ncausal mask",
             "decoder alone\nprefix mask")  # fmt: skip
    for number, (ax, name) in enumerate(zip(axes, names, strict=True)):
        for row in range(len(words)):
            for column in range(len(words)):
                if column <= row or number != 1 and max(row, column) < length:
                    _cell(ax, row, column, length)
        _frame(ax, words, length, name, first=number == 0)
    return figure


def _cell(ax: Axes, row: int, column: int, length: int) -> None:
    letter = "e" if row < length else "c" if column < length else "d"
    colour = KINDS[letter]
    ax.add_patch(Rectangle(
        (column - 0.5, row - 0.5), 1, 1, facecolor=TINTS.get(colour, "#f6e4ef"), edgecolor="white",
        linewidth=1.5,
    ))
    ax.text(column, row, letter, ha="center", va="center", size=10, color=colour, weight="bold")


def _frame(ax: Axes, words: Sequence[str], length: int, name: str, *, first: bool) -> None:
    """Words on the sides, and lines where the source ends."""
    ends = (-0.5, len(words) - 0.5)
    for line in (ax.axhline, ax.axvline):
        line(length - 0.5, color=INK, linewidth=1, linestyle=":", marker="")
    ax.set(xlim=ends, ylim=ends[::-1], aspect="equal")
    ax.set_xticks(range(len(words)), words, rotation=60, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(len(words)), words if first else [""] * len(words))
    ax.set_title(name, size=11)
    ax.set_xlabel("looked at")
    if first:
        ax.set_ylabel("looks")
    ax.grid(False)
    ax.tick_params(length=0)


def family_tree(
    members: Mapping[str, tuple[str, float]],
    links: Sequence[tuple[str, str]],
    *,
    columns: Sequence[str],
) -> Figure:
    """Models as boxes: a column for each kind, later years further down, arrows to descendants.

    members: for each model its column's name and its year; links: (ancestor, descendant). Raises
    ValueError for a link to a model that is not there.
    """
    for name in {name for link in links for name in link} - set(members):
        raise ValueError(f"links: wanted some of {', '.join(members)}, got {name!r}")
    figure, ax = blank((9.0, 6.2))
    years = sorted({year for _, year in members.values()})
    places = {
        name: (2.4 * columns.index(kind), -years.index(year))
        for name, (kind, year) in members.items()
    }
    for place, colour in zip(range(len(columns)), (READS, HANDED, WRITES), strict=False):
        ax.text(2.4 * place, 0.75, columns[place], ha="center", size=12, color=INK, weight="bold")
        for name in (name for name in members if members[name][0] == columns[place]):
            _member(ax, name, places[name], colour)
    for older, younger in links:
        _descent(ax, places[older], places[younger])
    first = {int(year): row for row, year in reversed([*enumerate(years)])}
    for year, row in first.items():
        ax.text(-1.75, -row, f"{year}", ha="center", va="center", size=10, color="#777777")
    ax.set_xlim(-2.1, 2.4 * len(columns) - 1.2)
    ax.set_ylim(-len(years) + 0.4, 1.1)
    return figure


def _member(ax: Axes, name: str, place: tuple[float, float], colour: str) -> None:
    x, y = place
    ax.add_patch(FancyBboxPatch(
        (x - 0.95, y - 0.25), 1.9, 0.5, boxstyle="round,pad=0,rounding_size=0.1",
        facecolor=TINTS[colour], edgecolor=colour, linewidth=1.5, zorder=3,
    ))
    ax.text(x, y, name, ha="center", va="center", size=9.5, color=INK, zorder=4)


def _descent(ax: Axes, older: tuple[float, float], younger: tuple[float, float]) -> None:
    """From the lower edge of one box to the upper edge, or the nearer side, of another."""
    if older[0] == younger[0]:
        arrow(ax, (older[0], older[1] - 0.25), (younger[0], younger[1] + 0.25))
        return
    side = 0.6 if younger[0] > older[0] else -0.6
    arrow(ax, (older[0] + side, older[1] - 0.25), (younger[0] - side, younger[1] + 0.25))
