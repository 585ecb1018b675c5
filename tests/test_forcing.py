"""What a decoder says after a given beginning."""

import pytest
import torch
from torch.testing import assert_close

from seq2seq_lib import forcing, search
from seq2seq_lib.batching import Example, collate
from seq2seq_lib.config import RecurrentConfig
from seq2seq_lib.models import build
from seq2seq_lib.vocabulary import BOS, EOS, PAD

EXAMPLES = [
    Example((7, 5, EOS), (4, 6, 9, 8)),
    Example((6, EOS), (5,)),
    Example((9, 8, 4, EOS), (6, 6, 7)),
]


@pytest.fixture
def model():
    config = RecurrentConfig(
        source_size=12, target_size=11, embedding=5, width=6, context="every step"
    )
    return build(config, torch.Generator().manual_seed(3)).double().eval()


@pytest.fixture
def batch():
    return collate(EXAMPLES)


def test_the_likeliest_word_is_neither_padding_nor_the_beginning():
    logits = torch.zeros(1, 2, 6)
    logits[..., [PAD, BOS]], logits[0, 0, 5], logits[0, 1, EOS] = 9.0, 1.0, 1.0
    assert forcing.likeliest(logits).tolist() == [[5, EOS]]
    assert logits[0, 0, PAD] == 9.0


def test_running_free_is_greedy_search(model, batch):
    steps = 9
    said = forcing.free_run(model, batch, batch.inputs[:, :1], steps=steps)
    greedy = search.greedy(model, batch.source, batch.source_mask, limit=steps)
    for row, hypothesis in zip(said.tolist(), greedy, strict=True):
        assert forcing.until_end(row)[: steps - 1] == list(hypothesis.tokens)[: steps - 1]
        assert all(token == PAD for token in row[len(forcing.until_end(row)) + 1 :])


def test_fed_its_own_words_a_forced_decoder_says_them(model, batch):
    said = forcing.free_run(model, batch, batch.inputs[:, :2], steps=5)
    fed = torch.cat([batch.inputs[:, :2], said[:, 1:-1]], dim=1)
    alive = (said[:, :-1] != EOS).cumprod(dim=1).bool()
    forced = forcing.say(model, batch, fed)
    assert_close(forced[:, :2], said[:, :2])
    assert_close(forced[:, 2:][alive[:, 1:]], said[:, 2:][alive[:, 1:]])


def test_everything_given_is_teacher_forcing(model, batch):
    steps = batch.inputs.shape[1]
    assert_close(
        forcing.free_run(model, batch, batch.inputs, steps=steps), forcing.say(model, batch)
    )
    with pytest.raises(ValueError, match="given: wanted 1 to 3 words, as many as steps, got 5"):
        forcing.free_run(model, batch, batch.inputs, steps=3)


def test_hits_are_at_the_right_place_and_never_in_the_padding(batch):
    assert forcing.hits(batch.targets, batch).equal(batch.target_mask)
    assert not forcing.hits(batch.targets.roll(1, dims=1), batch)[0].any()
    longer = torch.cat([batch.targets, batch.targets], dim=1)
    assert forcing.hits(longer, batch).equal(batch.target_mask)


def test_the_tempting_word_is_the_likeliest_wrong_one(model, batch):
    for step in range(2):
        words = forcing.tempting(model, batch, step)
        logits = search.force(model, batch).logits[:, step].detach()
        for row, word in enumerate(words.tolist()):
            right = int(batch.targets[row, step])
            assert word not in (right, PAD, BOS, EOS)
            others = [n for n in range(11) if n not in (right, PAD, BOS, EOS)]
            assert logits[row, word] == logits[row, others].max()


def test_a_planted_word_is_fed_one_step_later_and_changes_nothing_before(model, batch):
    inputs = forcing.planted(batch, 1, torch.tensor([10, 10, 10]))
    assert (inputs != batch.inputs).nonzero().tolist() == [[0, 2], [1, 2], [2, 2]]
    assert batch.inputs[0].tolist() == [BOS, 4, 6, 9, 8]
    assert_close(forcing.say(model, batch, inputs)[:, :2], forcing.say(model, batch)[:, :2])
    with pytest.raises(ValueError, match="step: wanted 0 to 3, got 4"):
        forcing.planted(batch, 4, torch.tensor([10, 10, 10]))


@pytest.mark.parametrize(
    ("said", "wanted", "count"),
    [
        ([], [], 0),
        ([1], [], 1),
        ([], [1, 2], 2),
        ([1, 2, 3], [1, 2, 3], 0),
        ([2, 3, 4], [1, 2, 3, 4], 1),
        ([1, 9, 3], [1, 2, 3], 1),
        ([1, 2, 3, 4], [2, 3, 4, 1], 2),
        (list("kitten"), list("sitting"), 3),
    ],
)
def test_edits(said, wanted, count):
    assert forcing.edits(said, wanted) == forcing.edits(wanted, said) == count


def test_edits_of_what_is_left(batch):
    said = batch.targets.clone()
    assert forcing.rest_edits(said, batch, 1) == (0, 3 + 0 + 2)
    said[0, 0], said[0, 1], said[2, 3] = 10, 10, 5
    assert forcing.rest_edits(said, batch, 1) == (2, 5)
    assert forcing.until_end([4, PAD, 5]) == [4]


def test_sentences_that_hang_together_are_familiar():
    known = [["le", "chat", "dort"], ["la", "nuit", "vient"]]
    assert forcing.familiar(known, known) == 1.0
    assert forcing.familiar([["chat", "le"]], known) == 0.0
    assert forcing.familiar([["le", "chat", "vient"]], known) == 3 / 4
    assert forcing.neighbours([[]]) == [("<bos>", "<eos>")]


def test_words_in_common_are_counted_at_most_as_often_as_they_are_wanted():
    assert forcing.in_common([["a", "a", "b"], []], [["b", "a"], ["c"]]) == 2 / 3
    assert forcing.in_common([[]], [["a"]]) == 0.0
