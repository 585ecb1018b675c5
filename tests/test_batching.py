"""Batches: nothing lost, nothing mixed up, little wasted."""

from dataclasses import dataclass

import pytest
import torch

from seq2seq_lib.batching import Example, batches, collate, encode_pairs, pad, plan
from seq2seq_lib.vocabulary import BOS, EOS, PAD, Vocabularies


@dataclass(frozen=True)
class Words:
    source: tuple[str, ...]
    target: tuple[str, ...]


def random_examples(count: int = 500) -> list[Example]:
    generator = torch.Generator().manual_seed(0)
    lengths = torch.randint(1, 25, (count, 2), generator=generator).tolist()
    return [
        Example(tuple(range(4, 4 + source)) + (EOS,), tuple(range(4, 4 + target)))
        for source, target in lengths
    ]


def test_a_batch_shifts_its_target_by_one() -> None:
    batch = collate([Example((5, 6, EOS), (7, 8)), Example((5, EOS), (9,))])
    assert batch.source.tolist() == [[5, 6, EOS], [5, EOS, PAD]]
    assert batch.source_mask.tolist() == [[True, True, True], [True, True, False]]
    assert batch.inputs.tolist() == [[BOS, 7, 8], [BOS, 9, PAD]]
    assert batch.targets.tolist() == [[7, 8, EOS], [9, EOS, PAD]]
    assert batch.target_mask.tolist() == [[True, True, True], [True, True, False]]
    assert batch.tokens == 5


@pytest.mark.parametrize("generator", [None, torch.Generator().manual_seed(1)])
def test_every_example_is_in_one_batch(generator) -> None:
    examples = random_examples()
    rows = plan(examples, 300, generator)
    assert sorted(i for batch in rows for i in batch) == list(range(len(examples)))
    for batch in rows:
        assert len(batch) * max(examples[i].size for i in batch) <= 300


def test_batches_are_the_same_from_the_same_generator_and_differ_from_the_next() -> None:
    examples = random_examples()
    generator = torch.Generator().manual_seed(2)
    first, second = plan(examples, 300, generator), plan(examples, 300, generator)
    assert plan(examples, 300, torch.Generator().manual_seed(2)) == first
    assert first != second


def test_padding_is_little_where_lengths_are_many() -> None:
    examples = [
        Example(tuple(range(4, 4 + size)) + (EOS,), tuple(range(4, 4 + size)))
        for size in [length for length in range(3, 25) for _ in range(100)]
    ]
    made = batches(examples, tokens=1000)
    padded = sum(batch.target_mask.numel() for batch in made)
    assert 1 - sum(batch.tokens for batch in made) / padded < 0.05


PAIRS = [Words(("a", "dog"), ("un", "chien")), Words(("a", "cat"), ("un", "chat"))]


def test_pairs_become_numbers_and_the_source_ends_in_eos() -> None:
    vocabularies = Vocabularies.build(PAIRS)
    first = encode_pairs(PAIRS, vocabularies)[0]
    assert vocabularies.source.decode(first.source[:-1]) == ["a", "dog"]
    assert first.source[-1] == EOS
    assert vocabularies.target.decode(first.target) == ["un", "chien"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda v: encode_pairs([], v), "wanted at least one pair, got an empty corpus"),
        (lambda v: encode_pairs([Words((), ("un",))], v), "pair 1: the source is empty"),
        (lambda v: encode_pairs([PAIRS[0], Words(("a",), ())], v), "pair 2: the target is empty"),
        (
            lambda v: encode_pairs(PAIRS, v, limit=1),
            "pair 1: wanted at most 1 tokens, the source has 2",
        ),
        (lambda v: batches([], tokens=10), "wanted at least one example to batch, got none"),
        (
            lambda v: batches(encode_pairs(PAIRS, v), tokens=2),
            "wanted examples of at most 2 tokens, the batch's budget; example 0 has 3",
        ),
        (lambda v: pad([]), "wanted at least one sequence to pad, got none"),
    ],
)
def test_bad_input_is_refused(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(Vocabularies.build(PAIRS))
