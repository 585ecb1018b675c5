"""The book's translators: as they ship, and as they unfold a sentence."""

import json
import time
from dataclasses import replace

import pytest
import torch

from seq2seq_lib import benchmark, challenge, corpora, evaluation, pretrained, recipes
from seq2seq_lib.batching import collate, encode_pairs
from seq2seq_lib.config import RecurrentConfig
from seq2seq_lib.corpora import Pair
from seq2seq_lib.experiments import results
from seq2seq_lib.models import build, parameters
from seq2seq_lib.search import score
from seq2seq_lib.vocabulary import Vocabularies

NAMES = tuple(pretrained.TRANSLATORS)
LARGEST = 12 * 2**20
FEW = 60
# In seconds of the processor, which others on the machine cannot use up.
LONGEST_LOAD, LONGEST_TRANSLATION = 1.0, 0.1
ITEMS = challenge.load()[::8]


@pytest.fixture(scope="module", params=NAMES)
def translator(request) -> tuple[str, pretrained.Translator]:
    return request.param, pretrained.load(request.param)


def test_each_file_is_small_and_scores_as_its_card_says(translator):
    name, found = translator
    file = pretrained.PRETRAINED / f"{name.replace(' ', '_')}.safetensors"
    assert file.stat().st_size <= LARGEST
    card = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    assert card["training"]["steps"] == pretrained.STEPS
    assert card["config"] == found.model.config.to_dict()
    long = evaluation.evaluate(found.model, corpora.load("grammar").long[:FEW], found.vocabularies)
    assert abs(long.bleu.value - card["metrics"]["long_bleu"]) < 10


def test_the_vocabularies_are_those_of_the_shipped_corpus(translator):
    known = translator[1].vocabularies
    for pair in corpora.load("grammar").train[:500]:
        assert all(word in known.source for word in pair.source)
        assert all(word in known.target for word in pair.target)


def test_attention_is_ahead_of_the_fixed_context():
    pairs = [pair for pair in corpora.load("grammar").test if len(pair.source) > 15][:FEW]
    found = {name: pretrained.load(name) for name in NAMES}
    bleu = {
        name: evaluation.evaluate(each.model, pairs, each.vocabularies).bleu.value
        for name, each in found.items()
    }
    assert bleu["attention"] > bleu["fixed context"] + 20


def test_an_unfolding_is_consistent(translator):
    name, found = translator
    unfolding = found.unfold("The man eats bread.", others=4)
    steps, places = len(unfolding.target), len(unfolding.source)
    assert unfolding.source == ("the", "man", "eats", "bread", ".", "<eos>")
    assert unfolding.target[-1] == "<eos>" and not unfolding.unknown
    assert [row[0][0] for row in unfolding.others] == list(unfolding.target)
    assert all(len(row) == 4 for row in unfolding.others)
    torch.testing.assert_close(
        unfolding.probabilities, torch.tensor([row[0][1] for row in unfolding.others])
    )
    if name == "attention":
        assert unfolding.attention.shape == (steps, places)
        torch.testing.assert_close(unfolding.attention.sum(1), torch.ones(steps))
    else:
        assert unfolding.attention is None
    pair = Pair(unfolding.source[:-1], unfolding.target[:-1])
    whole = score(found.model, collate(encode_pairs([pair], found.vocabularies)))
    torch.testing.assert_close(unfolding.probabilities.log().sum(), whole[0])
    assert found.translate("The man eats bread.") == unfolding.text


def test_unknown_words_are_named_and_still_translated(translator):
    unfolding = translator[1].unfold("The zyzzyva eats bread.")
    assert unfolding.unknown == ("zyzzyva",)
    assert unfolding.text


@pytest.mark.parametrize("text", ["", "   "])
def test_no_sentence_is_an_error(translator, text):
    with pytest.raises(ValueError, match="wanted an English sentence"):
        translator[1].translate(text)


def test_another_name_is_an_error():
    with pytest.raises(ValueError, match="wanted one of fixed context, attention, .*got 'magic'"):
        pretrained.load("magic")
    with pytest.raises(SystemExit):
        pretrained.main(["magic"])


def test_weights_and_card_are_written_together(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(pretrained, "PRETRAINED", tmp_path)
    small = corpora.Splits(*(corpora.load("grammar").train[n : n + 40] for n in (0, 40, 80)))
    monkeypatch.setattr(corpora, "load", lambda name: small)
    found = pretrained.train("fixed context", steps=2, progress=False)
    card = json.loads((tmp_path / "fixed_context.json").read_text(encoding="utf-8"))
    assert card["training"]["steps"] == 2 and card["metrics"] == found.metrics
    # What was scored is what the file holds.
    kept = pretrained.load("fixed context")
    again = evaluation.evaluate(kept.model, small.test, kept.vocabularies)
    assert again.chrf.value == pytest.approx(found.metrics["chrf"], abs=1e-4)


def test_a_translator_trained_anew_is_kept_and_read_again(tmp_path, monkeypatch) -> None:
    small = corpora.Splits(*(corpora.load("grammar").train[n : n + 40] for n in (0, 40, 80)))
    monkeypatch.setattr(corpora, "load", lambda name: small)
    one, other = (pretrained.anew("fixed context", seed, tmp_path, steps=2) for seed in (1, 2))
    weights = [found.model.state_dict() for found in (one, other)]
    assert any(not torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    for tensor in weights[0].values():  # as the shipped ones, kept in half precision
        assert tensor.dtype == torch.float32 and torch.equal(tensor, tensor.half().float())
    monkeypatch.setattr(pretrained.experiments, "fit", None)
    again = pretrained.anew("fixed context", 1, tmp_path, steps=2)
    assert all(torch.equal(weights[0][name], t) for name, t in again.model.state_dict().items())
    with pytest.raises(ValueError, match="wanted one of fixed context, attention, got 'magic'"):
        pretrained.anew("magic", 1, tmp_path)


# The translators of real text


@pytest.fixture(scope="module", params=pretrained.REAL)
def real(request) -> tuple[str, pretrained.Translator, dict]:
    card = pretrained.PRETRAINED / f"{request.param.replace(' ', '_')}.json"
    started = time.process_time()
    found = pretrained.load(request.param)
    assert time.process_time() - started < LONGEST_LOAD
    return request.param, found, json.loads(card.read_text(encoding="utf-8"))


def test_a_translator_of_real_text_is_small_quick_and_as_its_card_says(real) -> None:
    name, found, card = real
    file = pretrained.PRETRAINED / f"{name.replace(' ', '_')}.safetensors"
    assert file.stat().st_size <= LARGEST
    assert card["variant"] == name and card["config"] == found.model.config.to_dict()
    assert card["parameters"] == parameters(found.model)
    recipe = benchmark.recipe("tatoeba", pretrained.REAL[name], card["training"]["seconds"])
    assert all(card["config"][key] == value for key, value in recipe.model.items())
    assert len(found.vocabularies.source) == recipe.data.subwords
    said = [found.translate(item.english) for item in ITEMS]
    scores = challenge.score(ITEMS, said)
    assert 100 * abs(scores.whole.passed.value - card["metrics"]["challenge passed"]) < 15
    started = time.process_time()
    found.translate("Where did you put my keys?")
    assert time.process_time() - started < LONGEST_TRANSLATION


def test_the_translators_of_real_text_can_be_compared(real) -> None:
    """The same pieces, the same data, about as many parameters."""
    _, found, card = real
    first = pretrained.load(next(iter(pretrained.REAL)))
    assert found.vocabularies == first.vocabularies
    assert 1 / 1.1 <= card["parameters"] / parameters(first.model) <= 1.1


def test_pieces_of_words_unfold(real) -> None:
    _, found, _ = real
    unfolding = found.unfold("I understand.", others=2)
    assert unfolding.source[-1] == "<eos>" and not unfolding.unknown
    assert "".join(unfolding.source[:-1]).replace("\u2581", " ").split() == ["I", "understand", "."]
    assert unfolding.text == found.translate("I understand.")
    assert found.unfold("I \u4f60 see.").unknown == ("\u4f60",)


def test_a_translator_that_knows_small_letters_only_is_given_such() -> None:
    pairs = tuple(
        Pair(tuple(f"see {n} cats".split()), tuple(f"vois {n} chats".split())) for n in range(9)
    )
    known = Vocabularies.build(pairs)
    config = RecurrentConfig(
        source_size=len(known.source), target_size=len(known.target), embedding=4, width=4
    )
    model = build(config, torch.Generator().manual_seed(0)).eval()
    found = pretrained.Translator(model, known)
    assert found.unfold("SEE 3 Cats").source == ("see", "3", "cats", "<eos>")
    assert found.translate("SEE 3 Cats", width=2) == found.translate("see 3 cats", width=2)


def test_a_translator_of_real_text_is_trained_and_written(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(pretrained, "PRETRAINED", tmp_path)
    monkeypatch.setattr(challenge, "load", lambda: ITEMS[:3])
    train = corpora.load("grammar").train
    small = corpora.Splits(train[:60], train[60:80], train[80:100])
    monkeypatch.setattr(recipes.Data, "load", lambda self, progress: small)
    recipe = recipes.read("tatoeba-attention-1min")
    short = replace(recipe.training, steps=2, validate_every=1)
    data, model = replace(recipe.data, subwords=120), {**recipe.model, "width": 8, "embedding": 8}
    tiny = replace(recipe, training=short, data=data, model=model)
    monkeypatch.setattr(recipes, "read", lambda name: tiny)
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    name, runs = "tatoeba attention", tmp_path / "runs"
    found = pretrained.train_real(name, runs, seconds=50.0, progress=False)
    assert found.training["seconds"] == 50.0 and found.training["clock"] == "processor"
    assert (runs / "tatoeba-attention-50s-0" / "last.safetensors").is_file()
    kept = pretrained.load(name)
    assert kept.translate("The man eats bread.") is not None
    card = json.loads((tmp_path / "tatoeba_attention.json").read_text(encoding="utf-8"))
    assert card["metrics"] == found.metrics and card["variant"] == name
    rows = benchmark.stored("tatoeba")["attention, 50 s"]
    assert [row.metrics for row in rows] == [found.metrics]
