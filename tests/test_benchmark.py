"""The benchmark on real text: which recipe it takes, what it measures, what it keeps."""

import json
from dataclasses import replace

import pytest
from torch import Generator

from seq2seq_lib import benchmark, challenge, recipes
from seq2seq_lib.config import from_dict
from seq2seq_lib.corpora import Pair, Splits
from seq2seq_lib.evaluation import compare
from seq2seq_lib.experiments import results
from seq2seq_lib.metrics import bleu
from seq2seq_lib.models import build, parameters
from seq2seq_lib.typography import detokenise
from tests.test_experiments import sentences

SECONDS = 10.0
CORPUS = Splits(
    train=sentences(120, 1, 0) + sentences(60, 2, 1),
    valid=sentences(20, 1, 2),
    test=sentences(20, 1, 3),
)
SMALL = recipes.from_values(
    {
        "data": {"corpus": "multi30k", "lower": True, "subwords": 40},
        "model": {"embedding": 8, "width": 16, "context": "luong", "score": "dot"},
        "training": {"steps": 100, "tokens": 100, "seconds": 120, "learning_rate": 2e-2},
    }
)
ITEMS = (
    challenge.Item("negation", "A cat sleeps.", ("Un chat dort.",), ("un chat",)),
    challenge.Item("manner", "The dog runs.", ("Le chien court.",)),
)


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """The file of results on the small corpus, which `main` then takes for Multi30k."""
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    monkeypatch.setattr(recipes, "read", lambda name: SMALL)
    monkeypatch.setattr(recipes.Data, "load", lambda self, progress: CORPUS)
    return tmp_path / "multi30k.json"


@pytest.mark.parametrize("corpus", sorted(benchmark.LENGTHS))
@pytest.mark.parametrize("architecture", benchmark.ARCHITECTURES)
@pytest.mark.parametrize("budget", benchmark.BUDGETS)
def test_there_is_a_recipe_for_each_budget(corpus, architecture, budget) -> None:
    name = f"{corpus}-{benchmark.ARCHITECTURES[architecture]}-{benchmark.BUDGETS[budget]}"
    assert name in recipes.named()
    own = recipes.read(name)
    assert own.data.corpus == corpus and own.training.seconds == budget
    assert own.training.clock == "wall" and own.training.precision == "float32"
    measured = benchmark.recipe(corpus, architecture, budget, seed=3)
    assert measured.training == replace(own.training, clock="processor")
    assert measured.seed == 3 and measured.model == own.model


def test_every_recipe_is_of_a_corpus_an_architecture_and_a_budget() -> None:
    assert len(recipes.named()) == (
        len(benchmark.LENGTHS) * len(benchmark.ARCHITECTURES) * len(benchmark.BUDGETS)
    )


def test_a_corpus_has_one_way_to_be_read() -> None:
    """What is compared is architectures and budgets, so nothing else differs."""
    for corpus in benchmark.LENGTHS:
        own = [recipes.read(name) for name in recipes.named() if name.startswith(corpus)]
        assert len({each.data for each in own}) == 1


def test_another_budget_takes_the_nearest_recipe() -> None:
    for seconds, nearest in ((5, 60), (80, 60), (90, 120), (500, 300), (700, 1200), (9999, 1200)):
        found = benchmark.recipe("multi30k", "transformer", seconds)
        wanted = benchmark.recipe("multi30k", "transformer", nearest)
        assert found == replace(wanted, training=replace(wanted.training, seconds=float(seconds)))
    assert benchmark.variant("transformer", 90.0) == "transformer, 90 s"


def test_what_is_measured(kept) -> None:
    training = replace(SMALL.training, steps=3, seconds=None)
    recipe = replace(SMALL, training=training, data=replace(SMALL.data, lower=False))
    outcome = recipes.carry_out(recipe, progress=False, corpus=CORPUS)
    found = benchmark.measure(
        "x", recipe, outcome, CORPUS, lengths=((1, 3), (4, 9)), challenged=False
    )
    assert set(found.metrics) == {
        "bleu", "bleu_beam", "bleu_tokenised", "chrf", "exact", "valid_loss",
    }  # fmt: skip
    assert set(found.lengths) == {"4–9"} and found.lengths["4–9"]["count"] == 20
    assert found.lengths["4–9"]["bleu"] == pytest.approx(found.metrics["bleu"], abs=1e-5)
    assert "case:mixed" in found.signatures["bleu"] and "tok:13a" in found.signatures["bleu"]
    assert "tok:none" in found.signatures["bleu_tokenised"]
    assert found.parameters == outcome.parameters and found.tokens > 0
    assert found.circumstances["clock"] == "wall"


def test_a_translation_is_exact_if_it_is_any_of_the_references() -> None:
    pairs = (
        Pair(("go",), ("va", "!"), references=("Va\u202f!", "Vas-y\u202f!")),
        Pair(("no",), ("non",), references=("Non",)),
    )
    corpus = Splits(pairs, pairs, pairs)
    report = compare(pairs, [("vas", "-y", "!"), ("oui",)], lengths=((1, 9),))
    metrics, _ = benchmark._scores(report, corpus)
    assert metrics["exact"] == 0.5
    said = [detokenise(words, "fr") for words in report.hypotheses]
    assert metrics["bleu"] == bleu(said, [pair.references for pair in pairs]).value


def test_the_challenge_set_by_phenomenon(kept, monkeypatch) -> None:
    monkeypatch.setattr(challenge, "load", lambda: ITEMS)
    training = replace(SMALL.training, steps=3, seconds=None)
    outcome = recipes.carry_out(replace(SMALL, training=training), progress=False, corpus=CORPUS)
    monkeypatch.setattr(benchmark, "translate", lambda *given: [["un", "chat"], ["rien"]])
    found = benchmark._challenge(outcome)
    assert found["passed: negation"] == found["challenge passed"] == 1
    assert "passed: manner" not in found and "bleu: manner" in found and "chrf: manner" in found


def test_the_command_keeps_each_run_once(kept, tmp_path, capsys) -> None:
    said = ["multi30k", "--seconds", "0.4", "--seeds", "0", "--only", "attention"]
    assert benchmark.main(said) == 0
    assert capsys.readouterr().out.startswith("attention, 0.4 s, seed 0: ")
    first = kept.read_bytes()
    values = json.loads(first)
    assert [each["variant"] for each in values] == ["attention, 0.4 s"]
    assert values[0]["training"]["clock"] == "processor" and values[0]["seconds"] >= 0.4
    assert "wall seconds" in values[0]["circumstances"]
    assert benchmark.main(said) == 0
    assert kept.read_bytes() == first and capsys.readouterr().out == ""
    runs = tmp_path / "runs"
    assert benchmark.main([*said, "--again", "--runs", str(runs)]) == 0 and capsys.readouterr().out
    assert (runs / "multi30k-attention-0.4s-0" / recipes.TRANSLATOR).is_file()
    found = benchmark.stored("multi30k")["attention, 0.4 s"]
    assert len(found) == 1 and found[0].variant == "attention, 0.4 s"


def test_without_results_the_command_is_named(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    with pytest.raises(FileNotFoundError, match="seq2seq_lib.benchmark tatoeba"):
        benchmark.stored("tatoeba")


def test_the_translators_to_be_compared_have_about_as_many_parameters() -> None:
    for budget in benchmark.BUDGETS.values():
        sizes = []
        for architecture in benchmark.ARCHITECTURES.values():
            found = recipes.read(f"tatoeba-{architecture}-{budget}")
            vocabulary = dict.fromkeys(("source_size", "target_size"), found.data.subwords)
            model = build(from_dict({**found.model, **vocabulary}), Generator())
            sizes.append(parameters(model))
        assert max(sizes) <= 1.1 * min(sizes)
