"""Drawings that explain: an encoder-decoder, a translation unfolding, the map of the book.

Like the plots of `plotting` they are pure (words and numbers in, a matplotlib `Figure` out), and
what colour says is also said by a place or a word.
"""

from seq2seq_lib.drawing.machines import encoder_decoder, transformer_block, two_ways_to_feed
from seq2seq_lib.drawing.maps import book_map
from seq2seq_lib.drawing.searches import Beginning, lattice, unfolding
from seq2seq_lib.drawing.streams import family_tree, three_masks

__all__ = [
    "Beginning",
    "book_map",
    "encoder_decoder",
    "family_tree",
    "lattice",
    "three_masks",
    "transformer_block",
    "two_ways_to_feed",
    "unfolding",
]
