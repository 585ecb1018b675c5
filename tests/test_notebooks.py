"""Every chapter is in step with its source and fit to be read; the build does what it says."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

import chapters
import hygiene
import notebooks

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = chapters.chapters(ROOT / "chapters")
# The build of the sample chapter starts kernels.
SECONDS = 30.0

SAMPLE = """---
title: A sample
book:
  seconds: 5
---

# A sample

Two numbers.

+++

Another cell of prose, with a fence that is not code to run:

```python
1 / 0
```

```{code-cell} ipython3
import os

x = 2
print("two", x)
print("threads", os.environ["OMP_NUM_THREADS"])
```

```{code-cell} ipython3
:tags: [exercise]

def double(number):
    raise NotImplementedError
```

```{code-cell} ipython3
x
```
"""


@pytest.fixture
def sample(tmp_path: Path) -> chapters.Chapter:
    """A folder with one small chapter, not built."""
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "01_sample.md").write_text(SAMPLE, encoding="utf-8", newline="\n")
    return chapters.chapters(tmp_path)[0]


def command(sample: chapters.Chapter, *arguments: str) -> int:
    """Run the build's command on the sample's folder; give its exit status."""
    return chapters.main(arguments, sample.notebook.parent)


def read_text(tmp_path: Path, text: str) -> nbformat.NotebookNode:
    """Read a source given as text."""
    path = tmp_path / "01_text.md"
    path.write_text(text, encoding="utf-8")
    return notebooks.read_source(path)


def code_cell(source: str, *outputs: dict, tags: tuple[str, ...] = ()) -> nbformat.NotebookNode:
    """Give a code cell that has run."""
    made = [nbformat.from_dict(output) for output in outputs]
    metadata = {"tags": list(tags)} if tags else {}
    return nbformat.v4.new_code_cell(
        source, execution_count=1, outputs=made, metadata=metadata
    )


def shown(**data: str) -> dict:
    """Give a display output."""
    data = {kind.replace("_", "/"): value for kind, value in data.items()}
    return {"output_type": "display_data", "metadata": {}, "data": data}


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)
def test_chapter_is_in_step_and_fit_to_read(chapter):
    assert chapters.faults(chapter) == []


def test_build_stores_outputs_ids_and_tags_alone(sample, capfd):
    assert command(sample, "build") == 0
    assert "01_sample ✓" in capfd.readouterr().out
    built = notebooks.read(sample.notebook)
    nbformat.validate(built)
    assert [cell.id for cell in built.cells] == [f"01-sample-{n:03d}" for n in range(5)]
    assert [cell.metadata for cell in built.cells] == [{}, {}, {}, {"tags": ["exercise"]}, {}]
    assert built.metadata["book"] == {"seconds": 5}
    assert set(built.metadata) == {"kernelspec", "language_info", "title", "book"}
    code = [cell for cell in built.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == [1, 2, 3]
    threads = os.environ["OMP_NUM_THREADS"]
    assert [output.text for output in code[0].outputs] == [f"two 2\nthreads {threads}\n"]
    assert code[2].outputs[0].data["text/plain"] == "2"


def test_rebuild_is_the_same_byte_for_byte_and_runs_only_what_changed(sample, capfd):
    command(sample, "build")
    first = sample.notebook.read_bytes()
    assert command(sample, "build") == 0
    assert "Every chapter is in step." in capfd.readouterr().out
    assert command(sample, "build", "1") == 0
    assert "the same as before" in capfd.readouterr().out
    assert sample.notebook.read_bytes() == first
    assert b"\r" not in first and first.endswith(b"}\n")


def test_check_sees_an_edited_source_and_prose_renews_it(sample, capfd):
    command(sample, "build")
    assert command(sample, "check") == 0
    sample.source.write_text(SAMPLE.replace("Two numbers", "A few numbers"), encoding="utf-8")
    assert command(sample, "check") == 1
    assert "cell 0: source differs from the source's" in capfd.readouterr().out
    assert command(sample, "prose", "01") == 0
    assert command(sample, "check") == 0
    sample.source.write_text(SAMPLE.replace("x = 2", "x = 3"), encoding="utf-8")
    assert command(sample, "prose", "01") == 2
    assert "the code has changed, not the prose alone" in capfd.readouterr().err


def test_a_failing_chapter_is_not_written_and_is_named(sample, capfd):
    broken = SAMPLE.replace('print("two", x)', "x / 0")
    sample.source.write_text(broken, encoding="utf-8")
    assert command(sample, "build") == 1
    told = capfd.readouterr().out
    assert "01_sample ✗ not written" in told
    assert "cell 2 fails" in told and "ZeroDivisionError" in told
    assert not sample.notebook.exists()
    assert [path.name for path in sample.notebook.parent.iterdir()] == ["source"]


def test_an_output_that_may_not_be_stored_stops_the_build(sample, capfd):
    noisy = SAMPLE.replace("x = 2", 'import sys\nx = 2\nprint("oh", file=sys.stderr)')
    sample.source.write_text(noisy, encoding="utf-8")
    assert command(sample, "build") == 1
    assert "cell 2: writes to stderr" in capfd.readouterr().out
    assert not sample.notebook.exists()


def test_progress_bars_are_not_stored(sample):
    busy = SAMPLE.replace(
        "x = 2", "from tqdm.auto import tqdm\nx = 2\nfor _ in tqdm(range(3)):\n    pass"
    )
    sample.source.write_text(busy, encoding="utf-8")
    assert command(sample, "build") == 0
    code = notebooks.read(sample.notebook).cells[2]
    assert [output.get("name") for output in code.outputs] == ["stdout"]


def test_an_unknown_chapter_is_named_with_those_there_are(sample, capfd):
    assert command(sample, "build", "7") == 2
    assert "one of: 01_sample; got '7'" in capfd.readouterr().err


def test_strict_nbval_passes_the_built_sample_and_fails_a_changed_number(sample):
    command(sample, "build")
    assert nbval(sample.notebook) == 0
    text = sample.notebook.read_text(encoding="utf-8")
    sample.notebook.write_text(text.replace("two 2", "two 3"), encoding="utf-8")
    assert nbval(sample.notebook) == 1


def nbval(notebook: Path) -> int:
    """Run strict nbval over one notebook as `make test` does; give its exit status."""
    listed = (ROOT / "tests" / "everything.args").read_text(encoding="utf-8").split()
    options = [word.replace("sanitize.cfg", str(ROOT / "sanitize.cfg")) for word in listed]
    strict = [word for word in options if word.startswith("--nbval")]
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *strict]
    run = subprocess.run([*words, str(notebook)], cwd=notebook.parent, capture_output=True)
    return run.returncode


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# A\n\n+++ and so on\n\nB\n", "line 3: '\\+\\+\\+' stands alone"),
        ('# A\n\n+++ {"tags": ["exercise"]}\n\nB\n', "line 3: '\\+\\+\\+' stands alone"),
        ("# A\n\n+++\n\n+++\n\nB\n", "line 5: an empty cell before"),
        ("# A\n\n+++\n", "an empty cell at the end"),
        ("# A\n\n:::{note}\nB\n:::\n", "line 3: JupyterLab does not render ':::'"),
        ("# A\n\n```{note}\nB\n```\n", "line 3: wanted a code-cell or plain Markdown"),
        ("# A\n\n```python\nB\n", "a fence ``` is never closed"),
        ("# A\n\n```{code-cell}\n:tags: [excercise]\n1\n```\n", "got \\['excercise'\\]"),
    ],
)
def test_traps_of_the_source_are_named(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        read_text(tmp_path, text)


def test_a_plus_line_inside_a_fence_is_code(tmp_path):
    made = read_text(tmp_path, "---\ntitle: T\n---\n\n# A\n\n```\n+++ b/file\n:::\n```\n")
    assert [cell.source for cell in made.cells] == ["# A\n\n```\n+++ b/file\n:::\n```"]


@pytest.mark.parametrize("counts", [[1, None], [None, None], [2, 1], [1, 3]])
def test_hygiene_wants_every_cell_run_in_order(counts):
    cells = [nbformat.v4.new_code_cell("1", execution_count=n) for n in counts]
    made = nbformat.v4.new_notebook(cells=cells)
    assert list(hygiene.run_problems(made)) == [
        f"run counts 1 to 2 in order wanted, got {counts}"
    ]


STUB = "def f():\n    raise NotImplementedError('yours')"


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (code_cell("x = '" + "a" * 75 + "'"), "line 1: at most 79 columns wanted, got 81"),
        (code_cell(STUB), "raises NotImplementedError without the tag exercise"),
        (code_cell("x = 1", tags=("exercise",)), "tagged exercise, but nothing raises"),
        (code_cell("%%time\n1"), "got a magic or a shell command"),
        (code_cell("def f(:"), "plain Python wanted, got"),
        (code_cell("  "), "an empty code cell"),
    ],
)
def test_hygiene_of_code(cell, message):
    assert message in "\n".join(hygiene.code_problems(cell))


def test_hygiene_lets_good_code_pass():
    assert list(hygiene.code_problems(code_cell(STUB, tags=("exercise",)))) == []
    assert list(hygiene.code_problems(code_cell("x = 1\nx"))) == []


PICTURE = '<img alt="{alt}" src="data:image/png;base64,iVBO/tmp/x">'


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ({"output_type": "error", "ename": "E", "evalue": "v", "traceback": []}, "an error: E: v"),
        ({"output_type": "stream", "name": "stderr", "text": "oh"}, "writes to stderr"),
        ({"output_type": "stream", "name": "stdout", "text": "in /tmp/x"}, "'/tmp/'"),
        (shown(text_plain="<object at 0x7f12345678>"), "'at 0x7f12345678'"),
        (shown(image_png="iVBO", text_plain="<Figure>"), "without alternative text and caption"),
        (shown(text_html=PICTURE.format(alt="")), "wants alternative text"),
        (shown(text_html=PICTURE.format(alt="a line")), "wants a caption"),
    ],
)
def test_hygiene_of_outputs(output, message):
    assert message in "\n".join(hygiene.output_problems(code_cell("1", output)))


def test_hygiene_lets_a_described_picture_pass():
    page = f"<figure>{PICTURE.format(alt='a line')}<figcaption>It falls.</figcaption></figure>"
    assert list(hygiene.output_problems(code_cell("1", shown(text_html=page)))) == []


def test_hygiene_of_prose_and_size(tmp_path):
    prose = nbformat.v4.new_markdown_cell("![](picture.png)")
    assert list(hygiene.prose_problems(prose)) == [
        "a picture in Markdown wants alternative text, got none"
    ]
    path = tmp_path / "large.ipynb"
    path.write_bytes(b" " * (801 * 1024))
    assert list(hygiene.size_problems(path)) == ["at most 800 KB wanted, got 801 KB"]


def test_widgets_are_dropped_and_streams_joined():
    widget = shown(**{"text_plain": "Slider"})
    widget["data"][notebooks.WIDGET] = {"model_id": "random"}
    pieces = [
        {"output_type": "stream", "name": "stdout", "text": "a"},
        {"output_type": "stream", "name": "stdout", "text": "b\n"},
        {"output_type": "stream", "name": "stderr", "text": "oh"},
    ]
    outputs = [nbformat.from_dict(output) for output in (widget, *pieces)]
    kept = notebooks.clean_outputs(outputs, [])
    assert [(output.name, output.text) for output in kept] == [("stdout", "ab\n"), ("stderr", "oh")]
    kept = notebooks.clean_outputs(outputs, ["nbval-ignore-output"])
    assert [output.text for output in kept] == ["ab\n"]
