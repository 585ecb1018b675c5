"""The back matter says true things about the chapters: notation, glossary, references.

The chapters are read from their sources, finished and drafts. Each rule is a function from texts to
what breaks it, and each is tried on a small text that breaks it.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import references as references_page
from references import Work, bare, bibliography, references, work_of

CHAPTERS = Path(__file__).resolve().parent.parent / "chapters"
NOTATION = (CHAPTERS / "notation.md").read_text(encoding="utf-8")
GLOSSARY = (CHAPTERS / "glossary.md").read_text(encoding="utf-8")
BIBLIOGRAPHY = (CHAPTERS / "references.bib").read_text(encoding="utf-8")

FENCE = re.compile(r"^(`{3,}|~{3,}).*?^\1\s*?$", re.MULTILINE | re.DOTALL)
FORMULA = re.compile(r"\$\$(.+?)\$\$|\$([^$]+?)\$", re.DOTALL)

# What need not be listed. How a formula is set:
LAYOUT = set("begin end left right big Big bigl bigr frac tfrac qquad quad text textstyle".split())
# What everybody knows from school, names of functions among it:
SCHOOL = set("cdot cdots dots times sqrt pm approx min max log exp".split())
# Words that stand in a subscript without \text:
WORDS = {"she"}
# Chapter 00 asks for school mathematics only; the book's notation begins with 01.
FIRST = "01"


class Row(NamedTuple):
    """A row of a table of the back matter, and the number of the chapter in its last cell."""

    cells: list[str]

    @property
    def chapter(self) -> str:
        return self.cells[-1]


def sources(folder: Path = CHAPTERS) -> dict[str, str]:
    """Give the text of each chapter by its number; a draft only where there is no source."""
    drafts, done = folder / "drafts", folder / "source"
    paths = sorted(drafts.glob("[0-9][0-9]_*.md")) + sorted(done.glob("[0-9][0-9]_*.md"))
    found = {path.name[:2]: path.read_text(encoding="utf-8") for path in paths}
    return dict(sorted(found.items()))


def prose(text: str) -> str:
    """Give a chapter without its head and its fences: what a reader reads."""
    text = re.sub(r"\A---\n.*?^---\n", "", text, flags=re.MULTILINE | re.DOTALL)
    return FENCE.sub("", text)


def formulas(text: str) -> Iterator[str]:
    """Give what stands between dollars in prose, inline code left out."""
    text = re.sub(r"`[^`\n]+`", "", prose(text))
    if text.replace("$$", "").count("$") % 2:
        raise ValueError("a dollar is left over: a formula that does not end")
    for match in FORMULA.finditer(text):
        yield match[1] or match[2]


def symbols(formula: str) -> set[str]:
    r"""Give a formula's symbols: single letters, commands such as \sigma, names in \mathrm."""
    names = set(re.findall(r"\\mathrm\s*\{([A-Za-z]+)\}", formula))
    rest = re.sub(r"\\(?:text|mathrm|begin|end)\s*\{[^{}]*\}", " ", formula)
    rest = re.sub(rf"\b(?:{'|'.join(WORDS)})\b", " ", rest)
    found = set(re.findall(r"\\[A-Za-z]+|[A-Za-z]", rest))
    return names | found - {"\\" + name for name in LAYOUT | SCHOOL}


def without_indices(formula: str) -> str:
    """Give a formula without what stands below and above: an index has a row of its own."""
    return re.sub(r"[_^]\s*(?:\{(?:[^{}]|\{[^{}]*\})*\}|\\[A-Za-z]+|.)", "", formula)


def rows(page: str, header: str) -> list[Row]:
    """Give the rows of the page's tables whose first header cell is `header`."""
    found, head = [], None
    for line in page.splitlines():
        if not line.startswith("|"):
            head = None
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if head is None:
            head = cells[0]
        elif head == header and set(line) - set("|-: "):
            found.append(Row(cells))
    return found


def listed(row: Row) -> set[str]:
    """Give the symbols that a row of the notation explains."""
    return set().union(*(symbols(without_indices(f)) for f in formulas(row.cells[0])))


# The notation


def unlisted(chapters: dict[str, str], page: str) -> list[str]:
    """Give each symbol in a formula that the page does not list up to that chapter."""
    enters: dict[str, str] = {}
    for row in rows(page, "Symbol"):
        for symbol in listed(row):
            enters[symbol] = min(row.chapter, enters.get(symbol, row.chapter))
    found = []
    for number, text in chapters.items():
        for symbol in sorted(set().union(*map(symbols, formulas(text)))):
            if symbol not in enters:
                found.append(f"chapter {number}: {symbol} is in a formula, not in the notation")
            elif FIRST <= number < enters[symbol]:
                found.append(f"chapter {number}: {symbol} is listed from {enters[symbol]} on only")
    return found


def idle(chapters: dict[str, str], page: str) -> list[str]:
    """Give each row whose symbols are in no formula of the chapter that the row names."""
    found = []
    for row in rows(page, "Symbol"):
        used = set().union(*map(symbols, formulas(chapters.get(row.chapter, ""))))
        found += [f"{row.cells[0]}: chapter {row.chapter} has no {s}" for s in listed(row) - used]
    return found


def test_notation_lists_every_symbol() -> None:
    assert unlisted(sources(), NOTATION) == []


def test_notation_names_the_right_chapters() -> None:
    assert idle(sources(), NOTATION) == []


def test_notation_rows_are_complete() -> None:
    table = rows(NOTATION, "Symbol")
    assert len(table) > 50
    assert [row for row in table if len(row.cells) != 4 or not all(row.cells)] == []
    assert [row for row in table if not listed(row)] == []


PAGE = r"""
| Symbol | Meaning | Shape | Chapter |
|---|---|---|---|
| $h_t$ | the state | (width,) | 03 |
| $\sigma$ | the sigmoid | | 03 |
"""


def test_a_missing_symbol_is_named_with_its_chapter() -> None:
    chapters = {"03": r"$h$ and $\sigma(h) \cdot \text{loss}$ and `cost $5`", "04": "$$h_t$$"}
    assert unlisted(chapters, PAGE) == ["chapter 04: t is in a formula, not in the notation"]
    assert idle(chapters, PAGE) == []
    late = unlisted({"02": r"$h + \mathrm{gelu}(\theta)$"}, PAGE)
    assert late == [
        r"chapter 02: \theta is in a formula, not in the notation",
        "chapter 02: gelu is in a formula, not in the notation",
        "chapter 02: h is listed from 03 on only",
    ]
    assert idle({"03": "$h$"}, PAGE) == [r"$\sigma$: chapter 03 has no \sigma"]
    with pytest.raises(ValueError, match="a dollar is left over"):
        unlisted({"03": "$h$ costs $5"}, PAGE)


def test_symbols_of_a_formula() -> None:
    assert symbols(r"\frac{dL}{dw} \approx \hat m_t") == {"d", "L", "w", r"\hat", "m", "t"}
    assert symbols(r"\mathrm{score}(q, v) \text{ if } \mu_{she} > 0") == {"score", "q", "v", r"\mu"}
    assert symbols(without_indices(r"x_{t - \text{width} + 1}^\top + h_t")) == {"x", "h"}


# The glossary


def plain(text: str) -> str:
    """Give prose for looking words up: no emphasis, one kind of dash, single spaces."""
    text = prose(text).replace("*", "").replace("–", "-").casefold()
    return " ".join(text.split())


def term_of(row: Row) -> str:
    """Give a row's term as the chapter writes it, without another name in parentheses."""
    return re.sub(r"\s*\(.*\)$", "", row.cells[0])


def glossary_faults(chapters: dict[str, str], page: str) -> list[str]:
    """Give what is wrong with each row: a cell, the order, the chapter that it names."""
    table, found = rows(page, "Term"), []
    texts = {number: plain(text) for number, text in chapters.items()}
    for row in table:
        if len(row.cells) != 4 or not all(row.cells):
            found.append(f"{row.cells[0]}: four cells wanted, all filled")
        elif not row.cells[2].endswith(".") or ". " in row.cells[2]:
            found.append(f"{row.cells[0]}: one sentence wanted")
        elif row.chapter not in texts:
            found.append(f"{row.cells[0]}: no chapter {row.chapter}")
        else:
            word = re.escape(plain(term_of(row)))
            if not re.search(rf"(?<!\w){word}(?:s|es)?(?!\w)", texts[row.chapter]):
                found.append(f"{row.cells[0]}: not in chapter {row.chapter}")
    keys = [plain(row.cells[0]) for row in table]
    found += [f"{b}: stands after {a}" for a, b in zip(keys, keys[1:], strict=False) if a > b]
    return found + sorted({f"{key}: twice" for key in keys if keys.count(key) > 1})


def test_glossary() -> None:
    assert len(rows(GLOSSARY, "Term")) > 80
    assert glossary_faults(sources(), GLOSSARY) == []


def test_faults_of_a_glossary_are_found() -> None:
    page = """
| Term | French | Meaning | Chapter |
|---|---|---|---|
| mask | masque | What is real. | 05 |
| encoder–decoder (seq2seq) | encodeur-décodeur | Two halves. They meet. | 05 |
| gate | porte | A number. | 05 |
| hint | | A word. | 05 |
| loss | perte | How bad. | 07 |
| mask | masque | What is real. | 05 |
| token | jeton | A piece. | 05 |
"""
    chapters = {"05": "Two **masks**\n```{code-cell}\ngate\n```\nand a\n*token*. An investigate."}
    assert glossary_faults(chapters, page) == [
        "encoder–decoder (seq2seq): one sentence wanted",
        "gate: not in chapter 05",
        "hint: four cells wanted, all filled",
        "loss: no chapter 07",
        "encoder-decoder (seq2seq): stands after mask",
        "mask: twice",
    ]


# The references


def unresolved(chapters: dict[str, str], bibtex: str) -> list[str]:
    """Give each listed work that has no entry of its author, year and first words of its title."""
    known, found = bibliography(bibtex), []
    for number, text in chapters.items():
        for item in references(text):
            work, title = work_of(item)
            start = " ".join(title.split()[:3])
            if not any(title.startswith(start) for title in known.get(work, ())):
                found.append(f"chapter {number}: {work.name} {work.year} ({start} …) has no entry")
    return found


NAME = r"(?:van )?[A-ZÀ-Þ][\w’'-]*[a-zß-ÿć]"
CITATION = re.compile(
    rf"({NAME})(?:(?:,? and |,? & |, ){NAME})*(?: et al\.)?,? (\(?)((?:19|20)\d\d)[a-z]?\b"
)


def unlisted_works(chapters: dict[str, str], bibtex: str) -> list[str]:
    """Give each work cited in prose that is not in its chapter's references.

    A year in parentheses makes a citation, any other one ("In 1964") only where there is an entry.
    """
    known, found = bibliography(bibtex), []
    for number, text in chapters.items():
        there = {work_of(item)[0] for item in references(text)}
        body = re.split(r"^## References", prose(text), flags=re.MULTILINE)[0]
        body = " ".join(re.sub(r"[*>]", " ", body).split())
        found_here = [(Work(bare(n), year), mark) for n, mark, year in CITATION.findall(body)]
        cited = {work for work, mark in found_here if mark or work in known}
        missing = sorted(cited - there)
        found += [f"chapter {number}: cites {w.name} {w.year}, does not list it" for w in missing]
    return found


def test_every_listed_reference_has_an_entry() -> None:
    assert unresolved(sources(), BIBLIOGRAPHY) == []


def test_every_work_cited_is_listed_in_its_chapter() -> None:
    assert unlisted_works(sources(), BIBLIOGRAPHY) == []


def test_chapters_have_references() -> None:
    assert [number for number, text in sources().items() if not references(text)] == []


BIB = """@article{cho2014,
  author = {Cho, Kyunghyun and van Merriënboer, Bart},
  title = {Learning Phrase Representations using {RNN} Encoder--Decoder},
  year = {2014},
}
@article{popovic2015,
  author = {Popović, Maja},
  title = {chrF: a score},
  year = {2015}
}
"""


def test_faults_of_references_are_found() -> None:
    good = "Cho et al. (2014) and\nPopović, 2015.\n\n## References\n\n- K. Cho, B. van Merriënboer"
    good += " (2014b). Learning phrase\n  representations. EMNLP.\n- Popović (2015). ChrF: a score."
    assert unresolved({"05": good}, BIB) == unlisted_works({"05": good}, BIB) == []
    other = good.replace("phrase\n  representations", "to align").replace("Popović (2015)", "P (1)")
    with pytest.raises(ValueError, match="a reference wanted, as 'Authors"):
        unresolved({"05": other}, BIB)
    other = other.replace("P (1)", "Popović (2016)")
    assert unresolved({"05": other}, BIB) == [
        "chapter 05: cho 2014 (learning to align …) has no entry",
        "chapter 05: popovic 2016 (chrf a score …) has no entry",
    ]
    other = "In 1964 nobody, but Gage (1994) did.\n" + other
    assert unlisted_works({"05": other}, BIB) == [
        "chapter 05: cites gage 1994, does not list it",
        "chapter 05: cites popovic 2015, does not list it",
    ]


def test_the_page_of_references_is_in_step() -> None:
    assert references_page.main(["--check"]) == 0


def test_a_page_of_references_names_the_chapters(tmp_path, capsys) -> None:
    (tmp_path / "source").mkdir()
    chapter = "## References\n\n- Cho, K. et al. (2014). Learning phrase representations using.\n"
    (tmp_path / "source" / "04_gates.md").write_text(chapter, encoding="utf-8")
    (tmp_path / "references.bib").write_text(BIB, encoding="utf-8")
    said = ["--chapters", str(tmp_path)]
    assert references_page.main(said) == 1
    assert capsys.readouterr().out == "references.bib: no chapter lists popovic 2015\n"
    more = chapter + "- Popović, M. (2015). chrF: a score.\n"
    (tmp_path / "source" / "05_metrics.md").write_text(more, encoding="utf-8")
    assert references_page.main([*said, "--check"]) == 1
    assert references_page.main(said) == references_page.main([*said, "--check"]) == 0
    page = (tmp_path / "references.md").read_text(encoding="utf-8")
    assert "- Cho, K., van Merriënboer, B. (2014). *Learning" in page
    assert "Encoder–Decoder*. Chapters 04, 05." in page and page.endswith("Chapter 05.\n")
    with pytest.raises(ValueError, match="article{x,: wanted a field 'author', it has none"):
        references_page.entries("@article{x,\n  title = {A},\n  year = {2000}\n}\n")


# The teaching notes

TEACHING = (CHAPTERS / "teaching_notes.md").read_text(encoding="utf-8")
LEDGER = (CHAPTERS.parent / "docs" / "claims.md").read_text(encoding="utf-8")
# What every chapter has and no class spends time on in order.
ENDS = re.compile(r"Exercises|Summary|References|What still does not work|.* in miniature")


def sections(text: str) -> list[str]:
    """Give the titles of a chapter's sections that are read in class."""
    return [t for t in re.findall(r"^## (.+)$", prose(text), re.MULTILINE) if not ENDS.fullmatch(t)]


def reading_minutes(text: str) -> int:
    """Give the minutes of reading that a chapter's head promises."""
    found = re.search(r"^\| \*\*Time\*\* \| (?:about )?(\d+) minutes to read", text, re.MULTILINE)
    if not found:
        raise ValueError("wanted a row of the head like | **Time** | 60 minutes to read …")
    return int(found[1])


def parts_of(page: str) -> dict[str, str]:
    """Give the part of the teaching notes for each chapter, by its number."""
    parts = re.split(r"^## (\d\d) .*$", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def teaching_faults(chapters: dict[str, str], page: str, ledger: str) -> list[str]:
    """Give what is wrong in the notes: a chapter or section left out, minutes, a quotation."""
    parts, found = parts_of(page), []
    for number, text in chapters.items():
        if number not in parts:
            found.append(f"chapter {number}: no part")
            continue
        table = rows(parts[number], "Section")
        if [row.cells[0] for row in table] != sections(text):
            found.append(f"chapter {number}: wanted the sections {sections(text)}")
        minutes, promised = sum(int(row.cells[1]) for row in table), reading_minutes(text)
        if minutes != promised:
            found.append(f"chapter {number}: {minutes} minutes, the head says {promised}")
        bodies = re.split(rf"^## {number} ", ledger, flags=re.MULTILINE)[1:]
        own = re.split(r"^## ", bodies[0], flags=re.MULTILINE)[0] if bodies else ""
        quoted = [" ".join(q.split()) for q in re.findall(r"\*([^*]+)\*", parts[number])]
        quoted = [quote for quote in quoted if quote != "They believe"]
        found += [f"chapter {number}: no claim {q!r}" for q in quoted if f"| {q}" not in own]
        if not quoted:
            found.append(f"chapter {number}: quotes no claim")
    found += [f"chapter {number}: there is none" for number in parts if number not in chapters]
    return found


def test_teaching_notes() -> None:
    assert teaching_faults(sources(), TEACHING, LEDGER) == []


def test_faults_of_teaching_notes_are_found() -> None:
    head = "| **Time** | 9 minutes to read |\n\n"
    chapters = {
        "01": head + "## One\n\n```\n## no\n```\n\n## Two\n\n## Two papers in miniature\n",
        "02": head,
    }
    page = (
        "# Notes\n\n## 01 First\n\n| Section | Minutes |\n|---|---|\n| One | 4 |\n| Two | 5 |\n\n"
        "- *They believe* so. *It\n  falls*.\n\n## 03 Third\n"
    )
    ledger = "## 01 [First](x)\n\n| claim |\n|---|\n| It falls: at least 5 |\n\n"
    ledger += "## 02 x\n| Other |\n"
    good = teaching_faults({"01": chapters["01"]}, page.replace("## 03 Third\n", ""), ledger)
    assert good == []
    assert teaching_faults(chapters, page, ledger) == [
        "chapter 02: no part", "chapter 03: there is none",
    ]  # fmt: skip
    bad = page.replace("| Two | 5 |", "| Tow | 6 |").replace("*It\n  falls*", "*Other*")
    assert teaching_faults({"01": chapters["01"]}, bad.split("## 03")[0], ledger) == [
        "chapter 01: wanted the sections ['One', 'Two']",
        "chapter 01: 10 minutes, the head says 9",
        "chapter 01: no claim 'Other'",
    ]
    with pytest.raises(ValueError, match="wanted a row of the head like"):
        reading_minutes("# No head")
