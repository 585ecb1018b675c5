"""Chapter 04, worked solutions: do gates fix it?"""

import math

import torch
from torch import Tensor


def exercise_04_1(
    x: Tensor, h: Tensor, c: Tensor, W: Tensor, U: Tensor, b: Tensor
) -> tuple[Tensor, Tensor]:
    """One product for all four; the new cell first, for the output shows it."""
    i, f, g, o = (x @ W.T + h @ U.T + b).chunk(4, dim=-1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def exercise_04_2(x: Tensor, h: Tensor, W: Tensor, U: Tensor, b: Tensor, c: Tensor) -> Tensor:
    """Two products, kept apart: in the candidate r comes between them."""
    r_x, z_x, n_x = (x @ W.T + b).chunk(3, dim=-1)
    r_h, z_h, n_h = (h @ U.T + c).chunk(3, dim=-1)
    r, z = torch.sigmoid(r_x + r_h), torch.sigmoid(z_x + z_h)
    n = torch.tanh(n_x + r * n_h)  # r takes the product and its bias
    return (1 - z) * n + z * h


def exercise_04_3(b_ih: Tensor, b_hh: Tensor, bias: float) -> tuple[Tensor, Tensor]:
    """The whole bias in one vector, zero in the other, for the cell adds them."""
    width = len(b_ih) // 4
    first, second = b_ih.clone(), b_hh.clone()
    first[width : 2 * width] = bias
    second[width : 2 * width] = 0
    return first, second


def exercise_04_4(
    cell: str, inputs: int, width: int, layers: int = 1, both_ways: bool = False
) -> int:
    """Blocks of two matrices and two biases; from the second layer on the inputs change."""
    blocks = {"RNN": 1, "GRU": 3, "LSTM": 4}[cell]
    ways = 2 if both_ways else 1
    total = 0
    for _ in range(layers):
        total += ways * blocks * width * (inputs + width + 2)
        inputs = ways * width
    return total


def exercise_04_5(ahead: Tensor, back: Tensor) -> tuple[Tensor, Tensor]:
    """Turn the second reader's states to where their words are; each ends at its own last step."""
    states = torch.cat([ahead, back.flip(1)], dim=-1)
    summary = torch.cat([ahead[:, -1], back[:, -1]], dim=-1)
    return states, summary


def exercise_04_6(forgets: Tensor) -> Tensor:
    """The gates after t, multiplied: a running product from the end, moved by one."""
    after = torch.cat([forgets[1:], torch.ones_like(forgets[:1])])
    return after.flip(0).cumprod(0).flip(0)


def exercise_04_7(steps: int, left: float) -> float:
    """The root gives the gate, the logit the bias."""
    gate = left ** (1 / steps)
    return math.log(gate / (1 - gate))
