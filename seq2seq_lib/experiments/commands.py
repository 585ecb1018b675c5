"""What the experiments' commands have in common: which runs are asked for and not yet kept."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import TypeVar

import torch

from seq2seq_lib.experiments import results

Trial = TypeVar("Trial")


def to_do(
    program: str,
    chapter: str,
    trials: Mapping[str, Trial],
    words: Sequence[str] | None,
    *,
    seeds: int = 3,
    called: str = "variants",
) -> list[tuple[Trial, int]]:
    """The trials to run, each with its seed, as a command's `words` ask for them.

    `--seeds` are by default the first `seeds` numbers; `--only` names some of the trials, which
    the help text speaks of as they are `called`; what the chapter's file keeps is left out, unless
    it is to be done `--again`. From here on torch has one thread.
    """
    parser = argparse.ArgumentParser(prog=f"python -m seq2seq_lib.experiments.{program}")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(seeds)), metavar="SEED")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help=f"{called} by name")
    parser.add_argument("--again", action="store_true", help="repeat runs already kept")
    asked = parser.parse_args(words)
    torch.set_num_threads(1)
    done = set() if asked.again else results.finished(chapter)
    return [
        (trial, seed)
        for seed in asked.seeds
        for name, trial in trials.items()
        if (name, seed) not in done and (not asked.only or name in asked.only)
    ]
