"""Tampering with attention: the keys change, nothing else, and distances are distances."""

import math

import pytest
import torch

from seq2seq_lib import tampering
from seq2seq_lib.batching import collate, encode_pairs
from seq2seq_lib.config import RecurrentConfig
from seq2seq_lib.corpora import Pair
from seq2seq_lib.models import build
from seq2seq_lib.search import force
from seq2seq_lib.vocabulary import Vocabularies

PAIRS = [
    Pair(tuple(f"s{n}" for n in range(1, length)), tuple(f"t{n}" for n in range(1, length + 1)))
    for length in (4, 6, 9)
]
VOCABULARIES = Vocabularies.build(PAIRS)


def model_of(context: str, score: str | None):
    config = RecurrentConfig(
        source_size=len(VOCABULARIES.source),
        target_size=len(VOCABULARIES.target),
        embedding=6,
        width=8,
        context=context,
        score=score,
    )
    return build(config, torch.Generator().manual_seed(3)).eval()


ATTENDING = model_of("luong", "general")


def attention(model) -> torch.Tensor:
    batch = collate(encode_pairs(PAIRS, VOCABULARIES))
    return force(model, batch).attention * batch.source_mask[:, None]


def test_uniform_keys_give_each_real_word_the_same_weight():
    found = attention(tampering.Tampered(ATTENDING, tampering.uniform))
    mask = collate(encode_pairs(PAIRS, VOCABULARIES)).source_mask
    wanted = mask / mask.sum(1, keepdim=True)
    torch.testing.assert_close(found, wanted[:, None].expand_as(found).float())


def test_shuffled_keys_keep_the_first_rows_weights_and_move_them():
    """At the first step the query is the same, so the weights are, on other words."""
    own = attention(ATTENDING)[:, 0]
    found = attention(tampering.Tampered(ATTENDING, tampering.shuffled))[:, 0]
    torch.testing.assert_close(found.sort(1).values, own.sort(1).values)
    assert not torch.allclose(found, own)


def test_a_model_without_keys_cannot_be_tampered_with():
    source = torch.tensor([[4, 5]])
    wrong = tampering.Tampered(model_of("every step", None), tampering.uniform)
    with pytest.raises(ValueError, match="a model that attends, this one keeps no keys"):
        wrong.encode(source, torch.ones_like(source, dtype=torch.bool))


def test_total_variation_is_nothing_from_a_model_to_itself_and_counts_real_words():
    found = tampering.total_variation(ATTENDING, ATTENDING, PAIRS, VOCABULARIES)
    assert found.shape == (sum(len(pair.target) + 1 for pair in PAIRS),)
    assert not found.any()


def test_total_variation_is_half_the_sum_of_differences():
    other = model_of("bahdanau", "dot")
    found = tampering.total_variation(ATTENDING, other, PAIRS[:1], VOCABULARIES)
    batch = collate(encode_pairs(PAIRS[:1], VOCABULARIES))
    with torch.no_grad():
        first, second = (force(m, batch).logits[0].softmax(-1) for m in (ATTENDING, other))
    torch.testing.assert_close(found, (first - second).clamp(min=0).sum(-1))


def test_entropy_in_bits():
    weights = torch.tensor([[1.0, 0, 0, 0], [0.5, 0.5, 0, 0], [0.25] * 4, [0.7, 0.1, 0.1, 0.1]])
    last = -(0.7 * math.log2(0.7) + 0.3 * math.log2(0.1))
    torch.testing.assert_close(tampering.entropy(weights), torch.tensor([0.0, 1, 2, last]))
