"""What is measured inside a trained model: where it looks, and what its one vector holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor

from seq2seq_lib import probes, tampering
from seq2seq_lib.batching import collate, encode_pairs
from seq2seq_lib.corpora import Pair, Splits
from seq2seq_lib.evaluation import BUCKETS, alignment, attends, evaluate, forced
from seq2seq_lib.models import Model, build
from seq2seq_lib.training import evaluating
from seq2seq_lib.vocabulary import Vocabularies

TENSES = ("présent", "imparfait", "passé composé", "futur")
CHANGES = {"uniform": tampering.uniform, "shuffled": tampering.shuffled}


def inside(
    model: Model, corpus: Splits, vocabularies: Vocabularies, seed: int
) -> dict[str, float]:
    """All that can be measured of this model: of its attention, of its context, of neither."""
    batch = collate(encode_pairs(corpus.test[:1], vocabularies))
    with evaluating(model):
        memory, _ = model.encode(batch.source, batch.source_mask)
    found: dict[str, float] = {}
    if attends(model):
        found |= attention_metrics(model, corpus.test, vocabularies, seed)
    if memory.keys is not None:
        found |= tampering_metrics(model, corpus.test, vocabularies)
    if memory.context is not None:
        found |= context_metrics(model, corpus.train, corpus.test, vocabularies)
    return found


def attention_metrics(
    model: Model, pairs: Sequence[Pair], vocabularies: Vocabularies, seed: int
) -> dict[str, float]:
    """Where a model looks: aer and its baselines (see `Alignment`), entropy (bits a word, mean)."""
    generator = torch.Generator().manual_seed(seed)
    found = alignment(model, pairs, vocabularies, generator=generator)
    metrics = {
        "aer": found.attention,
        "aer_early": found.early,
        "aer_late": found.late,
        "aer_diagonal": found.diagonal,
        "aer_shuffled": found.shuffled,
    }
    spread = [
        tampering.entropy(rows[: len(pair.target)])
        for pair, rows in forced(model, pairs, vocabularies, "attention")
    ]
    metrics["entropy"] = torch.cat(spread).mean().item()
    return metrics


def tampering_metrics(
    model: Model, pairs: Sequence[Pair], vocabularies: Vocabularies
) -> dict[str, float]:
    """What a model loses that looks elsewhere: for keys made uniform and keys shuffled bleu, and
    moved, the median total variation of the next word."""
    metrics = dict[str, float]()
    for name, change in CHANGES.items():
        other = tampering.Tampered(model, change)
        moved = tampering.total_variation(model, other, pairs, vocabularies)
        report = evaluate(cast(Model, other), pairs, vocabularies)
        metrics[f"{name}_bleu"] = report.bleu.value
        metrics[f"{name}_moved"] = moved.median().item()
    return metrics


def context_metrics(
    model: Model,
    training: Sequence[Pair],
    test: Sequence[Pair],
    vocabularies: Vocabularies,
) -> dict[str, float]:
    """What a linear probe reads from the context.

    read 3–6, … : words of the source read off, mean by length; the same as read_untrained from
    the model's own weights before training (seed 0) and read_commonest without looking.
    read_first, read_last: share of first and of last words (the end mark apart) read off.
    length_error: mean, in words, of a line fitted to the length. tense: share right.
    """
    blank = build(model.config, torch.Generator().manual_seed(0))
    tables = {
        "read": probes.readable(model, training, test, vocabularies),
        "read_untrained": probes.readable(blank, training, test, vocabularies),
        "read_commonest": probes.majority(training, test, vocabularies),
    }
    lengths = torch.tensor([len(pair.source) for pair in test])
    metrics = {
        f"{name} {low}–{high}": right[(lengths >= low) & (lengths <= high)].nansum(1).mean().item()
        for name, right in tables.items()
        for low, high in BUCKETS
        if ((lengths >= low) & (lengths <= high)).any()
    }
    last = tables["read"].gather(1, lengths[:, None].clamp(max=tables["read"].shape[1]) - 2)
    metrics["read_first"] = tables["read"][:, 0].mean().item()
    metrics["read_last"] = last.nanmean().item()
    seen, asked = (probes.contexts(model, pairs, vocabularies) for pairs in (training, test))
    metrics["length_error"] = length_error(seen, training, asked, test)
    if all((tenses(pairs) >= 0).any() for pairs in (training, test)):
        metrics["tense"] = tense_share(seen, training, asked, test)
    return metrics


def tenses(pairs: Sequence[Pair]) -> Tensor:
    """The place in TENSES `(pairs,)` of each pair's tense, or -1 if it has not just one."""
    found = []
    for pair in pairs:
        named = {label.split(":")[1] for label in pair.phenomena if label.startswith("tense:")}
        found.append(TENSES.index(named.pop()) if len(named) == 1 else -1)
    return torch.tensor(found)


def length_error(
    seen: Tensor, training: Sequence[Pair], asked: Tensor, test: Sequence[Pair]
) -> float:
    """Mean error, in words, of a straight line from contexts `(pairs, width)` to source lengths."""

    def with_one(contexts: Tensor) -> Tensor:
        return torch.cat([contexts, contexts.new_ones(len(contexts), 1)], dim=1).double()

    known, wanted = (
        torch.tensor([len(pair.source) for pair in pairs]).double() for pairs in (training, test)
    )
    line = torch.linalg.lstsq(with_one(seen), known[:, None]).solution
    return (with_one(asked) @ line - wanted[:, None]).abs().mean().item()


def tense_share(
    seen: Tensor, training: Sequence[Pair], asked: Tensor, test: Sequence[Pair]
) -> float:
    """The share of test pairs of one tense whose tense a linear probe names."""
    known, wanted = tenses(training), tenses(test)
    probe = probes.discriminant(seen[known >= 0], known[known >= 0])
    return (probe.guess(asked[wanted >= 0]) == wanted[wanted >= 0]).float().mean().item()
