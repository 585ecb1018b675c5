"""Drawings that explain: an encoder-decoder, a translation unfolding, the map of the book.

Like the plots of `plotting` they are pure (words and numbers in, a matplotlib `Figure` out), and
what colour says is also said by a place or a word.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, PathPatch
from matplotlib.path import Path

from seq2seq_lib.plotting import COLOURS, STYLE, attention_map

INK = "#333333"
READS, WRITES, LOOKS, HANDED = COLOURS[0], COLOURS[1], COLOURS[3], COLOURS[2]
TINTS = {READS: "#d9ebf7", WRITES: "#fbe3d4", HANDED: "#d5f0e6"}


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
    figure, ax = _blank((9.6, 3.5 if looks is None else 4.3))
    for place, word in enumerate(source):
        _box(ax, place, 0, "reads", READS)
        _say(ax, place, -1.05, word)
        _arrow(ax, (place, -0.85), (place, -0.34))
        if place + 1 < len(source):
            _arrow(ax, (place + 0.39, 0), (place + 0.61, 0))
    _box(ax, first - 1, 0, "one\nvector" if looks is None else "start", HANDED, width=0.72)
    _arrow(ax, (first - 1.61, 0), (first - 1.37, 0))
    _arrow(ax, (first - 0.63, 0), (first - 0.39, 0))
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
        _box(ax, place, 0, "writes", WRITES)
        _say(ax, place, -1.05, said, grey=True)
        _arrow(ax, (place, -0.85), (place, -0.34))
        _arrow(ax, (place, 0.34), (place, 0.8))
        _say(ax, place, 1.02, word, bold=True)
        if index + 1 < len(target):
            _arrow(ax, (place + 0.39, 0), (place + 0.61, 0))
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
        _box(axes[0], place, 0, "writes", WRITES)
        _say(axes[0], place, -1.05, word, bold=place > 0)
        _arrow(axes[0], (place, -0.85), (place, -0.34))
        _arrow(axes[0], (place, 0.34), (place, 0.8))
        _say(axes[0], place, 1.02, forced[place], grey=True)
        if place:
            _arrow(axes[0], (place - 0.61, 0), (place - 0.39, 0))
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


def unfolding(
    source: Sequence[str],
    others: Sequence[Sequence[tuple[str, float]]],
    attention: object = None,
    *,
    title: str = "",
) -> Figure:
    """A translation as it came about: a row for each word, the chosen one and the runners-up.

    `others` holds for each step the likeliest words with their probabilities, the chosen one
    first. `attention` is (target, source), or None when the decoder could not look back.
    """
    chosen = [row[0][0] for row in others]
    steps, left = len(chosen), 0.0 if attention is None else 2.2 + 0.3 * len(source)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(left + 5.2, 1.75 + 0.32 * steps), layout="constrained")
        if attention is None:
            bars = figure.subplots()
            bars.set_yticks(range(steps), chosen)
        else:
            looks, bars = figure.subplots(1, 2, width_ratios=(left, 4.4))
            attention_map(attention, source, chosen, ax=looks)
            looks.set(xlabel="looked at", ylabel="written, from top to bottom")
            bars.set_yticks(range(steps), [])
        _shares(bars, others)
        figure.suptitle(title, size=11)
    return figure


def _shares(ax: Axes, others: Sequence[Sequence[tuple[str, float]]]) -> None:
    """A bar a step: the chosen word's probability, then the others'; the others by name."""
    steps = np.arange(len(others))
    start = np.zeros(len(others))
    names = ("chosen", "second", "third")
    looks = ((COLOURS[0], ""), (COLOURS[5], "///"), (COLOURS[6], "..."))
    for rank, (name, (colour, hatch)) in enumerate(zip(names, looks, strict=True)):
        share = np.array([row[rank][1] if rank < len(row) else 0.0 for row in others])
        ax.barh(steps, share, left=start, height=0.62, color=colour, hatch=hatch,
                edgecolor="white", linewidth=0.5, label=name)
        start = start + share
    for step, row in enumerate(others):
        ax.text(0.02, step, f"{row[0][1]:.0%}", va="center", size=8.5, color="white",
                bbox={"facecolor": COLOURS[0], "edgecolor": "none", "pad": 1})
        rivals = ", ".join(f"{word} {share:.0%}" for word, share in row[1:] if share >= 0.005)
        ax.text(1.03, step, f"or {rivals}" if rivals else "", va="center", size=8.5, color=INK)
    ax.set_xlim(0, 1.9)
    ax.set_ylim(len(others) - 0.5, -0.5)
    ax.set_xticks((0, 0.5, 1), ("0", "50%", "100%"))
    ax.set_xlabel("probability", loc="left")
    ax.grid(False, axis="y")
    ax.spines["left"].set_visible(False)
    ax.spines["bottom"].set_bounds(0, 1)
    ax.tick_params(axis="y", length=0)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, borderaxespad=0.2,
              handlelength=1.4, columnspacing=1.2)


Beginning = tuple[tuple[str, ...], float]


def lattice(kept: Sequence[Sequence[Beginning]], best: Sequence[str]) -> Figure:
    """A beam search as it went: a column a step, the likeliest beginning on top.

    `kept` holds for each step the beginnings that were kept, (words, log-probability), a finished
    one with its last word `<eos>`. The way to `best` is drawn thick. Raises ValueError when a
    beginning does not continue one that was kept a step earlier.
    """
    figure, ax = _blank((1.0 + 1.25 * len(kept), 0.6 + 0.9 * max(map(len, kept))))
    before: dict[tuple[str, ...], tuple[float, float]] = {(): (0.0, 0.0)}
    _box(ax, 0, 0, "<bos>", HANDED, width=0.8)
    for step, beginnings in enumerate(kept, start=1):
        places = {}
        for rank, (words, score) in enumerate(beginnings):
            if words[:-1] not in before:
                raise ValueError(f"lattice: wanted a beginning of {words} at step {step - 1}")
            places[words] = (1.25 * step, -0.95 * rank)
            chosen = tuple(best[:step]) == words
            _branch(ax, before[words[:-1]], places[words], chosen)
            _box(ax, *places[words], words[-1], WRITES if chosen else READS, width=0.9)
            ax.text(1.25 * step, -0.95 * rank - 0.36, f"{score:.2f}", ha="center", va="top", size=8)
        before = places
    ax.set_xlim(-0.6, 1.25 * len(kept) + 0.6)
    ax.set_ylim(-0.95 * max(map(len, kept)) + 0.3, 0.5)
    return figure


def _branch(
    ax: Axes, start: tuple[float, float], end: tuple[float, float], chosen: bool
) -> None:
    colour, width = (WRITES, 2.6) if chosen else ("#999999", 1.0)
    x = [start[0] + 0.45, end[0] - 0.45]
    ax.plot(x, [start[1], end[1]], "-", color=colour, linewidth=width, marker="", zorder=1)


def book_map(
    parts: Mapping[str, Sequence[tuple[str, str]]], *, path: Sequence[str] = ()
) -> Figure:
    """The chapters as boxes in reading order: a row a part, each chapter (number, words).

    The chapters of `path`, by number, stand out and bear a star.
    """
    widest = max(map(len, parts.values()))
    figure, ax = _blank((9.6, 0.5 + 1.45 * len(parts)))
    places = {}
    for row, (part, chapters) in enumerate(parts.items()):
        ax.text(-0.46, -row + 0.36, part, size=10, color=INK, va="bottom", style="italic")
        for column, (number, words) in enumerate(chapters):
            places[number] = (column, -row)
            _chapter(ax, column, -row, number, words, number in path)
    for (x, y), (right, below) in zip([*places.values()], [*places.values()][1:], strict=False):
        if y == below:
            _arrow(ax, (x + 0.45, y), (right - 0.45, y))
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


def _blank(size: tuple[float, float]) -> tuple[Figure, Axes]:
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=size, layout="constrained")
        ax = figure.subplots()
    ax.set_axis_off()
    return figure, ax


def _box(ax: Axes, x: float, y: float, text: str, colour: str, *, width: float = 0.76) -> None:
    shape = FancyBboxPatch(
        (x - width / 2, y - 0.32), width, 0.64, boxstyle="round,pad=0,rounding_size=0.1",
        facecolor=TINTS[colour], edgecolor=colour, linewidth=1.6, zorder=3,
    )
    ax.add_patch(shape)
    ax.text(x, y, text, ha="center", va="center", size=9.5, color=INK, zorder=4)


def _say(ax: Axes, x: float, y: float, word: str, *, bold: bool = False, grey: bool = False):
    weight, colour = ("bold" if bold else "normal"), ("#777777" if grey else INK)
    ax.text(x, y, word, ha="center", va="center", size=11, weight=weight, color=colour)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    ax.add_patch(FancyArrowPatch(
        start, end, arrowstyle="-|>", mutation_scale=9, color=INK, linewidth=1.3,
        shrinkA=0, shrinkB=0, zorder=2,
    ))


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
    figure, ax = _blank((8.6, 6.2))
    for number, (name, how, shapes, colour) in enumerate(parts):
        _sublayer(ax, 2.0 * number, (name, how, shapes), colour)
    ax.plot((0, 0), (-0.95, 5.6), color=INK, linewidth=3, marker="", linestyle="-", zorder=1)
    ax.text(-0.15, -0.95, f"x: ({target}, {width})", ha="right", size=10, color=INK)
    ax.text(-0.15, 5.35, f"to the next block\n({target}, {width})", ha="right", size=10, color=INK)
    ax.text(3.5, 3.15, f"memory\n({source}, {width})", ha="left", va="bottom", size=9.5, color=INK)
    _arrow(ax, (3.45, 3.25), (2.95, 2.74))
    ax.set_xlim(-1.7, 6.3)
    ax.set_ylim(-1.15, 5.9)
    return figure


def _sublayer(ax: Axes, bottom: float, words: tuple[str, str, str], colour: str) -> None:
    """Off the residual path to the right, through norm and part, and back on to it."""
    name, how, shapes = words
    _arrow(ax, (0, bottom - 0.48), (0.58, bottom - 0.48))
    _box(ax, 1.0, bottom - 0.48, "norm", HANDED)
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
