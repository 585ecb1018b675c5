"""Ways to feed a decoder in training (Bengio et al. 2015): the experiment of chapter 07.

`python -m seq2seq_lib.experiments.feeding --seeds 0 1 2` trains one small translator in every way
and adds to data/results/chapter07.json. The chapter calls `fit` and `measure`, the same functions,
for one seed of one way, and holds what comes out against the `stored` runs with `agrees`.

The corpus is small, so that a run takes half a minute: short sentences of common words. All ways
see the same batches in the same order, and take as many steps. The model keeps its last weights:
those of the least teacher-forced loss would be chosen by one of the two measures in question.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from seq2seq_lib import corpora, forcing
from seq2seq_lib.batching import Batch, Example, batches, collate, encode_pairs, plan
from seq2seq_lib.config import Config, from_dict
from seq2seq_lib.corpora import Pair, Splits
from seq2seq_lib.evaluation import evaluate
from seq2seq_lib.experiments import results
from seq2seq_lib.experiments.commands import to_do
from seq2seq_lib.experiments.results import Result, circumstances, keep
from seq2seq_lib.losses import cross_entropy, scheduled_sampling
from seq2seq_lib.models import Model, begin_at_frequencies, build, parameters
from seq2seq_lib.schedule import TrainingConfig, learning_rate, own_words
from seq2seq_lib.training import evaluating
from seq2seq_lib.vocabulary import Vocabularies

LONGEST, WORDS = 12, 300
MODEL = {"embedding": 64, "width": 128, "context": "every step", "direction": "backward"}
STEPS, TOKENS, RATE, LOOK_EVERY = 500, 256, 8e-3, 100
PLANTED, LAGS, MORE = 2, 4, 8


@dataclass(frozen=True)
class Way:
    """A name, and the settings of `TrainingConfig` in which this way to train differs."""

    name: str
    settings: dict = field(default_factory=dict)

    @property
    def training(self) -> TrainingConfig:
        """How it is trained."""
        return TrainingConfig(
            steps=STEPS,
            tokens=TOKENS,
            learning_rate=RATE,
            validate_every=LOOK_EVERY,
            output_bias="frequencies",
            **self.settings,
        )


def _rising(schedule: str) -> dict:
    return {"own_words": 1.0, "own_words_schedule": schedule}


WAYS = (
    Way("teacher"),
    Way("half", {"own_words": 0.5, "own_words_schedule": "constant"}),
    Way("free", _rising("constant")),
    Way("linear", _rising("linear")),
    Way("exponential", _rising("exponential")),
    Way("inverse sigmoid", _rising("inverse sigmoid")),
    Way("smoothing 0.1", {"smoothing": 0.1}),
)


def ways() -> dict[str, Way]:
    """All ways by name."""
    return {way.name: way for way in WAYS}


def small(corpus: Splits) -> Splits:
    """The pairs of at most LONGEST English words, all among the WORDS commonest of training."""
    counts = Counter(word for pair in corpus.train for word in pair.source)
    common = {word for word, _ in counts.most_common(WORDS)}

    def chosen(pairs: Sequence[Pair]) -> tuple[Pair, ...]:
        return tuple(p for p in pairs if len(p.source) <= LONGEST and common.issuperset(p.source))

    return Splits(*(chosen(getattr(corpus, name)) for name in corpora.SPLITS))


@dataclass(frozen=True)
class Point:
    """One look during training: loss (nats a word) and accuracy with the reference fed, accuracy
    with the own words fed, BLEU of the greedy translations; all on the validation split."""

    step: int
    loss: float
    forced: float
    own: float
    bleu: float


@dataclass(frozen=True)
class Fitted:
    """A way, trained: its model in `eval` mode with its last weights, and the looks on the way."""

    way: Way
    seed: int
    model: Model
    vocabularies: Vocabularies
    points: tuple[Point, ...]
    tokens: int
    seconds: float


def configuration(vocabularies: Vocabularies) -> Config:
    """The translator of chapter 06, for these vocabularies."""
    sizes = {"source_size": len(vocabularies.source), "target_size": len(vocabularies.target)}
    return from_dict(sizes | MODEL)


def fit(way: Way, seed: int, corpus: Splits) -> Fitted:
    """Train on the pairs of `small`. The same seed gives the same model and the same batches."""
    began, config = time.process_time(), way.training
    vocabularies = Vocabularies.build(corpus.train)
    generator, coins = (torch.Generator().manual_seed(seed + more) for more in (0, 1000))
    model = build(configuration(vocabularies), generator)
    optimiser = torch.optim.Adam(model.parameters(), lr=RATE, fused=True)
    points, tokens = [], 0
    examples = encode_pairs(corpus.train, vocabularies)
    begin_at_frequencies(model, examples)
    order = _endless(examples, generator)
    for step, batch in zip(range(1, config.steps + 1), order, strict=False):
        optimiser.param_groups[0]["lr"] = learning_rate(config, step)
        optimiser.zero_grad()
        share = own_words(config, step)
        loss(model, batch, share=share, smoothing=config.smoothing, coins=coins).backward()
        nn.utils.clip_grad_norm_(model.parameters(), config.clip)
        optimiser.step()
        tokens += batch.tokens
        if step % config.validate_every == 0:
            points.append(look(model, corpus.valid, vocabularies, step))
    seconds = time.process_time() - began
    return Fitted(way, seed, model.eval(), vocabularies, tuple(points), tokens, seconds)


def _endless(examples: Sequence[Example], generator: torch.Generator) -> Iterator[Batch]:
    """Batches of all examples, again and again, each time in another order."""
    while True:
        for rows in plan(examples, TOKENS, generator):
            yield collate([examples[row] for row in rows])


def loss(
    model: Model, batch: Batch, *, share: float, smoothing: float, coins: torch.Generator
) -> Tensor:
    """What a step makes small, in nats per real token: the decoder is fed its own words at this
    `share` of the steps, at 0 in one call of `decode`."""
    memory, state = model.encode(batch.source, batch.source_mask)
    if share:
        logits = scheduled_sampling(model, batch, state, memory, share=share, generator=coins)
    else:
        logits = model.decode(batch.inputs, state, memory).logits
    return cross_entropy(logits, batch.targets, batch.target_mask, smoothing=smoothing)


def look(model: Model, pairs: Sequence[Pair], vocabularies: Vocabularies, step: int) -> Point:
    """How good the model is at both: at going on from the reference, and from its own words."""
    total = {"loss": 0.0, "forced": 0.0, "own": 0.0, "tokens": 0.0}
    with evaluating(model):
        for batch in batches(encode_pairs(pairs, vocabularies), tokens=2000):
            memory, state = model.encode(batch.source, batch.source_mask)
            logits = model.decode(batch.inputs, state, memory).logits
            own = forcing.free_run(model, batch, batch.inputs[:, :1], steps=batch.inputs.shape[1])
            said = cross_entropy(logits, batch.targets, batch.target_mask, reduction="sum")
            total["loss"] += said.item()
            total["forced"] += forcing.hits(forcing.likeliest(logits), batch).sum().item()
            total["own"] += forcing.hits(own, batch).sum().item()
            total["tokens"] += batch.tokens
    tokens = total.pop("tokens")
    bleu = evaluate(model, pairs, vocabularies).bleu.value
    return Point(step, **{name: value / tokens for name, value in total.items()}, bleu=bleu)


def measure(fitted: Fitted, corpus: Splits) -> Result:
    """What a trained translator does on the pairs of valid and test, of which none chose it.

    Its metrics. bleu, exact: of greedy translations; familiar, in_common: what they hold (see
    `forcing`; familiar by the training split). valid_loss: of the last look. forced, own:
    accuracy at the right place, with the reference fed and with the own words fed. after_forced,
    after_own: the same, only at the places after the first own error. clean 1, … and planted 1, …:
    accuracy so many words after a wrong word at place PLANTED, without it and with it, the
    reference fed otherwise; clean edits, planted edits: the same with the own words fed after it,
    as edits a word of the reference that is left (`rest_edits`). loss 100, forced 100, own 100,
    bleu 100, …: of the looks.
    """
    model, vocabularies = fitted.model, fitted.vocabularies
    pairs = (*corpus.valid, *corpus.test)
    report = evaluate(model, pairs, vocabularies)
    metrics = {"bleu": report.bleu.value, "exact": report.exact.value}
    metrics["valid_loss"] = fitted.points[-1].loss
    known = [pair.target for pair in corpus.train]
    metrics["familiar"] = forcing.familiar(report.hypotheses, known)
    metrics["in_common"] = forcing.in_common(report.hypotheses, [pair.target for pair in pairs])
    metrics |= exposure(model, pairs, vocabularies)
    for point in fitted.points:
        for name in ("loss", "forced", "own", "bleu"):
            metrics[f"{name} {point.step}"] = getattr(point, name)
    return Result(
        variant=fitted.way.name,
        seed=fitted.seed,
        config=model.config.to_dict(),
        training=fitted.way.training.to_dict(),
        parameters=parameters(model),
        metrics={name: round(value, 6) for name, value in metrics.items()},
        lengths={},
        signatures={"bleu": report.bleu.signature},
        tokens=fitted.tokens,
        seconds=round(fitted.seconds, 1),
        circumstances=circumstances(),
    )


def exposure(model: Model, pairs: Sequence[Pair], vocabularies: Vocabularies) -> dict[str, float]:
    """Accuracy by what the decoder is fed; see `measure`."""
    sums: Counter[str] = Counter()
    counts: Counter[str] = Counter()

    def add(name: str, right: Tensor, where: Tensor) -> None:
        sums[name] += int((right & where).sum())
        counts[name] += int(where.sum())

    with evaluating(model):
        for batch in batches(encode_pairs(pairs, vocabularies), tokens=2000):
            real = batch.target_mask
            forced = forcing.hits(forcing.say(model, batch), batch)
            free = forcing.free_run(model, batch, batch.inputs[:, :1], steps=real.shape[1])
            own = forcing.hits(free, batch)
            wrong = ~own & real
            after = (wrong.cumsum(dim=1) - wrong.long()) > 0
            for name, right in (("forced", forced), ("own", own)):
                add(name, right, real)
                add(f"after_{name}", right, real & after)
            words = forcing.tempting(model, batch, PLANTED - 1)
            fed = {"clean": batch.inputs, "planted": forcing.planted(batch, PLANTED - 1, words)}
            for name, inputs in fed.items():
                right = forcing.hits(forcing.say(model, batch, inputs), batch)
                for lag in range(1, min(LAGS, real.shape[1] - PLANTED) + 1):
                    place = PLANTED - 1 + lag
                    add(f"{name} {lag}", right[:, place], real[:, place])
                steps = real.shape[1] + MORE
                said = forcing.free_run(model, batch, inputs[:, : PLANTED + 1], steps=steps)
                found = forcing.rest_edits(said, batch, PLANTED)
                sums[f"{name} edits"] += found[0]
                counts[f"{name} edits"] += found[1]
    return {name: sums[name] / counts[name] for name in counts}


def run(way: Way, seed: int, corpus: Splits) -> Result:
    """Train in one way and measure: what the command does. `corpus` is one of `small`."""
    return measure(fit(way, seed, corpus), corpus)


def stored() -> dict[str, list[Result]]:
    """The kept runs: for each way's name its runs, by seed.

    Raises FileNotFoundError, saying the command that makes them, if there are none.
    """
    return results.stored("07", command="seq2seq_lib.experiments.feeding")


def main(words: Sequence[str] | None = None) -> int:
    """Run what is not yet kept; each finished run is kept at once."""
    jobs = to_do("feeding", "07", {way.name: way for way in WAYS}, words, called="ways")
    corpus = small(corpora.load("grammar"))
    for way, seed in jobs:
        result = run(way, seed, corpus)
        keep("07", [result])
        shown = {name: result.metrics[name] for name in ("bleu", "forced", "own")}
        print(f"{way.name}, seed {seed}: {result.seconds} s, {shown}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
