"""Checks of chapter 04, first half: the cells, their biases and two directions.

Each check knows the answers that common mistakes give. It compares the learner's answer with the
right one, then with those, so that it can name what went wrong.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seq2seq_lib.checks import chapter04_counts as _counts  # noqa: F401  (registers 04.4, .6, .7)
from seq2seq_lib.checks.registry import (
    Mistake,
    draw,
    exercise,
    expect_close,
    expect_shape,
    mistake_if,
    resembles,
)


def _compare(got: object, want: Tensor, what: str, known: dict[str, Tensor], axes: str) -> None:
    """Pass if `got` is `want`; otherwise name the mistake whose answer it is, if it is known."""
    for message, wrong in known.items():
        mistake_if(resembles(got, wrong) and not resembles(wrong, want), message)
    expect_close(got, want, what, axes=axes)


def _pair(answer: object, what: str) -> tuple:
    """The two tensors of an answer; `Mistake` if there are not two."""
    mistake_if(answer is None, f"expected {what}, got None; is the return missing?")
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise Mistake(f"expected two tensors, {what}, got {type(answer).__name__}")
    return tuple(answer)


def _lstm(x, h, c, W, U, b, *, order="ifgo", open_gate=torch.sigmoid, squash=torch.tanh):
    """The LSTM's step, with room for the usual slips."""
    part = dict(zip(order, (x @ W.T + h @ U.T + b).chunk(4, dim=-1), strict=True))
    new = open_gate(part["f"]) * c + open_gate(part["i"]) * part["g"].tanh()
    return open_gate(part["o"]) * squash(new), new


@exercise(
    "04.1",
    title="one step of the LSTM",
    minutes=15,
    hint="One product makes all four: `(x @ W.T + h @ U.T + b).chunk(4, dim=-1)` gives i, f, g, o "
    "before they are squashed. Three of them go through a sigmoid, the candidate g through tanh. "
    "First the new cell, f·c + i·g; then the new output, o·tanh of the *new* cell.",
)
def check_lstm(function) -> None:
    """A batch of two, three inputs, four cells; held to nn.LSTMCell."""
    cell = nn.LSTMCell(3, 4).requires_grad_(False)
    for place, parameter in enumerate(cell.parameters()):
        parameter.copy_(draw(*parameter.shape, seed=place))
    W, U, b_ih, b_hh = cell.parameters()
    x, h, c = (draw(2, n, seed=9 + i) for i, n in enumerate((3, 4, 4)))
    given = (x, h, c, W, U, b_ih + b_hh)
    want_h, want_c = cell(x, (h, c))
    new_h, new_c = _pair(function(*given), "the new output and the new cell")
    mistake_if(
        resembles(new_h, want_c) and resembles(new_c, want_h), "the order is (output h, cell c)"
    )
    i, f, g, o = (x @ W.T + h @ U.T + b_ih + b_hh).chunk(4, dim=-1)
    i, f, o = i.sigmoid(), f.sigmoid(), o.sigmoid()
    cells = {
        "the four parts are in another order than i, f, g, o: you took the third for the output "
        "gate and the fourth for the candidate": _lstm(*given, order="ifog")[1],
        "input and forget gate have changed places: the first part is i, the second f": _lstm(
            *given, order="figo"
        )[1],
        "the candidate g goes through tanh, not through a sigmoid: it may be negative": f * c
        + i * g.sigmoid(),
        "the candidate is not squashed: g wants a tanh": f * c + i * g,
        "the gates are not squashed: i, f and o want a sigmoid each": _lstm(
            *given, open_gate=lambda part: part
        )[1],
        "the old cell is lost: c' = f·c + i·g, and here f·c is missing": i * g.tanh(),
        "the forget gate is turned round: f keeps, so it is f·c and not (1 − f)·c": (1 - f) * c
        + i * g.tanh(),
        "the cell you gave back is the old one": c,
    }
    _compare(new_c, want_c, "the new cell", cells, "(batch, width)")
    outputs = {
        "the output shows the cell without tanh: h' = o·tanh(c')": o * want_c,
        "the output shows the old cell: tanh wants the new one": o * c.tanh(),
        "the output gate is missing: h' = o·tanh(c')": want_c.tanh(),
        "the output you gave back is the old one": h,
    }
    _compare(new_h, want_h, "the new output", outputs, "(batch, width)")


def _gru(x, h, W, U, b, c, *, order="rzn", cho=False, bias_in=True, turned=False):
    """The GRU's step, with room for the usual slips."""
    seen = dict(zip(order, (x @ W.T + b).chunk(3, dim=-1), strict=True))
    kept = dict(zip(order, (h @ U.T + c).chunk(3, dim=-1), strict=True))
    r, z = (torch.sigmoid(seen[gate] + kept[gate]) for gate in "rz")
    U_n, c_n = U.chunk(3)[order.index("n")], c.chunk(3)[order.index("n")]
    old = r * kept["n"] if bias_in else r * (h @ U_n.T) + c_n
    n = torch.tanh(seen["n"] + ((r * h) @ U_n.T + c_n if cho else old))
    return z * n + (1 - z) * h if turned else (1 - z) * n + z * h


@exercise(
    "04.2",
    title="one step of PyTorch's GRU",
    minutes=15,
    hint="Keep the two products apart, for r comes between them: `(x @ W.T + b).chunk(3, dim=-1)` "
    "and `(h @ U.T + c).chunk(3, dim=-1)`, each in the order r, z, n. In the candidate r "
    "multiplies the whole third part of the second product, its bias included.",
)
def check_gru(function) -> None:
    """A batch of two, three inputs, four units; held to nn.GRUCell."""
    cell = nn.GRUCell(3, 4).requires_grad_(False)
    for place, parameter in enumerate(cell.parameters()):
        parameter.copy_(draw(*parameter.shape, seed=20 + place))
    x, h = draw(2, 3, seed=30), draw(2, 4, seed=31)
    given = (x, h, *cell.parameters())
    known = {
        "this is the reset of Cho et al., (r·h) before the matrix; PyTorch multiplies by r after "
        "it: r·(U h + c)": _gru(*given, cho=True),
        "r reaches the matrix's product and not its bias: PyTorch resets both, r·(U h + c)": _gru(
            *given, bias_in=False
        ),
        "z is turned round: in PyTorch z = 1 keeps the old state": _gru(*given, turned=True),
        "r and z have changed places: the order is r, z, n": _gru(*given, order="zrn"),
        "the reset gate is missing: the candidate sees all of the old state": _no_reset(*given),
        "you gave back the state you were given": h,
    }
    _compare(function(*given), cell(x, h), "the new state", known, "(batch, width)")


def _no_reset(x, h, W, U, b, c):
    r, z, n = (x @ W.T + b + h @ U.T + c).chunk(3, dim=-1)
    return (1 - z.sigmoid()) * n.tanh() + z.sigmoid() * h


@exercise(
    "04.3",
    title="set the forget bias",
    minutes=10,
    hint="The forget gate's part is the second of four: rows width to 2·width. The cell adds the "
    "two vectors, so one of them can hold the whole bias and the other zero, in that part alone. "
    "`.clone()` first: the vectors you were given are still needed.",
)
def check_forget_bias(function) -> None:
    """Width three, other entries not zero, a bias that is not one."""
    b_ih, b_hh, bias = draw(12, seed=40), draw(12, seed=41), 2.5
    first, second = _pair(function(b_ih, b_hh, bias), "the two bias vectors")
    expect_shape(first, (12,), "the first bias vector", axes="(4 width,)")
    expect_shape(second, (12,), "the second bias vector", axes="(4 width,)")
    total, before = first + second, b_ih + b_hh
    want = before.clone()
    want[3:6] = bias

    def filled(part: slice, value: float) -> Tensor:
        made = before.clone()
        made[part] = value
        return made

    known = {
        "both vectors hold the bias, and the cell adds them: the forget gate would start at twice "
        "what was asked for": filled(slice(3, 6), 2 * bias),
        "this is the input gate's part: the order is i, f, g, o": filled(slice(0, 3), bias),
        "this is the candidate's part: the order is i, f, g, o": filled(slice(6, 9), bias),
        "the bias was set in one vector, and what stood in the other is added to it: set the "
        "forget part of the other to zero": torch.cat(
            [before[:3], b_hh[3:6] + bias, before[6:]]
        ),
        "the bias was added to what was there; the forget gate should have just this bias":
            torch.cat([before[:3], before[3:6] + bias, before[6:]]),
        "all gates have the bias now; only the forget gate should": torch.full((12,), bias),
        "everything but the forget gate has become zero; it should stay as it was": torch.cat(
            [torch.zeros(3), torch.full((3,), bias), torch.zeros(6)]
        ),
        "nothing has changed": before,
    }
    _compare(total, want, "the sum of the two vectors", known, "(4 width,)")
    others = [*range(3), *range(6, 12)]
    mistake_if(
        not resembles(first[others], b_ih[others]),
        "the sum is right, but outside the forget gate's part the vectors themselves have changed",
    )


@exercise(
    "04.5",
    title="read in both directions",
    minutes=15,
    hint="`back.flip(1)` puts the second layer's states at the words where they belong; then "
    "`torch.cat([...], dim=-1)`. For the summary ask for each layer which word it reads last: as "
    "the layer read it, that is `[:, -1]` in both.",
)
def check_merge(function) -> None:
    """Two sentences of three words; held to nn.LSTM with both directions."""
    layer = nn.LSTM(2, 4, batch_first=True, bidirectional=True).requires_grad_(False)
    for place, parameter in enumerate(layer.parameters()):
        parameter.copy_(draw(*parameter.shape, seed=50 + place))
    want, (last, _) = layer(draw(2, 3, 2, seed=60))
    want_summary = torch.cat([last[0], last[1]], dim=-1)
    ahead, turned = want[..., :4], want[..., 4:]
    back = turned.flip(1)
    states, summary = _pair(function(ahead, back), "the states and the summary")
    known = {
        "`back` was not turned round: its first row belongs to the last word": torch.cat(
            [ahead, back], dim=-1
        ),
        "the sentences of the batch were turned round, not the words within them: flip axis 1":
            torch.cat([ahead, back.flip(0)], dim=-1),
        "the two directions have changed places: ahead comes first": torch.cat(
            [turned, ahead], dim=-1
        ),
        "`ahead` was turned round, and it is `back` that runs the other way": torch.cat(
            [ahead.flip(1), back], dim=-1
        ),
        "the two were added; put side by side they stay apart": ahead + turned,
    }
    _compare(states, want, "the states", known, "(batch, time, 2 width)")
    summaries = {
        "this is what stands at the last word; the backward layer has read that word alone "
        "there, and is done at the *first* word": want[:, -1],
        "this is what stands at the first word; the forward layer has read that word alone "
        "there, and is done at the *last* one": want[:, 0],
        "the two directions have changed places: ahead comes first": want_summary.roll(4, -1),
        "this is a mean over the words; wanted is each layer's last state": want.mean(dim=1),
    }
    _compare(summary, want_summary, "the summary", summaries, "(batch, 2 width)")
