"""Checks of the bug museum, first half: an answer is a test, tried on right and on broken code.

What is tried here are functions: a batch's making, attention, a reader's last state, a loss.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seq2seq_lib import losses, recurrent
from seq2seq_lib.batching import pad
from seq2seq_lib.checks.chapter14_modules import seeded  # which registers the others too
from seq2seq_lib.checks.registry import exercise
from seq2seq_lib.checks.trials import Case, judge
from seq2seq_lib.vocabulary import BOS, EOS, PAD

Sentences = Sequence[Sequence[int]]
Three = tuple[Tensor, Tensor, Tensor]


def collated(sentences: Sentences, *, multiple: int = 1, ignored: int = PAD) -> Three:
    """Inputs, targets and mask as they should be, padded to a multiple, targets with `ignored`."""
    inputs, mask = pad([(BOS, *sentence) for sentence in sentences])
    targets, _ = pad([(*sentence, EOS) for sentence in sentences])
    more = (0, -inputs.shape[1] % multiple)
    inputs, mask = F.pad(inputs, more, value=PAD), F.pad(mask, more, value=False)
    return inputs, F.pad(targets, more, value=PAD).masked_fill(~mask, ignored), mask


def _cut(sentences: Sentences) -> Three:
    """Right: both cut from one rectangle. A short row has `<eos>` among its inputs, as padding."""
    rows, _ = pad([(BOS, *sentence, EOS) for sentence in sentences])
    return rows[:, :-1], rows[:, 1:], rows[:, 1:] != PAD


def _same(sentences: Sentences) -> Three:
    inputs, _, mask = collated(sentences)
    return inputs, inputs, mask


def _no_end(sentences: Sentences) -> Three:
    inputs, mask = pad([(BOS, *sentence[:-1]) for sentence in sentences])
    return inputs, pad(sentences)[0], mask


def _rolled(sentences: Sentences) -> Three:
    inputs, mask = pad([(BOS, *sentence, EOS) for sentence in sentences])
    return inputs, inputs.roll(-1, dims=1), mask


def _two_ahead(sentences: Sentences) -> Three:
    inputs, targets, mask = collated(sentences)
    return inputs, F.pad(targets[:, 1:], (0, 1), value=PAD), mask


def _behind(sentences: Sentences) -> Three:
    inputs, _, mask = collated(sentences)
    return inputs, F.pad(inputs[:, :-1], (1, 0), value=PAD), mask


def _function(function: Callable) -> Callable[[], Callable]:
    return lambda: function


@exercise(
    "14.1",
    title="each target follows its input",
    minutes=15,
    hint="Make three sentences of unequal length by hand, so that you know the answer. "
    "`inputs[row, mask[row]]` are the real inputs of a row: they should be `<bos>` (2) and the "
    "sentence. The real targets should be the sentence and `<eos>` (3). What stands in the "
    "padding, and how much of it there is, is nobody's business.",
)
def check_shift(test) -> None:
    """Three ways to make a batch rightly, five to make it wrongly."""
    right = [
        Case("pads to the longest sentence", _function(collated)),
        Case("pads to a multiple of eight", lambda: lambda rows: collated(rows, multiple=8)),
        Case("has −100 in the targets' padding", lambda: lambda rows: collated(rows, ignored=-100)),
        Case("cuts inputs and targets from one rectangle", _function(_cut)),
    ]
    broken = [
        Case("nothing is shifted: each target is its own input", _function(_same)),
        Case("<eos> is never a target, so that the model never learns to stop", _function(_no_end)),
        Case("the targets are rolled: after <eos> comes what was first", _function(_rolled)),
        Case("the targets are shifted twice, two places ahead", _function(_two_ahead)),
        Case("the shift goes the wrong way: the target is the token before", _function(_behind)),
    ]
    judge(test, right, broken, blind="compare real inputs and targets with a sentence you know")


def attention_by(
    score: Callable[[Tensor, Tensor], Tensor], *, fault: str = ""
) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """Attention `(queries, values, mask) → contexts` with this score and, if named, this fault."""

    def attend(queries: Tensor, values: Tensor, mask: Tensor) -> Tensor:
        if fault == "zeros":
            values = values * mask[:, :, None]
        scores = score(queries, values)
        if fault == "late":
            return scores.softmax(-1) * mask[:, None] @ values
        seen = {
            "": mask,
            "unmasked": torch.ones_like(mask),
            "zeros": torch.ones_like(mask),
            "first row": mask[:1].expand_as(mask),
            "one more": mask | F.pad(mask[:, :-1], (1, 0), value=True),
        }[fault]
        return scores.masked_fill(~seen[:, None], -1e9).softmax(-1) @ values

    return attend


def _dot(queries: Tensor, keys: Tensor) -> Tensor:
    return queries @ keys.mT


def _scaled(queries: Tensor, keys: Tensor) -> Tensor:
    return queries @ keys.mT / queries.shape[-1] ** 0.5


def _near(queries: Tensor, keys: Tensor) -> Tensor:
    return -(queries[:, :, None] - keys[:, None]).square().sum(-1)


def _by_rows(queries: Tensor, values: Tensor, mask: Tensor) -> Tensor:
    """Right: no mask at all, since each row is cut to its real tokens."""
    rows = zip(queries, values, mask, strict=True)
    return torch.stack([(q @ v[m].T).softmax(-1) @ v[m] for q, v, m in rows])


@exercise(
    "14.2",
    title="padding weighs nothing",
    minutes=15,
    hint="A sentence alone must give what it gives in the batch. Draw `queries` (3, 2, 4) and "
    "`values` (3, 5, 4), let the mask have rows of unequal length, and call `attend` once on all. "
    "Then, row by row, call it on `queries[row : row + 1]` and on that row's real values, and "
    "`assert_close`.",
)
def check_attention(test) -> None:
    """Four scores that are right, five faults."""
    right = [
        Case("scores by the dot product", lambda: attention_by(_dot)),
        Case("divides the scores by the root of the width", lambda: attention_by(_scaled)),
        Case("scores by nearness", lambda: attention_by(_near)),
        Case("cuts each row to its real tokens", _function(_by_rows)),
    ]
    faults = {
        "unmasked": "there is no mask at all",
        "zeros": "the padding is set to zero and still counted: each place of it has weight",
        "late": "the mask comes after the softmax: the weights sum to less than 1",
        "first row": "every row is masked like the first",
        "one more": "the mask is one place too long",
    }
    broken = [
        Case(name, partial(attention_by, _scaled, fault=fault)) for fault, name in faults.items()
    ]
    judge(test, right, broken, blind="compare a sentence in a ragged batch with the same one alone")


class Encoder(nn.Module):
    """A reader `(source, mask) → context (batch, width)` with a GRU, and a way to end."""

    def __init__(self, end: str, *, width: int = 6, both: bool = False) -> None:
        super().__init__()
        self.embedding = nn.Embedding(12, width)
        self.cells = nn.GRU(width, width, batch_first=True, bidirectional=both)
        self.end = end
        self.requires_grad_(False)

    def forward(self, source: Tensor, mask: Tensor) -> Tensor:
        """The context of each row."""
        vectors, lengths = self.embedding(source), mask.sum(1)
        if self.end == "packed":
            packed = nn.utils.rnn.pack_padded_sequence(
                vectors, lengths, batch_first=True, enforce_sorted=False
            )
            return torch.cat([*self.cells(packed)[1]], dim=-1)
        if self.end == "backward":
            vectors = recurrent.reverse(vectors, mask)
        if self.end == "turned whole":
            vectors = vectors.flip(1)
        if self.end in ("mean", "mean of the longest"):
            count = lengths[:, None] if self.end == "mean" else mask.shape[1]
            return (vectors * mask[:, :, None]).sum(1) / count
        outputs, _ = self.cells(vectors)
        place = {
            "last column": torch.full_like(lengths, mask.shape[1] - 1),
            "turned whole": torch.full_like(lengths, mask.shape[1] - 1),
            "one past": lengths.clamp(max=mask.shape[1] - 1),
            "shortest": lengths.min().expand_as(lengths) - 1,
        }.get(self.end, lengths - 1)
        return outputs[torch.arange(len(outputs)), place]


@exercise(
    "14.3",
    title="a sentence's context is its own",
    minutes=10,
    hint="The same law: alone equals in company. `source` holds numbers from 4 to 11, and 0 in the "
    "padding; rows of three different lengths make a good batch. Encode all at once, then each row "
    "cut to its real tokens.",
)
def check_context(test) -> None:
    """Five readers that are right, five that read past the end or not to it."""
    right = [
        Case("packs the batch", lambda: seeded(lambda: Encoder("packed"), 0)),
        Case(
            "picks the state at the last real place",
            lambda: seeded(lambda: Encoder("last real", width=5), 1),
        ),
        Case(
            "reads backward, each row within its length",
            lambda: seeded(lambda: Encoder("backward"), 2),
        ),
        Case("takes the mean of the real vectors", lambda: seeded(lambda: Encoder("mean"), 3)),
        Case(
            "reads both ways, packed", lambda: seeded(lambda: Encoder("packed", both=True), 4)
        ),
    ]
    faults = {
        "last column": "the state after the last column is taken",
        "one past": "the place is one too far",
        "turned whole": "the row is turned round with its padding",
        "shortest": "all rows are read to the end of the shortest",
        "mean of the longest": "the mean divides by the longest row's length",
    }
    broken = [
        Case(name, partial(seeded, partial(Encoder, end), 5)) for end, name in faults.items()
    ]
    judge(test, right, broken, blind="the rows need unequal lengths, and each a call of its own")


Loss = Callable[[Tensor, Tensor, Tensor], Tensor]


def _surprise(logits: Tensor, targets: Tensor) -> Tensor:
    return -logits.log_softmax(-1).gather(2, targets[:, :, None])[:, :, 0]


def _picked(logits: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    return F.cross_entropy(logits[mask], targets[mask])


def _weighted(logits: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    return (_surprise(logits, targets) * mask).sum() / mask.sum()


def _over_all(logits: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    return _surprise(logits, targets).mean()


def _of_means(logits: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    return ((_surprise(logits, targets) * mask).sum(1) / mask.sum(1)).mean()


def _half(logits: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    return (_surprise(logits, targets) * mask).mean()


def _by_sentence(logits: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    return (_surprise(logits, targets) * mask).sum() / len(mask)


@exercise(
    "14.6",
    title="the loss is per real token",
    minutes=15,
    hint="Draw `logits` (3, 5, 7), targets (3, 5) and a mask with rows of 5, 1 and 3 real places. "
    "The loss of each row alone, cut to its real places, times how many there are, summed and "
    "divided by all real places: that must be the loss of the batch.",
)
def check_loss(test) -> None:
    """Three ways to write the right mean, four other means."""
    right = [
        Case("ignores the padding in the kernel", _function(losses.cross_entropy)),
        Case("picks the real places out", _function(_picked)),
        Case("multiplies by the mask and divides by its sum", _function(_weighted)),
    ]
    broken = [
        Case("the mean is taken over all places, padding too", _function(_over_all)),
        Case("it is the mean of the sentences' means: short ones count more", _function(_of_means)),
        Case("the padding's losses are zeros and still counted", _function(_half)),
        Case("the sum is divided by the sentences, not by the tokens", _function(_by_sentence)),
    ]
    judge(test, right, broken, blind="hold the batch's loss against its rows' losses, one by one")
