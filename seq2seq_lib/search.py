"""Finding a sentence: one step at a time, through nothing but `encode` and `decode`.

A hypothesis always ends in `<eos>`, whose log-probability is in its score: at the length limit
nothing else may follow. So scores of different searches can be compared, and each equals the
teacher-forced log-probability of its tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from seq2seq_lib.batching import Batch, pad
from seq2seq_lib.losses import cross_entropy
from seq2seq_lib.memory import Decoded, Memory, SequenceModel, State
from seq2seq_lib.vocabulary import BOS, EOS, PAD, Vocabularies


@dataclass(frozen=True)
class Hypothesis:
    """tokens: without `<bos>` and `<eos>`. score: their log-probability, `<eos>` included."""

    tokens: tuple[int, ...]
    score: float

    def penalised(self, penalty: float) -> float:
        """The score divided by ((5 + length) / 6)^penalty (Wu et al. 2016, equation 14)."""
        return self.score / _penalty(len(self.tokens) + 1, penalty)


def _penalty(length, penalty: float):
    return ((5 + length) / 6) ** penalty


def length_limits(mask: Tensor, limit: int | None) -> Tensor:
    """The most tokens `(batch,)`, `<eos>` included, that each sentence's translation may have.

    By default twice the source and ten, by each sentence's own length: what a sentence is given
    must not depend on its neighbours in the batch.
    """
    if limit is not None and limit < 1:
        raise ValueError(f"limit: wanted at least 1 token, got {limit}")
    own = 2 * mask.sum(1) + 10
    return own if limit is None else torch.full_like(own, limit)


def next_scores(logits: Tensor, step: int, limits: Tensor) -> Tensor:
    """Log-probabilities `(rows, vocabulary)` of the next token, -inf for what may not follow."""
    scores = logits.to(torch.promote_types(logits.dtype, torch.float32)).log_softmax(dim=-1)
    scores[:, [PAD, BOS]] = -torch.inf
    last = limits <= step + 1
    if not last.any():
        return scores
    not_end = torch.arange(scores.shape[1], device=scores.device) != EOS
    return scores.masked_fill(last[:, None] & not_end, -torch.inf)


@torch.no_grad()
def beam(
    model: SequenceModel,
    source: Tensor,
    mask: Tensor,
    *,
    width: int,
    length_penalty: float = 0.0,
    best: int = 1,
    limit: int | None = None,
) -> list[list[Hypothesis]]:
    """Beam search over `source (batch, source)`: for each sentence its `best` hypotheses.

    At each step the `width` likeliest unfinished beginnings go on. A sentence is done when no
    unfinished one can still beat the `best` that are finished: with probabilities this is known
    exactly, since a sentence never gets likelier by growing. With a length penalty the bound takes
    the longest length allowed. Finished sentences leave the batch.
    """
    if width < 1 or not 1 <= best <= width:
        raise ValueError(f"beam: wanted 1 <= best <= width, got best {best} and width {width}")
    if length_penalty < 0:
        raise ValueError(f"length_penalty: wanted 0 or more, got {length_penalty}")
    memory, state = model.encode(source, mask)
    limits = length_limits(mask, limit)
    return beam_from(
        model, state, memory, limits, width=width, length_penalty=length_penalty, best=best
    )


@torch.no_grad()
def beam_from(
    model: SequenceModel,
    state: State,
    memory: Memory,
    limits: Tensor,
    *,
    width: int,
    length_penalty: float = 0.0,
    best: int = 1,
) -> list[list[Hypothesis]]:
    """`beam` from any memory and state, such as those of a code between two sentences' codes.

    `limits (batch,)`: the most tokens of each hypothesis, `<eos>` included.
    """
    searches = [_Beam(width, best, length_penalty, longest) for longest in limits.tolist()]
    beginnings = torch.full((len(limits), 1), BOS, device=limits.device)
    scores = torch.zeros((len(limits), 1), device=limits.device)
    sentences = torch.arange(len(limits), device=limits.device)
    while len(sentences):
        decoded = model.decode(beginnings[:, -1:], state, memory)
        step = beginnings.shape[1] - 1
        following = next_scores(decoded.logits[:, -1], step, limits[sentences])
        rows, tokens, scores = _choose(searches, scores, following, beginnings, sentences)
        beginnings = torch.cat([beginnings[rows], tokens], dim=1)
        # Copying both at every step is what a search can spare. A greedy state stays in its row
        # until a sentence ends; and all beginnings of a sentence have one memory.
        moved = not torch.equal(rows, torch.arange(len(sentences), device=rows.device))
        state = decoded.state.select(rows) if moved else decoded.state
        if not torch.equal(sentences[rows], sentences):
            memory = memory.select(rows)
        sentences = sentences[rows]
    return [search.finished[:best] for search in searches]


class _Beam:
    """The search for one sentence: what it has finished, and what may go on."""

    def __init__(self, width: int, best: int, length_penalty: float, longest: int) -> None:
        self.width, self.best, self.length_penalty = width, best, length_penalty
        self.longest = longest
        self.finished: list[Hypothesis] = []

    def advance(
        self, ahead: Sequence[tuple[float, int, int]], beginnings: list[list[int]]
    ) -> list[tuple[int, int, float]]:
        """Take one step: give (row, token, score) of what goes on, nothing when the search is done.

        `ahead` has (score, row, token) of what this sentence's rows of `beginnings` may go on
        with, at least the 2 · width best of it. Of these, those that end are finished if they are
        among the first `width`, and the first `width` that do not end go on.
        """
        going = []
        best = sorted(ahead, key=lambda one: -one[0])[: 2 * self.width]
        for rank, (score, row, token) in enumerate(best):
            if score == -float("inf"):
                break
            if token != EOS:
                going.append((row, token, score))
            elif rank < self.width:
                self.finished.append(Hypothesis(tuple(beginnings[row]), score))
        self.finished.sort(key=lambda found: -found.penalised(self.length_penalty))
        going = going[: self.width]
        return [] if not going or self._done(going[0][2]) else going

    def _done(self, ahead: float) -> bool:
        """Whether nothing of log-probability `ahead` can grow to beat what is finished."""
        if len(self.finished) < self.best:
            return False
        worst = self.finished[self.best - 1].penalised(self.length_penalty)
        return worst >= ahead / _penalty(self.longest, self.length_penalty)


def _choose(
    searches: list[_Beam],
    scores: Tensor,
    following: Tensor,
    beginnings: Tensor,
    sentences: Tensor,
) -> tuple[Tensor, Tensor, Tensor]:
    """The rows that go on, each one's token `(rows, 1)` and score `(rows, 1)`.

    `scores (rows, 1)` are those of the `beginnings`, `following (rows, vocabulary)` those of what
    may follow each. `sentences (rows,)` says whose beginning each row is; the rows of a sentence
    are neighbours.
    """
    # A sentence's best are among the best of its rows, so that one `topk` serves all sentences;
    # what a row has already is the same for all that may follow it, and is added to the best alone.
    top, places = following.topk(min(2 * searches[0].width, following.shape[1]))
    offered: dict[int, list[tuple[float, int, int]]] = {}
    each = zip(sentences.tolist(), (scores + top).tolist(), places.tolist(), strict=True)
    for row, (sentence, row_scores, row_tokens) in enumerate(each):
        found = [(one, row, token) for one, token in zip(row_scores, row_tokens, strict=True)]
        offered.setdefault(sentence, []).extend(found)
    said = beginnings[:, 1:].tolist()
    going = [
        one
        for sentence, found in offered.items()
        for one in searches[sentence].advance(found, said)
    ]
    rows, tokens, totals = ([one[part] for one in going] for part in range(3))
    device = following.device
    return (
        torch.tensor(rows, dtype=torch.long, device=device),
        torch.tensor(tokens, dtype=torch.long, device=device).view(-1, 1),
        torch.tensor(totals, dtype=following.dtype, device=device).view(-1, 1),
    )


def greedy(
    model: SequenceModel, source: Tensor, mask: Tensor, *, limit: int | None = None
) -> list[Hypothesis]:
    """The likeliest token at each step: the beam of width 1."""
    return [found[0] for found in beam(model, source, mask, width=1, limit=limit)]


def force(model: SequenceModel, batch: Batch) -> Decoded:
    """What the model says of the batch's targets when fed the right tokens (teacher forcing).

    The logits `(batch, target, vocabulary)` at each position score `batch.targets` there.
    """
    memory, state = model.encode(batch.source, batch.source_mask)
    return model.decode(batch.inputs, state, memory)


@torch.no_grad()
def score(model: SequenceModel, batch: Batch) -> Tensor:
    """Teacher-forced log-probability `(batch,)` of each target, `<eos>` included, in nats."""
    logits = force(model, batch).logits
    losses = cross_entropy(logits, batch.targets, batch.target_mask, reduction="none")
    return -losses.sum(dim=1)


@torch.no_grad()
def align(model: SequenceModel, source: Tensor, mask: Tensor, target: Tensor) -> Tensor:
    """Attention `(batch, target, source)` with the target forced: row t chose `target[:, t]`.

    `target (batch, target)` has neither `<bos>` nor need of `<eos>`. Raises ValueError for a
    model that does not attend.
    """
    memory, state = model.encode(source, mask)
    start = torch.full_like(target[:, :1], BOS)
    attention = model.decode(torch.cat([start, target[:, :-1]], dim=1), state, memory).attention
    if attention is None:
        raise ValueError("align: wanted a model that attends, this one gives no attention")
    return attention


def translate(
    model: SequenceModel,
    sentences: Sequence[Sequence[str]],
    vocabularies: Vocabularies,
    *,
    width: int = 1,
    length_penalty: float = 0.0,
    tokens: int = 2000,
) -> list[list[str]]:
    """Translate tokenised sentences, in batches of at most `tokens` source tokens, in their order.

    The model is used as it is: call `model.eval()` first. Raises ValueError on an empty sentence.
    """
    numbers = [(*vocabularies.source.encode(sentence), EOS) for sentence in sentences]
    for place, number in enumerate(numbers):
        if len(number) == 1:
            raise ValueError(f"translate: sentence {place} has no token")
    order = sorted(range(len(numbers)), key=lambda place: len(numbers[place]))
    found: dict[int, list[str]] = {}
    while order:
        rows = max(1, min(len(order), tokens // max(1, len(numbers[order[-1]]))))
        chosen, order = order[-rows:], order[:-rows]
        source, mask = pad([numbers[place] for place in chosen])
        device = next(model.parameters()).device
        best = beam(
            model, source.to(device), mask.to(device), width=width, length_penalty=length_penalty
        )
        for place, hypotheses in zip(chosen, best, strict=True):
            found[place] = vocabularies.target.decode(hypotheses[0].tokens)
    return [found[place] for place in range(len(numbers))]
