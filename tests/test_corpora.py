"""Reading parallel text: what a good file gives, and what is said of a bad one."""

import pytest

from seq2seq_lib.corpora import COLUMNS, Agreement, Pair, load, read_pairs

GOOD = "the cats\tles chats\t0-0 1-1\tnumber:plural\t0:le,la,l'"
HEAD = "\t".join(COLUMNS)


def write(tmp_path, *lines: str):
    path = tmp_path / "pairs.tsv"
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def test_a_line_becomes_a_pair(tmp_path) -> None:
    (pair,) = read_pairs(write(tmp_path, HEAD, GOOD))
    assert pair == Pair(
        ("the", "cats"),
        ("les", "chats"),
        ((0, 0), (1, 1)),
        ("number:plural",),
        (Agreement(0, ("le", "la", "l'")),),
    )
    assert read_pairs(write(tmp_path, HEAD, "a\tb\t\t\t")) == (Pair(("a",), ("b",)),)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "pairs.tsv: wanted at least one pair; got an empty corpus"),
        ([GOOD], "pairs.tsv, line 1: wanted the header"),
        ([HEAD], "pairs.tsv: wanted at least one pair; got an empty corpus"),
        ([HEAD, GOOD, "no tab"], r"line 3: wanted 5 columns separated by tabs .* got 1: 'no tab'"),
        ([HEAD, "\tles chats\t\t\t"], "line 2: english: wanted at least one token; got none"),
        ([HEAD, "a\tb\t0:0\t\t"], "line 2: alignment: wanted links like 0-2; got '0:0'"),
        ([HEAD, "a\tb\t0-1\t\t"], "line 2: alignment: wanted links within 1 source and 1 target"),
        ([HEAD, "a\tb\t\t\tx:le"], "line 2: agreement: wanted sites like .*; got 'x:le'"),
        ([HEAD, "a\tb\t\t\t1:le"], "line 2: agreement: wanted positions within 1 target tokens"),
    ],
)
def test_a_bad_file_is_refused_by_file_and_line(tmp_path, lines, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_pairs(write(tmp_path, *lines))


def test_a_pair_over_the_limit_is_refused(tmp_path) -> None:
    with pytest.raises(ValueError, match="line 2: english: wanted at most 1 tokens; got 2"):
        read_pairs(write(tmp_path, HEAD, GOOD), limit=1)


def test_an_unknown_corpus_and_a_missing_file_are_refused(tmp_path) -> None:
    with pytest.raises(ValueError, match="corpus: wanted one of grammar, .*; got 'europarl'"):
        load("europarl")
    with pytest.raises(ValueError, match="corpus: wanted the file none.tsv in"):
        read_pairs(tmp_path / "none.tsv")
