"""The book's figures: one style, a few plots, and one way to show them.

Colours are those of Okabe and Ito (2008), which colour-blind readers can tell apart; every
series also has its own marker and line (or hatch), so greyscale works. The plots are pure:
arrays in, a matplotlib `Figure` out.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterable, Mapping, Sequence

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))
HATCHES = ("", "//", "..", "xx", "\\\\", "oo", "--")
GOLD = "#D55E00"

STYLE: dict = {
    "figure.dpi": 100,
    "savefig.dpi": 100,
    "figure.constrained_layout.use": True,
    "figure.figsize": (6.4, 3.6),
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "lines.markersize": 5,
    "legend.frameon": False,
    "axes.prop_cycle": cycler(color=COLOURS, marker=MARKERS, linestyle=DASHES),
}


def use_style() -> None:
    """Make the book's style matplotlib's default, for figures that a chapter draws itself."""
    mpl.rcParams.update(STYLE)


def figure_bundle(figure: Figure, *, alt: str, caption: str) -> dict[str, str]:
    """The figure as one notebook display: an HTML figure and the same in plain text.

    The picture is a PNG inside the HTML, so that its `alt` and its caption reach the reader
    wherever the notebook is shown. Raises ValueError when `alt` or `caption` is empty.
    """
    for name, text in (("alt", alt), ("caption", caption)):
        if not text.strip():
            raise ValueError(f"a figure wants a non-empty {name}, got {text!r}")
    picture = io.BytesIO()
    with mpl.rc_context(STYLE):
        figure.savefig(picture, format="png", facecolor="white", metadata={"Software": None})
    data = base64.b64encode(picture.getvalue()).decode("ascii")
    alt, caption = " ".join(alt.split()), " ".join(caption.split())
    page = (
        f'<figure>\n<img alt="{html.escape(alt)}" src="data:image/png;base64,{data}">\n'
        f"<figcaption>{html.escape(caption, quote=False)}</figcaption>\n</figure>"
    )
    return {"text/html": page, "text/plain": f"Figure: {caption}\nIn words: {alt}"}


def show(figure: Figure, *, alt: str, caption: str) -> None:
    """Display `figure` with its alternative text and its caption, then close it.

    `alt` says in words what the picture holds, `caption` what to see in it. Raises
    ValueError when either is empty.
    """
    from IPython.display import display
    from matplotlib import pyplot

    bundle = figure_bundle(figure, alt=alt, caption=caption)
    pyplot.close(figure)
    display(bundle, raw=True)


def attention_map(
    attention: object,
    source: Sequence[str],
    target: Sequence[str],
    *,
    gold: Iterable[tuple[int, int]] | None = None,
    title: str = "",
    ax: Axes | None = None,
) -> Figure:
    """Attention weights as a map: a row for each target word, a column for each source word.

    `attention` is (target, source), weights from 0 to 1; `gold` holds the reference links as
    (source position, target position), drawn as outlined cells. Raises ValueError when the
    shape does not fit the words, or a link points outside.
    """
    weights = _matrix(attention, len(target), len(source), "attention", "(target, source)")
    links = [] if gold is None else list(gold)
    for column, row in links:
        if not (0 <= column < len(source) and 0 <= row < len(target)):
            raise ValueError(
                f"a gold link wants source < {len(source)} and target < {len(target)}, "
                f"got ({column}, {row})"
            )
    ax = ax or _axes((max(4.2, 1.9 + 0.27 * len(source)), max(2.9, 1.1 + 0.25 * len(target))))
    image = ax.imshow(weights, vmin=0, vmax=1, cmap="Blues", aspect="auto")
    _words_on_axes(ax, target, source)
    for column, row in links:
        corner = (column - 0.5, row - 0.5)
        ax.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor=GOLD, linewidth=1.8))
    ax.set(xlabel="source word", ylabel="target word", title=title)
    ax.figure.colorbar(image, ax=ax, label="attention weight", shrink=0.8, aspect=25)
    return ax.figure  # type: ignore[return-value]


def curves(
    x: Sequence[float],
    series: Mapping[str, object],
    *,
    xlabel: str,
    ylabel: str,
    title: str = "",
    interval: bool = True,
    markers: bool = True,
    ax: Axes | None = None,
) -> Figure:
    """One line for each named series: the mean over seeds, and the range of the seeds.

    Each series is (seeds, points), or (points,) for one run; `interval` shades from the
    lowest to the highest seed. The legend stands beside the plot, in the order of the lines'
    last values. Raises ValueError when a series does not have a value for each point.
    """
    values = _all_runs(series, len(x))
    ax = ax or _axes((7.0, 3.6))
    drawn = []
    for index, (name, runs) in enumerate(values.items()):
        look = _look(index, markers)
        (line,) = ax.plot(x, runs.mean(axis=0), label=name, **look)
        if interval and len(runs) > 1:
            low, high = runs.min(axis=0), runs.max(axis=0)
            ax.fill_between(x, low, high, color=look["color"], alpha=0.18, linewidth=0)
        drawn.append((np.nan_to_num(runs[:, -1].mean(), nan=-np.inf), index, line))
    ticks = {"xticks": x} if len(x) <= 10 else {}
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title, **ticks)
    _legend(ax, [line for *_, line in sorted(drawn, key=lambda item: (-item[0], item[1]))])
    return ax.figure  # type: ignore[return-value]


def lines(
    x: Sequence[float],
    series: Mapping[str, object],
    *,
    xlabel: str,
    ylabel: str,
    title: str = "",
    ax: Axes | None = None,
) -> Figure:
    """One run a line, each (points,), without markers: for many points, such as a loss.

    Raises ValueError when a series does not have a value for each point of `x`.
    """
    for name, run in series.items():
        if _array(run).ndim != 1:
            raise ValueError(f"{name!r} wants shape ({len(x)},), got {_array(run).shape}")
    return curves(x, series, xlabel=xlabel, ylabel=ylabel, title=title, markers=False, ax=ax)


def bars(
    groups: Sequence[str],
    series: Mapping[str, object],
    *,
    ylabel: str,
    xlabel: str = "",
    title: str = "",
    ax: Axes | None = None,
) -> Figure:
    """Bars side by side within each group: the mean over seeds, a whisker over their range.

    Each series is (seeds, groups), or (groups,) for one run. Raises ValueError when a series
    does not have a value for each group.
    """
    values = _all_runs(series, len(groups))
    ax = ax or _axes((min(9.0, max(5.0, 2.6 + 0.45 * len(groups) * (1 + len(values)))), 3.6))
    width, places = 0.8 / len(values), np.arange(len(groups))
    for index, (name, runs) in enumerate(values.items()):
        mean = runs.mean(axis=0)
        whiskers = np.stack([mean - runs.min(axis=0), runs.max(axis=0) - mean]).clip(min=0)
        colour, hatch = COLOURS[index % len(COLOURS)], HATCHES[index % len(HATCHES)]
        left = places + (index - (len(values) - 1) / 2) * width
        ax.bar(left, mean, width * 0.92, color=colour, hatch=hatch, edgecolor="white",
               yerr=whiskers if len(runs) > 1 else None, capsize=3, ecolor="#333333", label=name)
    ax.set_xticks(places, groups)
    ax.grid(False, axis="x")
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    _legend(ax, [drawn for drawn in ax.containers if drawn.get_label() in values])
    return ax.figure  # type: ignore[return-value]


def heat(
    matrix: object,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    label: str,
    xlabel: str = "",
    ylabel: str = "",
    title: str = "",
    digits: int = 2,
    limits: tuple[float, float] | None = None,
    annotate: bool = True,
    ax: Axes | None = None,
) -> Figure:
    """A matrix (rows, columns) as shaded cells, with each value written in its cell.

    `label` names what is shaded, with its unit; `limits` fixes the ends of the shading.
    Empty cells (NaN) stay blank. Raises ValueError when the shape does not fit the names.
    """
    values = _matrix(matrix, len(rows), len(columns), "matrix", "(rows, columns)", blanks=True)
    low, high = limits or (float(np.nanmin(values)), float(np.nanmax(values)))
    ax = ax or _axes((max(4.2, 2.2 + 0.55 * len(columns)), max(2.4, 1.3 + 0.36 * len(rows))))
    image = ax.imshow(values, vmin=low, vmax=high, cmap="Blues", aspect="auto")
    _words_on_axes(ax, rows, columns, top=False)
    for (row, column), value in np.ndenumerate(values):
        if annotate and not np.isnan(value):
            dark = value > (low + high) / 2
            ink, text = "white" if dark else "black", f"{value:.{digits}f}"
            ax.text(column, row, text, ha="center", va="center", color=ink, size=9)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    ax.figure.colorbar(image, ax=ax, label=label, shrink=0.9, aspect=25)
    return ax.figure  # type: ignore[return-value]


def _axes(size: tuple[float, float]) -> Axes:
    """Axes in a figure of their own, which pyplot does not know and so shows only once."""
    with mpl.rc_context(STYLE):
        return Figure(figsize=size, layout="constrained").subplots()


def _array(values: object) -> np.ndarray:
    return np.asarray(values.detach().cpu() if hasattr(values, "detach") else values, dtype=float)


def _matrix(
    values: object, rows: int, columns: int, name: str, axes: str, *, blanks: bool = False
) -> np.ndarray:
    array = _array(values)
    if array.shape != (rows, columns):
        raise ValueError(f"{name} wants shape {axes} = ({rows}, {columns}), got {array.shape}")
    if not blanks and not np.isfinite(array).all():
        raise ValueError(f"{name} wants finite values, got NaN or infinity")
    return array


def _all_runs(series: Mapping[str, object], points: int) -> dict[str, np.ndarray]:
    if not series:
        raise ValueError("a plot wants at least one series, got none")
    return {name: _runs(name, runs, points) for name, runs in series.items()}


def _runs(name: str, runs: object, points: int) -> np.ndarray:
    array = _array(runs)
    table = array[None] if array.ndim == 1 else array
    if table.ndim != 2 or table.shape[1] != points or not len(table):
        wanted = f"(seeds, {points}) or ({points},)"
        raise ValueError(f"{name!r} wants shape {wanted}, got {array.shape}")
    return table


def _look(index: int, markers: bool) -> dict:
    index %= len(COLOURS)
    marker = MARKERS[index] if markers else ""
    return {"color": COLOURS[index], "linestyle": DASHES[index], "marker": marker}


def _legend(ax: Axes, handles: Sequence) -> None:
    """Beside the axes, where it hides nothing; none for a series alone."""
    if len(handles) > 1:
        place: dict = {"loc": "upper left", "bbox_to_anchor": (1.01, 1), "borderaxespad": 0}
        ax.legend(handles=handles, frameon=False, handlelength=3, **place)


def _words_on_axes(ax: Axes, rows: Sequence[str], columns: Sequence[str], *, top=True) -> None:
    long = max(map(len, columns), default=0) > 4
    ax.set_xticks(range(len(columns)), columns, rotation=60 if long else 0)
    if long:
        for label in ax.get_xticklabels():
            label.set(ha="left" if top else "right", rotation_mode="anchor")
    ax.set_yticks(range(len(rows)), rows)
    if top:
        ax.xaxis.tick_top()
        ax.xaxis.set_label_position("top")
    ax.tick_params(length=0)
    ax.grid(False)
    for spine in ax.spines.values():
        spine.set_visible(False)
