"""Drawing a sentence at random, token by token, as the model would say it."""

from __future__ import annotations

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
        drawn = torch.multinomial(shares, 1, generator=generator)
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
