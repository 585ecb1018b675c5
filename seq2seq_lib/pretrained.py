"""The translators that come with the book, ready to use.

`python -m seq2seq_lib.pretrained` trains those of the shipped corpus anew, models of chapters 06
and 09 whose read-out's bias begins at zero, for 4,000 steps, and writes data/pretrained/. With the
name of one of real text, such as "tatoeba transformer", it does so for that, as `benchmark` trains
it; that run may be interrupted and gone on with.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from seq2seq_lib import benchmark, checkpoints, corpora, experiments, recipes
from seq2seq_lib.batching import Example, collate
from seq2seq_lib.experiments import results
from seq2seq_lib.experiments.variants import FROM_ZERO
from seq2seq_lib.models import Model
from seq2seq_lib.search import force, greedy, translate
from seq2seq_lib.training import evaluating
from seq2seq_lib.typography import detokenise, tokenise
from seq2seq_lib.vocabulary import EOS, UNK, Vocabularies

PRETRAINED = corpora.DATA / "pretrained"
STEPS = 4000
# Of the shipped corpus: the name of each translator, and the chapter and variant that it is.
TRANSLATORS = {
    "fixed context": ("06", "fixed 128"),
    "attention": ("09", "bahdanau, additive"),
}
# Of real text: the name of each translator, and its architecture in the benchmark; and the budget
# of processor time that they had.
REAL = {f"tatoeba {name}": name for name in benchmark.ARCHITECTURES}
SECONDS = 1200
NAMES = (*TRANSLATORS, *REAL)


@dataclass(frozen=True)
class Unfolding:
    """A translation as it came about, word by word; the last word is `<eos>`.

    source: English tokens, the last one `<eos>`. unknown: those that the translator has never
    seen. target: French tokens. (Both are pieces of words if the translator reads such.)
    probabilities `(target,)`: of each chosen token, given those before it. others: for each step
    the likeliest tokens with their probabilities, the chosen one first. attention
    `(target, source)`, or None from a fixed context. text: the translation as it is printed.
    """

    source: tuple[str, ...]
    unknown: tuple[str, ...]
    target: tuple[str, ...]
    probabilities: Tensor
    others: tuple[tuple[tuple[str, float], ...], ...]
    attention: Tensor | None
    text: str


@dataclass(frozen=True)
class Translator:
    """A trained model with its vocabularies: English text in, French text out."""

    model: Model
    vocabularies: Vocabularies

    def translate(self, text: str, *, width: int = 1) -> str:
        """The translation, greedy or with a beam of `width`.

        Raises ValueError for a text without a word.
        """
        with evaluating(self.model):
            found = translate(self.model, [self._words(text)], self.vocabularies, width=width)
        return detokenise(found[0], "fr")

    def _words(self, text: str) -> list[str]:
        """The English tokens, in small letters for a translator that knows no others."""
        tokens = tokenise(text, "en")
        if not tokens:
            raise ValueError(f"translate: wanted an English sentence, got {text!r}")
        known = self.vocabularies.source.tokens
        cased = any(token != token.lower() for token in known)
        return tokens if cased else [token.lower() for token in tokens]

    def _pieces(self, word: str) -> list[str]:
        """What the source vocabulary makes of a word; an unknown one is left as it is."""
        source = self.vocabularies.source
        numbers = source.encode([word])
        return [word] if UNK in numbers else [source.tokens[number] for number in numbers]

    def unfold(self, text: str, *, others: int = 3) -> Unfolding:
        """The greedy translation with what happened at each step; `others` tokens are kept a step.

        Raises ValueError for a text without a word.
        """
        words = self._words(text)
        source, target = self.vocabularies.source, self.vocabularies.target
        numbers = torch.tensor([[*source.encode(words), EOS]])
        with evaluating(self.model):
            found = greedy(self.model, numbers, torch.ones_like(numbers, dtype=torch.bool))[0]
            said = (*found.tokens, EOS)
            # Forced once with what it has said: every step's probabilities, and where it looked.
            example = Example(tuple(numbers[0].tolist()), found.tokens)
            decoded = force(self.model, collate([example]))
        shares = decoded.logits[0].softmax(dim=-1)
        top, places = shares.topk(others, dim=-1)
        return Unfolding(
            source=(*(piece for word in words for piece in self._pieces(word)), "<eos>"),
            unknown=tuple(word for word in words if word not in source),
            target=tuple(target.tokens[number] for number in said),
            probabilities=shares[torch.arange(len(said)), torch.tensor(said)],
            others=tuple(
                tuple((target.tokens[n], share) for n, share in zip(row, each, strict=True))
                for row, each in zip(places.tolist(), top.tolist(), strict=True)
            ),
            attention=None if decoded.attention is None else decoded.attention[0],
            text=detokenise(tuple(target.decode(found.tokens)), "fr"),
        )


def load(name: str) -> Translator:
    """A translator of the book: "fixed context" or "attention", which know the shipped corpus;
    "tatoeba fixed context", "tatoeba attention" or "tatoeba transformer", of everyday sentences.

    Raises ValueError for another name or a file without vocabularies, FileNotFoundError if its
    file is not there.
    """
    return _read(_file(name))


def anew(name: str, seed: int, directory: Path, steps: int = STEPS) -> Translator:
    """The translator of that name as it would ship, had it been trained with another seed.

    It is trained if `directory` does not keep it, and then kept there; an interrupted training
    goes on. Raises ValueError for another name.
    """
    made = variant(name, steps)
    folder = Path(directory) / f"{name}, seed {seed}"
    file = folder / "translator.safetensors"
    if not file.is_file():
        corpus = corpora.load("grammar")
        fitted = experiments.fit(made, seed, corpus, progress=False, directory=folder)
        checkpoints.save(file, fitted.model.half(), fitted.vocabularies)
    return _read(file)


def _read(file: Path) -> Translator:
    saved = checkpoints.load(file)
    if saved.vocabularies is None:
        raise ValueError(f"{file}: wanted a translator with its vocabularies, it has none")
    return Translator(saved.model.float(), saved.vocabularies)


def _file(name: str) -> Path:
    if name not in NAMES:
        raise ValueError(f"translator: wanted one of {', '.join(NAMES)}, got {name!r}")
    return PRETRAINED / f"{name.replace(' ', '_')}.safetensors"


def _known(name: str) -> str:
    """The name of a translator of the shipped corpus, which can be trained anew with any seed."""
    if name not in TRANSLATORS:
        raise ValueError(f"translator: wanted one of {', '.join(TRANSLATORS)}, got {name!r}")
    return name


def variant(name: str, steps: int = STEPS) -> experiments.Variant:
    """How a translator is made: its chapter's model, trained for `steps` as `FROM_ZERO` says."""
    chapter, declared = TRANSLATORS[_known(name)]
    return replace(experiments.variants(chapter)[declared], training={**FROM_ZERO, "steps": steps})


def train(name: str, steps: int = STEPS, *, progress: bool = True) -> experiments.Result:
    """Train a translator of the shipped corpus for `steps`, write it in half precision with its
    card, and give what it scores."""
    corpus = corpora.load("grammar")
    fitted = experiments.fit(variant(name, steps), 0, corpus, progress=progress)
    # Scored as it is kept: rounded to half precision.
    fitted.model.half().float()
    found = experiments.measure(fitted, corpus)
    _write(name, Translator(fitted.model, fitted.vocabularies), found)
    return found


def train_real(
    name: str, runs: Path | None = None, *, seconds: float = SECONDS, progress: bool = True
) -> experiments.Result:
    """Train a translator of real text as the benchmark does with seed 0, write it with its card,
    and give what it scores, which joins the benchmark's results. A run in the folder `runs`, the
    benchmark's own too, is gone on with.
    """
    recipe = benchmark.recipe("tatoeba", REAL[name], seconds)
    directory = runs and benchmark.folder(runs, "tatoeba", REAL[name], seconds, recipe.seed)
    corpus = recipe.data.load(progress=progress)
    outcome = recipes.carry_out(recipe, directory, progress=progress, corpus=corpus)
    outcome.model.half().float()
    found = benchmark.measure(
        name, recipe, outcome, corpus, lengths=benchmark.LENGTHS["tatoeba"], challenged=True
    )
    # Scored as it is kept: rounded to half precision.
    found = replace(found, circumstances=found.circumstances | {"weights": "float16"})
    _write(name, Translator(outcome.model, outcome.vocabularies), found)
    row = replace(found, variant=benchmark.variant(REAL[name], seconds))
    results.keep("tatoeba", [row], path=benchmark.results_file("tatoeba"))
    return found


def _write(name: str, translator: Translator, found: experiments.Result) -> None:
    """The translator in half precision, and beside it its card."""
    checkpoints.save(_file(name), translator.model.half(), translator.vocabularies)
    card = json.dumps(asdict(found), indent=1, ensure_ascii=False) + "\n"
    checkpoints.replace_file(_file(name).with_suffix(".json"), card.encode())


def main(words: Sequence[str] | None = None) -> int:
    """Train what is asked for, and note its scores beside it."""
    parser = argparse.ArgumentParser(
        prog="python -m seq2seq_lib.pretrained", description="train the book's translators anew"
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME",
        help=f"{', '.join(map(repr, NAMES))} (default: those of the shipped corpus)",
    )  # fmt: skip
    parser.add_argument(
        "--steps", type=int, default=STEPS, help=f"on the shipped corpus (default {STEPS})"
    )
    parser.add_argument(
        "--seconds", type=float, default=SECONDS, help=f"on real text (default {SECONDS})"
    )
    parser.add_argument(
        "--runs", type=Path, default=Path("runs"), metavar="FOLDER",
        help="where runs on real text are kept, to be gone on with (default: runs)",
    )  # fmt: skip
    asked = parser.parse_args(words)
    torch.set_num_threads(1)
    for name in asked.names or TRANSLATORS:
        if name not in NAMES:
            parser.error(f"wanted some of {', '.join(map(repr, NAMES))}, got {name!r}")
        if name in REAL:
            found = train_real(name, asked.runs, seconds=asked.seconds)
        else:
            found = train(name, asked.steps)
        print(f"{name}: {found.metrics['bleu']:.1f} BLEU on test, {found.seconds:.0f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
