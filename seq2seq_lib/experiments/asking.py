"""Asking a model about part of the test split, and how good what comes back is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch

from seq2seq_lib import corpora, search
from seq2seq_lib.batching import collate, encode_pairs, pad
from seq2seq_lib.corpora import Pair
from seq2seq_lib.evaluation import compare
from seq2seq_lib.exact import Exact, exact
from seq2seq_lib.models import Model
from seq2seq_lib.search import Hypothesis
from seq2seq_lib.vocabulary import EOS, Vocabularies

Metrics = dict[str, float]

PART = 200  # sentences
MOST = 10_000  # beginnings to look at, then the exact search gives up


def part(number: int) -> tuple[Pair, ...]:
    """The test split's sentences from `number` times PART on."""
    return corpora.load("grammar").test[number * PART : (number + 1) * PART]


def ask(find: Callable, pairs: Sequence[Pair], vocabularies: Vocabularies, rows: int = 50) -> list:
    """What `find(source, mask)` gives for each pair's source, in their order."""
    sources = [(*vocabularies.source.encode(pair.source), EOS) for pair in pairs]
    order = sorted(range(len(pairs)), key=lambda place: len(sources[place]))
    found: dict[int, object] = {}
    for first in range(0, len(order), rows):
        places = order[first : first + rows]
        answers = find(*pad([sources[place] for place in places]))
        found |= dict(zip(places, answers, strict=True))
    return [found[place] for place in range(len(pairs))]


def quality(
    hypotheses: Sequence[Hypothesis], pairs: Sequence[Pair], vocabularies: Vocabularies
) -> Metrics:
    """bleu, chrf; ratio: words said to words wanted; score: mean log-probability in nats."""
    said = [vocabularies.target.decode(found.tokens) for found in hypotheses]
    report = compare(pairs, said)
    return {
        "bleu": report.bleu.value,
        "chrf": report.chrf.value,
        "ratio": sum(map(len, said)) / sum(len(pair.target) for pair in pairs),
        "score": sum(found.score for found in hypotheses) / len(hypotheses),
    }


def beams(
    model: Model,
    pairs: Sequence[Pair],
    vocabularies: Vocabularies,
    *,
    width: int,
    length_penalty: float = 0.0,
) -> list[Hypothesis]:
    """The beam's best hypothesis for each pair's source."""
    find = partial(search.beam, model, width=width, length_penalty=length_penalty)
    return [found[0] for found in ask(find, pairs, vocabularies)]


def reference_scores(
    model: Model, pairs: Sequence[Pair], vocabularies: Vocabularies
) -> list[float]:
    """The log-probability of each pair's target, in nats: what the model thinks of the truth."""
    examples = encode_pairs(pairs, vocabularies)
    parts = [examples[first : first + 50] for first in range(0, len(examples), 50)]
    return torch.cat([search.score(model, collate(some)) for some in parts]).tolist()


def likeliest(
    model: Model,
    pairs: Sequence[Pair],
    vocabularies: Vocabularies,
    starts: Sequence[Hypothesis],
    *,
    most: int = MOST,
) -> list[Exact]:
    """The likeliest translation of each pair's source, each search beginning with its start."""
    found = []
    for pair, start in zip(pairs, starts, strict=True):
        source = torch.tensor([[*vocabularies.source.encode(pair.source), EOS]])
        mask = torch.ones_like(source, dtype=torch.bool)
        found.append(exact(model, source, mask, start=start, most=most))
    return found
