"""The index of terms: in step with glossary and chapters, every link leads somewhere, and every
term of the subject is found."""

import re
from pathlib import Path

import pytest

import index
from tests.test_back_matter import plain, sources

CHAPTERS = Path(__file__).resolve().parent.parent / "chapters"
# From one recurrent cell to the language models of today.
CHAIN = (
    "activation function", "backpropagation", "recurrent network", "hidden state", "encoder",
    "context vector", "decoder", "machine translation", "feeding back predictions",
    "teacher forcing", "attention", "autoencoder", "Transformer", "large language model",
)  # fmt: skip


def test_the_index_is_in_step() -> None:
    assert index.main(["--check"]) == 0


@pytest.fixture(scope="module")
def book() -> tuple[list[index.Entry], dict[str, tuple[str, ...]]]:
    return index.index(CHAPTERS)


@pytest.mark.parametrize("name", CHAIN)
def test_every_term_of_the_chain_is_found(name: str, book) -> None:
    entries, see = book
    under = see.get(name, (name,))
    found = [entry for entry in entries if entry.name in under]
    assert {entry.name for entry in found} == set(under)
    for entry in found:
        # The section that it names does say it, and the chapter that it names has that section.
        assert re.search(rf"\b{re.escape(plain(entry.name))}", plain(entry.enters.text))
        assert entry.enters.title in sources()[entry.enters.chapter]


def test_every_link_leads_to_a_heading() -> None:
    page = (CHAPTERS / "index_of_terms.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(<([^#>]+)\.ipynb#([^>]+)>\)", page)
    assert len(links) > 200
    for stem, heading in sorted(set(links)):
        text = index.FENCE.sub("", (CHAPTERS / "source" / f"{stem}.md").read_text(encoding="utf-8"))
        there = {line.lstrip("#").strip() for line in text.splitlines() if line.startswith("#")}
        assert heading in {re.sub("[`*]", "", title).replace(" ", "-") for title in there}


GLOSSARY = """
| Term | French | Meaning | Chapter |
|---|---|---|---|
| entropy | entropie | How spread. | 01 |
| gate (porte) | porte | A number. | 02 |
| clipping (of counts) | troncature | Less. | 02 |
"""
ONE = """---
title: One
---

# What is spread?

| head | gate |

## Loss

The cross-entropy, cross-entropy, cross-entropy. No entropy here, says $gate$.

## Spread

Its **entropy**; entropies of two gates, a gate and a *porte*.

```{code-cell}
# Not a title
gate, gate, gate
```

## References

- Gate, G. (2000). Gates and entropy.
"""
TWO = """
# And gates?

## Summary

A gate is a gate is a gate.

## Where we stand

A gate.

## Exercises

### 02.1 Clipping ★ (10 minutes)

Write.
"""


@pytest.fixture
def chapters(tmp_path: Path) -> Path:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "01_one.md").write_text(ONE, encoding="utf-8")
    (tmp_path / "source" / "02_two.md").write_text(TWO, encoding="utf-8")
    (tmp_path / "glossary.md").write_text(GLOSSARY, encoding="utf-8")
    return tmp_path


def test_a_term_is_found_where_it_enters_and_where_it_is_spoken_of(chapters, monkeypatch) -> None:
    monkeypatch.setattr(index, "SEE", {"door": ("gate",), "entropy": ("gate",)})
    page = index.page(chapters)
    assert page.startswith(index.HEAD)
    assert page.removeprefix(index.HEAD) == """
## C

- clipping: **[02.1 Clipping](<02_two.ipynb#02.1-Clipping-★-(10-minutes)>)**

## D

- *door*: see gate

## E

- entropy: **[01 Spread](<01_one.ipynb#Spread>)**

## G

- gate: **[02 Where we stand](<02_two.ipynb#Where-we-stand>)**, [01 Spread](<01_one.ipynb#Spread>)

## P

- *porte*: see gate
"""


def test_a_term_or_a_name_without_a_place_is_refused(chapters, monkeypatch, capsys) -> None:
    said = ["--chapters", str(chapters)]
    monkeypatch.setattr(index, "SEE", {"door": ("gate", "wall")})
    assert index.main(said) == 1
    assert capsys.readouterr().out == "door: leads to wall, not in the glossary\n"
    monkeypatch.setattr(index, "SEE", {})
    more = GLOSSARY + "| wall | mur | It stands. | 01 |\n"
    (chapters / "glossary.md").write_text(more, encoding="utf-8")
    assert index.main(said) == 1
    assert capsys.readouterr().out == "wall: no section of chapter 01 says it\n"


def test_check_finds_an_index_that_is_behind(chapters, monkeypatch, capsys) -> None:
    monkeypatch.setattr(index, "SEE", {})
    said = ["--chapters", str(chapters)]
    assert index.main([*said, "--check"]) == 1
    assert "run python tools/index.py" in capsys.readouterr().out
    assert index.main(said) == index.main([*said, "--check"]) == 0
    (chapters / "source" / "01_one.md").write_text(ONE.replace("Spread", "Wide"), encoding="utf-8")
    assert index.main([*said, "--check"]) == 1
