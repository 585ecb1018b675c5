"""Chapter 11's experiment: what is declared, measured and kept."""

from dataclasses import replace

import pytest
import torch

from seq2seq_lib import corpora
from seq2seq_lib.experiments import results, transformers
from seq2seq_lib.experiments.running import configuration
from seq2seq_lib.models import build, parameters
from seq2seq_lib.schedule import TrainingConfig
from seq2seq_lib.vocabulary import Vocabularies
from tests.test_experiments import CORPUS, TRAINING

SECONDS = 5.0
SMALL = {"width": 16, "heads": 2, "feedforward": 16}


def small(name: str):
    variant = transformers.VARIANTS[name]
    return replace(variant, model={**variant.model, **SMALL}, training=TRAINING)


def test_one_thing_changes_at_a_time():
    base = transformers.VARIANTS["base"]
    for name, variant in transformers.VARIANTS.items():
        theirs = variant.model | TrainingConfig(**variant.training).to_dict()
        ours = base.model | TrainingConfig(**base.training).to_dict()
        changed = {key for key in ours if ours[key] != theirs[key]}
        wanted = {"base": 0, "post, no warm-up": 2}.get(name, 1)
        assert len(changed) == wanted, name
    assert transformers.VARIANTS["post, no warm-up"].training["warmup"] == 0


def test_the_kept_runs_are_those_declared():
    """So a change of a variant that leaves old runs behind is seen."""
    kept = transformers.stored()
    for name, variant in transformers.VARIANTS.items():
        assert sorted(run.seed for run in kept[name]) == [0, 1, 2], name
        for run in kept[name]:
            assert variant.model.items() <= run.config.items(), name
            assert run.training == TrainingConfig(**variant.training).to_dict(), name


def test_no_model_of_the_chapters_before_is_smaller():
    vocabularies = Vocabularies.build(corpora.load("grammar").train)
    sizes = {
        parameters(build(configuration(variant, vocabularies), torch.Generator()))
        for name, variant in transformers.VARIANTS.items()
    }
    others = [
        runs[0] for chapter in ("06", "09") for runs in results.stored(chapter).values()
    ]
    assert max(sizes) < min(run.parameters for run in others)
    assert transformers.TRAINING["steps"] == 0.5 * others[0].training["steps"]


@pytest.mark.parametrize(
    ("name", "sides"),
    [
        ("rotary", (False, False)),
        ("rotary, places in the source", (True, False)),
        ("rotary, places on both sides", (True, True)),
    ],
)
def test_places_are_written_where_they_are_said_to_be(name, sides):
    model = transformers.fit(small(name), 0, CORPUS, progress=False).model
    assert (model.embedding.waves, model.writer.embedding.waves) == sides
    assert model.reader.turned_width is not None and model.writer.turned_width is not None
    words = torch.tensor([[5, 5]])
    for side, embed in zip(sides, (model.embedding, model.writer.embedding), strict=True):
        first, second = embed(words)[0]
        assert torch.equal(first, second) != side


@pytest.fixture(scope="module")
def base():
    return transformers.run(small("base"), 0, CORPUS, progress=False)


def test_the_base_is_measured_by_head_and_taken_apart(base):
    names = [f"{part} {block}" for part in ("encoder", "decoder", "cross") for block in (1, 2)]
    apart = {f"without {name}" for name in names}
    apart |= {f"without {name}.{head}" for name in names for head in (1, 2)}
    by_head = {f"aer cross {block}.{head}" for block in (1, 2) for head in (1, 2)}
    assert apart | by_head | {"whole", "aer", "entropy", "bleu"} <= set(base.metrics)
    assert not [name for name in base.metrics if "shuffled_bleu" in name]


def test_only_the_base_is_taken_apart():
    found = transformers.run(small("rotary"), 0, CORPUS, progress=False).metrics
    assert not [name for name in found if name.startswith(("without", "whole"))]


def test_the_same_seed_gives_the_same_run(base):
    torch.manual_seed(7)
    assert transformers.run(small("base"), 0, CORPUS, progress=False) == base


def test_the_command_does_what_is_missing(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    monkeypatch.setattr(transformers.corpora, "load", lambda name: CORPUS)
    monkeypatch.setattr(transformers, "VARIANTS", {n: small(n) for n in ("rotary", "post")})
    with pytest.raises(FileNotFoundError, match="seq2seq_lib.experiments.transformers"):
        transformers.stored()
    assert transformers.main(["--seeds", "0", "--only", "post"]) == 0
    assert capsys.readouterr().out.count("seed") == 1
    assert transformers.main(["--seeds", "0"]) == 0
    assert capsys.readouterr().out.count("seed") == 1
    assert {name: len(runs) for name, runs in transformers.stored().items()} == {
        "post": 1, "rotary": 1,
    }  # fmt: skip
