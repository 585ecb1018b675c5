"""Checks of chapter 05, first part: from text to batches, and the loss on them.

Each check knows the answers that common mistakes give. It compares the learner's answer with the
right one, then with those, so that it can name what went wrong.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from tokenizers import Tokenizer, models
from torch import Tensor

from seq2seq_lib.batching import Example, collate
from seq2seq_lib.checks import chapter05_leak as _leak  # noqa: F401  (registers 05.7)
from seq2seq_lib.checks import chapter05_scores as _scores  # noqa: F401  (registers 05.4 to 05.6)
from seq2seq_lib.checks.registry import (
    exercise,
    expect_close,
    expect_shape,
    expect_tensor,
    mistake_if,
    resembles,
)
from seq2seq_lib.losses import cross_entropy
from seq2seq_lib.vocabulary import BOS, EOS, PAD

END = "·"
MERGES = [
    ("a", "n"), ("n", "t"), ("c", "h"), ("ch", "an"), ("t", "e"), ("te", END), ("s", END),
    ("an", "s·"), ("l", "l"), ("e", "l"), ("chan", "t"), ("e", END),
]  # fmt: skip
WORDS = ["chante", "chants", "elle", "sans", "ananas", "tente", "le"]


def _package(words: list[str]) -> list[str]:
    """The pieces that `tokenizers` makes with these merges."""
    letters = sorted({letter for word in words for letter in word + END})
    tokens = dict.fromkeys([*letters, *(a for pair in MERGES for a in (*pair, "".join(pair)))])
    vocabulary = {token: number for number, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=MERGES))
    return [token for word in words for token in tokenizer.encode(word + END).tokens]


def _grown(word: str, choose: Callable, *, mark: str = END) -> list[str]:
    """A word merged pair by pair, each time at the place that `choose` takes of (rank, place)."""
    rank = {pair: number for number, pair in enumerate(MERGES)}
    parts = [*word, *mark]
    while True:
        pairs = [*zip(parts, parts[1:], strict=False)]
        fits = [(rank[pair], place) for place, pair in enumerate(pairs) if pair in rank]
        if not fits:
            return parts
        _, place = choose(fits)
        parts[place : place + 2] = ["".join(parts[place : place + 2])]


def _longest(word: str) -> list[str]:
    """The longest known piece first, from the left: as WordPiece cuts, not byte-pair encoding."""
    known, left, parts = {"".join(pair) for pair in MERGES}, word + END, []
    while left:
        size = next((n for n in range(len(left), 1, -1) if left[:n] in known), 1)
        parts.append(left[:size])
        left = left[size:]
    return parts


def _first_only(word: str) -> list[str]:
    """Each merge once, at its first place alone."""
    parts = [*word, END]
    for pair in MERGES:
        places = [i for i, two in enumerate(zip(parts, parts[1:], strict=False)) if two == pair]
        if places:
            parts[places[0] : places[0] + 2] = ["".join(pair)]
    return parts


def _flat(cut: Callable) -> list[str]:
    return [part for word in WORDS for part in cut(word)]


@exercise(
    "05.1",
    title="cut into pieces, and back",
    minutes=15,
    hint="For each word: `parts = [*word, '·']`. Among the neighbours "
    "`zip(parts, parts[1:])` find the pair that was learned first, join it wherever it stands, and "
    "look again, until no neighbours are a learned pair. Collect the parts of all words with "
    "`extend`.",
)
def check_cut(function) -> None:
    """Seven words whose cut depends on the merges' order, against the `tokenizers` package."""
    got = function(WORDS, MERGES)
    mistake_if(not isinstance(got, list), f"expected a list of pieces, got {type(got).__name__}")
    mistake_if(
        any(isinstance(part, list | tuple) for part in got),
        "expected one flat list of strings; yours has a list for each word: extend, not append",
    )
    mistake_if(
        not all(isinstance(part, str) for part in got),
        "every piece is a string: join the two parts of a pair",
    )
    known = {
        "the mark of the word's end, '·', is missing: without it the words cannot be told apart "
        "when the pieces are glued": _flat(lambda word: _grown(word, min, mark="")),
        "these are the longest known pieces from the left; byte-pair encoding follows the order "
        "in which the merges were learned": _flat(_longest),
        "you apply the latest merge first; the earliest one that fits comes first": _flat(
            lambda word: _grown(word, max)
        ),
        "you merge the leftmost pair that fits; the earliest learned comes first, wherever it "
        "stands": _flat(lambda word: _grown(word, lambda fits: min(fits, key=lambda f: f[1]))),
        "a pair that stands twice in a word is joined at both places: look at ananas": _flat(
            _first_only
        ),
        "nothing is merged: these are the characters": _flat(lambda word: [*word, END]),
    }
    want = _package(WORDS)
    for message, wrong in known.items():
        mistake_if(got == wrong and wrong != want, message)
    glued = "".join(got).replace(END, " ").split()
    mistake_if(glued != WORDS, f"glued together your pieces give {glued[:3]}…, not the words")
    for word in WORDS:
        have, need = function([word], MERGES), _package([word])
        mistake_if(have != need, f"{word}: expected {' '.join(need)}, got {' '.join(have)}")


PAIRS = [([0, 5, 7], [4, 9]), ([6], [8, 0, 4, 5]), ([5, 4, 4, 6, 9], [7])]
NAMES = ("source", "source_mask", "inputs", "targets", "target_mask")


def _left(rows: list[list[int]]) -> Tensor:
    longest = max(map(len, rows))
    return torch.tensor([[PAD] * (longest - len(row)) + row for row in rows])


def _right(rows: list[list[int]], fill: int = PAD) -> Tensor:
    longest = max(map(len, rows))
    return torch.tensor([row + [fill] * (longest - len(row)) for row in rows])


def _known_arrays() -> list[tuple[str, str, Tensor]]:
    """(array, what went wrong, the array that shows it)."""
    sources, targets = [s for s, _ in PAIRS], [t for _, t in PAIRS]
    ended, started = [t + [EOS] for t in targets], [[BOS] + t for t in targets]
    return [
        ("source", "the source ends in <eos> (3), too: it is missing", _right(sources)),
        ("source", "a source has no <bos>; only what the decoder reads begins with it",
         _right([[BOS, *s, EOS] for s in sources])),
        ("source", "the padding stands before the words; it belongs behind them",
         _left([[*s, EOS] for s in sources])),
        ("source", "<eos> stands at the end of the rectangle; it follows the last word of its row",
         torch.cat([_right(sources), torch.full((len(sources), 1), EOS)], dim=1)),
        ("source", "the rows are filled up with <eos>; padding is 0",
         _right([[*s, EOS] for s in sources], EOS)),
        ("inputs", "these are the targets: the inputs begin with <bos> (2), the targets end with "
         "<eos> (3)", _right(ended)),
        ("inputs", "the inputs begin with <bos> (2); it is missing", _right(targets)),
        ("inputs", "<eos> is never an input: after it nothing is said",
         _right([[BOS, *t, EOS] for t in targets])),
        ("targets", "these are the inputs: the targets are one step ahead, they lose <bos> and end "
         "with <eos>", _right(started)),
        ("targets", "<bos> is never a target: nobody has to say it",
         _right([[BOS, *t, EOS] for t in targets])),
        ("targets", "the targets end with <eos> (3), or the decoder never learns to stop",
         _right(targets)),
    ]  # fmt: skip


@exercise(
    "05.2",
    title="collate",
    minutes=15,
    hint="First the rows as lists: `[*source, 3]`, `[2, *target]` and `[*target, 3]`. Then fill "
    "each up to the longest with 0. The mask comes from the *lengths*: "
    "`torch.arange(longest) < lengths[:, None]`.",
)
def check_collate(function) -> None:
    """Three pairs in which a real token has number 0, against the library's batch."""
    got = function(PAIRS)
    mistake_if(
        not isinstance(got, list | tuple) or len(got) != 5,
        "expected five tensors: source, source_mask, inputs, targets, target_mask",
    )
    found = dict(zip(NAMES, got, strict=True))
    want = collate([Example((*source, EOS), tuple(target)) for source, target in PAIRS])
    for name, array in found.items():
        expect_tensor(array, name)
        if "mask" in name:
            mistake_if(array.dtype != torch.bool, f"{name}: wanted a boolean mask, True if real")
        else:
            mistake_if(array.is_floating_point(), f"{name}: wanted whole numbers, torch.long")
    for name, message, wrong in _known_arrays():
        mistake_if(resembles(found[name], wrong), f"{name}: {message}")
    for name, numbers in (("source_mask", want.source), ("target_mask", want.targets)):
        mask, right = found[name], getattr(want, name)
        known = {
            "the mask is taken from the numbers, and a real token with number 0 was taken for "
            "padding; take it from the lengths": numbers != PAD,
            "the mask is upside down: True is real": ~right,
            "<eos> is a real token, and the model must learn to say it: its place is "
            "True": right & (numbers != EOS),
        }
        for message, wrong in known.items():
            mistake_if(resembles(mask, wrong), f"{name}: {message}")
    for name in NAMES:
        expect_close(found[name], getattr(want, name), name)


def _known_losses(log_p: Tensor, targets: Tensor, mask: Tensor) -> dict[str, Tensor]:
    """What common mistakes give, from the log-probability of each target."""
    real, want = -log_p * mask, -log_p[mask].mean()
    return {
        "a real target with number 0 was taken for padding: go by the mask, not by the "
        "number": -log_p[targets != PAD].mean(),
        "you divide by all cells, padding included: divide by mask.sum()": real.mean(),
        "this is the mean over padding as well: its losses must not count": -log_p.mean(),
        "this is the mean of the rows' means, in which a word of a short sentence weighs more; sum "
        "over everything, then divide once": (real.sum(1) / mask.sum(1)).mean(),
        "this is the sum; wanted the mean, per real token": real.sum(),
        "you divide by the number of sentences; wanted the mean per token": real.sum() / 3,
        "the sign is wrong: the loss is minus the log-probability": -want,
        "the log is missing: these are probabilities": -(log_p.exp() * mask).sum() / mask.sum(),
        "the mask is upside down: True is real": -log_p[~mask].mean(),
        "these are bits: the loss takes the natural logarithm": want / math.log(2),
    }


@exercise(
    "05.3",
    title="the loss per real token",
    minutes=10,
    hint="`logits.log_softmax(-1)`, then `gather(-1, targets[..., None])` picks the "
    "log-probability of each target, (batch, target, 1). `losses[mask]` keeps the real places and "
    "no others.",
)
def check_loss(function) -> None:
    """Rows of unequal length; then rubbish, and infinity, at the padding."""
    draw = torch.Generator().manual_seed(1)
    logits = torch.randn(3, 5, 6, generator=draw)
    targets = torch.randint(6, (3, 5), generator=draw)
    mask = torch.arange(5) < torch.tensor([5, 2, 1])[:, None]
    targets = targets.masked_fill(~mask, PAD)
    targets[0, 1] = PAD  # a real token of that number: the mask decides, not the number
    log_p = logits.log_softmax(-1).gather(-1, targets[..., None])[..., 0]
    want = cross_entropy(logits, targets, mask)
    got = function(logits, targets, mask)
    mistake_if(
        isinstance(got, Tensor) and got.shape == mask.shape,
        "this is the loss at each place; wanted one number, the mean over the real ones",
    )
    known = _known_losses(log_p, targets, mask)
    if isinstance(got, Tensor):
        expect_shape(got, (), "the loss")
    for message, wrong in known.items():
        mistake_if(resembles(torch.as_tensor(got), wrong), message)
    expect_close(got, float(want), "the loss")
    wild = logits.masked_fill(~mask[..., None], math.inf)
    got = function(wild, targets, mask)
    mistake_if(
        bool(torch.as_tensor(got).isnan()),
        "with infinity at the padding the loss is NaN: 0 times NaN is NaN, so multiplying by the "
        "mask is not enough; choose the real places, losses[mask]",
    )
    expect_close(got, float(want), "the loss with infinity at the padding")
