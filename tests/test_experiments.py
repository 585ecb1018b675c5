"""Experiments: what is run is what is kept, and a live run is held to the kept ones."""

import json
from dataclasses import replace

import pytest
import torch

from seq2seq_lib import experiments
from seq2seq_lib.config import RecurrentConfig
from seq2seq_lib.corpora import Agreement, Pair, Splits
from seq2seq_lib.experiments import __main__ as command
from seq2seq_lib.experiments import insights, results, running
from seq2seq_lib.schedule import TrainingConfig

SECONDS = 10.0
WORDS = {
    "a": "un", "the": "le", "cat": "chat", "dog": "chien", "sleeps": "dort", "runs": "court",
    ".": ".",
}  # fmt: skip


def sentences(count: int, nouns: int, seed: int) -> tuple[Pair, ...]:
    generator = torch.Generator().manual_seed(seed)

    def draw(*words: str) -> str:
        return words[int(torch.randint(len(words), (), generator=generator))]

    made = []
    for _ in range(count):
        source = [draw("a", "the"), draw("cat", "dog")] * nouns + [draw("sleeps", "runs"), "."]
        links = tuple((place, place) for place in range(len(source)))
        target = tuple(WORDS[word] for word in source)
        sites = (Agreement(0, ("le" if target[0] == "un" else "un",)),)
        made.append(Pair(tuple(source), target, links, (), sites))
    return tuple(made)


CORPUS = Splits(
    train=sentences(120, 1, 0) + sentences(60, 2, 1),
    valid=sentences(20, 1, 2),
    test=sentences(20, 1, 3) + sentences(5, 3, 4),
    long=sentences(10, 5, 5),
    novel=sentences(10, 2, 6),
)
TRAINING = {"steps": 30, "tokens": 100, "validate_every": 15, "learning_rate": 2e-2}
ATTENDING = experiments.Variant(
    "attending",
    {"embedding": 8, "width": 16, "context": "luong", "score": "dot", "direction": "both"},
    TRAINING,
)
FIXED = experiments.Variant("fixed", {"embedding": 8, "width": 16}, TRAINING)


@pytest.fixture(scope="module")
def attending() -> experiments.Result:
    return experiments.run(ATTENDING, 0, CORPUS, progress=False)


@pytest.fixture
def chapter(monkeypatch, tmp_path):
    """A chapter "99" of two small variants, on the small corpus, kept in a folder of its own."""
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    monkeypatch.setitem(experiments.CHAPTERS, "99", (ATTENDING, FIXED))
    monkeypatch.setattr(command.corpora, "load", lambda name: CORPUS)
    return tmp_path / "chapter99.json"


@pytest.mark.parametrize("chapter", experiments.CHAPTERS)
def test_every_declared_variant_can_be_built(chapter):
    declared = experiments.variants(chapter)
    assert len(declared) == len(experiments.CHAPTERS[chapter]) > 1
    for variant in declared.values():
        RecurrentConfig(source_size=9, target_size=9, **variant.model)
        TrainingConfig(**variant.training)


def test_an_unknown_chapter_is_an_error():
    with pytest.raises(ValueError, match="chapter: wanted one of 06, 09, 09_zero, got '77'"):
        experiments.variants("77")


def test_a_run_measures_everything(attending):
    assert set(attending.metrics) == {
        "bleu", "chrf", "exact", "valid_loss", "long_bleu", "novel_bleu", "agreement",
        "aer", "aer_early", "aer_late", "aer_diagonal", "aer_shuffled", "entropy",
        "uniform_bleu", "uniform_moved", "shuffled_bleu", "shuffled_moved",
    }  # fmt: skip
    assert attending.metrics["aer_diagonal"] == 0
    assert attending.lengths["3–6"]["count"] == 20
    assert {name: found["count"] for name, found in attending.lengths.items()} == {
        "3–6": 20,
        "7–10": 5,
        "11–15": 10,
    }
    assert attending.training["steps"] == 30 and attending.config["width"] == 16
    assert "tok:13a" in attending.signatures["bleu"]
    assert set(attending.circumstances) == {
        "torch", "python", "threads", "instructions", "processor",
    }  # fmt: skip


def test_a_model_that_does_not_attend_has_no_alignment():
    found = experiments.run(FIXED, 0, CORPUS, progress=False)
    assert not [name for name in found.metrics if name.startswith("aer")]


def test_a_context_is_read_word_by_word_and_beside_its_baselines():
    found = experiments.run(FIXED, 0, CORPUS, progress=False).metrics
    assert {name for name in found if name.startswith(("read", "length", "tense"))} == {
        "read 3–6", "read 7–10", "read_untrained 3–6", "read_untrained 7–10",
        "read_commonest 3–6", "read_commonest 7–10", "read_first", "read_last", "length_error",
    }  # fmt: skip
    assert found["read_commonest 3–6"] <= found["read 3–6"] <= 6
    assert 0 <= found["read_last"] <= 1


def test_a_pair_of_two_tenses_has_none():
    pairs = [
        Pair(("a",), ("b",), (), phenomena)
        for phenomena in (
            ("tense:futur",),
            ("tense:passé composé:avoir", "tense:passé composé:être", "place"),
            ("tense:futur", "tense:imparfait"),
            (),
        )
    ]
    assert insights.tenses(pairs).tolist() == [3, 2, -1, -1]


def test_the_same_seed_gives_the_same_result_and_another_another(attending):
    torch.manual_seed(99)
    assert experiments.run(ATTENDING, 0, CORPUS, progress=False) == attending
    other = experiments.run(ATTENDING, 1, CORPUS, progress=False)
    assert other.metrics["valid_loss"] != attending.metrics["valid_loss"]


def test_the_order_of_the_batches_has_the_runs_seed(monkeypatch):
    seeds = []

    def note(*parts, generator, **options):
        seeds.append(generator.initial_seed())
        return train(*parts, generator=generator, **options)

    train = running.train
    monkeypatch.setattr(running, "train", note)
    for seed in (3, 4):
        experiments.fit(FIXED, seed, CORPUS, progress=False)
    assert seeds == [3, 4]


def test_both_splits_of_a_bucket_count():
    """A bucket that test and long share has the sentences of both."""
    fitted = experiments.fit(FIXED, 0, CORPUS, progress=False)
    corpus = replace(CORPUS, long=CORPUS.long + CORPUS.test[-5:])
    assert running.measure(fitted, corpus).lengths["7–10"]["count"] == 10


def test_what_is_kept_is_read_back_in_order(attending, tmp_path):
    path = tmp_path / "deep" / "results.json"
    second = replace(attending, seed=1)
    experiments.keep("99", [second], path=path)
    experiments.keep("99", [attending, replace(attending, variant="a")], path=path)
    kept = experiments.stored("99", path=path)
    assert kept == {"a": [replace(attending, variant="a")], "attending": [attending, second]}
    before = path.read_bytes()
    experiments.keep("99", [second], path=path)
    assert path.read_bytes() == before
    changed = replace(second, parameters=5)
    experiments.keep("99", [changed], path=path)
    assert experiments.stored("99", path=path)["attending"] == [attending, changed]


def test_no_results_say_how_to_make_them(tmp_path):
    with pytest.raises(FileNotFoundError, match="python -m seq2seq_lib.experiments 06"):
        experiments.stored("06", path=tmp_path / "none.json")


def moved(result: experiments.Result, name: str, by: float) -> experiments.Result:
    return replace(result, metrics={**result.metrics, name: result.metrics[name] + by})


@pytest.mark.parametrize("name", ["bleu", "valid_loss", "aer", "agreement"])
def test_a_live_run_agrees_within_the_band_alone(name, attending):
    band = results.BANDS[name]
    kept = [attending, moved(attending, name, band)]
    assert experiments.agrees(attending, kept)
    assert experiments.agrees(moved(attending, name, 1.99 * band), kept)
    assert experiments.agrees(moved(attending, name, -0.99 * band), kept)
    for far in (2.01 * band, -1.01 * band):
        assert not experiments.agrees(moved(attending, name, far), kept)
        (line,) = experiments.disagreements(moved(attending, name, far), kept)
        assert line.startswith(f"{name}: wanted ")


def test_a_live_run_of_other_settings_or_measures_disagrees(attending):
    other = replace(attending, parameters=3)
    assert experiments.disagreements(other, [attending])[0].startswith("parameters: stored")
    less = {name: value for name, value in attending.metrics.items() if name != "aer"}
    (line,) = experiments.disagreements(replace(attending, metrics=less), [attending])
    assert line == "aer: measured in one of the two only"
    with pytest.raises(ValueError, match="wanted stored runs of 'attending' to compare with"):
        experiments.agrees(attending, [replace(attending, variant="other")])


def test_the_command_does_what_is_missing(chapter, capsys):
    assert command.main(["99", "--seeds", "0", "--only", "fixed"]) == 0
    assert "1 runs to do" in capsys.readouterr().out
    assert command.main(["99", "--seeds", "0", "1"]) == 0
    assert "3 runs to do" in capsys.readouterr().out
    kept = experiments.stored("99")
    assert {name: [found.seed for found in runs] for name, runs in kept.items()} == {
        "attending": [0, 1],
        "fixed": [0, 1],
    }
    assert json.loads(chapter.read_text(encoding="utf-8"))[0]["variant"] == "attending"
    assert command.main(["99", "--seeds", "0", "1"]) == 0
    assert "0 runs to do" in capsys.readouterr().out
    assert command.main(["99", "--seeds", "1", "--again", "--only", "fixed"]) == 0
    assert "1 runs to do" in capsys.readouterr().out


def test_a_variant_declared_anew_is_run_again(chapter, capsys, monkeypatch):
    assert command.main(["99", "--seeds", "0", "--only", "fixed"]) == 0
    longer = replace(FIXED, training={**TRAINING, "steps": 31})
    monkeypatch.setitem(experiments.CHAPTERS, "99", (longer,))
    capsys.readouterr()
    assert command.main(["99", "--seeds", "0"]) == 0
    assert "1 runs to do" in capsys.readouterr().out
    assert experiments.stored("99")["fixed"][0].training["steps"] == 31


def test_the_command_lists_variants_and_refuses_unknown_ones(chapter, capsys):
    assert command.main(["99", "--list"]) == 0
    shown = capsys.readouterr().out
    assert "attending" in shown and "parameters" in shown and not chapter.exists()
    with pytest.raises(SystemExit, match="--only: wanted some of attending, fixed, got 'other'"):
        command.main(["99", "--only", "other"])


def test_stored_runs_that_differ_much_allow_a_live_one_to_differ_as_much(attending):
    def scoring(bleu: float, seed: int) -> experiments.Result:
        return replace(attending, seed=seed, metrics={**attending.metrics, "bleu": bleu})

    runs = [scoring(40.0, 1), scoring(60.0, 2)]
    assert experiments.agrees(scoring(79.0, 0), runs)
    assert experiments.disagreements(scoring(81.0, 0), runs) == [
        "bleu: wanted 20.000 to 80.000, got 81.000"
    ]
