"""One stream, `English = French`, and a decoder alone: the experiment of chapter 13.

`python -m seq2seq_lib.experiments.streams --seeds 0 1 2` trains every variant and adds to
data/results/chapter13.json. They have the steps, the batches and, within a thousandth, the
parameters of chapter 11's Transformer, whose stored runs stand beside them. The chapter calls `fit`
and `measure`, the same functions, for one seed, and holds what comes out against the stored runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from seq2seq_lib import corpora, heads
from seq2seq_lib.corpora import Splits
from seq2seq_lib.evaluation import Links, alignment_error_rate, hard_links, moved_links
from seq2seq_lib.experiments import results, running, transformers
from seq2seq_lib.experiments.commands import to_do
from seq2seq_lib.experiments.results import Result, keep
from seq2seq_lib.experiments.running import Fitted, fit
from seq2seq_lib.experiments.variants import Variant

# As many blocks as chapter 11's encoder and decoder have together. A block without cross-attention
# is smaller; the networks are wider by as much.
STREAM = transformers.BASE | {"kind": "transformer language", "layers": 4, "feedforward": 334}
# As many steps of arithmetic a token as there: each token goes through two blocks, not four.
HALF = STREAM | {"layers": 2, "feedforward": 256}
JOINT = transformers.BASE | {"tied": "all"}


def _variant(name: str, model: dict, **training: float | str) -> Variant:
    return Variant(name, model, transformers.TRAINING | training, joint=True)


VARIANTS = {
    variant.name: variant
    for variant in (
        _variant("stream", STREAM),
        _variant("stream, both scored", STREAM, source_weight=1.0),
        _variant("stream, prefix", STREAM | {"prefix": "full"}),
        _variant("stream, frequencies", STREAM, output_bias="frequencies"),
        _variant("stream, two blocks", HALF),
        _variant("stream, 2e-3", STREAM, learning_rate=2e-3),
        _variant("stream, 6e-3", STREAM, learning_rate=6e-3),
        _variant("stream, 8e-3", STREAM, learning_rate=8e-3),
        Variant(
            "encoder–decoder, 6e-3",
            transformers.BASE,
            transformers.TRAINING | {"learning_rate": 6e-3},
        ),
        _variant("encoder–decoder, one table", JOINT),
    )
}
# Where the heads of these look is measured.
STREAMS = tuple(name for name in VARIANTS if name.startswith("stream"))


@dataclass(frozen=True)
class Look:
    """Where one head looks from the French words of a corpus.

    english: the mean share of its weight on English words; mark: on the English end mark; the rest
    is on French. predicting: the alignment error rate of the row that chooses a French word;
    holding: of the row after it, in which that word has been fed.
    """

    english: float
    mark: float
    predicting: float
    holding: float


def looks(fitted: Fitted, pairs: Sequence) -> dict[tuple[int, int], Look]:
    """Where each head looks, by block and head, both counted from 1."""
    weights: dict[tuple[int, int], list[Tensor]] = {}
    links: dict[tuple[int, int], list[Links]] = {}
    seen = []
    for pair, own in heads.maps(fitted.model, pairs, fitted.vocabularies):
        seen.append(pair)
        for place, rows in _by_head(own[:, :, : len(pair.target) + 1]):
            source = len(pair.source)
            shares = torch.stack([rows[:, :source].sum(1), rows[:, source]], dim=1)
            weights.setdefault(place, []).append(shares)
            links.setdefault(place, []).append(hard_links(rows, source, len(rows)))
    return {place: _look(torch.cat(weights[place]), links[place], seen) for place in weights}


def _by_head(weights: Tensor) -> Iterator[tuple[tuple[int, int], Tensor]]:
    for block, part in enumerate(weights, 1):
        for head, rows in enumerate(part, 1):
            yield (block, head), rows


def _look(shares: Tensor, links: Sequence[Links], pairs: Sequence) -> Look:
    gold = [frozenset(pair.alignment) for pair in pairs]

    def rate(shift: int) -> float:
        moved = [
            moved_links(found, shift, len(pair.target))
            for found, pair in zip(links, pairs, strict=True)
        ]
        kept = [
            frozenset(link for link in found if link[1] < len(pair.target))
            for found, pair in zip(moved, pairs, strict=True)
        ]
        return alignment_error_rate(kept, gold)

    english, mark = shares.mean(0).tolist()
    return Look(english, mark, rate(0), rate(-1))


def measure(fitted: Fitted, corpus: Splits) -> Result:
    """Everything that is measured of every variant and, of a stream, where its heads look.

    "english 2.4", "mark 2.4", "predicting 2.4" and "holding 2.4": the second block's fourth head's
    `Look`. "chosen": the alignment error rate of that head and row which on the validation split
    has the least; "chosen block": the block that it stands in.
    """
    found = running.measure(fitted, corpus)
    if fitted.variant.name not in STREAMS:
        return found
    there = looks(fitted, corpus.test)
    named = {
        f"{name} {block}.{head}": round(value, 6)
        for (block, head), look in there.items()
        for name, value in vars(look).items()
    }
    place, row = best_aligned(looks(fitted, corpus.valid))
    named |= {"chosen": getattr(there[place], row), "chosen block": float(place[0])}
    return replace(found, metrics=found.metrics | named)


def best_aligned(there: dict[tuple[int, int], Look]) -> tuple[tuple[int, int], str]:
    """The head, and which of its rows, whose links are nearest to gold."""
    rates = {
        (place, row): getattr(look, row)
        for place, look in there.items()
        for row in ("predicting", "holding")
    }
    return min(rates, key=lambda key: rates[key])


def run(variant: Variant, seed: int, corpus: Splits, *, progress: bool = True) -> Result:
    """Train and measure one variant: what the command does, for a chapter to do live."""
    return measure(fit(variant, seed, corpus, progress=progress), corpus)


def stored() -> dict[str, list[Result]]:
    """The kept runs: for each variant's name its runs, by seed.

    Raises FileNotFoundError, saying the command that makes them, if there are none.
    """
    return results.stored("13", command="seq2seq_lib.experiments.streams")


def main(words: Sequence[str] | None = None) -> int:
    """Run what is not yet kept; each finished run is kept at once."""
    jobs = to_do("streams", "13", VARIANTS, words)
    corpus = corpora.load("grammar")
    for variant, seed in jobs:
        result = run(variant, seed, corpus, progress=False)
        keep("13", [result])
        shown = {key: result.metrics[key] for key in ("bleu", "long_bleu", "valid_loss")}
        print(f"{variant.name}, seed {seed}: {result.seconds} s, {shown}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
