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
