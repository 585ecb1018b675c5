"""Machines drawn from their boxes: encoder and decoder, two ways to feed one, a block."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, PathPatch
from matplotlib.path import Path

from seq2seq_lib.drawing.strokes import (
    HANDED,
    INK,
    LOOKS,
    READS,
    TINTS,
    WRITES,
    arrow,
    blank,
    box,
    say,
)
from seq2seq_lib.plotting import STYLE


def encoder_decoder(
    source: Sequence[str],
    target: Sequence[str],
    *,
    looks: Sequence[float] | None = None,
    step: int = 0,
) -> Figure:
    """An encoder that reads `source` and a decoder that writes `target`, word by word.

    Without `looks` the two meet in one vector. With it, a weight for each source word, the
    decoder's step number `step` looks back at the encoder's states, the heavier the thicker.
    Raises ValueError when `looks` has not one weight a source word, or there is no such step.
    """
    if looks is not None and (len(looks) != len(source) or not 0 <= step < len(target)):
        raise ValueError(
            f"looks: wanted {len(source)} weights and a step below {len(target)}, "
            f"got {len(looks)} and {step}"
        )
    first = len(source) + 1.0  # the decoder's first place; between them the vector
    figure, ax = blank((9.6, 3.5 if looks is None else 4.3))
    for place, word in enumerate(source):
        box(ax, place, 0, "reads", READS)
        say(ax, place, -1.05, word)
        arrow(ax, (place, -0.85), (place, -0.34))
        if place + 1 < len(source):
            arrow(ax, (place + 0.39, 0), (place + 0.61, 0))
    box(ax, first - 1, 0, "one\nvector" if looks is None else "start", HANDED, width=0.72)
    arrow(ax, (first - 1.61, 0), (first - 1.37, 0))
    arrow(ax, (first - 0.63, 0), (first - 0.39, 0))
    _decoder(ax, first, target)
    if looks is not None:
        _looks(ax, looks, first + step)
    _braces(ax, len(source), first, len(target))
    ax.set_xlim(-0.6, first + len(target) - 0.4)
    ax.set_ylim(-1.75, 1.3 if looks is None else 2.7)
    return figure


def _decoder(ax: Axes, first: float, target: Sequence[str]) -> None:
    """The writing half: each word comes out at the top and goes in again one step later."""
    for index, (said, word) in enumerate(zip(("<bos>", *target), target, strict=False)):
        place = first + index
        box(ax, place, 0, "writes", WRITES)
        say(ax, place, -1.05, said, grey=True)
        arrow(ax, (place, -0.85), (place, -0.34))
        arrow(ax, (place, 0.34), (place, 0.8))
        say(ax, place, 1.02, word, bold=True)
        if index + 1 < len(target):
            arrow(ax, (place + 0.39, 0), (place + 0.61, 0))
            _feedback(ax, place)


def two_ways_to_feed(
    reference: Sequence[str], forced: Sequence[str], free: Sequence[str]
) -> Figure:
    """A decoder unrolled twice: fed the reference, and fed what it said itself.

    Above, the words of `reference` go in, whatever of `forced` comes out; below, each word of
    `free` comes out at the top and goes in again. Raises ValueError unless all are as long.
    """
    if not len(reference) == len(forced) == len(free):
        raise ValueError(
            f"wanted as many words three times, got {len(reference)}, {len(forced)}, {len(free)}"
        )
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(1.6 + 1.25 * len(free), 5.0), layout="constrained")
        axes = figure.subplots(2, 1)
    for place, word in enumerate(("<bos>", *reference[:-1])):
        box(axes[0], place, 0, "writes", WRITES)
        say(axes[0], place, -1.05, word, bold=place > 0)
        arrow(axes[0], (place, -0.85), (place, -0.34))
        arrow(axes[0], (place, 0.34), (place, 0.8))
        say(axes[0], place, 1.02, forced[place], grey=True)
        if place:
            arrow(axes[0], (place - 0.61, 0), (place - 0.39, 0))
    _decoder(axes[1], 0.0, free)
    for ax, name in zip(axes, ("teacher forcing", "running free"), strict=True):
        ax.set_axis_off()
        ax.set_xlim(-1.75, len(free) - 0.4)
        ax.set_ylim(-1.4, 1.35)
        ax.text(-1.7, 0, name.replace(" ", "\n"), size=11, va="center", color=INK)
    return figure


def _feedback(ax: Axes, place: float) -> None:
    """From a word down between two boxes to where it is read again."""
    middle = place + 0.5
    points = [(place + 0.3, 1.02), (middle, 1.02), (middle, 0.9), (middle, 0.55), (middle, -0.6),
              (middle, -1.05), (place + 0.55, -1.05), (place + 0.68, -1.05)]
    line, curve = Path.LINETO, Path.CURVE4
    codes = [Path.MOVETO, curve, curve, curve, line, curve, curve, curve]
    ax.add_patch(FancyArrowPatch(
        path=Path(points, codes), arrowstyle="-|>", mutation_scale=8, color="#888888",
        linestyle=(0, (3, 2)), linewidth=1.1, zorder=1,
    ))


def _looks(ax: Axes, looks: Sequence[float], place: float) -> None:
    """Arcs from the encoder's states to the word that is written, as thick as their weights."""
    for index, weight in enumerate(looks):
        top = 3.1 - 0.14 * index
        points = [(index, 0.36), (index + 0.2, top), (place, top), (place, 1.28)]
        codes = [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
        ax.add_patch(PathPatch(
            Path(points, codes), fill=False, edgecolor=LOOKS, alpha=0.85, capstyle="round",
            linewidth=0.6 + 9 * weight, zorder=1,
        ))
        ax.text(index, 0.52, f"{weight:.0%}", ha="center", size=9, color=INK, zorder=5,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})


def _braces(ax: Axes, source: int, first: float, target: int) -> None:
    """Under the words: which half is which."""
    halves = (("encoder", -0.4, source - 0.6, READS),
              ("decoder", first - 0.4, first + target - 0.6, WRITES))
    for name, left, right, colour in halves:
        ax.plot((left, right), (-1.35, -1.35), color=colour, linewidth=2, linestyle="-", marker="")
        ax.text((left + right) / 2, -1.43, name, ha="center", va="top", size=11, color=INK)


def transformer_block(*, target: int, source: int, width: int, heads: int, inner: int) -> Figure:
    """The decoder's block, norm first, from the bottom up, with the shapes of one sentence.

    The thick line is the residual path: each part reads from it and adds to it.
    """
    part = width // heads
    parts = (
        ("attention to its own past", f"{heads} heads: {target} × {target} weights each",
         f"queries, keys, values\n{heads} × ({target}, {part})", READS),
        ("attention to the source", f"{heads} heads: {target} × {source} weights each",
         f"queries {heads} × ({target}, {part})\nkeys, values {heads} × ({source}, {part})",
         LOOKS),
        ("feed-forward network", "the same at each place",
         f"hidden layer\n({target}, {inner})", WRITES),
    )  # fmt: skip
    figure, ax = blank((8.6, 6.2))
    for number, (name, how, shapes, colour) in enumerate(parts):
        _sublayer(ax, 2.0 * number, (name, how, shapes), colour)
    ax.plot((0, 0), (-0.95, 5.6), color=INK, linewidth=3, marker="", linestyle="-", zorder=1)
    ax.text(-0.15, -0.95, f"x: ({target}, {width})", ha="right", size=10, color=INK)
    ax.text(-0.15, 5.35, f"to the next block\n({target}, {width})", ha="right", size=10, color=INK)
    ax.text(3.5, 3.15, f"memory\n({source}, {width})", ha="left", va="bottom", size=9.5, color=INK)
    arrow(ax, (3.45, 3.25), (2.95, 2.74))
    ax.set_xlim(-1.7, 6.3)
    ax.set_ylim(-1.15, 5.9)
    return figure


def _sublayer(ax: Axes, bottom: float, words: tuple[str, str, str], colour: str) -> None:
    """Off the residual path to the right, through norm and part, and back on to it."""
    name, how, shapes = words
    arrow(ax, (0, bottom - 0.48), (0.58, bottom - 0.48))
    box(ax, 1.0, bottom - 0.48, "norm", HANDED)
    ax.plot((1.4, 2.3, 2.3), (bottom - 0.48, bottom - 0.48, bottom), color=INK, linewidth=1.3,
            marker="", linestyle="-")
    shape = FancyBboxPatch(
        (0.75, bottom), 2.55, 0.72, boxstyle="round,pad=0,rounding_size=0.08",
        facecolor=TINTS.get(colour, "#f6e4ef"), edgecolor=colour, linewidth=1.6, zorder=3,
    )
    ax.add_patch(shape)
    ax.text(2.02, bottom + 0.47, name, ha="center", va="center", size=10, color=INK, zorder=4)
    ax.text(2.02, bottom + 0.2, how, ha="center", va="center", size=8.5, color=INK, zorder=4)
    ax.text(3.45, bottom + 0.36, shapes, ha="left", va="center", size=9.5, color=INK)
    ax.plot((2.02, 2.02, 0.2), (bottom + 0.72, bottom + 0.98, bottom + 0.98), color=INK,
            linewidth=1.3, marker="", linestyle="-")
    ax.add_patch(Circle((0, bottom + 0.98), 0.13, facecolor="white", edgecolor=INK, zorder=5))
    ax.text(0, bottom + 0.97, "+", ha="center", va="center", size=11, color=INK, zorder=6)
