"""What a training step costs: the models of a comparison, taking turns on the same batches."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median

import torch

from seq2seq_lib.batching import collate, encode_pairs, plan
from seq2seq_lib.config import from_dict
from seq2seq_lib.corpora import Pair
from seq2seq_lib.losses import objective
from seq2seq_lib.models import build
from seq2seq_lib.vocabulary import Vocabularies

Racers = Mapping[str, tuple[dict, Sequence[Pair]]]


def costs(racers: Racers, *, rounds: int = 30, tokens: int = 512) -> dict[str, float]:
    """Seconds of processor time for a training step of each: the median of `rounds`.

    A racer is a configuration's settings, but for the vocabularies' sizes, and the pairs that it
    learns from. All take turns, batch by batch, so that whatever else the machine does slows all
    of them alike.
    """
    prepared = {name: _prepared(settings, pairs) for name, (settings, pairs) in racers.items()}
    orders = {
        name: plan(examples, tokens, torch.Generator().manual_seed(0))[:rounds]
        for name, (_, examples) in prepared.items()
    }
    spent: dict[str, list[float]] = {name: [] for name in racers}
    for turn in range(min(map(len, orders.values()))):
        for name, (step, examples) in prepared.items():
            rows = [examples[row] for row in orders[name][turn]]
            started = time.process_time()
            step(rows)
            spent[name].append(time.process_time() - started)
    return {name: median(seconds) for name, seconds in spent.items()}


def _prepared(settings: dict, pairs: Sequence[Pair]) -> tuple[Callable, list]:
    """A training step of a new model of these settings, and the examples it can be given."""
    vocabularies = Vocabularies.build(pairs)
    sizes = {"source_size": len(vocabularies.source), "target_size": len(vocabularies.target)}
    model = build(from_dict(sizes | settings), torch.Generator().manual_seed(0))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)

    def step(rows: list) -> None:
        optimizer.zero_grad()
        objective(model, collate(rows)).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    return step, encode_pairs(pairs, vocabularies)
