"""The translators that come with the book, ready to use.

`python -m seq2seq_lib.pretrained` trains them anew on the shipped corpus, as their variants of
chapters 06 and 09 are trained but twice as long, and writes data/pretrained/.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from seq2seq_lib import checkpoints, corpora, experiments
from seq2seq_lib.batching import Example, collate
from seq2seq_lib.models import Model
from seq2seq_lib.search import force, greedy
from seq2seq_lib.training import evaluating
from seq2seq_lib.typography import detokenise, tokenise
from seq2seq_lib.vocabulary import EOS, Vocabularies

PRETRAINED = corpora.DATA / "pretrained"
STEPS = 4000
# The name of each translator, and the chapter and variant that it is.
TRANSLATORS = {
    "fixed context": ("06", "fixed 128"),
    "attention": ("09", "bahdanau, additive"),
}


@dataclass(frozen=True)
class Unfolding:
    """A translation as it came about, word by word; the last word is `<eos>`.

    source: English tokens, the last one `<eos>`. unknown: those that the translator has never
    seen. target: French tokens. probabilities `(target,)`: of each chosen token, given those
    before it. others: for each step the likeliest tokens with their probabilities, the chosen
    one first. attention `(target, source)`, or None from a fixed context. text: the translation
    as it is printed.
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

    def translate(self, text: str) -> str:
        """The greedy translation. Raises ValueError for a text without a word."""
        return self.unfold(text).text

    def unfold(self, text: str, *, others: int = 3) -> Unfolding:
        """The greedy translation with what happened at each step; `others` tokens are kept a step.

        Raises ValueError for a text without a word.
        """
        words = tokenise(text, "en")
        if not words:
            raise ValueError(f"unfold: wanted an English sentence, got {text!r}")
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
            source=(*words, "<eos>"),
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
    """A translator of the book: "fixed context" or "attention".

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
    return PRETRAINED / f"{_known(name).replace(' ', '_')}.safetensors"


def _known(name: str) -> str:
    if name not in TRANSLATORS:
        raise ValueError(f"translator: wanted one of {', '.join(TRANSLATORS)}, got {name!r}")
    return name


def variant(name: str, steps: int = STEPS) -> experiments.Variant:
    """How a translator is made: its chapter's variant, trained for `steps`."""
    chapter, declared = TRANSLATORS[_known(name)]
    found = experiments.variants(chapter)[declared]
    return replace(found, training={**found.training, "steps": steps})


def train(name: str, steps: int = STEPS, *, progress: bool = True) -> experiments.Result:
    """Train a translator, write it in half precision with its card, and give what it scores."""
    corpus = corpora.load("grammar")
    fitted = experiments.fit(variant(name, steps), 0, corpus, progress=progress)
    # Scored as it is kept: rounded to half precision.
    fitted.model.half().float()
    found = experiments.measure(fitted, corpus)
    checkpoints.save(_file(name), fitted.model.half(), fitted.vocabularies)
    card = json.dumps(asdict(found), indent=1, ensure_ascii=False) + "\n"
    checkpoints.replace_file(_file(name).with_suffix(".json"), card.encode())
    return found


def main(words: Sequence[str] | None = None) -> int:
    """Train what is asked for, and note its scores beside it."""
    parser = argparse.ArgumentParser(
        prog="python -m seq2seq_lib.pretrained", description="train the book's translators anew"
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(TRANSLATORS))
    parser.add_argument("--steps", type=int, default=STEPS, help=f"default {STEPS}")
    asked = parser.parse_args(words)
    torch.set_num_threads(1)
    for name in asked.names or TRANSLATORS:
        if name not in TRANSLATORS:
            parser.error(f"wanted some of {', '.join(map(repr, TRANSLATORS))}, got {name!r}")
        found = train(name, asked.steps)
        print(f"{name}: {found.metrics['bleu']:.1f} BLEU on test, {found.seconds:.0f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
