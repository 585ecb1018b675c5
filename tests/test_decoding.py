"""What chapter 08 measures: its parts by hand on models small enough, and the command's file."""

from pathlib import Path

import pytest
import torch

from seq2seq_lib import pretrained
from seq2seq_lib.corpora import Pair
from seq2seq_lib.exact import Exact
from seq2seq_lib.experiments import asking, decoding, results
from seq2seq_lib.models import build
from seq2seq_lib.search import Hypothesis
from seq2seq_lib.training import evaluating
from seq2seq_lib.vocabulary import Vocabularies
from tests.test_tampering import model_of

SECONDS = 10.0

PAIRS = [
    Pair(tuple(f"s{n}" for n in range(1, length)), tuple(f"t{n}" for n in range(1, length + 1)))
    for length in (4, 18, 9, 20)
]
VOCABULARIES = Vocabularies.build(PAIRS)


def model():
    found = model_of("every step", None)
    sizes = {
        "source_size": len(VOCABULARIES.source),
        "target_size": len(VOCABULARIES.target),
    }
    config = type(found.config)(**{**found.config.to_dict(), **sizes})
    return build(config, torch.Generator().manual_seed(1)).eval()


def test_answers_come_in_the_order_of_the_pairs() -> None:
    def lengths(source, mask):
        return mask.sum(1).tolist()

    for rows in (1, 3, 50):
        found = asking.ask(lengths, PAIRS, VOCABULARIES, rows=rows)
        assert found == [len(pair.source) + 1 for pair in PAIRS]


def test_quality_of_the_references_is_full() -> None:
    said = [Hypothesis(tuple(VOCABULARIES.target.encode(p.target)), -1.0) for p in PAIRS]
    found = asking.quality(said, PAIRS, VOCABULARIES)
    assert found["bleu"] == pytest.approx(100) and found["ratio"] == 1 and found["score"] == -1
    shorter = [Hypothesis(one.tokens[:2], -3.0) for one in said]
    assert asking.quality(shorter, PAIRS, VOCABULARIES)["ratio"] == pytest.approx(
        2 * 4 / sum(len(pair.target) for pair in PAIRS)
    )


def test_reference_scores_are_those_of_search() -> None:
    small = model()
    said = [Hypothesis(tuple(VOCABULARIES.target.encode(p.target)), 0.0) for p in PAIRS]
    scores = asking.reference_scores(small, PAIRS, VOCABULARIES)
    held = decoding.search_metrics({1: said}, small, PAIRS, VOCABULARIES)
    assert held["beam 1 model error"] == 1  # no reference is as likely as a score of 0
    own = [Hypothesis(h.tokens, s) for h, s in zip(said, scores, strict=True)]
    held = decoding.search_metrics({1: own}, small, PAIRS, VOCABULARIES)
    assert held["beam 1 model error"] == held["beam 1 search error"] == 0
    low = [Hypothesis((), score - 1) for score in scores]
    held = decoding.search_metrics({1: low}, small, PAIRS, VOCABULARIES)
    assert held["beam 1 search error"] == 1


def test_groups_are_by_length_of_the_source() -> None:
    assert decoding.in_group(PAIRS, "short") == [0, 2]
    assert decoding.in_group(PAIRS, "long") == [1, 3]


def test_what_is_missed_halved_and_empty() -> None:
    found = {1: [Hypothesis((4, 5), -2.0)] * 4}
    answers = [
        Exact(Hypothesis((4, 5, 6, 7), -1.0), proved=True, beginnings=3),
        Exact(Hypothesis((), -1.0), proved=False, beginnings=3),
        Exact(Hypothesis((4, 5), -2.0), proved=True, beginnings=3),
        Exact(Hypothesis((4, 5), -2.0), proved=False, beginnings=3),
    ]
    short = decoding.exact_metrics("short", answers, found, PAIRS, VOCABULARIES)
    assert short["short proved"] == 1 and short["short empty"] == 0
    assert short["short 1 missed"] == 0.5
    assert short["short halved"] == 0.5  # four of four words, and two of nine
    assert "short 1 bleu" in decoding.group_metrics("short", found, PAIRS, VOCABULARIES)
    long = decoding.exact_metrics("long", answers, found, PAIRS, VOCABULARIES)
    assert long["long proved"] == 0 and long["long empty"] == 0.5 and long["long halved"] == 1


@torch.no_grad()
def test_likeliest_is_at_least_as_likely_as_its_start() -> None:
    small = model()
    starts = asking.beams(small, PAIRS[:1], VOCABULARIES, width=1)
    (found,) = asking.likeliest(small, PAIRS[:1], VOCABULARIES, starts, most=50)
    assert found.best.score >= starts[0].score


def test_everything_is_measured_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    small = model()
    monkeypatch.setattr(decoding, "WIDE", 3)
    monkeypatch.setattr(decoding, "SAMPLES", (1, 2))
    monkeypatch.setattr(decoding, "PENALTIES", (0.0, 1.0))
    with evaluating(small):
        found = decoding.measure(small, VOCABULARIES, PAIRS, torch.Generator().manual_seed(0))
    assert {"beam 5 bleu", "short 5 missed", "long exact ratio", "long 3 bleu", "penalty 1.0 ratio",
            "T 1 alike", "p 0.8 bleu", "risk 2 chrf"} <= set(found)  # fmt: skip
    assert all(isinstance(value, int | float) for value in found.values())
    mean = [found[f"beam {width} score"] for width in decoding.WIDTHS]
    assert mean[-1] >= mean[0]


def test_the_stored_runs_are_there_and_say_what_they_were() -> None:
    stored = results.stored("08")
    assert [run.seed for run in stored["fixed context"]] == [0, 1, 2]
    names = set(stored["fixed context"][0].metrics)
    for name in [name for name in stored if name.startswith("fixed context")]:
        for run in stored[name]:
            assert decoding.named("fixed context", run.training.get("seed", 0)) == name
            assert run.training.get("steps", pretrained.STEPS) == pretrained.STEPS
            assert set(run.metrics) == names
            assert run.metrics["beam 50 score"] >= run.metrics["beam 1 score"]


def test_the_command_asks_the_shipped_translators_and_keeps_the_answers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    some, kept = asking.part(0)[:5], []
    monkeypatch.setattr(decoding, "part", lambda number: some)
    monkeypatch.setattr(decoding, "keep", lambda chapter, runs: kept.extend(runs))
    assert decoding.main(["attention", "--parts", "0"]) == 0
    (result,) = kept
    assert (result.variant, result.seed) == ("attention", 0)
    assert set(result.metrics) == set(results.stored("08")["attention"][0].metrics)
    assert capsys.readouterr().out.startswith("attention, part 0: ")


def test_the_command_trains_anew_with_other_seeds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    some, kept, asked = asking.part(0)[:5], [], []

    def anew(name: str, seed: int, directory: Path) -> pretrained.Translator:
        asked.append((name, seed, directory))
        return pretrained.load(name)

    monkeypatch.setattr(decoding, "part", lambda number: some)
    monkeypatch.setattr(decoding, "keep", lambda chapter, runs: kept.extend(runs))
    monkeypatch.setattr(pretrained, "anew", anew)
    words = ["attention", "--parts", "0", "--train-seeds", "0", "4", "--directory", str(tmp_path)]
    assert decoding.main(words) == 0
    assert asked == [("attention", 4, tmp_path)]  # the one of seed 0 is shipped
    assert [(run.variant, run.seed) for run in kept] == [("attention", 0), ("attention, seed 4", 0)]
    assert kept[0].training == {} and kept[1].training["seed"] == 4
    assert kept[1].training["steps"] == pretrained.STEPS
    assert "attention, seed 4, part 0: " in capsys.readouterr().out
