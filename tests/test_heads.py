"""A Transformer's heads: each can be taken out alone, and is held against gold by itself."""

import pytest
import torch
from torch.testing import assert_close

from seq2seq_lib import heads
from seq2seq_lib.batching import collate, encode_pairs
from seq2seq_lib.config import TransformerConfig
from seq2seq_lib.corpora import Pair
from seq2seq_lib.evaluation import alignment_error_rate, hard_links
from seq2seq_lib.models import build
from seq2seq_lib.search import force
from seq2seq_lib.vocabulary import Vocabularies

PAIRS = [
    Pair(
        tuple(f"s{n}" for n in range(1, length)),
        tuple(f"t{n}" for n in range(1, length + 1)),
        tuple((place, place + 1) for place in range(length - 1)),
    )
    for length in (4, 6, 9)
]
VOCABULARIES = Vocabularies.build(PAIRS)
CONFIG = TransformerConfig(
    source_size=len(VOCABULARIES.source), target_size=len(VOCABULARIES.target),
    width=12, heads=3, layers=2, feedforward=8,
)  # fmt: skip
MODEL = build(CONFIG, torch.Generator().manual_seed(0)).eval()
BATCH = collate(encode_pairs(PAIRS, VOCABULARIES))


def logits(model) -> torch.Tensor:
    with torch.no_grad():
        return force(model, BATCH).logits


def test_the_attentions_are_those_of_both_sides():
    assert list(heads.attentions(MODEL)) == [
        "encoder 1", "encoder 2", "decoder 1", "cross 1", "decoder 2", "cross 2",
    ]  # fmt: skip
    assert heads.attentions(MODEL)["cross 2"] is MODEL.writer.blocks[1].cross


@pytest.mark.parametrize("name", heads.attentions(MODEL))
def test_without_a_head_the_others_find_what_they_found(name):
    pruned = heads.attentions(heads.without(MODEL, name, [1]))[name]
    whole = heads.attentions(MODEL)[name]
    found = torch.randn(2, 3, 5, 4, generator=torch.Generator().manual_seed(1))
    silent = found.clone()
    silent[:, 1] = 0
    assert_close(pruned.join(found), whole.join(silent))
    assert not torch.allclose(pruned.join(found), whole.join(found))


def test_pruning_changes_a_copy():
    before = logits(MODEL)
    assert (logits(heads.without(MODEL, "cross 1", [0, 1, 2])) - before).abs().max() > 1e-3
    assert_close(logits(MODEL), before, rtol=0, atol=0)
    assert_close(logits(heads.without(MODEL, "cross 1", [])), before, rtol=0, atol=0)


def test_what_is_not_there_cannot_be_pruned():
    with pytest.raises(ValueError, match="wanted one of encoder 1, .*, got 'cross 3'"):
        heads.without(MODEL, "cross 3", [0])
    with pytest.raises(ValueError, match=r"wanted heads from 0 to 2, got \[3\]"):
        heads.without(MODEL, "cross 1", [3])


def test_the_last_blocks_mean_is_what_decoding_gives():
    attention = force(MODEL, BATCH).attention
    for pair, weights in heads.maps(MODEL, PAIRS, VOCABULARIES):
        assert weights.shape[:2] == (2, 3)
        rows = attention[PAIRS.index(pair)]
        assert_close(weights[-1].mean(0), rows)


def test_each_head_has_its_own_error_rate():
    rates = heads.alignment_errors(MODEL, PAIRS, VOCABULARIES)
    links, gold = [], []
    for pair, weights in heads.maps(MODEL, PAIRS, VOCABULARIES):
        links.append(hard_links(weights[0, 2], len(pair.source), len(pair.target)))
        gold.append(frozenset(pair.alignment))
    assert rates.shape == (2, 3) and len(set(rates.flatten().tolist())) > 1
    assert rates[0, 2].item() == pytest.approx(alignment_error_rate(links, gold))
