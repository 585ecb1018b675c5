"""Checks of chapter 11, second half: what is true of the whole."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from seq2seq_lib.checks.registry import compare, draw, exercise, expect_equal, mistake_if, resembles


def _bag(x: Tensor) -> Tensor:
    return (x @ x.mT).softmax(-1) @ x


def _pooled(x: Tensor) -> Tensor:
    return x.mean(1, keepdim=True).expand_as(x)


def _in_order(x: Tensor) -> Tensor:
    return x.cumsum(1)


def _placed(x: Tensor) -> Tensor:
    return _bag(x + torch.arange(x.shape[1])[:, None])


def _sorted(x: Tensor) -> Tensor:
    return x.sort(1).values


LAYERS: tuple[tuple[str, Callable[[Tensor], Tensor], bool], ...] = (
    ("self-attention without positions", _bag, True),
    ("a network at each place by itself", torch.tanh, True),
    ("a running sum, which knows the order", _in_order, False),
    ("self-attention with positions", _placed, False),
    ("a layer that gives every place the mean of all", _pooled, True),
    ("a layer that sorts: its answer stays where it is when the words move", _sorted, False),
)


@exercise(
    "11.5",
    title="does it know the order?",
    minutes=10,
    hint="Two ways round the same corner: shuffle, then the layer; or the layer, then shuffle. "
    "`x[:, order]` shuffles the places. `torch.allclose(…, atol=1e-5)` compares.",
)
def check_equivariant(function) -> None:
    """Six layers of known kind, and an order that is not its own inverse."""
    x, order = draw(3, 3, 4, seed=1), torch.tensor([1, 2, 0])
    got = {}
    for name, layer, _ in LAYERS:
        answer = function(layer, x, order)
        if isinstance(answer, Tensor) and answer.dtype == torch.bool and answer.numel() == 1:
            answer = bool(answer)
        mistake_if(not isinstance(answer, bool), f"wanted True or False, got {answer!r}"[:120])
        got[name] = answer

    def rule(ask: Callable[..., tuple[Tensor, Tensor]]) -> list[bool]:
        return [bool(torch.allclose(*ask(layer), atol=1e-5)) for _, layer, _ in LAYERS]

    said, inverse = list(got.values()), order.argsort()
    known = {
        "this asks for *invariance*, that shuffling changes nothing; an equivariant layer's "
        "answer is shuffled along": rule(lambda f: (f(x[:, order]), f(x))),
        "the answer is shuffled the other way round: use the same `order` on both sides": rule(
            lambda f: (f(x[:, order]), f(x)[:, inverse])
        ),
        "everything is equivariant to you: call the layer twice, on x and on the shuffled x, and "
        "shuffle the words, x[:, order], not the sentences": [True] * len(LAYERS),
    }
    want = [right for *_, right in LAYERS]
    for message, wrong in known.items():
        mistake_if(said == wrong and wrong != want, message)
    for name, _, right in LAYERS:
        expect_equal(got[name], right, name)


@exercise(
    "11.6",
    title="tied embeddings",
    minutes=10,
    hint="`table[tokens]` looks the vectors up, times √width. The logits are the dot products of "
    "each state with every row of the same table: `states @ table.T`. Only the way in is scaled.",
)
def check_tied(function) -> None:
    """A table that is not square, and a reader that shows what it was given."""
    table, bias = draw(6, 4, seed=2), draw(6, seed=3)
    tokens = torch.tensor([[1, 5, 2], [0, 3, 3]])
    root = math.sqrt(4)

    def read(x: Tensor) -> Tensor:
        return torch.tanh(x.cumsum(1))

    states = read(table[tokens] * root)
    plain = read(table[tokens])
    want = states @ table.T + bias
    known = {
        "the vectors are not multiplied by √width on the way in (section 3.4)": plain @ table.T
        + bias,
        "√width is on the way out as well; it belongs on the way in alone": states @ table.T * root
        + bias,
        "√width is on the way out; it belongs on the way in": plain @ table.T * root + bias,
        "the bias is missing": states @ table.T,
        "these are probabilities; the logits come before the softmax": want.softmax(-1),
        "`read` is missing: the logits come straight from the words": table[tokens]
        * root
        @ table.T
        + bias,
    }
    compare(function(tokens, table, bias, read), want, "the logits", known)


@exercise(
    "11.7",
    title="take a head out",
    minutes=10,
    hint="Make a copy of `found` in which this head's answer is 0 at every place, then go on as "
    "always: swap axes 1 and 2, flatten the last two, multiply by W_O.",
)
def check_prune(function) -> None:
    """Two sentences, three heads, three places: as many heads as places, so that axes can mix."""
    found, W_O = draw(2, 3, 3, 2, seed=4), draw(6, 6, seed=5)

    def join(answers: Tensor) -> Tensor:
        return answers.transpose(1, 2).flatten(2) @ W_O

    for head in (1, 0):
        silent, place, part = found.clone(), found.clone(), found.clone()
        silent[:, head], place[:, :, head], part[..., min(head, 1)] = 0, 0, 0
        others = [other for other in range(3) if other != head]
        kept = torch.zeros_like(found)
        kept[:, head] = found[:, head]
        rows = W_O.clone()
        rows[:, 2 * head : 2 * head + 2] = 0
        want = join(silent)
        known = {
            "nothing was taken out": join(found),
            "you silenced a place in all heads; the heads are axis 1": join(place),
            "you silenced one entry of every head; the heads are axis 1": join(part),
            "this keeps the one head and silences the others": join(kept),
            "the other heads were made louder to make up for it, as dropout does; Michel's mask "
            "leaves them as they are": join(silent * 3 / 2),
            "the wrong side of W_O is zero: with rows as vectors, a head enters through rows of "
            "W_O": found.transpose(1, 2).flatten(2) @ rows,
        }
        before = found.clone()
        got = function(found, W_O, head)
        mistake_if(
            not resembles(found, before), "`found` was changed in place; others still need it"
        )
        mistake_if(
            isinstance(got, Tensor) and got.shape[-1] == 2 * len(others) and got.shape[-1] != 6,
            "the width has shrunk: silence the head, do not cut it off",
        )
        compare(got, want, "the output (batch, place, width)", known)


def _count(sizes: tuple[int, int, int, int, int], **how) -> int:
    source, target, n, inner, layers = sizes
    attention = 4 * n * n + (0 if how.get("no_biases") else 4 * n)
    network = 2 * n * inner + inner + n
    norm = 2 * n
    crossing = 0 if how.get("no_cross") else attention + norm
    blocks = layers * (2 * (attention + network + 2 * norm) + crossing)
    output = target + (target * n if how.get("untied") else 0)
    last = 0 if how.get("no_last") else 2 * norm
    return (source + target) * n + blocks + last + output


@exercise(
    "11.8",
    title="count its parameters",
    minutes=15,
    hint="An attention: four matrices n × n with a bias each. A network: n × inner and inner × n, "
    "with biases. A norm: 2n. An encoder block has two norms, a decoder block two attentions and "
    "three norms. At the end of each tower one more norm. The read-out's matrix is the target's "
    "table; only its bias is new. Heads cost nothing.",
)
def check_count(function) -> None:
    """Three sizes; the known mistakes are forgotten parts."""
    for sizes in ((1671, 3362, 96, 384, 2), (50, 70, 8, 16, 1), (10, 20, 4, 12, 3)):
        source, target, n, inner, layers = sizes
        want = _count(sizes)
        known = {
            "the read-out has a matrix of its own in yours; it is tied to the target's "
            "table": _count(sizes, untied=True),
            "the decoder's blocks attend twice, to their own past and to the source, with a norm "
            "each": _count(sizes, no_cross=True),
            "pre-norm needs one more norm at the end of each tower": _count(sizes, no_last=True),
            "the four projections of an attention have biases": _count(sizes, no_biases=True),
            "the read-out's bias is missing, one number a target word": want - target,
            "there is one table in yours; source and target have one each": want - source * n,
        }
        got = function(source, target, n, inner, layers)
        for message, wrong in known.items():
            mistake_if(got == wrong, message)
        mistake_if(
            not isinstance(got, int) or isinstance(got, bool),
            f"wanted a whole number, got {got!r}",
        )
        expect_equal(got, want, f"the parameters of {sizes}")
