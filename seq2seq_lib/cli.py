"""The command `seq2seq`: translate, train, estimate, evaluate, download.

A thin layer: each command is a few calls of the library. Success ends in 0, an error in 1 with one
line on stderr, wrong usage in 2, an interrupted run (which can be gone on with) in 130.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from seq2seq_lib import (
    checkpoints,
    corpora,
    distributed,
    estimates,
    evaluation,
    pretrained,
    recipes,
)
from seq2seq_lib.corpora import downloads
from seq2seq_lib.models import parameters
from seq2seq_lib.pretrained import Translator

FAILED, INTERRUPTED = 1, 130
ANY_LENGTH = ((1, 5), (6, 10), (11, 15), (16, 20), (21, 30), (31, 1000))


def main(words: Sequence[str] | None = None) -> int:
    """Do what the command line says; give the exit code."""
    asked = _parser().parse_args(words)
    torch.set_num_threads(1)
    try:
        return asked.act(asked)
    except (ValueError, OSError, FloatingPointError) as error:
        print(f"seq2seq {asked.command}: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt as stop:
        print(f"\nseq2seq {asked.command}: {stop or 'interrupted'}", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="seq2seq", description="Train, try and score small translators, English to French."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    command = commands.add_parser("translate", help="put English sentences into French")
    command.add_argument(
        "sentences", nargs="*", metavar="SENTENCE", help="in quotes; without any, lines of stdin"
    )
    _add_model(command)
    command.set_defaults(act=_translate)

    command = commands.add_parser(
        "train",
        help="train a translator as a recipe says",
        description="Train a translator as a recipe says. On several processes: torchrun "
        "--standalone --nproc-per-node 2 -m seq2seq_lib.cli train RECIPE",
    )
    command.add_argument(
        "recipe", metavar="RECIPE",
        help="a TOML file (see seq2seq_lib/recipes.py), or one of the book's own by its name, such "
        "as multi30k-transformer-2min; data/recipes/ holds them all",
    )  # fmt: skip
    command.add_argument(
        "--out", metavar="FOLDER", help="where the run is kept (default: runs/RECIPE); a run that "
        "was interrupted goes on"
    )  # fmt: skip
    command.add_argument("--device", default="cpu", help="cpu (default), cuda or mps")
    command.set_defaults(act=_train)

    _add_estimate(commands)

    _add_evaluate(commands)

    command = commands.add_parser("download", help="fetch a corpus, once")
    command.add_argument("corpus", choices=sorted(downloads.REMOTES))
    command.set_defaults(act=_download)
    return parser


def _add_estimate(commands) -> None:
    command = commands.add_parser("estimate", help="say what a training run would need")
    command.add_argument("recipe", metavar="RECIPE.toml", help="as for train")
    command.add_argument(
        "--speed", type=_positive, metavar="G",
        help="billions of operations a second (default: what a few steps reach here)",
    )  # fmt: skip
    command.set_defaults(act=_estimate)


def _add_evaluate(commands) -> None:
    command = commands.add_parser("evaluate", help="score a translator on a corpus")
    command.add_argument(
        "--corpus", default="grammar", help=f"{', '.join(corpora.LOADERS)}, or a path"
    )
    command.add_argument("--split", default="test", help="such as valid or long (default: test)")
    command.add_argument("--lower", action="store_true", help="put the corpus in small letters")
    _add_model(command)
    command.set_defaults(act=_evaluate)


def _add_model(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--model", default="attention", metavar="NAME|FILE",
        help=f"{', '.join(map(repr, pretrained.NAMES))}, or a file that `seq2seq train` left "
        "(default: attention)",
    )  # fmt: skip
    command.add_argument("--beam", type=_positive, default=1, metavar="N", help="width (default 1)")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"wanted a positive whole number, got {text!r}")
    return int(text)


def _translator(name: str) -> Translator:
    """The book's translator of this name, or the one in this file."""
    if name in pretrained.NAMES:
        return pretrained.load(name)
    if not Path(name).is_file():
        raise ValueError(
            f"--model: wanted one of {', '.join(map(repr, pretrained.NAMES))}, or a file; "
            f"got {name!r}"
        )
    saved = checkpoints.load(name)
    if saved.vocabularies is None:
        raise ValueError(f"{name}: wanted a translator with its vocabularies, it has none")
    return Translator(saved.model.float(), saved.vocabularies)


def _translate(asked: argparse.Namespace) -> int:
    translator = _translator(asked.model)
    lines = asked.sentences or (line.rstrip("\n") for line in sys.stdin)
    for line in lines:
        print(translator.translate(line, width=asked.beam), flush=True)
    return 0


def _train(asked: argparse.Namespace) -> int:
    recipe = recipes.read(asked.recipe)
    folder = Path(asked.out or Path("runs") / Path(asked.recipe).stem)
    with distributed.joined(asked.device) as device:
        outcome = recipes.carry_out(recipe, folder, device=device)
        if distributed.workers().rank > 0:
            return 0
    best, last = outcome.history.best, outcome.history.points[-1]
    print(
        f"{outcome.parameters:,} parameters, {last.step:,} steps, {last.tokens:,} target tokens, "
        f"{last.seconds:.0f} s; least validation loss {best.validation_loss:.3f} nats a token, at "
        f"step {best.step:,}\n{folder / recipes.TRANSLATOR}"
    )
    return 0


def _estimate(asked: argparse.Namespace) -> int:
    recipe = recipes.read(asked.recipe)
    model, ready = recipes.prepare(recipe)
    ready.sort(key=estimates.side)
    step, weights = estimates.count(model, ready[-1]), estimates.multiplying(model)
    mean = sum(map(estimates.side, ready)) / len(ready)
    speed = 1e9 * asked.speed if asked.speed else estimates.speed(model, ready[len(ready) // 2])
    tokens = mean * recipe.training.steps
    needed = estimates.hours(weights, tokens, peak=speed, utilisation=1)
    print(
        f"{parameters(model):,} parameters; {weights:,} of them multiply every token\n"
        f"memory, MB: weights {step.weights / 1e6:.1f}, gradients {step.gradients / 1e6:.1f}, "
        f"Adam's means {step.moments / 1e6:.1f}, kept for the backward pass of the largest batch "
        f"{step.kept / 1e6:.1f}\n"
        f"{step.operations / 1e9:.1f} billion operations for that batch\n"
        f"{recipe.training.steps:,} steps of {mean:,.0f} tokens a side, padding included: "
        f"{needed:.2g} hours at {speed / 1e9:.0f} billion operations a second"
    )
    return 0


def _evaluate(asked: argparse.Namespace) -> int:
    options = {"lower": True} if asked.lower else {}
    pairs = vars(corpora.load(asked.corpus, **options)).get(asked.split)
    if not pairs:
        raise ValueError(f"--split: wanted one that {asked.corpus!r} has; got {asked.split!r}")
    translator = _translator(asked.model)
    report = evaluation.evaluate(
        translator.model, pairs, translator.vocabularies,
        width=asked.beam, lengths=ANY_LENGTH, lower=asked.lower,
    )  # fmt: skip
    for name, score in (("BLEU", report.bleu), ("chrF", report.chrf)):
        print(f"{name} {score.value:5.1f}   {score.signature}")
    print(f"exact {100 * report.exact.value:.1f} % of {report.exact.count} sentences")
    for bucket in report.buckets:
        print(f"{bucket.name:>8} words: BLEU {bucket.bleu:5.1f} on {bucket.count}")
    return 0


def _download(asked: argparse.Namespace) -> int:
    place = downloads.kept(asked.corpus)
    found = downloads.fetch(downloads.REMOTES[asked.corpus], place)
    print(f"{len(found)} files in {place}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
