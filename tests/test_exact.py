"""Exact search finds what enumeration finds, and its lattice is drawn from what was kept."""

import itertools
import math

import pytest
import torch

from seq2seq_lib import drawing, search
from seq2seq_lib.exact import exact
from seq2seq_lib.vocabulary import EOS
from tests.test_search import GARDEN_PATH, ONE, B
from tests.variants import TARGET_SIZE, make, random_batch

LIMIT = 3


@torch.no_grad()
def enumerated(model, source, mask) -> tuple[tuple[int, ...], float]:
    """The likeliest of all sentences of fewer than LIMIT words, by trying each."""
    memory, state = model.encode(source, mask)
    words = [number for number in range(TARGET_SIZE) if number not in (0, 2, EOS)]
    found = {}
    for count in range(LIMIT):
        for said in itertools.product(words, repeat=count):
            tokens = torch.tensor([[2, *said]])
            logits = model.decode(tokens, state, memory).logits[0].float()
            shares = logits.log_softmax(-1)
            found[said] = sum(float(shares[i, w]) for i, w in enumerate((*said, EOS)))
    return max(found.items(), key=lambda one: one[1])


@pytest.mark.parametrize("name", ["every step, GRU", "luong, additive", "transformer, tied"])
@pytest.mark.parametrize("rows", [1, 3, 256])
def test_exact_search_is_enumeration(name: str, rows: int) -> None:
    model, batch = make(name), random_batch(rows=3)
    for row in range(3):
        source = batch.source[row : row + 1, batch.source_mask[row]]
        mask = torch.ones_like(source).bool()
        found = exact(model, source, mask, rows=rows, limit=LIMIT)
        words, score = enumerated(model, source, mask)
        assert found.proved and found.best.tokens == words
        assert found.best.score == pytest.approx(score, abs=1e-4)


def test_a_start_is_a_bound_and_stays_if_nothing_beats_it() -> None:
    free = exact(GARDEN_PATH, *ONE)
    assert free.best.tokens == (B, B) and free.proved
    assert free.best.score == pytest.approx(math.log(0.4 * 0.9))
    held = exact(GARDEN_PATH, *ONE, start=free.best)
    assert held.best == free.best and held.beginnings < free.beginnings
    (greedy,) = search.greedy(GARDEN_PATH, *ONE)
    assert exact(GARDEN_PATH, *ONE, start=greedy).best.tokens == (B, B)


def test_it_gives_up_after_most_beginnings_and_says_so() -> None:
    (start,) = search.greedy(GARDEN_PATH, *ONE)
    found = exact(GARDEN_PATH, *ONE, start=start, most=1)
    assert not found.proved and found.beginnings <= 1
    assert found.best == start


def test_what_exact_search_refuses() -> None:
    two = random_batch(rows=2)
    with pytest.raises(ValueError, match="exact: wanted one sentence, got 2"):
        exact(GARDEN_PATH, two.source, two.source_mask)
    with pytest.raises(ValueError, match="wanted most and rows of at least 1, got 0 and 256"):
        exact(GARDEN_PATH, *ONE, most=0)


def test_a_lattice_shows_what_was_kept_and_refuses_an_orphan() -> None:
    kept = [[(("a",), -0.5), (("b",), -1.0)], [(("a", "<eos>"), -0.9)]]
    texts = [text.get_text() for text in drawing.lattice(kept, ("a", "<eos>")).axes[0].texts]
    assert texts.count("<eos>") == 1 and "-0.90" in texts and "b" in texts
    with pytest.raises(ValueError, match="wanted a beginning of .* at step 1"):
        drawing.lattice([kept[0], [(("c", "d"), -1.0)]], ("a",))
