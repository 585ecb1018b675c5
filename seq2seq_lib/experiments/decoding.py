"""How a trained translator is asked for its sentence: the experiments of chapter 08.

`python -m seq2seq_lib.experiments.decoding` asks the shipped translators about parts of the test
split, and models trained as chapter 06's "fixed 128" with several seeds about its first part, and
adds to data/results/chapter08.json. The chapter calls the same functions for one part.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import torch

from seq2seq_lib import corpora, experiments, pretrained, sampling, search
from seq2seq_lib.batching import collate, encode_pairs, pad
from seq2seq_lib.corpora import Pair
from seq2seq_lib.evaluation import compare
from seq2seq_lib.exact import Exact, exact
from seq2seq_lib.experiments.results import Result, circumstances, keep
from seq2seq_lib.models import Model, parameters
from seq2seq_lib.search import Hypothesis
from seq2seq_lib.training import evaluating
from seq2seq_lib.vocabulary import EOS, Vocabularies

Metrics = dict[str, float]

CHAPTER = "08"
MODELS = (*pretrained.TRANSLATORS, "fixed 128")
MARGIN = 1e-3  # nats; log-probabilities nearer than that are the same
PART = 200  # sentences
WIDTHS = (1, 2, 5, 10, 20, 50)
PENALTIES = (0.6, 1.0, 1.5, 2.5)
PENALISED = 10  # the width at which the penalties are tried
SHORT = 10  # English words: of how long sentences the likeliest translation is searched for
MOST = 20_000  # beginnings to look at, then the exact search gives up
DRAWS: dict[str, dict] = {
    "T 0.3": {"temperature": 0.3},
    "T 0.6": {"temperature": 0.6},
    "T 1": {},
    "T 1.4": {"temperature": 1.4},
    "k 5": {"top_k": 5},
    "k 20": {"top_k": 20},
    "p 0.5": {"top_p": 0.5},
    "p 0.8": {"top_p": 0.8},
    "p 0.95": {"top_p": 0.95},
}
SAMPLES = (4, 8, 16, 32)
AGREED = 100  # sentences on which minimum Bayes risk is tried


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


def is_short(pair: Pair) -> bool:
    """Whether the likeliest translation of its source is searched for."""
    return len(pair.source) <= SHORT


def exact_metrics(
    answers: Sequence[Exact],
    found: dict[int, list[Hypothesis]],
    pairs: Sequence[Pair],
    vocabularies: Vocabularies,
) -> Metrics:
    """How the likeliest translations compare with what beams found, over the proved ones.

    exact proved: their share. exact shorter: the share of likeliest translations with fewer words
    than the reference. exact empty: the share without a word. short W …: beam W on the same ones.
    """
    rows = [row for row, answer in enumerate(answers) if answer.proved]
    some, best = [pairs[row] for row in rows], [answers[row].best for row in rows]
    fewer = sum(len(one.tokens) < len(p.target) for one, p in zip(best, some, strict=True))
    metrics = {
        "exact proved": len(rows) / len(answers),
        "exact empty": sum(not one.tokens for one in best) / len(rows),
        "exact shorter": fewer / len(rows),
    }
    metrics |= {f"exact {n}": v for n, v in quality(best, some, vocabularies).items()}
    for width, hypotheses in found.items():
        own = [hypotheses[row] for row in rows]
        hits = [o.score > b.score - MARGIN for o, b in zip(own, best, strict=True)]
        values = quality(own, some, vocabularies) | {"optimal": sum(hits) / len(rows)}
        metrics |= {f"short {width} {name}": value for name, value in values.items()}
    return metrics


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


def agreement_metrics(
    model: Model, pairs: Sequence[Pair], vocabularies: Vocabularies, generator: torch.Generator
) -> Metrics:
    """The quality of minimum Bayes risk with 4 to 32 samples, and of beam 5, on AGREED pairs."""
    some = pairs[:AGREED]
    metrics: Metrics = {}
    for name, temperature in (("T 1", 1.0), ("T 0.6", 0.6)):
        most = max(SAMPLES)
        many = [pair for pair in some for _ in range(most)]
        find = partial(sampling.sample, model, generator=generator, temperature=temperature)
        drawn = ask(find, many, vocabularies, rows=400)
        for count in SAMPLES:
            chosen = [
                sampling.most_agreed(drawn[first : first + count])
                for first in range(0, len(drawn), most)
            ]
            values = quality(chosen, some, vocabularies)
            metrics |= {f"risk {name} {count} {key}": value for key, value in values.items()}
    beam = quality(beams(model, some, vocabularies, width=5), some, vocabularies)
    return metrics | {f"risk beam 5 {key}": value for key, value in beam.items()}


def measure(
    model: Model, vocabularies: Vocabularies, pairs: Sequence[Pair], generator: torch.Generator
) -> Metrics:
    """Everything that chapter 08 measures of a model, by name."""
    found = {width: beams(model, pairs, vocabularies, width=width) for width in WIDTHS}
    short = [row for row, pair in enumerate(pairs) if is_short(pair)]
    few = [pairs[row] for row in short]
    own = {width: [found[width][row] for row in short] for width in WIDTHS}
    starts = [max(tries, key=lambda one: one.score) for tries in zip(*own.values(), strict=True)]
    answers = likeliest(model, few, vocabularies, starts)
    return {
        **search_metrics(found, model, pairs, vocabularies),
        **penalty_metrics(model, pairs, vocabularies),
        **exact_metrics(answers, own, few, vocabularies),
        **draw_metrics(model, pairs, vocabularies, generator),
        **agreement_metrics(model, pairs, vocabularies, generator),
    }


def run(name: str, number: int, directory: Path | None = None) -> Result:
    """Ask a model everything and give the answers.

    A shipped translator is asked about part `number` of the test split; "fixed 128" is trained
    with seed `number`, its state kept in `directory` if there is one, and asked about part 0.
    """
    if name in pretrained.TRANSLATORS:
        translator = pretrained.load(name)
        model, vocabularies, pairs = translator.model, translator.vocabularies, part(number)
    else:
        variant = experiments.variants("06")[name]
        corpus = corpora.load("grammar")
        fitted = experiments.fit(variant, number, corpus, progress=False, directory=directory)
        model, vocabularies, pairs = fitted.model, fitted.vocabularies, part(0)
    began = time.process_time()
    with evaluating(model):
        metrics = measure(model, vocabularies, pairs, torch.Generator().manual_seed(number))
    return Result(
        variant=name,
        seed=number,
        config=model.config.to_dict(),
        training={},
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
    parser.add_argument("names", nargs="*", default=MODELS, metavar="NAME", help=", ".join(MODELS))
    parser.add_argument("--numbers", type=int, nargs="+", default=[0, 1, 2], help="parts, or seeds")
    parser.add_argument("--directory", type=Path, help="where training states are kept")
    asked = parser.parse_args(words)
    torch.set_num_threads(1)
    for number in asked.numbers:
        for name in asked.names:
            kept = asked.directory and asked.directory / f"{name.replace(' ', '_')}_{number}"
            result = run(name, number, kept)
            keep(CHAPTER, [result])
            print(f"{name}, {number}: {result.seconds:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
