"""The bug museum, worked solutions: tests that catch a bug which still trains."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.testing import assert_close

from seq2seq_lib.vocabulary import BOS, EOS


def exercise_14_1(collate: Callable) -> None:
    """Sentences that are known, and only their real places."""
    sentences = [[7, 5, 9], [4], [8, 6]]
    inputs, targets, mask = collate(sentences)
    for row, sentence in enumerate(sentences):
        assert inputs[row, mask[row]].tolist() == [BOS, *sentence]
        assert targets[row, mask[row]].tolist() == [*sentence, EOS]


def exercise_14_2(attend: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
    """Alone equals in company, for rows of three lengths."""
    generator = torch.Generator().manual_seed(0)
    queries = torch.randn(3, 2, 4, generator=generator)
    values = torch.randn(3, 5, 4, generator=generator)
    mask = torch.arange(5) < torch.tensor([5, 1, 3])[:, None]
    together = attend(queries, values, mask)
    for row in range(3):
        here, real = slice(row, row + 1), int(mask[row].sum())
        alone = attend(queries[here], values[here, :real], mask[here, :real])
        assert_close(together[here], alone)


def exercise_14_3(encode: Callable[[Tensor, Tensor], Tensor]) -> None:
    """The same law, one call for the batch and one for each of its sentences."""
    source = torch.tensor([[5, 9, 4, 7], [8, 0, 0, 0], [6, 11, 10, 0]])
    mask = source != 0
    together = encode(source, mask)
    for row in range(3):
        here, real = slice(row, row + 1), int(mask[row].sum())
        assert_close(encode(source[here, :real], mask[here, :real]), together[here])


def exercise_14_4(model: nn.Module) -> None:
    """Every cut, in training and in evaluation, with the same dropout in both passes."""

    def logits(tokens: Tensor) -> Tensor:
        torch.manual_seed(0)
        return model(tokens)

    tokens = torch.tensor([[5, 9, 4, 7, 6, 8], [8, 4, 4, 10, 5, 11]])
    for training in (False, True):
        model.train(training)
        for cut in range(1, tokens.shape[1]):
            changed = tokens.clone()
            changed[:, cut:] = 4 + (changed[:, cut:] - 3) % 8
            assert_close(logits(changed)[:, :cut], logits(tokens)[:, :cut])


def exercise_14_5(model: nn.Module) -> None:
    """Twice the same, in evaluation: many numbers, so that rare noise shows."""
    model.eval()
    vectors = torch.randn(64, 6, generator=torch.Generator().manual_seed(0))
    assert_close(model(vectors), model(vectors))


def exercise_14_6(loss: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
    """The batch's loss is its rows' losses, each weighing as many tokens as it has."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(3, 5, 7, generator=generator)
    targets = torch.randint(7, (3, 5), generator=generator)
    mask = torch.arange(5) < torch.tensor([5, 1, 3])[:, None]
    total = torch.tensor(0.0)
    for row in range(3):
        here, real = slice(row, row + 1), int(mask[row].sum())
        alone = loss(logits[here, :real], targets[here, :real], mask[here, :real])
        total += alone * real
    assert_close(loss(logits, targets, mask), total / mask.sum())


def exercise_14_7(decode: Callable) -> None:
    """Whole, in ones, and in pieces of several tokens after others."""
    tokens = torch.tensor([[5, 9, 4, 7, 6, 8], [8, 4, 4, 10, 5, 11]])
    whole, _ = decode(tokens, None)
    for sizes in ([1] * 6, [2, 4], [1, 3, 2]):
        past, pieces = None, []
        for piece in tokens.split(sizes, dim=1):
            logits, past = decode(piece, past)
            pieces.append(logits)
        assert_close(torch.cat(pieces, dim=1), whole)
