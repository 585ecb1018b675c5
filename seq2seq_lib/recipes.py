"""A whole training run as a file: corpus, vocabulary, model and schedule, in TOML.

    seed = 0

    [data]
    corpus = "multi30k"   # a corpus's name or the path of a parallel text
    lower = true          # optional, as are the next two
    longest = 60
    subwords = 4000       # pieces, shared by both languages; without it, words

    [model]               # of the configurations in `config`, without the vocabularies' sizes
    kind = "transformer"
    width = 128

    [training]            # of `TrainingConfig`
    steps = 100000
    seconds = 120
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

import torch

from seq2seq_lib import checkpoints, corpora, distributed
from seq2seq_lib.batching import Batch, batches, encode_pairs
from seq2seq_lib.config import Config, from_dict
from seq2seq_lib.corpora import Splits
from seq2seq_lib.models import Model, build, parameters
from seq2seq_lib.schedule import History, TrainingConfig
from seq2seq_lib.subwords import Subwords
from seq2seq_lib.training import train
from seq2seq_lib.vocabulary import Vocabularies

TRANSLATOR = "translator.safetensors"
RECIPES = corpora.DATA / "recipes"


@dataclass(frozen=True, kw_only=True)
class Data:
    """What is trained on: see `corpora.load`. subwords: how many pieces, or None for words.
    minimum: how often a word must occur to have a number of its own."""

    corpus: str
    lower: bool = False
    longest: int | None = None
    subwords: int | None = None
    joint: bool = False
    minimum: int = 1

    def load(self, *, progress: bool = True) -> Splits:
        """The corpus, as it is asked for."""
        return corpora.load(
            self.corpus, lower=self.lower, longest=self.longest, progress=progress
        )

    def vocabularies(self, corpus: Splits) -> Vocabularies:
        """Vocabularies of the training half alone."""
        if self.subwords is None:
            return Vocabularies.build(corpus.train, minimum=self.minimum, joint=self.joint)
        sentences = [side for pair in corpus.train for side in (pair.source, pair.target)]
        pieces = Subwords.build(sentences, size=self.subwords)
        return Vocabularies(pieces, pieces)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that a run depends on, with the code."""

    data: Data
    model: Mapping[str, object] = field(default_factory=dict)
    training: TrainingConfig
    seed: int = 0

    def config(self, vocabularies: Vocabularies) -> Config:
        """The model's configuration for these vocabularies. ValueError for an unknown setting."""
        sizes = {
            "source_size": len(vocabularies.source),
            "target_size": len(vocabularies.target),
        }
        return from_dict({**self.model, **sizes})


@dataclass(frozen=True)
class Outcome:
    """A trained model, in `eval` mode, at its least validation loss, and how it came there."""

    model: Model
    vocabularies: Vocabularies
    history: History
    parameters: int


def named() -> tuple[str, ...]:
    """The names of the book's own recipes: "multi30k-transformer-2min" and others."""
    return tuple(sorted(path.stem for path in RECIPES.glob("*.toml")))


def read(path: str | Path) -> Recipe:
    """The recipe in a TOML file, or the book's own of this name.

    Raises ValueError, naming the file, for anything amiss in it.
    """
    path = RECIPES / f"{path}.toml" if str(path) in named() else Path(path)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(
            f"recipe: wanted a file, or one of {', '.join(named())}; there is no {path.name!r}"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name}: wanted TOML; {error}") from None
    try:
        return from_values(values)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path.name}: {error}") from None


def from_values(values: Mapping) -> Recipe:
    """The recipe of these plain values. Raises ValueError for an unknown or missing setting."""
    _known("the recipe", values, ("data", "model", "training", "seed"))
    for name in ("data", "training"):
        if not isinstance(values.get(name), Mapping):
            raise ValueError(f"wanted a table [{name}]; got {values.get(name)!r}")
    data = _known("[data]", values["data"], tuple(each.name for each in fields(Data)))
    schedule = tuple(each.name for each in fields(TrainingConfig))
    training = _known("[training]", values["training"], schedule)
    for table, name in ((data, "corpus"), (training, "steps")):
        if name not in table:
            raise ValueError(f"wanted the setting {name!r}; it is missing")
    model = values.get("model", {})
    if {"source_size", "target_size"} & set(model):
        raise ValueError("[model]: the vocabularies' sizes come from the corpus; leave them out")
    return Recipe(
        data=Data(**data),
        model=dict(model),
        training=TrainingConfig(**training),
        seed=values.get("seed", 0),
    )


def _known(where: str, table: Mapping, names: tuple[str, ...]) -> Mapping:
    unknown = sorted(set(table) - set(names))
    if unknown:
        raise ValueError(f"{where}: wanted some of {', '.join(names)}; got {unknown[0]!r}")
    return table


def prepare(recipe: Recipe) -> tuple[Model, list[Batch]]:
    """The model as training would begin with it, and an epoch of its batches."""
    corpus = recipe.data.load()
    vocabularies = recipe.data.vocabularies(corpus)
    model = build(recipe.config(vocabularies), torch.Generator().manual_seed(recipe.seed))
    examples = encode_pairs(corpus.train, vocabularies)
    return model.train(), batches(examples, tokens=recipe.training.tokens)


def carry_out(
    recipe: Recipe,
    directory: str | Path | None = None,
    *,
    progress: bool = True,
    device: str = "cpu",
    corpus: Splits | None = None,
) -> Outcome:
    """Train as the recipe says.

    With a `directory` the run can be interrupted and gone on with, and leaves a translator in
    `translator.safetensors` there. `corpus` is used instead of loading it again. Under torchrun
    the workers share the work: see `distributed.joined`.
    """
    among = distributed.workers(device)
    with among.in_turn():
        corpus = corpus or recipe.data.load(progress=progress)
    vocabularies = recipe.data.vocabularies(corpus)
    generator = torch.Generator().manual_seed(recipe.seed)
    model = build(recipe.config(vocabularies), generator)
    history = train(
        model,
        encode_pairs(corpus.train, vocabularies),
        encode_pairs(corpus.valid, vocabularies),
        recipe.training,
        generator=generator,
        directory=directory,
        progress=progress,
        device=device,
    )
    if directory is not None and among.rank == 0:
        checkpoints.save(Path(directory) / TRANSLATOR, model, vocabularies)
    return Outcome(model, vocabularies, history, parameters(model))
