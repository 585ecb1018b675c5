"""Small pictures of strokes, drawn by code, for the autoencoders of chapter 10.

Each is a bar, a ring or a cross, at a random place, in a random size, slant and thickness. So
five or six numbers say all about a picture of many more pixels.
"""

from __future__ import annotations

import torch
from torch import Tensor

KINDS = ("bar", "ring", "cross")


def draw(
    count: int, generator: torch.Generator, *, side: int = 12
) -> tuple[Tensor, Tensor]:
    """Pictures `(count, side · side)` with ink from 0 to 1, and their kinds `(count,)`.

    A kind is a place in KINDS. Raises ValueError for no pictures or a side under 8 pixels.
    """
    if count < 1 or side < 8:
        raise ValueError(f"draw: wanted a picture and 8 pixels a side, got {count} and {side}")

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(count, 1, generator=generator)

    middle, reach = (side - 1) / 2, side / 12
    kinds = torch.randint(len(KINDS), (count,), generator=generator)
    down, right = (middle + uniform(-2.0, 2.0) * reach for _ in range(2))
    slant = uniform(0.0, torch.pi)
    length, thickness = uniform(2.0, 4.0) * reach, uniform(0.4, 1.0) * reach
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    y, x = rows.flatten() - down, columns.flatten() - right  # (count, pixels)
    along, across = slant.cos() * x + slant.sin() * y, slant.cos() * y - slant.sin() * x
    gaps = torch.stack([
        to_segment(along, across, length),
        ((x**2 + y**2).sqrt() - length).abs(),
        torch.minimum(to_segment(along, across, length), to_segment(across, along, length)),
    ])
    gap = gaps[kinds, torch.arange(count)]
    return (0.5 + thickness - gap).clamp(0, 1), kinds


def to_segment(along: Tensor, across: Tensor, length: Tensor) -> Tensor:
    """The distance of points from a segment that reaches `length` to both sides of the origin."""
    beyond = (along.abs() - length).clamp(min=0)
    return (beyond**2 + across**2).sqrt()


def erase(pictures: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """The pictures with a share of their pixels set to 0, chosen by chance (Vincent et al. 2008).

    Raises ValueError for a share outside 0 to 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"erase: wanted a share from 0 to 1, got {share}")
    return pictures * (torch.rand(pictures.shape, generator=generator) >= share)
