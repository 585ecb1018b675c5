"""Drawing sentences at random, as the model would say them, and choosing among the drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from seq2seq_lib.memory import SequenceModel
from seq2seq_lib.search import Hypothesis, length_limits, next_scores
from seq2seq_lib.vocabulary import BOS, EOS


@torch.no_grad()
def sample(
    model: SequenceModel,
    source: Tensor,
    mask: Tensor,
    *,
    generator: torch.Generator,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    limit: int | None = None,
) -> list[Hypothesis]:
    """One hypothesis a sentence, drawn token by token.

    The distribution is sharpened by `temperature` below 1, flattened above it; then cut to the
    `top_k` likeliest tokens (Fan et al. 2018) and to the fewest that hold `top_p` of the
    probability (Holtzman et al. 2020). The score is the log-probability under the model itself.
    """
    if temperature <= 0:
        raise ValueError(f"temperature: wanted more than 0, got {temperature}")
    memory, state = model.encode(source, mask)
    limits = length_limits(mask, limit)
    tokens = torch.full((len(source), 1), BOS, device=source.device)
    scores = torch.zeros(len(source), device=source.device)
    sentences = torch.arange(len(source), device=source.device)
    found: dict[int, Hypothesis] = {}
    while len(sentences):
        decoded = model.decode(tokens[:, -1:], state, memory)
        ahead = next_scores(decoded.logits[:, -1], tokens.shape[1] - 1, limits[sentences])
        shares = narrow(ahead / temperature, top_k=top_k, top_p=top_p)
        drawn = draw(shares, generator)
        scores = scores + ahead.gather(1, drawn).squeeze(1)
        ended = drawn.squeeze(1) == EOS
        for row in ended.nonzero().flatten().tolist():
            said = tuple(tokens[row, 1:].tolist())
            found[int(sentences[row])] = Hypothesis(said, float(scores[row]))
        rows = (~ended).nonzero().flatten()
        tokens = torch.cat([tokens, drawn], dim=1)[rows]
        scores, sentences = scores[rows], sentences[rows]
        state, memory = decoded.state.select(rows), memory.select(rows)
    return [found[sentence] for sentence in range(len(source))]


def draw(shares: Tensor, generator: torch.Generator) -> Tensor:
    """A place `(rows, 1)` for each row of `shares (rows, places)`, wherever the generator is."""
    drawn = torch.multinomial(shares.to(generator.device), 1, generator=generator)
    return drawn.to(shares.device)


def narrow(scores: Tensor, *, top_k: int | None = None, top_p: float | None = None) -> Tensor:
    """Probabilities `(rows, vocabulary)` of log-scores, with zeros outside `top_k` and `top_p`."""
    if top_k is not None:
        if top_k < 1:
            raise ValueError(f"top_k: wanted at least 1, got {top_k}")
        lowest = scores.topk(min(top_k, scores.shape[1])).values[:, -1:]
        scores = scores.masked_fill(scores < lowest, -torch.inf)
    probabilities = scores.softmax(dim=-1)
    if top_p is not None:
        if not 0 < top_p <= 1:
            raise ValueError(f"top_p: wanted a share above 0 and at most 1, got {top_p}")
        ordered, places = probabilities.sort(dim=-1, descending=True)
        # A token stays if those before it hold less than top_p: the likeliest always does.
        beyond = ordered.cumsum(dim=-1) - ordered >= top_p
        probabilities = probabilities.masked_fill(beyond.gather(1, places.argsort(dim=-1)), 0.0)
    return probabilities / probabilities.sum(dim=-1, keepdim=True)


Tokens = Sequence[int]
Utility = Callable[[Tokens, Tokens], float]


def overlap(found: Tokens, wanted: Tokens, *, longest: int = 4) -> float:
    """How much of each other's n-grams two sentences have: the mean F-score over n from 1 to
    `longest`, from 0 to 1 (chrF of Popović 2015, of tokens). Lengths n that neither sentence has
    are left out; two empty sentences are the same, 1."""
    scores = []
    for length in range(1, longest + 1):
        grams = [
            Counter(tuple(said[i : i + length]) for i in range(len(said) - length + 1))
            for said in (found, wanted)
        ]
        size = sum(grams[0].values()) + sum(grams[1].values())
        if size:
            scores.append(2 * sum((grams[0] & grams[1]).values()) / size)
    return sum(scores) / len(scores) if scores else 1.0


def most_agreed(drawn: Sequence[Hypothesis], utility: Utility | None = None) -> Hypothesis:
    """Of these hypotheses the one with the highest mean `utility` against all of them.

    `utility(found, wanted)`, by default `overlap`, is the higher the better. Each is wanted as
    often as it was drawn. Of equals the likelier is taken. Raises ValueError for none.
    """
    if not drawn:
        raise ValueError("most_agreed: wanted at least one hypothesis, got none")
    worth_of = overlap if utility is None else utility
    counts = Counter(hypothesis.tokens for hypothesis in drawn)

    def worth(hypothesis: Hypothesis) -> tuple[float, float]:
        gains = [worth_of(hypothesis.tokens, other) * count for other, count in counts.items()]
        return sum(gains), hypothesis.score

    return max({hypothesis.tokens: hypothesis for hypothesis in drawn}.values(), key=worth)


def minimum_bayes_risk(
    model: SequenceModel,
    source: Tensor,
    mask: Tensor,
    *,
    generator: torch.Generator,
    samples: int = 16,
    utility: Utility | None = None,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    limit: int | None = None,
) -> list[Hypothesis]:
    """For each sentence the one of its `samples` that agrees best with all of them.

    The samples stand for what might have been right, so the one chosen has the least expected loss
    (Kumar & Byrne 2004; by sampling, Eikema & Aziz 2020), by `utility` as in `most_agreed`. All are
    drawn in one batch, a sentence's side by side. Raises ValueError for fewer than one sample, and
    as `sample` does.
    """
    if samples < 1:
        raise ValueError(f"samples: wanted at least 1, got {samples}")
    rows = torch.arange(len(source), device=source.device).repeat_interleave(samples)
    drawn = sample(
        model,
        source[rows],
        mask[rows],
        generator=generator,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        limit=limit,
    )
    groups = [drawn[first : first + samples] for first in range(0, len(drawn), samples)]
    return [most_agreed(group, utility) for group in groups]
