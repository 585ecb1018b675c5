"""Finding the likeliest sentence of all, for certain: depth first, with a bound.

A sentence never gets likelier by growing. So a beginning that is no likelier than a finished
sentence can be given up, with everything that could follow it (Stahlberg & Byrne 2019). At most
1 / p beginnings of one length have a probability of p or more, so the search ends.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from seq2seq_lib.memory import SequenceModel, State
from seq2seq_lib.search import Hypothesis, length_limits, next_scores
from seq2seq_lib.vocabulary import BOS, EOS


@dataclass(frozen=True)
class Exact:
    """best: the likeliest sentence found. proved: whether no other can be likelier. beginnings:
    of how many beginnings the model was asked for what follows."""

    best: Hypothesis
    proved: bool
    beginnings: int


@dataclass(frozen=True)
class _Block:
    """Beginnings of one length: tokens (rows, length), scores (rows,), and the decoder's state."""

    said: Tensor
    scores: Tensor
    state: State

    def above(self, bound: float) -> _Block:
        rows = self.scores > bound
        return _Block(self.said[rows], self.scores[rows], self.state.select(rows))


@torch.no_grad()
def exact(
    model: SequenceModel,
    source: Tensor,
    mask: Tensor,
    *,
    start: Hypothesis | None = None,
    most: int = 20_000,
    rows: int = 256,
    limit: int | None = None,
) -> Exact:
    """The likeliest sentence within the length limit, for one `source (1, source)`.

    `start`, such as a beam's best, is the first bound: the better, the sooner the rest is ruled
    out. Beginnings are looked at in blocks of at most `rows`, the longest first, the likely before
    the unlikely. After `most` of them the search gives the best found so far, not proved.
    Raises ValueError for more than one sentence or a `most` or `rows` below 1.
    """
    if len(source) != 1:
        raise ValueError(f"exact: wanted one sentence, got {len(source)}")
    if most < 1 or rows < 1:
        raise ValueError(f"exact: wanted most and rows of at least 1, got {most} and {rows}")
    memory, state = model.encode(source, mask)
    limits = length_limits(mask, limit)
    best, asked = start or Hypothesis((), -float("inf")), 0
    none = torch.zeros(1, device=source.device)
    stack = [_Block(torch.full_like(source[:, :1], BOS), none, state)]
    while stack:
        block = stack.pop().above(best.score)
        if not (count := len(block.said)):
            continue
        if asked + count > most:
            return Exact(best, proved=False, beginnings=asked)
        asked += count
        here = memory.select(torch.zeros_like(block.said[:, 0]))
        decoded = model.decode(block.said[:, -1:], block.state, here)
        ahead = next_scores(decoded.logits[:, -1], block.said.shape[1] - 1, limits)
        ahead = ahead + block.scores[:, None]
        best = _finished(block, ahead, best)
        stack += _grown(block, ahead, decoded.state, best, rows)
    return Exact(best, proved=True, beginnings=asked)


def _finished(block: _Block, ahead: Tensor, best: Hypothesis) -> Hypothesis:
    """The likelier of `best` and what ends here."""
    score, row = ahead[:, EOS].max(dim=0)
    if score <= best.score:
        return best
    return Hypothesis(tuple(block.said[row, 1:].tolist()), float(score))


def _grown(block: _Block, ahead: Tensor, state: State, best: Hypothesis, rows: int) -> list[_Block]:
    """The beginnings one token longer that may still beat `best`, the likeliest block last."""
    ahead = ahead.clone()
    ahead[:, EOS] = -torch.inf
    places = (ahead.flatten() > best.score).nonzero().flatten()
    scores, order = ahead.flatten()[places].sort()
    parents, tokens = places[order] // ahead.shape[1], places[order] % ahead.shape[1]
    said = torch.cat([block.said[parents], tokens[:, None]], dim=1)
    return [
        _Block(said[part], scores[part], state.select(parents[part]))
        for part in torch.arange(len(scores), device=ahead.device).split(rows)
        if len(part)
    ]
