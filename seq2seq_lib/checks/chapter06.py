"""Checks of chapter 06, first half: the machine with one vector in the middle.

Each check knows the answers that common mistakes give. It compares the learner's answer with the
right one, then with those, so that it can name what went wrong.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from seq2seq_lib.checks import chapter06_counts as _counts  # noqa: F401  (registers 06.6 to 06.8)
from seq2seq_lib.checks.registry import (
    compare,
    draw,
    exercise,
    expect_close,
    expect_equal,
    expect_shape,
    mistake_if,
    resembles,
)
from seq2seq_lib.memory import Decoded, Memory, State
from seq2seq_lib.vocabulary import BOS, EOS


def _read(words: Tensor, W: Tensor, U: Tensor, b: Tensor) -> list[Tensor]:
    """The states of an Elman reader, the zero state first."""
    states = [torch.zeros_like(b)]
    for word in words:
        states.append(torch.tanh(W @ word + U @ states[-1] + b))
    return states


@exercise(
    "06.1",
    title="read a sentence",
    minutes=10,
    hint="Begin with `state = torch.zeros_like(b)`. For each `word in words` the new state is "
    "tanh(W x + U h + b): the old state goes in, the new one takes its place. The last one is "
    "what is wanted.",
)
def check_read(function) -> None:
    """Four words of width three into a state of width three, so that W and U could be swapped."""
    words, b = draw(4, 3, seed=1), draw(3, seed=2)
    W, U = draw(3, 3, seed=3), draw(3, 3, seed=4)
    states = _read(words, W, U, b)
    linear = torch.zeros(3)
    for word in words:
        linear = W @ word + U @ linear + b
    got = function(words, W, U, b)
    mistake_if(
        resembles(got, torch.stack(states[1:])),
        "these are the states after every word; the context is the last of them alone",
    )
    known = {
        "the state is not carried on: this is tanh(W x + b) of the last word, as if nothing had "
        "been read before it": torch.tanh(W @ words[-1] + b),
        "W and U have changed places: W is for the word, U for the state": _read(words, U, W, b)[
            -1
        ],
        "there is no tanh": linear,
        "the sentence is read from its last word to its first": _read(words.flip(0), W, U, b)[-1],
        "the last word is never read": states[-2],
        "the first word is never read": _read(words[1:], W, U, b)[-1],
    }
    compare(got, states[-1], "the context (width,)", known)
    short = function(words[:1], W, U, b)
    expect_close(short, states[1], "the context of a sentence of one word")


@exercise(
    "06.2",
    title="one step of the decoder, the context beside it",
    minutes=15,
    hint="`torch.cat([a, b], dim=-1)` puts two vectors side by side. It happens twice: word and "
    "context before the cell, then new state and context before `combine`. A matrix with rows as "
    "outputs is applied to a batch as `x @ combine.T`.",
)
def check_step(function) -> None:
    """A batch of two; the logits and the new state are both held."""
    cell = torch.nn.GRUCell(4 + 3, 3)
    with torch.no_grad():
        for place, parameter in enumerate(cell.parameters()):
            parameter.copy_(draw(*parameter.shape, seed=place))
        word, state, context = (draw(2, n, seed=9 + i) for i, n in enumerate((4, 3, 3)))
        combine, output = draw(3, 6, seed=12), draw(5, 3, seed=13)
        answer = function(word, state, context, cell, combine, output)
        new = cell(torch.cat([word, context], dim=-1), state)
        turned = cell(torch.cat([context, word], dim=-1), state)
    mistake_if(
        not isinstance(answer, tuple) or len(answer) != 2,
        f"expected two tensors, logits and new state, got {type(answer).__name__}",
    )
    logits, after = answer
    mistake_if(
        resembles(after, logits) or (resembles(logits, new) and not resembles(after, new)),
        "the order is (logits, new state)",
    )
    states = {
        "you gave back the state you were given; the cell makes a new one": state,
        "word and context have changed places in the cell's input: the word comes first": turned,
        "the state is what the cell gives; you passed it through `combine` too": torch.tanh(
            torch.cat([new, context], dim=-1) @ combine.T
        ),
    }
    compare(after, new, "the new state (batch, width)", states)
    compare(logits, *_readings(new, state, context, combine, output))


def _readings(new, state, context, combine, output) -> tuple[Tensor, str, dict[str, Tensor]]:
    """The right logits, their name, and those of the usual mistakes."""

    def read(first: Tensor, second: Tensor, squash=torch.tanh) -> Tensor:
        return squash(torch.cat([first, second], dim=-1) @ combine.T) @ output.T

    right = read(new, context)
    known = {
        "the logits read the old state; the word just fed has not been seen by it": read(
            state, context
        ),
        "state and context have changed places before `combine`: the state comes first": read(
            context, new
        ),
        "there is no tanh between `combine` and `output`": read(new, context, lambda x: x),
        "these are probabilities; logits come before the softmax": right.softmax(-1),
        "these are log-probabilities; logits come before the softmax": right.log_softmax(-1),
        "`combine` is missing: the logits come from the state alone": new @ output.T,
    }
    return right, "the logits (batch, vocabulary)", known


@exercise(
    "06.3",
    title="turn the sentence round, not the padding",
    minutes=15,
    hint="Row by row: `row[:length].flip(0)` is the sentence turned round, and the rest of the row "
    "stays. Without a loop: at place p stands what stood at place length − 1 − p, as long as that "
    "is not negative. Make a new tensor; the caller still needs the old one.",
)
def check_reverse(function) -> None:
    """Three lengths in one batch, and numbers among which 0 is padding."""
    source = torch.tensor([[5, 6, 7, 8, 3], [9, 4, 3, 0, 0], [3, 0, 0, 0, 0]])
    lengths = torch.tensor([5, 3, 1])
    want = torch.tensor([[3, 8, 7, 6, 5], [3, 4, 9, 0, 0], [3, 0, 0, 0, 0]])
    known = {
        "the whole row is turned, padding and all: the reader would now begin with padding, more "
        "of it the longer the neighbours are": source.flip(1),
        "the rows of the batch are turned, not the words within them": source.flip(0),
        "nothing has moved": source,
        "`<eos>` stayed where it was; here it is a token like the others, and the backward "
        "reader meets it first": torch.tensor([[8, 7, 6, 5, 3], [4, 9, 3, 0, 0], [3, 0, 0, 0, 0]]),
        "the place is off by one: it is length − 1 − p": torch.tensor(
            [[5, 3, 8, 7, 6], [0, 3, 4, 0, 0], [0, 0, 0, 0, 0]]
        ),
    }
    got = function(source, lengths)
    expect_shape(got, want.shape, "the reversed sentences", axes="(batch, source)")
    compare(got, want, "the reversed sentences", known)


class _Scripted:
    """A model whose next word depends on all the words it was fed: a state not carried shows.

    The state is a number from 0 to 6; a word w makes it 3 · state + w + 1 (mod 7).
    """

    NEXT = (EOS, 7, 8, 7, 6, 5, 4)

    def __init__(self, limit: int) -> None:
        self.limit, self.calls = limit, 0

    def encode(self, source: Tensor, mask: Tensor) -> tuple[Memory, _Number]:
        return Memory(mask), _Number((source * mask).sum(1) % 7)

    def decode(self, tokens: Tensor, state: _Number, memory: Memory) -> Decoded:
        self.calls += 1
        mistake_if(
            self.calls > self.limit + 1,
            f"the loop goes on past its limit: {self.calls} calls of decode with limit "
            f"{self.limit}; does it ever look at `limit` and at <eos>?",
        )
        logits = []
        number = state.number
        for word in tokens.unbind(1):
            number = (3 * number + word + 1) % 7
            following = torch.tensor(self.NEXT)[number]
            logits.append(torch.nn.functional.one_hot(following, 9).float())
        return Decoded(torch.stack(logits, dim=1), _Number(number))


@dataclass(frozen=True)
class _Number(State):
    """The scripted model's state: number `(batch,)`."""

    number: Tensor


def _follow(start: int, *, steps: int, carry=True, feed=True, stop=True) -> list[int]:
    """What a greedy loop with these faults says: state not carried, words not fed, no end."""
    number, word, said = start, BOS, []
    for _ in range(steps):
        after = (3 * number + word + 1) % 7
        chosen = _Scripted.NEXT[after]
        if chosen == EOS and stop:
            break
        said.append(chosen)
        number = after if carry else number
        word = chosen if feed else word
    return said


@exercise(
    "06.4",
    title="say the likeliest word, again and again",
    minutes=20,
    hint="`memory, state = model.encode(source, mask)` once. Then, at most `limit` times: "
    "`decoded = model.decode(word, state, memory)` with a `word` of shape (1, 1), first `<bos>`; "
    "`decoded.logits[0, -1].argmax()`; stop at `<eos>`; the chosen word and `decoded.state` go "
    "into the next round.",
)
def check_greedy(function) -> None:
    """Sentences that end by themselves and sentences that the limit cuts."""
    for number, limit in ((1, 12), (2, 12), (0, 5), (4, 12), (1, 5), (6, 4)):
        source = torch.tensor([[number]])
        mask = torch.ones_like(source, dtype=torch.bool)
        got = function(_Scripted(limit), source, mask, limit)
        want = _follow(number, steps=limit)
        _name_greedy(got, want, number, limit)
        expect_equal(got, want, f"the words said when limit is {limit}")


def _name_greedy(got: object, want: list[int], number: int, limit: int) -> None:
    """Raise with the name of the fault, if the answer is that of a known one."""
    if isinstance(got, Tensor):
        got = got.flatten().tolist()
        mistake_if(got == want, "expected a list of numbers, got a tensor; `.item()` makes numbers")
    if not isinstance(got, list) or got == want:
        return
    mistake_if(got == [*want, EOS], "the list ends in <eos>; it says stop and is no word")
    mistake_if(got[:1] == [BOS], "the list begins with <bos>; it was given, not said")
    known = {
        "the state is not carried: each step starts again from the encoder's state": _follow(
            number, steps=limit, carry=False
        ),
        "<bos> is fed at every step; the next input is the word just chosen": _follow(
            number, steps=limit, feed=False
        ),
        "nothing stops at <eos>": _follow(number, steps=limit, stop=False),
        "one step too few: `limit` words may be said": _follow(number, steps=limit - 1),
        "one step too many: at most `limit` words may be said": _follow(number, steps=limit + 1),
    }
    for message, wrong in known.items():
        mistake_if(got == wrong, message)


@exercise(
    "06.5",
    title="the context that was read after the padding",
    minutes=10,
    hint="`mask.sum(1)` counts the real words of each row, so the last of them stands at that "
    "count minus one. Two index tensors pick one place in each row: "
    "`outputs[torch.arange(batch), places]`.",
)
def check_last_real(function) -> None:
    """A full row, two padded ones."""
    outputs = draw(3, 5, 4, seed=21)
    mask = torch.arange(5) < torch.tensor([5, 2, 1])[:, None]
    rows, lengths = torch.arange(3), mask.sum(1)
    want = outputs[rows, lengths - 1]
    real = outputs * mask[:, :, None]
    known = {
        "this is the state after the last column; in a short sentence that is padding, and the "
        "context depends on the neighbours": outputs[:, -1],
        "this is the state one past the last real word: padding has been read once": outputs[
            rows, lengths.clamp(max=4)
        ],
        "this is the mean over the real words, not the last state": real.sum(1) / lengths[:, None],
        "this is the state after the first word": outputs[:, 0],
        "padding multiplied by 0 is a context of zeros; wanted the last real state": real[:, -1],
        "one place for the whole batch: every row has its own length": outputs[
            :, int(lengths.min()) - 1
        ],
    }
    got = function(outputs, mask)
    mistake_if(
        resembles(got, outputs[:, lengths - 1]),
        "`outputs[:, places]` takes all these places from every row; wanted one place in each row",
    )
    compare(got, want, "the contexts (batch, width)", known)
