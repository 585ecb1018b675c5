"""Plausible wrong answers to the exercises of chapter 04, and what their checks must say."""

import math

import torch

from tests.wrong_answers import Wrong


def _parts(x, h, W, U, b):
    return (x @ W.T + h @ U.T + b).chunk(4, dim=-1)


def output_gate_third(x, h, c, W, U, b):
    i, f, o, g = _parts(x, h, W, U, b)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def forget_first(x, h, c, W, U, b):
    f, i, g, o = _parts(x, h, W, U, b)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def all_sigmoid(x, h, c, W, U, b):
    i, f, g, o = (part.sigmoid() for part in _parts(x, h, W, U, b))
    c = f * c + i * g
    return o * c.tanh(), c


def cell_unsquashed(x, h, c, W, U, b):
    i, f, g, o = _parts(x, h, W, U, b)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c, c


def old_cell_shown(x, h, c, W, U, b):
    i, f, g, o = _parts(x, h, W, U, b)
    new = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), new


def cell_first(x, h, c, W, U, b):
    i, f, g, o = _parts(x, h, W, U, b)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return c, o.sigmoid() * c.tanh()


def output_alone(x, h, c, W, U, b):
    return cell_first(x, h, c, W, U, b)[1]


def reset_before(x, h, W, U, b, c):
    W_r, W_z, W_n = W.chunk(3)
    U_r, U_z, U_n = U.chunk(3)
    b_r, b_z, b_n = b.chunk(3)
    c_r, c_z, c_n = c.chunk(3)
    r = torch.sigmoid(x @ W_r.T + b_r + h @ U_r.T + c_r)
    z = torch.sigmoid(x @ W_z.T + b_z + h @ U_z.T + c_z)
    n = torch.tanh(x @ W_n.T + b_n + (r * h) @ U_n.T + c_n)
    return (1 - z) * n + z * h


def _gates(x, h, W, U, b, c):
    r_x, z_x, n_x = (x @ W.T + b).chunk(3, dim=-1)
    r_h, z_h, n_h = (h @ U.T + c).chunk(3, dim=-1)
    return torch.sigmoid(r_x + r_h), torch.sigmoid(z_x + z_h), n_x, n_h


def bias_not_reset(x, h, W, U, b, c):
    r, z, n_x, _ = _gates(x, h, W, U, b, c)
    n = torch.tanh(n_x + r * (h @ U.chunk(3)[2].T) + c.chunk(3)[2])
    return (1 - z) * n + z * h


def z_writes(x, h, W, U, b, c):
    r, z, n_x, n_h = _gates(x, h, W, U, b, c)
    return z * torch.tanh(n_x + r * n_h) + (1 - z) * h


def update_first(x, h, W, U, b, c):
    z, r, n_x, n_h = _gates(x, h, W, U, b, c)
    return (1 - z) * torch.tanh(n_x + r * n_h) + z * h


def never_reset(x, h, W, U, b, c):
    _, z, n_x, n_h = _gates(x, h, W, U, b, c)
    return (1 - z) * torch.tanh(n_x + n_h) + z * h


def in_both(b_ih, b_hh, bias):
    first, second = b_ih.clone(), b_hh.clone()
    width = len(first) // 4
    first[width : 2 * width] = bias
    second[width : 2 * width] = bias
    return first, second


def other_left(b_ih, b_hh, bias):
    first = b_ih.clone()
    width = len(first) // 4
    first[width : 2 * width] = bias
    return first, b_hh


def input_gate_instead(b_ih, b_hh, bias):
    first, second = b_ih.clone(), b_hh.clone()
    width = len(first) // 4
    first[:width], second[:width] = bias, 0
    return first, second


def in_place(b_ih, b_hh, bias):
    width = len(b_ih) // 4
    b_ih[width : 2 * width] = bias
    b_hh[width : 2 * width] = 0
    return b_ih, b_hh


def everywhere(b_ih, b_hh, bias):
    return torch.full_like(b_ih, bias), torch.zeros_like(b_hh)


BLOCKS = {"RNN": 1, "GRU": 3, "LSTM": 4}


def one_bias(cell, inputs, width, layers=1, both_ways=False):
    return BLOCKS[cell] * width * (inputs + width + 1)


def gates_without_candidate(cell, inputs, width, layers=1, both_ways=False):
    return {"RNN": 1, "GRU": 2, "LSTM": 3}[cell] * width * (inputs + width + 2)


def layers_alike(cell, inputs, width, layers=1, both_ways=False):
    return (1 + both_ways) * layers * BLOCKS[cell] * width * (inputs + width + 2)


def second_layer_narrow(cell, inputs, width, layers=1, both_ways=False):
    total = 0
    for _ in range(layers):
        total += (1 + both_ways) * BLOCKS[cell] * width * (inputs + width + 2)
        inputs = width
    return total


def not_turned(ahead, back):
    summary = torch.cat([ahead[:, -1], back[:, -1]], dim=-1)
    return torch.cat([ahead, back], dim=-1), summary


def batch_turned(ahead, back):
    summary = torch.cat([ahead[:, -1], back[:, -1]], dim=-1)
    return torch.cat([ahead, back.flip(0)], dim=-1), summary


def summary_at_last_word(ahead, back):
    states = torch.cat([ahead, back.flip(1)], dim=-1)
    return states, states[:, -1]


def summed(ahead, back):
    return ahead + back.flip(1), ahead[:, -1] + back[:, -1]


def states_alone(ahead, back):
    return torch.cat([ahead, back.flip(1)], dim=-1)


def one_gate_too_many(forgets):
    return forgets.flip(0).cumprod(0).flip(0)


def from_the_front(forgets):
    return forgets.cumprod(0)


def sums(forgets):
    return forgets.flip(0).cumsum(0).flip(0)


def divided(forgets):
    whole = forgets.prod(0, keepdim=True)
    return whole / forgets.cumprod(0)


def always_one(forgets):
    return torch.ones_like(forgets)


def gate_alone(steps, left):
    return left ** (1 / steps)


def logarithm(steps, left):
    return math.log(left ** (1 / steps))


def linear(steps, left):
    gate = 1 - (1 - left) / steps
    return math.log(gate / (1 - gate))


def turned_round(steps, left):
    gate = left ** (1 / steps)
    return math.log((1 - gate) / gate)


def one_step(steps, left):
    return math.log(left / (1 - left))


WRONG = [
    Wrong("04.1", output_gate_third, "i, f, g, o"),
    Wrong("04.1", forget_first, "changed places"),
    Wrong("04.1", all_sigmoid, "may be negative"),
    Wrong("04.1", cell_unsquashed, "without tanh"),
    Wrong("04.1", old_cell_shown, "old cell"),
    Wrong("04.1", cell_first, "the order is (output h, cell c)"),
    Wrong("04.1", output_alone, "two tensors"),
    Wrong("04.2", reset_before, "Cho et al."),
    Wrong("04.2", bias_not_reset, "not its bias"),
    Wrong("04.2", z_writes, "z = 1 keeps"),
    Wrong("04.2", update_first, "r, z, n"),
    Wrong("04.2", never_reset, "reset gate is missing"),
    Wrong("04.3", in_both, "twice"),
    Wrong("04.3", other_left, "forget part of the other to zero"),
    Wrong("04.3", input_gate_instead, "input gate's part"),
    Wrong("04.3", in_place, "in place"),
    Wrong("04.3", everywhere, "only the forget gate"),
    Wrong("04.4", one_bias, "two bias vectors"),
    Wrong("04.4", gates_without_candidate, "candidate has its matrices too"),
    Wrong("04.4", layers_alike, "inputs of the first"),
    Wrong("04.4", second_layer_narrow, "2·width wide"),
    Wrong("04.5", not_turned, "not turned round"),
    Wrong("04.5", batch_turned, "sentences of the batch"),
    Wrong("04.5", summary_at_last_word, "done at the *first* word"),
    Wrong("04.5", summed, "side by side"),
    Wrong("04.5", states_alone, "two tensors"),
    Wrong("04.6", one_gate_too_many, "off by one"),
    Wrong("04.6", from_the_front, "from the front"),
    Wrong("04.6", sums, "multiplies"),
    Wrong("04.6", divided, "NaN"),
    Wrong("04.6", always_one, "without a forget gate"),
    Wrong("04.7", gate_alone, "this is the gate"),
    Wrong("04.7", logarithm, "logarithm of the gate"),
    Wrong("04.7", linear, "1 − (1 − left) / steps"),
    Wrong("04.7", turned_round, "sign is wrong"),
    Wrong("04.7", one_step, "after one step"),
]
