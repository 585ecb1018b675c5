"""Checks of the bug museum, second half: what is tried are modules, and a decoder with a cache."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seq2seq_lib.checks.registry import exercise
from seq2seq_lib.checks.trials import Case, judge

SIZE, WIDTH, PLACES = 12, 8, 16
Past = tuple[Tensor, Tensor]


def seeded(make: Callable[[], nn.Module], seed: int) -> nn.Module:
    """The module that `make` makes, with weights from this seed alone."""
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(torch.randint(2**62, (), generator=generator)))
        return make()


def causal(steps: int, *, ahead: int = 0) -> Tensor:
    """What each place sees: itself, what is before it, and what is `ahead`."""
    return torch.ones(steps, steps, dtype=torch.bool).tril(ahead)


class Speaker(nn.Module):
    """Logits `(batch, steps, 12)` for tokens `(batch, steps)`: one block of attention.

    ahead: how many places of the future it sees in training and in evaluation.
    """

    def __init__(self, *, dropout: float = 0.0, ahead: tuple[int, int] = (0, 0)) -> None:
        super().__init__()
        self.embedding, self.places = nn.Embedding(SIZE, WIDTH), nn.Embedding(PLACES, WIDTH)
        self.three, self.output = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, SIZE)
        self.dropout, self.ahead = nn.Dropout(dropout), ahead

    def forward(self, tokens: Tensor) -> Tensor:
        """Score what may follow each token."""
        x = self.embedding(tokens) + self.places.weight[: tokens.shape[1]]
        query, key, value = self.three(self.dropout(x)).chunk(3, dim=-1)
        seen = causal(tokens.shape[1], ahead=self.ahead[0 if self.training else 1])
        scores = (query @ key.mT / math.sqrt(WIDTH)).masked_fill(~seen, -math.inf)
        return self.output(x + self.dropout(scores.softmax(-1) @ value))


class Recurrent(nn.Module):
    """The same of a GRU. centred: the states' mean over all places is taken away in training."""

    def __init__(self, *, dropout: float = 0.0, centred: bool = False) -> None:
        super().__init__()
        self.embedding, self.output = nn.Embedding(SIZE, WIDTH), nn.Linear(WIDTH, SIZE)
        self.cells = nn.GRU(WIDTH, WIDTH, batch_first=True)
        self.dropout, self.centred = nn.Dropout(dropout), centred

    def forward(self, tokens: Tensor) -> Tensor:
        """Score what may follow each token."""
        states, _ = self.cells(self.dropout(self.embedding(tokens)))
        if self.centred and self.training:
            states = states - states.mean(1, keepdim=True)
        return self.output(states)


@exercise(
    "14.4",
    title="the future changes nothing",
    minutes=20,
    hint="Make tokens (2, 6) of numbers from 4 to 11, and a copy whose places from `cut` on hold "
    "other numbers. The logits before `cut` must be the same. Do it for `model.train()` and for "
    "`model.eval()`. Dropout draws anew at each call: `torch.manual_seed(0)` before each of the "
    "two makes them draw alike.",
)
def check_future(test) -> None:
    """Four models that are right, two with dropout; five that leak."""
    everything = PLACES
    right = [
        Case("is a masked block of attention", lambda: seeded(Speaker, 0)),
        Case("has dropout", lambda: seeded(lambda: Speaker(dropout=0.3), 1)),
        Case("is a GRU", lambda: seeded(Recurrent, 2)),
        Case("is a GRU with dropout", lambda: seeded(lambda: Recurrent(dropout=0.3), 3)),
    ]
    leaks = {
        "there is no causal mask at all": (everything, everything),
        "the causal mask is missing in training only": (everything, 0),
        "the causal mask is missing in evaluation only": (0, everything),
        "the mask is off by one: each place sees the next": (1, 1),
    }
    broken = [
        Case(name, partial(seeded, partial(Speaker, ahead=ahead), 4))
        for name, ahead in leaks.items()
    ]
    broken.append(
        Case(
            "the states are centred over time in training",
            lambda: seeded(lambda: Recurrent(centred=True), 5),
        )
    )
    judge(test, right, broken, blind="change tokens after a cut, and compare the logits before it")


class Noisy(nn.Module):
    """`(batch, 6)` to `(batch, 3)`, with one way to be noisy."""

    def __init__(self, way: str, share: float = 0.3) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(6, WIDTH), nn.Linear(WIDTH, 3)
        self.way, self.share = way, share
        self.module = nn.Dropout(share)
        self.kept = [nn.Dropout(share)] if way == "list" else []

    def forward(self, vectors: Tensor) -> Tensor:
        """Two layers, and noise between them."""
        x = self.first(vectors).tanh()
        if self.way == "module":
            x = self.module(x)
        elif self.way == "flag":
            x = F.dropout(x, self.share, training=self.training)
        elif self.way == "always":
            x = F.dropout(x, self.share)
        elif self.way == "list":
            x = self.kept[0](x)
        elif self.way == "gaussian":
            x = x + self.share * torch.randn_like(x)
        return self.second(x)


@exercise(
    "14.5",
    title="an evaluated model is quiet",
    minutes=10,
    hint="A model comes fresh, in training mode. Call `model.eval()`, then call the model twice on "
    "the same random vectors (64, 6), and `assert_close`. Draw the vectors once, and leave torch's "
    "own chance alone between the calls.",
)
def check_quiet(test) -> None:
    """Four models that are right, with noise in training or without; four that are never quiet."""
    right = [
        Case("has a dropout module", lambda: seeded(lambda: Noisy("module"), 0)),
        Case("tells F.dropout whether it trains", lambda: seeded(lambda: Noisy("flag"), 1)),
        Case("has no dropout at all", lambda: seeded(lambda: Noisy("none"), 2)),
        Case("drops half of all", lambda: seeded(lambda: Noisy("module", 0.5), 3)),
    ]
    broken = [
        Case(
            "F.dropout is not told that training is over",
            lambda: seeded(lambda: Noisy("always"), 4),
        ),
        Case(
            "the dropout module stands in a plain list, where eval does not reach it",
            lambda: seeded(lambda: Noisy("list"), 5),
        ),
        Case(
            "only one number in 50 is dropped: a single small vector may miss it",
            lambda: seeded(lambda: Noisy("always", 0.02), 6),
        ),
        Case(
            "the noise is small, a hundredth of a unit",
            lambda: seeded(lambda: Noisy("gaussian", 0.01), 7),
        ),
    ]
    judge(
        test,
        right,
        broken,
        blind="call the model twice after eval, and let chance run on between the calls",
    )


class Cached(nn.Module):
    """`decode(tokens, past) → (logits, past)`, where `past` holds the keys and values so far."""

    def __init__(self, fault: str = "") -> None:
        super().__init__()
        self.embedding, self.places = nn.Embedding(SIZE, WIDTH), nn.Embedding(PLACES, WIDTH)
        self.three, self.output = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, SIZE)
        self.fault = fault
        self.requires_grad_(False)

    def forward(self, tokens: Tensor, past: Past | None) -> tuple[Tensor, Past]:
        """Go on from `past` (None at the beginning) over `tokens (batch, steps)`."""
        before, steps = 0 if past is None else past[0].shape[1], tokens.shape[1]
        behind = {"restart": before, "one behind": min(before, 1)}.get(self.fault, 0)
        start = before - behind
        x = self.embedding(tokens) + self.places.weight[start : start + steps]
        query, keys, values = self.three(x).chunk(3, dim=-1)
        if past is not None:
            keys, values = torch.cat([past[0], keys], 1), torch.cat([past[1], values], 1)
        seen = causal(before + steps)[before:]
        if self.fault == "unmasked" and before:
            seen = torch.ones_like(seen)
        scores = (query @ keys.mT / math.sqrt(WIDTH)).masked_fill(~seen, -math.inf)
        kept = slice(-steps, None) if self.fault == "forgets" else slice(None)
        return self.output(x + scores.softmax(-1) @ values), (keys[:, kept], values[:, kept])


class Carried(nn.Module):
    """The same of a GRU: `past` is its last state. kept: it goes on from a state of its own."""

    def __init__(self, *, kept: bool = False) -> None:
        super().__init__()
        self.embedding, self.output = nn.Embedding(SIZE, WIDTH), nn.Linear(WIDTH, SIZE)
        self.cells = nn.GRU(WIDTH, WIDTH, batch_first=True)
        self.kept, self.held = kept, None
        self.requires_grad_(False)

    def forward(self, tokens: Tensor, past: Tensor | None) -> tuple[Tensor, Tensor]:
        """Go on from `past` (None at the beginning) over `tokens (batch, steps)`."""
        if self.kept and self.held is not None and self.held.shape[1] == len(tokens):
            past = self.held
        states, after = self.cells(self.embedding(tokens), past)
        self.held = after
        return self.output(states), after


@exercise(
    "14.7",
    title="pieces equal the whole",
    minutes=20,
    hint="Decode tokens (2, 6) at once with `past` None. Then cut them with "
    "`tokens.split(sizes, dim=1)`, decode piece by piece, each from the `past` that the last one "
    "gave, and put the logits together with `torch.cat(…, dim=1)`. Do it for several `sizes`: ones "
    "alone, and pieces of more than one token that come after others.",
)
def check_cache(test) -> None:
    """Four decoders that are right, five that go on wrongly."""
    right = [
        Case("caches keys and values", lambda: seeded(Cached, 0)),
        Case("caches keys and values, other weights", lambda: seeded(Cached, 1)),
        Case("carries a state", lambda: seeded(Carried, 2)),
    ]
    faults = {
        "restart": "positions begin anew at each call",
        "one behind": "positions go on one too early",
        "forgets": "the cache keeps the last call alone",
        "unmasked": "a later piece of several tokens sees its own future",
    }
    broken = [
        Case(name, partial(seeded, partial(Cached, fault), 3))
        for fault, name in faults.items()
    ]
    broken.append(
        Case(
            "the state is kept on the module, not in what is handed on",
            lambda: seeded(lambda: Carried(kept=True), 4),
        )
    )
    judge(test, right, broken, blind="decode the same tokens whole and in pieces, and compare all")
