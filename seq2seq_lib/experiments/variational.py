"""A variational autoencoder of short sentences, with and without annealing: chapter 10.

`python -m seq2seq_lib.experiments.variational --seeds 0 1 2` trains every variant and adds to
data/results/chapter10.json. The chapter trains one with `fit`, the same function, and holds what
`measure` says of it against the `stored` runs with `disagreements`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import torch
from torch import Tensor, nn

from seq2seq_lib import corpora
from seq2seq_lib.batching import Example, batches, collate, pad, plan
from seq2seq_lib.config import RecurrentConfig
from seq2seq_lib.corpora import Pair, Splits
from seq2seq_lib.experiments import results
from seq2seq_lib.experiments.results import Result, circumstances, keep
from seq2seq_lib.latent import Gaussian
from seq2seq_lib.losses import cross_entropy
from seq2seq_lib.memory import held
from seq2seq_lib.models import EncoderDecoder, build, parameters
from seq2seq_lib.noising import autoencoding
from seq2seq_lib.recurrent import Reading
from seq2seq_lib.schedule import TrainingConfig, kl_weight, learning_rate
from seq2seq_lib.search import beam_from
from seq2seq_lib.training import mean_loss
from seq2seq_lib.vocabulary import BOS, EOS, UNK, Vocabulary

CHAPTER = "10"
LONGEST = 6  # words, the full stop counted
EVERY = 50  # steps between two points of the trace
BLANKED = 0.5  # share of the decoder's inputs in training that it is not told
STEPS = 1200
ACTIVE = 0.01  # least variance of an active unit's mean (Burda et al. 2016)
# How far a live run may lie beyond the range of the stored ones.
BANDS = {"kl": 1.0, "active": 5.0, "loss": 0.2, "exact": 0.05, "distinct": 1.0, "fluent": 0.4}


def _training(weight: float, annealing: float = 0.0) -> TrainingConfig:
    return TrainingConfig(
        steps=STEPS, tokens=256, learning_rate=5e-3, kl_weight=weight, kl_annealing=annealing
    )


VARIANTS = {
    "annealed": _training(1.0, 1.0),
    "not annealed": _training(1.0),
    "no divergence": _training(0.0),
}


@dataclass(frozen=True)
class Point:
    """A look at training: after `step` updates, the means over the steps since the last look.

    divergence: nats a sentence. loss: cross-entropy in nats per token. weight: of the divergence.
    """

    step: int
    divergence: float
    loss: float
    weight: float


@dataclass(frozen=True)
class Trained:
    """A trained variant, in `eval` mode."""

    variant: str
    seed: int
    model: EncoderDecoder
    vocabulary: Vocabulary
    points: tuple[Point, ...]
    seconds: float = field(compare=False)


def short(pairs: Sequence[Pair]) -> list[tuple[str, ...]]:
    """The English sentences of at most LONGEST words."""
    return [pair.source for pair in pairs if len(pair.source) <= LONGEST]


def fit(variant: str, seed: int, corpus: Splits) -> Trained:
    """Train one variant on the short sentences of `corpus.train`. Same seed, same model."""
    if variant not in VARIANTS:
        raise ValueError(f"variant: wanted one of {', '.join(VARIANTS)}, got {variant!r}")
    began = time.process_time()
    sentences = short(corpus.train)
    vocabulary = Vocabulary.build(sentences)
    config = RecurrentConfig(
        source_size=len(vocabulary),
        target_size=len(vocabulary),
        embedding=32,
        width=64,
        context="every step",
        latent=16,
    )
    generator = torch.Generator().manual_seed(seed)
    model = build(config, generator)
    examples = autoencoding(sentences, vocabulary)
    with torch.random.fork_rng():
        torch.manual_seed(int(torch.randint(2**62, (), generator=generator)))
        points = tuple(_train(model, examples, VARIANTS[variant], generator))
    seconds = time.process_time() - began
    return Trained(variant, seed, model.eval(), vocabulary, points, seconds)


def blank(inputs: Tensor, share: float, generator: torch.Generator | None = None) -> Tensor:
    """The decoder's inputs `(batch, target)` with a share of the words after `<bos>` unknown.

    A decoder that is not told its last word must ask the code (Bowman et al. 2016, section 3.1).
    Without a `generator` the choice is torch's own chance. Raises ValueError for a share outside
    0 to 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"blank: wanted a share from 0 to 1, got {share}")
    coins = torch.rand(inputs.shape, generator=generator)
    return inputs.masked_fill((coins < share) & (inputs != BOS), UNK)


def _train(
    model: EncoderDecoder,
    examples: Sequence[Example],
    config: TrainingConfig,
    generator: torch.Generator,
) -> Iterator[Point]:
    """Adam on the negative evidence lower bound, the weight of its divergence rising."""
    optimiser = torch.optim.Adam(model.parameters(), lr=config.learning_rate, fused=True)
    order: list[list[int]] = []
    seen: list[tuple[float, float]] = []
    for step in range(1, config.steps + 1):
        order = order or plan(examples, config.tokens, generator)
        batch = collate([examples[place] for place in order.pop()])
        memory, state = model.encode(batch.source, batch.source_mask)
        logits = model.decode(blank(batch.inputs, BLANKED), state, memory).logits
        weight = kl_weight(config, step)
        loss = cross_entropy(logits, batch.targets, batch.target_mask)
        divergence = held(memory.divergence, "a divergence")
        whole = loss + weight * divergence.sum() / batch.target_mask.sum()
        optimiser.param_groups[0]["lr"] = learning_rate(config, step)
        optimiser.zero_grad()
        whole.backward()
        nn.utils.clip_grad_norm_(model.parameters(), config.clip)
        optimiser.step()
        seen.append((divergence.mean().item(), loss.item()))
        if step % EVERY == 0:
            nats, mean = torch.tensor(seen).mean(0).tolist()
            yield Point(step, nats, mean, weight)
            seen = []


@torch.no_grad()
def codes(trained: Trained, sentences: Sequence[Sequence[str]]) -> Gaussian:
    """The distributions of the codes `(sentences, latent)`, in the sentences' order."""
    source, mask = pad([(*trained.vocabulary.encode(words), EOS) for words in sentences])
    bottleneck = trained.model.reader
    return bottleneck.code(bottleneck.reader(trained.model.embedding(source), mask))


@torch.no_grad()
def say(trained: Trained, drawn: Tensor, *, limit: int = 20) -> list[tuple[str, ...]]:
    """What the decoder makes of codes `(sentences, latent)`, word by likeliest word."""
    start = trained.model.reader.open(drawn)
    mask = torch.ones(len(drawn), 1, dtype=torch.bool)
    memory, state = trained.model.writer.remember(Reading(drawn[:, None], start, mask))
    limits = torch.full((len(drawn),), limit)
    found = beam_from(trained.model, state, memory, limits, width=1)
    return [tuple(trained.vocabulary.decode(best[0].tokens)) for best in found]


def walk(first: Tensor, last: Tensor, steps: int) -> Tensor:
    """Codes `(steps, latent)` on the straight line from `first (latent,)` to `last`, both ends."""
    if steps < 2:
        raise ValueError(f"walk: wanted at least 2 steps, got {steps}")
    return first + torch.linspace(0, 1, steps)[:, None] * (last - first)


def fluent(sentences: Sequence[Sequence[str]], known: Sequence[Sequence[str]]) -> list[bool]:
    """Whether each run of three words of a sentence, its two ends included, stands in `known`."""
    seen = {run for sentence in known for run in _runs(sentence)}
    return [all(run in seen for run in _runs(sentence)) for sentence in sentences]


def _runs(sentence: Sequence[str]) -> Iterator[tuple]:
    words = (BOS, *sentence, EOS)
    yield from ((*one, after) for one, after in zip(pairwise(words), words[2:], strict=False))


def measure(trained: Trained, corpus: Splits, *, walks: int = 50, steps: int = 7) -> Result:
    """What a variant keeps of test sentences, and what lies between them.

    Its metrics: kl (nats a sentence), loss (nats per token, at the code's mean), active (units
    whose mean varies), exact (share rebuilt word for word), distinct (sentences met on a walk of
    `steps` points between two), fluent (share of the middle points' sentences whose runs of three
    words all stand in training), and "kl 50", … the trace of training.
    """
    sentences = short(corpus.test)
    model, vocabulary = trained.model, trained.vocabulary
    found = codes(trained, sentences)
    ready = batches(autoencoding(sentences, vocabulary), tokens=2000)
    said = say(trained, found.mean)
    known = [tuple(vocabulary.decode(vocabulary.encode(words))) for words in sentences]
    ends = zip(found.mean[:walks], found.mean.flip(0)[:walks], strict=True)
    line = torch.cat([walk(first, last, steps) for first, last in ends])
    met = say(trained, line)
    places = [met[start : start + steps] for start in range(0, len(met), steps)]
    middles = [points[steps // 2] for points in places]
    metrics = {
        "kl": found.divergence().mean().item(),
        "loss": mean_loss(model, ready, kl_weight=0.0),
        "active": float((found.mean.var(0) > ACTIVE).sum()),
        "exact": sum(a == b for a, b in zip(said, known, strict=True)) / len(said),
        "distinct": sum(len(set(points)) for points in places) / len(places),
        "fluent": sum(fluent(middles, short(corpus.train))) / len(middles),
    } | {f"kl {point.step}": point.divergence for point in trained.points}
    return _result(trained, metrics)


def _result(trained: Trained, metrics: dict[str, float]) -> Result:
    return Result(
        variant=trained.variant,
        seed=trained.seed,
        config=trained.model.config.to_dict(),
        training=VARIANTS[trained.variant].to_dict(),
        parameters=parameters(trained.model),
        metrics={name: round(value, 6) for name, value in metrics.items()},
        lengths={},
        signatures={},
        tokens=0,
        seconds=round(trained.seconds, 1),
        circumstances=circumstances(),
    )


def stored() -> dict[str, list[Result]]:
    """The kept runs of this module's variants: for each name its runs, by seed.

    Raises FileNotFoundError, saying the command that makes them, if there are none.
    """
    return results.stored(CHAPTER, command="seq2seq_lib.experiments.variational", names=VARIANTS)


def disagreements(live: Result, runs: Sequence[Result]) -> list[str]:
    """Where a live run differs from the stored ones of its variant: empty if it agrees.

    Settings and size must be theirs; the metrics may lie outside their range by BANDS.
    """
    return results.disagreements(live, runs) + results.outside(live, runs, BANDS)


def main(words: Sequence[str] | None = None) -> int:
    """Run what is not yet kept; each finished run is kept at once."""
    parser = argparse.ArgumentParser(prog="python -m seq2seq_lib.experiments.variational")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], metavar="SEED")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="variants by name")
    parser.add_argument("--again", action="store_true", help="repeat runs already kept")
    asked = parser.parse_args(words)
    torch.set_num_threads(1)
    corpus = corpora.load("grammar")
    done = set() if asked.again else results.finished(CHAPTER)
    for seed in asked.seeds:
        for name in asked.only or VARIANTS:
            if (name, seed) in done:
                continue
            result = measure(fit(name, seed, corpus), corpus)
            keep(CHAPTER, [result])
            shown = {key: value for key, value in result.metrics.items() if key[:3] != "kl "}
            print(f"{name}, seed {seed}: {result.seconds} s, {shown}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
