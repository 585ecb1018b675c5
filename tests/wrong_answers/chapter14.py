"""Plausible wrong answers to the bug museum: tests that assert nothing, too much, or elsewhere."""

import torch
import torch.nn.functional as F
from torch.testing import assert_close

from seq2seq_lib.vocabulary import BOS, EOS
from tests.wrong_answers import Wrong

SENTENCES = [[7, 5, 9], [4], [8, 6]]
TOKENS = torch.tensor([[5, 9, 4, 7, 6, 8], [8, 4, 4, 10, 5, 11]])
MASK = torch.arange(5) < torch.tensor([5, 1, 3])[:, None]


def draw(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def shapes_alone(collate):
    inputs, targets, mask = collate(SENTENCES)
    assert inputs.shape == targets.shape == mask.shape


def exact_rectangle(collate):
    inputs, targets, _ = collate(SENTENCES)
    assert inputs.tolist() == [[BOS, 7, 5, 9], [BOS, 4, 0, 0], [BOS, 8, 6, 0]]
    assert targets.tolist() == [[7, 5, 9, EOS], [4, EOS, 0, 0], [8, 6, EOS, 0]]


def padding_compared(collate):
    inputs, targets, _ = collate(SENTENCES)
    assert torch.equal(targets[:, :-1], inputs[:, 1:])


def first_place_alone(collate):
    inputs, targets, _ = collate(SENTENCES)
    assert inputs[0, 0] == BOS and targets[0, 0] == SENTENCES[0][0]


def not_the_same(collate):
    inputs, targets, _ = collate(SENTENCES)
    assert not torch.equal(inputs, targets)


def gives_a_truth_value(collate):
    inputs, targets, _ = collate(SENTENCES)
    return bool((targets[0, :-1] == inputs[0, 1:]).all())


def wants_a_dictionary(collate):
    batch = collate(SENTENCES)
    assert batch["targets"][0, 0] == 7


def attention_shape(attend):
    assert attend(draw(3, 2, 4), draw(3, 5, 4), MASK).shape == (3, 2, 4)


def by_the_formula(attend):
    queries, values = draw(3, 2, 4), draw(3, 5, 4)
    scores = (queries @ values.mT / 2).masked_fill(~MASK[:, None], -1e9)
    assert_close(attend(queries, values, MASK), scores.softmax(-1) @ values)


def contents_changed(attend):
    queries, values = draw(3, 2, 4), draw(3, 5, 4)
    other = torch.where(MASK[:, :, None], values, 9.0)
    assert_close(attend(queries, other, MASK), attend(queries, values, MASK))


def one_length(attend):
    queries, values = draw(3, 2, 4), draw(3, 5, 4)
    mask = torch.arange(5).expand(3, 5) < 3
    together = attend(queries, values, mask)
    assert_close(together, attend(queries, values[:, :3], mask[:, :3]))


def reals_may_not_matter(attend):
    queries, values = draw(3, 2, 4), draw(3, 5, 4)
    assert_close(attend(queries, values + 1, MASK), attend(queries, values, MASK))


def context_repeats(encode):
    source = torch.tensor([[5, 9, 4], [8, 0, 0]])
    assert_close(encode(source, source != 0), encode(source, source != 0))


def full_rows(encode):
    source = torch.tensor([[5, 9, 4], [8, 6, 7]])
    mask = source != 0
    assert_close(encode(source, mask)[1:], encode(source[1:], mask[1:]))


def order_must_matter(encode):
    source = torch.tensor([[5, 9, 4], [4, 9, 5]])
    first, second = encode(source, source != 0)
    assert not torch.allclose(first, second)


def other_padding(encode):
    source = torch.tensor([[5, 9, 4, 7], [8, 0, 0, 0], [6, 11, 10, 0]])
    mask = source != 0
    other = torch.where(mask, source, 7)
    assert_close(encode(other, mask), encode(source, mask))


def width_is_six(encode):
    source = torch.tensor([[5, 9, 4], [8, 0, 0]])
    assert encode(source, source != 0).shape == (2, 6)


def _changed(cut):
    changed = TOKENS.clone()
    changed[:, cut:] = 4 + (changed[:, cut:] - 3) % 8
    return changed


def in_evaluation_alone(model):
    model.eval()
    assert_close(model(_changed(3))[:, :3], model(TOKENS)[:, :3])


def in_training_alone(model):
    torch.manual_seed(0)
    before = model.train()(TOKENS)
    torch.manual_seed(0)
    assert_close(model(_changed(3))[:, :3], before[:, :3])


def chance_left_free(model):
    for training in (False, True):
        model.train(training)
        assert_close(model(_changed(3))[:, :3], model(TOKENS)[:, :3])


def everything_compared(model):
    model.eval()
    assert_close(model(_changed(3)), model(TOKENS))


def same_tokens(model):
    model.eval()
    assert_close(model(TOKENS.clone()), model(TOKENS))


def far_future(model):
    for training in (False, True):
        outputs = []
        for tokens in (_changed(5), TOKENS):
            torch.manual_seed(0)
            outputs.append(model.train(training)(tokens)[:, :2])
        assert_close(*outputs)


def eval_forgotten(model):
    vectors = draw(64, 6)
    assert_close(model(vectors), model(vectors))


def seed_fixed(model):
    model.eval()
    torch.manual_seed(0)
    first = model(draw(64, 6))
    torch.manual_seed(0)
    assert_close(model(draw(64, 6)), first)


def flag_read(model):
    model.eval()
    assert not model.training


def noise_demanded(model):
    vectors = draw(64, 6)
    assert not torch.allclose(model(vectors), model(vectors))
    model.eval()
    assert_close(model(vectors), model(vectors))


def generous(model):
    model.eval()
    vectors = draw(64, 6)
    assert_close(model(vectors), model(vectors), atol=0.1, rtol=0)


def by_cross_entropy(loss):
    logits, targets = draw(3, 5, 7), torch.arange(15).view(3, 5) % 7
    assert_close(loss(logits, targets, MASK), F.cross_entropy(logits.mT, targets))


def loss_finite(loss):
    found = loss(draw(3, 5, 7), torch.arange(15).view(3, 5) % 7, MASK)
    assert found.isfinite() and found > 0


def columns_added(loss):
    logits, targets = draw(3, 5, 7), torch.arange(15).view(3, 5) % 7
    more = F.pad(logits, (0, 0, 0, 4)), F.pad(targets, (0, 4)), F.pad(MASK, (0, 4))
    assert_close(loss(*more), loss(logits, targets, MASK))


def mean_of_rows(loss):
    given = draw(3, 5, 7), torch.arange(15).view(3, 5) % 7, MASK
    rows = [loss(*(part[row : row + 1] for part in given)) for row in range(3)]
    assert_close(loss(*given), torch.stack(rows).mean())


def rows_doubled(loss):
    given = draw(3, 5, 7), torch.arange(15).view(3, 5) % 7, MASK
    assert_close(loss(*(torch.cat([part, part]) for part in given)), loss(*given))


def _pieces(decode, sizes):
    past, pieces = None, []
    for piece in TOKENS.split(sizes, dim=1):
        logits, past = decode(piece, past)
        pieces.append(logits)
    return torch.cat(pieces, dim=1)


def ones_alone(decode):
    assert_close(_pieces(decode, [1] * 6), decode(TOKENS, None)[0])


def first_piece(decode):
    assert_close(decode(TOKENS[:, :3], None)[0], decode(TOKENS, None)[0][:, :3])


def past_not_renewed(decode):
    whole, past = decode(TOKENS, None)
    pieces = [decode(piece, past)[0] for piece in TOKENS.split(2, dim=1)]
    assert_close(torch.cat(pieces, dim=1), whole)


def past_never_given(decode):
    pieces = [decode(piece, None)[0] for piece in TOKENS.split(2, dim=1)]
    assert_close(torch.cat(pieces, dim=1), decode(TOKENS, None)[0])


def asks_the_length(decode):
    assert decode(TOKENS, None)[1].mask.shape[1] == 6


WRONG = [
    Wrong("14.1", shapes_alone, "passes everything"),
    Wrong("14.1", exact_rectangle, "refuses a right one too, one that pads to a multiple of eight"),
    Wrong("14.1", padding_compared, "refuses a right one too, one that pads to the longest"),
    Wrong("14.1", first_place_alone, "<eos> is never a target"),
    Wrong("14.1", not_the_same, "<eos> is never a target"),
    Wrong("14.1", gives_a_truth_value, "returns bool and leaves the judging to others"),
    Wrong("14.1", wants_a_dictionary, "another reason than an assertion: TypeError"),
    Wrong("14.2", attention_shape, "passes everything"),
    Wrong("14.2", by_the_formula, "refuses a right one too, one that scores by the dot product"),
    Wrong("14.2", contents_changed, "set to zero and still counted"),
    Wrong("14.2", one_length, "masked like the first"),
    Wrong("14.2", reals_may_not_matter, "refuses a right one too"),
    Wrong("14.3", context_repeats, "the rows need unequal lengths"),
    Wrong("14.3", full_rows, "passes everything"),
    Wrong("14.3", order_must_matter, "one that takes the mean"),
    Wrong("14.3", other_padding, "to the end of the shortest"),
    Wrong("14.3", width_is_six, "picks the state at the last real place"),
    Wrong("14.4", in_evaluation_alone, "in training only"),
    Wrong("14.4", in_training_alone, "in evaluation only"),
    Wrong("14.4", chance_left_free, "refuses a right one too, one that has dropout"),
    Wrong("14.4", everything_compared, "refuses a right one too, one that is a masked block"),
    Wrong("14.4", same_tokens, "passes everything"),
    Wrong("14.4", far_future, "off by one"),
    Wrong("14.5", eval_forgotten, "refuses a right one too, one that has a dropout module"),
    Wrong("14.5", seed_fixed, "let chance run on"),
    Wrong("14.5", flag_read, "passes everything"),
    Wrong("14.5", noise_demanded, "one that has no dropout at all"),
    Wrong("14.5", generous, "a hundredth of a unit"),
    Wrong("14.6", by_cross_entropy, "refuses a right one too"),
    Wrong("14.6", loss_finite, "passes everything"),
    Wrong("14.6", columns_added, "mean of the sentences' means"),
    Wrong("14.6", mean_of_rows, "refuses a right one too, one that ignores the padding"),
    Wrong("14.6", rows_doubled, "hold the batch's loss against its rows'"),
    Wrong("14.7", ones_alone, "sees its own future"),
    Wrong("14.7", first_piece, "positions begin anew"),
    Wrong("14.7", past_not_renewed, "refuses a right one too, one that caches"),
    Wrong("14.7", past_never_given, "refuses a right one too"),
    Wrong("14.7", asks_the_length, "another reason than an assertion"),
]
