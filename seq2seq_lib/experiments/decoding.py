"""How a trained translator is asked for its sentence: the experiments of chapter 08.

`python -m seq2seq_lib.experiments.decoding` asks the shipped translators about parts of the test
split and adds to data/results/chapter08.json. What differs between the runs of a translator are
the sentences. With `--train-seeds 1 2` it trains translators anew as the shipped ones were trained,
but with these seeds, and asks them the same. The chapter calls the same functions for the first
part.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch

from seq2seq_lib import pretrained, sampling
from seq2seq_lib.corpora import Pair
from seq2seq_lib.exact import Exact
from seq2seq_lib.experiments.asking import (
    Metrics,
    ask,
    beams,
    likeliest,
    part,
    quality,
    reference_scores,
)
from seq2seq_lib.experiments.results import Result, circumstances, keep
from seq2seq_lib.models import Model, parameters
from seq2seq_lib.search import Hypothesis
from seq2seq_lib.training import evaluating
from seq2seq_lib.vocabulary import Vocabularies

CHAPTER = "08"
DIRECTORY = Path("runs")  # of translators trained anew
MARGIN = 1e-3  # nats; log-probabilities nearer than that are the same
FEW = 100  # sentences of a part, for what takes long
WIDTHS = (1, 2, 5, 10, 20, 50)
WIDE = 200  # on the long sentences only
PENALTIES = (0.0, 0.6, 1.0, 1.5, 2.5)
PENALISED = 10  # the width at which the penalties are tried
GROUPS = {"short": (1, 10), "long": (16, 25)}  # English words
DRAWS: dict[str, dict] = {
    "T 0.3": {"temperature": 0.3},
    "T 0.6": {"temperature": 0.6},
    "T 1": {},
    "T 1.4": {"temperature": 1.4},
    "k 5": {"top_k": 5},
    "p 0.5": {"top_p": 0.5},
    "p 0.8": {"top_p": 0.8},
    "p 0.95": {"top_p": 0.95},
}
SAMPLES = (4, 8, 16, 32)
# What is asked of the translator that hardly errs: enough to see whether it matters.
FEWER = {"attention": (1, 2, 5, 10)}


def search_metrics(
    found: dict[int, list[Hypothesis]],
    model: Model,
    pairs: Sequence[Pair],
    vocabularies: Vocabularies,
) -> Metrics:
    """For each width the quality of what its beam `found`, and two shares of the sentences.

    search error: the model gives the reference more than what was found, which so is not the
    likeliest. model error: it gives the reference less than what was found.
    """
    wanted = reference_scores(model, pairs, vocabularies)
    metrics: Metrics = {}
    for width, hypotheses in found.items():
        gaps = [own.score - score for own, score in zip(hypotheses, wanted, strict=True)]
        values = quality(hypotheses, pairs, vocabularies)
        values["search error"] = sum(gap < -MARGIN for gap in gaps) / len(gaps)
        values["model error"] = sum(gap > MARGIN for gap in gaps) / len(gaps)
        metrics |= {f"beam {width} {name}": value for name, value in values.items()}
    return metrics


def penalty_metrics(model: Model, pairs: Sequence[Pair], vocabularies: Vocabularies) -> Metrics:
    """The quality of a beam of PENALISED with each length penalty."""
    metrics: Metrics = {}
    for penalty in PENALTIES:
        found = beams(model, pairs, vocabularies, width=PENALISED, length_penalty=penalty)
        values = quality(found, pairs, vocabularies)
        metrics |= {f"penalty {penalty} {name}": value for name, value in values.items()}
    return metrics


def in_group(pairs: Sequence[Pair], group: str) -> list[int]:
    """The places of the pairs whose source has as many words as the group wants."""
    low, high = GROUPS[group]
    return [place for place, pair in enumerate(pairs) if low <= len(pair.source) <= high]


def group_metrics(
    group: str,
    found: dict[int, list[Hypothesis]],
    pairs: Sequence[Pair],
    vocabularies: Vocabularies,
) -> Metrics:
    """The quality of what each width `found` on a group's sentences."""
    rows = in_group(pairs, group)
    metrics: Metrics = {}
    for width, hypotheses in found.items():
        own = [hypotheses[row] for row in rows]
        values = quality(own, [pairs[row] for row in rows], vocabularies)
        metrics |= {f"{group} {width} {name}": value for name, value in values.items()}
    return metrics


def exact_metrics(
    group: str,
    answers: Sequence[Exact],
    found: dict[int, list[Hypothesis]],
    pairs: Sequence[Pair],
    vocabularies: Vocabularies,
) -> Metrics:
    """What is known of the likeliest translations of a group's sentences.

    proved: the share that is known to be the likeliest. empty: without a word. halved: with less
    than half of the reference's words. W missed: the share for which a likelier one than what
    width W `found` is known.
    """
    rows = in_group(pairs, group)
    some, best = [pairs[row] for row in rows], [answers[row].best for row in rows]
    halved = sum(2 * len(b.tokens) < len(p.target) for b, p in zip(best, some, strict=True))
    metrics = {
        "proved": sum(answers[row].proved for row in rows) / len(rows),
        "empty": sum(not one.tokens for one in best) / len(rows),
        "halved": halved / len(rows),
    }
    metrics |= {f"exact {n}": v for n, v in quality(best, some, vocabularies).items()}
    for width, hypotheses in found.items():
        own = [hypotheses[row].score + MARGIN for row in rows]
        missed = sum(b.score > score for b, score in zip(best, own, strict=True))
        metrics[f"{width} missed"] = missed / len(rows)
    return {f"{group} {name}": value for name, value in metrics.items()}


def draw_metrics(
    model: Model, pairs: Sequence[Pair], vocabularies: Vocabularies, generator: torch.Generator
) -> Metrics:
    """For each of DRAWS the quality of two samples a sentence, and how alike the two are.

    alike: their `overlap`, from 0 to 100. same: the share of sentences drawn twice the same.
    """
    twice = [pair for pair in pairs for _ in range(2)]
    metrics: Metrics = {}
    for name, settings in DRAWS.items():
        find = partial(sampling.sample, model, generator=generator, **settings)
        drawn = ask(find, twice, vocabularies, rows=200)
        both = [(a.tokens, b.tokens) for a, b in zip(drawn[::2], drawn[1::2], strict=True)]
        values = quality(drawn, twice, vocabularies)
        values["alike"] = 100 * sum(sampling.overlap(a, b) for a, b in both) / len(both)
        values["same"] = sum(a == b for a, b in both) / len(both)
        metrics |= {f"{name} {key}": value for key, value in values.items()}
    return metrics


def risk_metrics(
    model: Model, pairs: Sequence[Pair], vocabularies: Vocabularies, generator: torch.Generator
) -> Metrics:
    """The quality of minimum Bayes risk with the first 4 to 32 of 32 samples a sentence."""
    most = max(SAMPLES)
    many = [pair for pair in pairs for _ in range(most)]
    find = partial(sampling.sample, model, generator=generator)
    drawn = ask(find, many, vocabularies, rows=400)
    metrics: Metrics = {}
    for count in SAMPLES:
        firsts = range(0, len(drawn), most)
        chosen = [sampling.most_agreed(drawn[first : first + count]) for first in firsts]
        values = quality(chosen, pairs, vocabularies)
        metrics |= {f"risk {count} {key}": value for key, value in values.items()}
    return metrics


def beam_all(
    model: Model,
    vocabularies: Vocabularies,
    pairs: Sequence[Pair],
    widths: Sequence[int] = WIDTHS,
) -> tuple[dict[int, list[Hypothesis]], Metrics]:
    """What beams of all widths find, and how good it is, on all pairs and by GROUPS on FEW."""
    found = {width: beams(model, pairs, vocabularies, width=width) for width in widths}
    metrics = search_metrics(found, model, pairs, vocabularies)
    own = {width: hypotheses[:FEW] for width, hypotheses in found.items()}
    for group in GROUPS:
        metrics |= group_metrics(group, own, pairs[:FEW], vocabularies)
    return found, metrics


def exact_all(
    model: Model,
    vocabularies: Vocabularies,
    pairs: Sequence[Pair],
    found: dict[int, list[Hypothesis]],
) -> Metrics:
    """The likeliest translations of the first FEW pairs, beside what the beams `found`."""
    few = pairs[:FEW]
    own = {width: hypotheses[:FEW] for width, hypotheses in found.items()}
    starts = [max(tries, key=lambda one: one.score) for tries in zip(*own.values(), strict=True)]
    answers = likeliest(model, few, vocabularies, starts)
    metrics: Metrics = {}
    for group in GROUPS:
        metrics |= exact_metrics(group, answers, own, few, vocabularies)
    return metrics


def search_all(
    model: Model,
    vocabularies: Vocabularies,
    pairs: Sequence[Pair],
    widths: Sequence[int] = WIDTHS,
) -> Metrics:
    """`beam_all`, and `exact_all` beside it."""
    found, metrics = beam_all(model, vocabularies, pairs, widths)
    return metrics | exact_all(model, vocabularies, pairs, found)


def measure(
    model: Model, vocabularies: Vocabularies, pairs: Sequence[Pair], generator: torch.Generator
) -> Metrics:
    """Everything that chapter 08 measures of a model, by name."""
    few = pairs[:FEW]
    long = [few[row] for row in in_group(few, "long")]
    wide = quality(beams(model, long, vocabularies, width=WIDE), long, vocabularies)
    return {
        **search_all(model, vocabularies, pairs),
        **{f"long {WIDE} {name}": value for name, value in wide.items()},
        **penalty_metrics(model, few, vocabularies),
        **draw_metrics(model, few, vocabularies, generator),
        **risk_metrics(model, few, vocabularies, generator),
    }


def named(name: str, seed: int) -> str:
    """The name of a translator's results; the one trained with seed 0 is the shipped one."""
    return f"{name}, seed {seed}" if seed else name


def run(name: str, number: int, seed: int = 0, directory: Path = DIRECTORY) -> Result:
    """Ask a translator everything about part `number` of the test split.

    It is the shipped one for seed 0, for others one trained anew and kept in `directory`. The
    number is kept as the run's seed; samples are drawn from it.
    """
    translator = pretrained.anew(name, seed, directory) if seed else pretrained.load(name)
    model, vocabularies, pairs = translator.model, translator.vocabularies, part(number)
    began = time.process_time()
    with evaluating(model):
        if name in FEWER:
            metrics = search_all(model, vocabularies, pairs, FEWER[name])
        else:
            metrics = measure(model, vocabularies, pairs, torch.Generator().manual_seed(number))
    return Result(
        variant=named(name, seed),
        seed=number,
        config=model.config.to_dict(),
        training={**pretrained.variant(name).training, "seed": seed} if seed else {},
        parameters=parameters(model),
        metrics={key: round(value, 6) for key, value in metrics.items()},
        lengths={},
        signatures={},
        tokens=0,
        seconds=round(time.process_time() - began, 1),
        circumstances=circumstances(),
    )


def main(words: Sequence[str] | None = None) -> int:
    """Run what is asked for; each finished run is kept at once."""
    parser = argparse.ArgumentParser(prog="python -m seq2seq_lib.experiments.decoding")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(pretrained.TRANSLATORS))
    parser.add_argument("--parts", type=int, nargs="+", default=[0, 1, 2], metavar="PART")
    seeds = parser.add_argument("--train-seeds", type=int, nargs="+", default=[0], metavar="SEED")
    seeds.help = "ask translators trained with these seeds; the shipped ones were trained with 0"
    parser.add_argument("--directory", type=Path, default=DIRECTORY, help="of those trained anew")
    asked = parser.parse_args(words)
    torch.set_num_threads(1)
    for seed in asked.train_seeds:
        for number in asked.parts:
            for name in asked.names or pretrained.TRANSLATORS:
                result = run(name, number, seed, asked.directory)
                keep(CHAPTER, [result])
                print(f"{named(name, seed)}, part {number}: {result.seconds:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
