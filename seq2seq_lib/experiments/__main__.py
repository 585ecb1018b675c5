"""The command that makes the results of a chapter."""

from __future__ import annotations

import argparse
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed

import torch

from seq2seq_lib import corpora
from seq2seq_lib.experiments.results import Result, keep, results_file, stored
from seq2seq_lib.experiments.running import configuration, run
from seq2seq_lib.experiments.variants import CHAPTERS, Variant, variants
from seq2seq_lib.models import build, parameters
from seq2seq_lib.vocabulary import Vocabularies


def main(words: Sequence[str] | None = None) -> int:
    """Run what is asked for and not yet there; each finished run is kept at once."""
    asked = _parser().parse_args(words)
    chosen = variants(asked.chapter)
    for name in asked.only or ():
        if name not in chosen:
            raise SystemExit(f"--only: wanted some of {', '.join(chosen)}, got {name!r}")
    chosen = {name: chosen[name] for name in asked.only or chosen}
    if asked.list:
        _list(chosen)
        return 0
    jobs = [(variant, seed) for seed in asked.seeds for variant in chosen.values()]
    if not asked.again:
        done = _done(asked.chapter)
        jobs = [job for job in jobs if (job[0].name, job[1]) not in done]
    print(f"chapter {asked.chapter}: {len(jobs)} runs to do", flush=True)
    for result in _results(jobs, asked.workers):
        keep(asked.chapter, [result])
        print(_line(result), flush=True)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m seq2seq_lib.experiments", description=__doc__)
    parser.add_argument("chapter", choices=sorted(CHAPTERS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], metavar="SEED")
    parser.add_argument("--only", action="append", metavar="NAME", help="a variant; repeatable")
    parser.add_argument("--workers", type=int, default=1, help="runs at a time, a thread each")
    parser.add_argument("--again", action="store_true", help="repeat runs already kept")
    parser.add_argument("--list", action="store_true", help="name the variants and their sizes")
    return parser


def _done(chapter: str) -> set[tuple[str, int]]:
    """The runs that are kept and still as the variant is declared."""
    if not results_file(chapter).is_file():
        return set()
    declared = variants(chapter)
    return {
        (result.variant, result.seed)
        for name, results in stored(chapter).items()
        for result in results
        if name in declared and _as_declared(result, declared[name])
    }


def _as_declared(result: Result, variant: Variant) -> bool:
    settings = {**result.config, **result.training}
    declared = {**variant.model, **variant.training}
    return all(settings.get(name) == value for name, value in declared.items())


def _list(chosen: dict[str, Variant]) -> None:
    pairs = corpora.load("grammar").train
    for name, variant in chosen.items():
        vocabularies = Vocabularies.build(pairs, joint=variant.joint)
        model = build(configuration(variant, vocabularies), torch.Generator())
        print(f"{name:32} {parameters(model):>10,} parameters")


def _results(jobs: list[tuple[Variant, int]], workers: int) -> Iterator[Result]:
    """The results of these runs, as they are finished."""
    if workers <= 1:
        torch.set_num_threads(1)
        for variant, seed in jobs:
            yield run(variant, seed, corpora.load("grammar"))
        return
    # A fresh process each: a forked one would share the threads of its parent.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        for future in as_completed(pool.submit(_one, *job) for job in jobs):
            yield future.result()


def _one(variant: Variant, seed: int) -> Result:
    torch.set_num_threads(1)
    return run(variant, seed, corpora.load("grammar"), progress=False)


def _line(result: Result) -> str:
    metrics = "  ".join(f"{name} {value:.3f}" for name, value in sorted(result.metrics.items()))
    return f"{result.variant}, seed {result.seed}: {result.seconds:.0f} s  {metrics}"


if __name__ == "__main__":
    raise SystemExit(main())
