"""Translations as they come about: step by step, and as a beam searches."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from seq2seq_lib.drawing.strokes import HANDED, INK, READS, WRITES, blank, box
from seq2seq_lib.plotting import COLOURS, STYLE, attention_map


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
    figure, ax = blank((1.0 + 1.25 * len(kept), 0.6 + 0.9 * max(map(len, kept))))
    before: dict[tuple[str, ...], tuple[float, float]] = {(): (0.0, 0.0)}
    box(ax, 0, 0, "<bos>", HANDED, width=0.8)
    for step, beginnings in enumerate(kept, start=1):
        places = {}
        for rank, (words, score) in enumerate(beginnings):
            if words[:-1] not in before:
                raise ValueError(f"lattice: wanted a beginning of {words} at step {step - 1}")
            places[words] = (1.25 * step, -0.95 * rank)
            chosen = tuple(best[:step]) == words
            _branch(ax, before[words[:-1]], places[words], chosen)
            box(ax, *places[words], words[-1], WRITES if chosen else READS, width=0.9)
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
