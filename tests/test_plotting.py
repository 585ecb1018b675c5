"""Figures: what is drawn is what was given, all of it is inside, and notebooks carry its words."""

import base64
import re
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import nbformat
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from nbclient import NotebookClient

from seq2seq_lib import interact, plotting
from seq2seq_lib.plotting import attention_map, bars, curves, figure_bundle, heat, lines, show

ROOT = Path(__file__).resolve().parent.parent
# A notebook runs three times.
SECONDS = 20.0
LABELS = {"xlabel": "length (words)", "ylabel": "BLEU (points)"}
SOURCE, TARGET = "the white cat sleeps".split(), "le chat blanc".split()


def one_map(**options: object) -> Figure:
    weights = torch.eye(4)[[0, 2, 1]].requires_grad_()
    return attention_map(weights, SOURCE, TARGET, **options)


def test_attention_map_draws_weights_words_and_gold_cells() -> None:
    axes = one_map(gold=[(0, 0), (1, 2), (2, 1)]).axes[0]
    drawn = np.asarray(axes.images[0].get_array())
    assert drawn.tolist() == np.eye(4)[[0, 2, 1]].tolist()
    assert [label.get_text() for label in axes.get_xticklabels()] == SOURCE
    assert [label.get_text() for label in axes.get_yticklabels()] == TARGET
    cells = [patch.get_xy() for patch in axes.patches if isinstance(patch, Rectangle)]
    assert cells == [(-0.5, -0.5), (0.5, 1.5), (1.5, 0.5)]
    assert axes.get_xlabel() == "source word"
    assert axes.images[0].get_clim() == (0, 1)


def test_curves_draw_mean_and_range_and_name_each_series() -> None:
    runs = np.array([[1.0, 2.0], [3.0, 8.0]])
    axes = curves([5, 10], {"low": [0.0, 0.0], "high": runs}, **LABELS).axes[0]
    low, high = axes.lines
    assert high.get_ydata().tolist() == [2.0, 5.0]
    assert len(axes.collections) == 1
    corners = axes.collections[0].get_paths()[0].vertices
    assert {tuple(corner) for corner in corners} >= {(5, 1), (5, 3), (10, 2), (10, 8)}
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["high", "low"]
    assert (low.get_marker(), low.get_linestyle()) != (high.get_marker(), high.get_linestyle())
    assert axes.get_ylabel() == "BLEU (points)"
    assert not curves([5, 10], {"high": runs}, interval=False, **LABELS).axes[0].collections


def test_bars_draw_means_with_whiskers_over_the_range() -> None:
    runs = np.array([[1.0, 2.0], [3.0, 8.0]])
    figure = bars(["dot", "general"], {"trained": runs, "shuffled": [1, 1]}, ylabel="AER")
    axes = figure.axes[0]
    assert [bar.get_height() for bar in axes.patches] == [2, 5, 1, 1]
    whisker = axes.collections[0].get_segments()
    assert [segment[:, 1].tolist() for segment in whisker] == [[1, 3], [2, 8]]
    assert len({bar.get_hatch() for bar in axes.patches}) == 2
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["trained", "shuffled"]


def test_heat_writes_each_value_in_ink_that_shows() -> None:
    values = [[0.0, 1.0], [0.25, np.nan]]
    axes = heat(values, ["a", "b"], ["c", "d"], label="share").axes[0]
    assert [text.get_text() for text in axes.texts] == ["0.00", "1.00", "0.25"]
    assert [text.get_color() for text in axes.texts] == ["black", "white", "black"]
    assert not heat(values, "ab", "cd", label="share", annotate=False).axes[0].texts


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: attention_map(np.ones((4, 3)), SOURCE, TARGET), r"= \(3, 4\), got \(4, 3\)"),
        (lambda: one_map(gold=[(4, 0)]), r"source < 4 and target < 3, got \(4, 0\)"),
        (lambda: attention_map([[np.nan]], "a", "b"), "wants finite values"),
        (lambda: curves([1, 2], {"a": np.ones((3, 4))}, **LABELS), r"'a' wants .* got \(3, 4\)"),
        (lambda: curves([1, 2], {"a": np.ones((0, 2))}, **LABELS), r"'a' wants .* got \(0, 2\)"),
        (lambda: curves([1, 2], {}, **LABELS), "at least one series"),
        (lambda: lines([1, 2], {"a": np.ones((1, 2))}, **LABELS), r"shape \(2,\), got \(1, 2\)"),
        (lambda: bars(["x"], {"a": [1, 2]}, ylabel="y"), r"\(seeds, 1\) or \(1,\), got \(2,\)"),
        (lambda: heat(np.ones(3), "ab", "cd", label="l"), r"\(2, 2\), got \(3,\)"),
        (lambda: show(one_map(), alt=" ", caption="c"), "non-empty alt, got ' '"),
        (lambda: show(one_map(), alt="a", caption=""), "non-empty caption, got ''"),
    ],
)
def test_misfits_are_refused_with_wanted_and_got(draw, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw()


def long_figures() -> list[Figure]:
    words = [f"parapluies{place}" for place in range(25)]
    runs = np.arange(12.0).reshape(2, 6)
    names = {f"a series with quite a long name {place}": runs for place in range(7)}
    return [
        attention_map(np.eye(25), words, words, gold=[(0, 24)], title="A title"),
        curves(range(6), names, **LABELS),
        bars(words[:6], names, ylabel="AER"),
        heat(np.eye(3), words[:3], words[:3], label="share of sentences", xlabel="x", ylabel="y"),
    ]


@pytest.mark.parametrize("figure", long_figures())
def test_no_label_is_clipped(figure: Figure) -> None:
    figure_bundle(figure, alt="Alt.", caption="Caption.")
    inside, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert min(inside.x0, inside.y0) >= -0.01
    assert inside.x1 <= width + 0.01 and inside.y1 <= height + 0.01


def test_seven_series_differ_in_greyscale_too() -> None:
    looks = list(zip(plotting.COLOURS, plotting.MARKERS, plotting.DASHES, strict=True))
    for kind in zip(*looks, strict=True):
        assert len(set(kind)) == 7
    assert len(set(plotting.HATCHES)) == 7


def test_style_is_set_only_when_asked() -> None:
    before = dict(mpl.rcParams)
    one_map()
    assert dict(mpl.rcParams) == before
    with mpl.rc_context():
        plotting.use_style()
        assert mpl.rcParams["figure.dpi"] == 100
        assert mpl.rcParams["axes.prop_cycle"].by_key()["color"] == list(plotting.COLOURS)


def test_bundle_holds_a_small_png_with_alt_and_caption_escaped() -> None:
    bundle = figure_bundle(one_map(), alt='A "map"\n of <i>', caption="white & black")
    assert '<img alt="A &quot;map&quot; of &lt;i&gt;" src="data:image/png;base64,' in (
        bundle["text/html"]
    )
    assert "<figcaption>white &amp; black</figcaption>" in bundle["text/html"]
    assert bundle["text/plain"] == 'Figure: white & black\nIn words: A "map" of <i>'
    data = base64.b64decode(re.search('base64,([^"]+)"', bundle["text/html"])[1])
    assert data.startswith(b"\x89PNG") and len(data) < 60_000
    assert bundle == figure_bundle(one_map(), alt='A "map" of <i>', caption="white & black")


CELLS = [
    "import numpy as np\n"
    "from seq2seq_lib.interact import explore\n"
    "from seq2seq_lib.plotting import curves, show\n"
    "def draw(width):\n"
    "    runs = np.random.default_rng().random((3, 4))\n"
    "    return curves(range(4), {'a': runs}, xlabel='x', ylabel='y')",
    "show(draw(3), alt='One curve.', caption='It wanders.')",
    "explore(draw, {'width': [64, 128]}, alt='Width {width}.', caption='It wanders.')",
]


def nbval(path: Path) -> subprocess.CompletedProcess:
    settings = path.parent / "pytest.ini"
    settings.write_text("[pytest]\n", encoding="utf-8")
    options = ["--nbval", "--nbval-current-env", "-p", "no:cacheprovider", "-c", settings]
    options += ["--nbval-sanitize-with", ROOT / "sanitize.cfg"]
    command = [sys.executable, "-m", "pytest", "-q", *map(str, options), str(path)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def test_notebook_keeps_the_words_and_nbval_compares_them_not_the_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, kernel_name="python3").execute()
    outputs = [output for cell in notebook.cells for output in cell.outputs]
    assert [output.output_type for output in outputs] == ["display_data"] * 2
    assert 'alt="Width 64."' in outputs[1].data["text/html"]
    path = tmp_path / "figure.ipynb"
    nbformat.write(notebook, path)
    passed = nbval(path)
    assert passed.returncode == 0, passed.stdout
    for output in outputs:
        output.data["text/html"] = output.data["text/html"].replace("It wanders", "It climbs")
    nbformat.write(notebook, path)
    failed = nbval(path)
    assert failed.returncode == 1 and "2 failed" in failed.stdout, failed.stdout


def test_explore_redraws_when_a_control_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    ipywidgets = pytest.importorskip("ipywidgets")
    shown, drawn = [], []
    monkeypatch.setattr("IPython.display.display", lambda thing: shown.append(thing))
    choices = {"width": [64, 128], "score": ["dot", "general"], "sentence": "le chat"}

    def redraw(chosen: dict[str, object]) -> None:
        if chosen["sentence"] == "":
            raise ValueError("wanted words, got none")
        drawn.append(chosen)

    interact._controls(choices, redraw)
    slider, menu, line, trouble = shown[0].children
    assert isinstance(slider, ipywidgets.SelectionSlider)
    slider.value, menu.value = 128, "general"
    assert drawn[-1] == {"width": 128, "score": "general", "sentence": "le chat"}
    line.value = ""
    assert trouble.value == "wanted words, got none"
    line.value = "le chien"
    assert trouble.value == "" and drawn[-1]["sentence"] == "le chien"


def test_explore_refuses_a_choice_without_values() -> None:
    with pytest.raises(ValueError, match="choice 'width' wants at least one value, got none"):
        interact.explore(lambda width: one_map(), {"width": []}, alt="a", caption="c")
