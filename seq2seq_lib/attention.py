"""Attention: compare a query with every key, turn the scores into weights, average the values.

The scores are small modules with the same two methods, so that a decoder need not know which one it
has. `project` runs once a sentence, `forward` at every step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from seq2seq_lib.memory import check_mask


@contextmanager
def full_precision(device: torch.device) -> Iterator[None]:
    """Within it, autocast is off on a CPU, where attention is slow in bfloat16, backward above all.

    It does not change tensors: what is bfloat16 already must be made `float()` by the caller.
    """
    if device.type == "cpu" and torch.is_autocast_enabled("cpu"):
        with torch.autocast("cpu", enabled=False):
            yield
    else:
        yield


def widen(tensor: Tensor) -> Tensor:
    """The tensor in float32 if it is bfloat16 on a CPU, otherwise as it is."""
    narrow = tensor.dtype == torch.bfloat16 and tensor.device.type == "cpu"
    return tensor.float() if narrow else tensor


def masked_softmax(scores: Tensor, mask: Tensor) -> Tensor:
    """Softmax over the source, the last axis of `scores (batch, target, source)`.

    `mask (batch, source)` is True at real source tokens; the others get exactly 0. A sentence
    without any real token gets all zeros rather than NaN. Raises ValueError on a mask of another
    shape or type.
    """
    check_mask(mask, (scores.shape[0], scores.shape[-1]), "masked_softmax")
    visible = mask[:, None, :]
    # The smallest finite number, not -inf: a row of -inf has no softmax and a NaN gradient.
    lowest = torch.finfo(scores.dtype).min
    weights = scores.masked_fill(~visible, lowest).softmax(dim=-1)
    return weights * visible


def attend(scores: Tensor, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """The values' weighted mean for each target step, and the weights.

    `scores (batch, target, source)`, `values (batch, source, width)`, `mask (batch, source)`; gives
    `(batch, target, width)` and `(batch, target, source)`. Bahdanau et al. 2015, equations 5 and 6.
    """
    weights = masked_softmax(scores, mask)
    return weights @ values, weights


class Dot(nn.Module):
    """score(q, k) = q · k, with `scale` 1, or 1/√width (Luong et al. 2015; Vaswani et al. 2017)."""

    def __init__(self, *, scale: float = 1.0) -> None:
        super().__init__()
        self.scale = scale

    def project(self, values: Tensor) -> Tensor:
        """Keys `(batch, source, width)` from values `(batch, source, width)`: the values."""
        return values

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Scores `(batch, target, source)` of queries `(batch, target, width)`."""
        return query @ keys.mT * self.scale


class General(nn.Module):
    """score(q, v) = qᵀ W v (Luong et al. 2015, equation 8), with `scale` 1, or 1/√width.

    The key is W v.
    """

    def __init__(self, width: int, *, scale: float = 1.0) -> None:
        super().__init__()
        self.scale = scale
        self.key = nn.Linear(width, width, bias=False)

    def project(self, values: Tensor) -> Tensor:
        """Keys `(batch, source, width)` from values `(batch, source, width)`."""
        return self.key(values)

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Scores `(batch, target, source)` of queries `(batch, target, width)`."""
        return query @ keys.mT * self.scale


class Additive(nn.Module):
    """score(q, v) = wᵀ tanh(W q + U v + b) (Bahdanau et al. 2015, appendix A.1.2)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query = nn.Linear(width, width, bias=False)
        self.key = nn.Linear(width, width)
        self.weight = nn.Linear(width, 1, bias=False)

    def project(self, values: Tensor) -> Tensor:
        """Keys `(batch, source, width)` from values `(batch, source, width)`."""
        return self.key(values)

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Scores `(batch, target, source)` of queries `(batch, target, width)`."""
        mixed = torch.tanh(self.query(query)[:, :, None] + keys[:, None])
        return self.weight(mixed).squeeze(-1)


class Concat(nn.Module):
    """score(q, v) = wᵀ tanh(W [q; v]) (Luong et al. 2015, equation 8).

    One matrix acts on query and value side by side. Cut in two, W = [A, B], it is A q + B v: the
    additive score without its bias.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.joint = nn.Linear(2 * width, width, bias=False)
        self.weight = nn.Linear(width, 1, bias=False)

    def project(self, values: Tensor) -> Tensor:
        """Keys `(batch, source, width)` from values `(batch, source, width)`."""
        return values @ self.joint.weight[:, values.shape[-1] :].T

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Scores `(batch, target, source)` of queries `(batch, target, width)`."""
        queries = query @ self.joint.weight[:, : query.shape[-1]].T
        mixed = torch.tanh(queries[:, :, None] + keys[:, None])
        return self.weight(mixed).squeeze(-1)


Score = Additive | Concat | Dot | General


def make_score(name: str | None, width: int) -> Score:
    """The score of that name, one of `config.SCORES`, for queries and values of this width."""
    makers: dict[str | None, Callable[[], Score]] = {
        "additive": lambda: Additive(width),
        "concat": lambda: Concat(width),
        "dot": lambda: Dot(),
        "general": lambda: General(width),
        "scaled dot": lambda: Dot(scale=width**-0.5),
        "scaled general": lambda: General(width, scale=width**-0.5),
    }
    if name not in makers:
        raise ValueError(f"score: wanted one of {', '.join(filter(None, makers))}, got {name!r}")
    return makers[name]()


class Window(nn.Module):
    """Local attention (Luong et al. 2015, section 3.2): a window around a place in the source.

    The place p is the step's own number ("monotonic"), or S σ(wᵀ tanh(W h)), S the source's length
    ("predictive", equation 9), which also falls off around it as a Gaussian of deviation reach / 2
    (equation 10). Here both act on the scores, before the softmax, so that weights sum to 1; the
    paper multiplies the weights afterwards.
    """

    def __init__(self, width: int, reach: int, *, predictive: bool) -> None:
        super().__init__()
        self.reach = reach
        self.place = nn.Linear(width, width, bias=False) if predictive else None
        self.weight = nn.Linear(width, 1, bias=False) if predictive else None

    def forward(self, query: Tensor, steps: Tensor, mask: Tensor) -> Tensor:
        """What to add to the scores: `(batch, target, source)`, the lowest number outside.

        `query (batch, target, width)`; `steps (batch, target)`, each one's number from 0;
        `mask (batch, source)`.
        """
        length = mask.sum(1, keepdim=True).to(query.dtype)
        if self.place is None or self.weight is None:
            place = torch.minimum(steps.to(query.dtype), length - 1)
        else:
            place = length * torch.sigmoid(self.weight(torch.tanh(self.place(query)))).squeeze(-1)
        sources = torch.arange(mask.shape[1], device=mask.device, dtype=query.dtype)
        distance = sources - place[:, :, None]
        fall = 0.0 if self.place is None else -2 * (distance / self.reach) ** 2
        outside = torch.finfo(query.dtype).min
        return (torch.zeros_like(distance) + fall).masked_fill(distance.abs() > self.reach, outside)
