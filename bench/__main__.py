"""The table of `make bench`; see `--help`."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from dataclasses import fields

import torch

from bench import footprint, peers
from bench.races import TRAINED, training_rows, translating_rows
from bench.timing import Row, table
from bench.work import Settings, Work

HELP = {
    "corpus": "grammar, which is shipped, multi30k, tatoeba, or a path",
    "minimum": "how often a word must occur to have a number of its own",
    "vocabulary": "the most words of each language, 0 for all",
    "embedding": "width of a word in the recurrent models",
    "width": "of the recurrent models' state",
    "transformer": "the Transformer's width",
    "layers": "the Transformer's, on each side",
    "heads": "the Transformer's",
    "tokens": "a batch's budget",
    "batches": "of a round of training",
    "rounds": "of each race; the median is shown",
    "sentences": "translated in a round",
    "together": "how many sentences a peer translates in a batch",
    "schooling": "updates before translating",
    "threads": "torch's",
    "bfloat16": "train under autocast too: slow where the processor has no instructions for it",
}
PARTS = (
    *(f"training {name}" for name in TRAINED),
    *(f"translating {name}" for name in TRAINED),
    "footprint",
    "memory",
)


def arguments(words: list[str] | None) -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    for setting in fields(Settings):
        name = f"--{setting.name}"
        if isinstance(setting.default, bool):
            parser.add_argument(name, action="store_true", help=HELP[setting.name])
        else:
            kind = type(setting.default)
            said = f"{HELP[setting.name]} ({setting.default})"
            parser.add_argument(name, type=kind, default=setting.default, help=said)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="some of the table")
    return parser.parse_args(words)


def circumstances(work: Work) -> list[str]:
    """What the numbers depend on."""
    settings, vocabularies = work.settings, work.vocabularies
    packages = [f"torch {torch.__version__.partition('+')[0]}"]
    for name in ("transformers", "x_transformers"):
        said = "not installed: left out" if not peers.installed(name) else _version(name)
        packages.append(f"{name.replace('_', '-')} {said}")
    real = sum(batch.tokens for batch in work.sorted)
    return [
        f"{platform.system()}, {platform.machine()}, Python {platform.python_version()}, "
        f"{', '.join(packages)}, {settings.threads} thread(s), "
        f"{torch.backends.cpu.get_cpu_capability()}",
        f"corpus {settings.corpus}, vocabularies of {len(vocabularies.source)} and "
        f"{len(vocabularies.target)}; a round of training is {len(work.sorted)} batches, "
        f"{real} target tokens; {settings.rounds} rounds",
        f"embedding {settings.embedding}, GRU {settings.width}; Transformer of {settings.layers}+"
        f"{settings.layers} layers of {settings.transformer}, {settings.heads} heads",
    ]


def _version(name: str) -> str:
    from importlib.metadata import version

    return version(name.replace("_", "-"))


def measured(work: Work, part: str) -> tuple[list[Row], list[str]]:
    """The rows of one part of the table, and what is to be said of them."""
    kind, _, name = part.partition(" ")
    if kind == "training":
        return training_rows(work, name), []
    if kind == "translating":
        return translating_rows(work, name)
    if kind == "footprint":
        return [footprint.padding_row(work), footprint.importing_row(work.settings.rounds)], []
    if sys.platform == "win32":
        return [], ["peak memory: Windows does not tell it to Python; left out"]
    return [row for name in TRAINED for row in footprint.memory_rows(work, name)], []


def main(words: list[str] | None = None) -> None:
    """Measure, part by part, and print the table."""
    given = vars(arguments(words))
    only = given.pop("only")
    settings = Settings(**given)
    torch.set_num_threads(settings.threads)
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    started = time.monotonic()
    work = Work.prepare(settings)
    lines, notes = list[Row](), circumstances(work)
    for part in only:
        print(f"{part} …", file=sys.stderr, flush=True)
        more, said = measured(work, part)
        lines, notes = lines + more, notes + said
    print(table(lines))
    print("\n" + "\n".join(f"- {note}" for note in notes))
    print(f"\n{time.monotonic() - started:.0f} seconds", file=sys.stderr)


if __name__ == "__main__":
    main()
