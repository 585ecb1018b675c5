"""How the general score locks in its first steps, and what keeps it free: chapter 09.

`python -m seq2seq_lib.experiments.locking --seeds 0 1 2 3 4` watches the first steps of every trial
and adds to data/results/chapter09_locking.json; `--whole NAME` trains that trial to the end and
adds what is measured of it to data/results/chapter09_freed.json. The chapter calls `watch`, the
same function, for the first steps of one seed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import cast

import torch
from torch.optim.optimizer import register_optimizer_step_post_hook

from seq2seq_lib import checkpoints, corpora, tampering
from seq2seq_lib.attending import Attending
from seq2seq_lib.attention import General
from seq2seq_lib.batching import collate, encode_pairs
from seq2seq_lib.corpora import Splits
from seq2seq_lib.evaluation import alignment_error_rate, hard_links
from seq2seq_lib.experiments import results, running
from seq2seq_lib.experiments.results import RESULTS, Result
from seq2seq_lib.experiments.running import Fitted
from seq2seq_lib.experiments.variants import Variant, variants
from seq2seq_lib.losses import objective
from seq2seq_lib.memory import held
from seq2seq_lib.models import EncoderDecoder, begin_at_frequencies, build
from seq2seq_lib.schedule import TrainingConfig
from seq2seq_lib.training import evaluating, train
from seq2seq_lib.vocabulary import Vocabularies

FIRST, EVERY = 200, 20  # steps that are watched, and steps from one look to the next
SENTENCES = 64  # of the validation split, that are looked at
WATCHED, FREED = RESULTS / "chapter09_locking.json", RESULTS / "chapter09_freed.json"


@dataclass(frozen=True)
class Trial:
    """One way to begin: a variant, and whether the read-out's bias starts at the logarithm of
    the words' frequencies in the training split, or at zero."""

    variant: Variant
    frequencies: bool = False


_GENERAL = variants("09_zero")["luong, general"]
_SCALED = replace(
    _GENERAL, name="luong, scaled general", model={**_GENERAL.model, "score": "scaled general"}
)
_BEGUN = replace(_GENERAL, name="luong, general, frequencies")
TRIALS = {
    trial.variant.name: trial
    for trial in (Trial(_GENERAL), Trial(_SCALED), Trial(_BEGUN, frequencies=True))
}


@dataclass(frozen=True)
class Look:
    """What is seen after `step` updates, on the first SENTENCES of the validation split.

    Means over target words: spread, the standard deviation of the scores over the source's places;
    entropy of the weights (bits). fill: the root mean square of the entries of the states that ask,
    1 at most. alike: the length of the mean of these states, as a share of their mean length, 1 if
    all are the same. gradient: the length of the gradient that moved the score's matrix.
    loss: nats per token. aer: the alignment error rate.
    """

    step: int
    loss: float
    spread: float
    entropy: float
    fill: float
    alike: float
    gradient: float
    aer: float


@dataclass(frozen=True)
class Trace:
    """The looks at one run, the earliest first."""

    variant: str
    seed: int
    looks: tuple[Look, ...]

    def at(self, step: int) -> Look:
        """The look after this step. Raises ValueError if there was none."""
        for look in self.looks:
            if look.step == step:
                return look
        raise ValueError(f"step: wanted one that was looked at, got {step}")


class _EnoughError(Exception):
    """The steps that are to be watched are done."""


def fit(
    trial: Trial, seed: int, corpus: Splits, *, first: int = FIRST, whole: bool = True
) -> tuple[Fitted | None, Trace]:
    """Train as `running.fit` does, look every EVERY steps up to `first`; go on if `whole`."""
    vocabularies = Vocabularies.build(corpus.train)
    generator = torch.Generator().manual_seed(seed)
    model = build(running.configuration(trial.variant, vocabularies), generator)
    if trial.frequencies:
        begin_at_frequencies(model, encode_pairs(corpus.train, vocabularies))
    look = _looker(model, corpus, vocabularies)
    looks = [look(0)]

    def after(step: int) -> None:
        if step <= first and step % EVERY == 0:
            looks.append(look(step))
        if step == first and not whole:
            raise _EnoughError

    fitted = None
    try:
        with _every_step(after):
            history = train(
                model,
                encode_pairs(corpus.train, vocabularies),
                encode_pairs(corpus.valid, vocabularies),
                TrainingConfig(**trial.variant.training),
                generator=generator,
                progress=False,
            )
        fitted = Fitted(trial.variant, seed, model, vocabularies, history)
    except _EnoughError:
        pass
    return fitted, Trace(trial.variant.name, seed, tuple(looks))


def watch(name: str, seed: int, corpus: Splits, *, first: int = FIRST) -> Trace:
    """The first steps of the trial of this name; there the training ends."""
    return fit(TRIALS[name], seed, corpus, first=first, whole=False)[1]


@contextmanager
def _every_step(after: Callable[[int], None]) -> Iterator[None]:
    """Within it, `after` is called after every update, with its number, gradients still there."""
    steps = iter(range(1, 10**9))
    handle = register_optimizer_step_post_hook(lambda *_: after(next(steps)))
    try:
        yield
    finally:
        handle.remove()


def _looker(
    model: EncoderDecoder, corpus: Splits, vocabularies: Vocabularies
) -> Callable[[int], Look]:
    """A function that looks at the model as it is when it is called."""
    pairs = corpus.valid[:SENTENCES]
    batch = collate(encode_pairs(pairs, vocabularies))
    gold = [frozenset(pair.alignment) for pair in pairs]
    score = cast(General, cast(Attending, model.writer).score)
    real = batch.source_mask[:, None, :]

    def look(step: int) -> Look:
        asked: list[torch.Tensor] = []
        handle = score.register_forward_hook(lambda _, given, out: asked.extend([given[0], out]))
        with evaluating(model):
            memory, state = model.encode(batch.source, batch.source_mask)
            weights = held(model.decode(batch.inputs, state, memory).attention, "attention")
            loss = objective(model, batch).item()
        handle.remove()
        queries, scores = asked[0][batch.target_mask], asked[1]
        mean = (scores * real).sum(-1, keepdim=True) / real.sum(-1, keepdim=True)
        spread = ((scores - mean).square() * real).sum(-1) / real.sum(-1)
        links = [
            hard_links(row[: len(pair.target)], len(pair.source), len(pair.target))
            for row, pair in zip(weights, pairs, strict=True)
        ]
        gradient = score.key.weight.grad
        found = {
            "loss": loss,
            "spread": spread.sqrt()[batch.target_mask].mean(),
            "entropy": tampering.entropy(weights)[batch.target_mask].mean(),
            "fill": queries.square().mean().sqrt(),
            "alike": queries.mean(0).norm() / queries.norm(dim=1).mean(),
            "gradient": 0.0 if gradient is None else gradient.norm(),
            "aer": alignment_error_rate(links, gold),
        }
        return Look(step, **{name: round(float(value), 6) for name, value in found.items()})

    return look


def watched() -> dict[str, list[Trace]]:
    """The kept traces: for each trial's name its traces, by seed.

    Raises FileNotFoundError, saying the command that makes them, if there are none.
    """
    if not WATCHED.is_file():
        raise FileNotFoundError(
            f"{WATCHED.name}: no traces yet; make them with "
            "python -m seq2seq_lib.experiments.locking"
        )
    found: dict[str, list[Trace]] = {}
    for values in json.loads(WATCHED.read_text(encoding="utf-8")):
        looks = tuple(Look(**look) for look in values["looks"])
        trace = Trace(values["variant"], values["seed"], looks)
        found.setdefault(trace.variant, []).append(trace)
    return found


def keep(trace: Trace) -> None:
    """Add a trace to the file; one of the same trial and seed is replaced."""
    known = watched() if WATCHED.is_file() else {}
    merged = {(kept.variant, kept.seed): kept for traces in known.values() for kept in traces}
    merged[trace.variant, trace.seed] = trace
    lines = [json.dumps(asdict(merged[key])) for key in sorted(merged)]
    checkpoints.replace_file(WATCHED, ("[\n" + ",\n".join(lines) + "\n]\n").encode())


def freed() -> dict[str, list[Result]]:
    """The kept results of whole trainings: for each trial's name its runs, by seed."""
    return results.stored("09", path=FREED)


def _kept(read: Callable[[], Mapping[str, Sequence[Trace | Result]]]) -> set[tuple[str, int]]:
    return {(found.variant, found.seed) for runs in read().values() for found in runs}


def main(words: Sequence[str] | None = None) -> int:
    """Run what is asked for and not yet kept; each finished run is kept at once."""
    parser = argparse.ArgumentParser(prog="python -m seq2seq_lib.experiments.locking")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4], metavar="SEED")
    parser.add_argument("--only", nargs="+", default=list(TRIALS), metavar="NAME", help="trials")
    parser.add_argument("--whole", nargs="+", default=[], metavar="NAME", help="to the end")
    asked = parser.parse_args(words)
    torch.set_num_threads(1)
    corpus = corpora.load("grammar")
    done = _kept(watched) if WATCHED.is_file() else set()
    ended = _kept(freed) if FREED.is_file() else set()
    for seed in asked.seeds:
        for name in dict.fromkeys((*asked.whole, *asked.only)):
            if (name, seed) in (ended if name in asked.whole else done):
                continue
            fitted, trace = fit(TRIALS[name], seed, corpus, first=FIRST, whole=name in asked.whole)
            keep(trace)
            print(f"{name}, seed {seed}: {trace.looks[-1]}", flush=True)
            if fitted is not None:
                result = running.measure(fitted, corpus)
                results.keep("09", [result], path=FREED)
                print(f"{name}, seed {seed}: {result.seconds} s, {result.metrics}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
