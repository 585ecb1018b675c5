"""Drawings: the words that were given are in them."""

import pytest

from seq2seq_lib import drawing


def test_two_ways_to_feed_show_what_goes_in_and_what_comes_out():
    figure = drawing.two_ways_to_feed(["a", "b", "end"], ["x", "b", "end"], ["x", "y", "end"])
    above, below = ([text.get_text() for text in ax.texts] for ax in figure.axes)
    assert [word for word in above if word != "writes"] == [
        "<bos>", "x", "a", "b", "b", "end", "teacher\nforcing",
    ]  # fmt: skip
    assert [below.count(word) for word in ("<bos>", "x", "y", "end")] == [1, 2, 2, 1]
    with pytest.raises(ValueError, match="as many words three times, got 2, 2, 1"):
        drawing.two_ways_to_feed(["a", "b"], ["a", "b"], ["a"])


def test_the_masks_differ_in_the_sources_square_alone():
    figure = drawing.three_masks(["a", "b", "."], ["<bos>", "x"])
    cells = [
        {(text.get_position(), text.get_text()) for text in ax.texts} for ax in figure.axes
    ]
    assert [len(found) for found in cells] == [18, 15, 18]
    assert cells[0] == cells[2] and cells[1] < cells[0]
    assert {((2, 0), "e"), ((1, 0), "e"), ((2, 1), "e")} == cells[0] - cells[1]
    assert ((0, 4), "c") in cells[1] and ((3, 4), "d") in cells[1]


def test_the_family_tree_names_its_members():
    members = {"A": ("one", 2017), "B": ("two", 2018), "C": ("two", 2018.5)}
    figure = drawing.family_tree(members, [("A", "B"), ("B", "C")], columns=("one", "two"))
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert {"A", "B", "C", "one", "two"} <= set(texts) and texts.count("2018") == 1
    with pytest.raises(ValueError, match="links: wanted some of A, B, C, got 'D'"):
        drawing.family_tree(members, [("A", "D")], columns=("one", "two"))
