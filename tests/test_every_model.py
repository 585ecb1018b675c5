"""One set of functions trains, searches, draws from, scores, aligns and saves every model."""

import math

import pytest
import torch

from seq2seq_lib import checkpoints, search
from seq2seq_lib.config import TransformerConfig, from_dict
from seq2seq_lib.evaluation import attends
from seq2seq_lib.losses import cross_entropy, elbo, objective, scheduled_sampling
from seq2seq_lib.models import begin_at_frequencies, build
from seq2seq_lib.sampling import minimum_bayes_risk, sample
from seq2seq_lib.schedule import TrainingConfig
from seq2seq_lib.training import train
from seq2seq_lib.vocabulary import EOS
from tests.variants import SETTINGS, configuration, make, random_batch, random_examples

SECONDS = 20.0


@pytest.mark.parametrize("variant", SETTINGS)
def test_the_same_functions_serve_every_model(variant: str, tmp_path) -> None:
    model = build(configuration(variant, dropout=0.1), torch.Generator().manual_seed(0))
    batch, generator = random_batch(), torch.Generator().manual_seed(1)
    history = train(
        model,
        random_examples(rows=20),
        random_examples(rows=6, seed=1),
        TrainingConfig(steps=12, tokens=60, validate_every=6, learning_rate=2e-2),
        generator=generator,
        progress=False,
    )
    assert history.points[-1].training_loss < history.points[0].training_loss
    source, mask = batch.source, batch.source_mask
    for row, found in enumerate(search.beam(model, source, mask, width=3, best=2, limit=6)):
        assert len(found) == 2 and found[0].score >= found[1].score, row
    drawn = sample(model, source, mask, generator=generator, top_k=3, top_p=0.9, limit=6)
    assert len(drawn) == len(minimum_bayes_risk(model, source, mask, generator=generator, limit=6))
    assert search.score(model, batch).lt(0).all()
    if attends(model):
        assert search.align(model, source, mask, batch.targets).shape[2] == source.shape[1]
    checkpoints.save(tmp_path / "model.safetensors", model)
    loaded = checkpoints.load(tmp_path / "model.safetensors").model
    assert torch.equal(search.score(loaded, batch), search.score(model, batch))


@pytest.mark.parametrize("variant", SETTINGS)
def test_a_read_out_can_begin_at_the_words_frequencies(variant: str) -> None:
    model, examples = make(variant), random_examples(rows=20)
    others = {name: t.clone() for name, t in model.state_dict().items()}
    begin_at_frequencies(model, examples)
    changed = [name for name, t in model.state_dict().items() if not torch.equal(t, others[name])]
    assert changed == ["writer.output.bias"]
    shares = model.writer.output.bias.exp()
    words = [word for example in examples for word in (*example.target, EOS)]
    every = len(words) + len(shares)
    for word in range(len(shares)):
        assert shares[word].item() == pytest.approx((1 + words.count(word)) / every)
    if model.config.source_size == model.config.target_size:
        begin_at_frequencies(model, examples, source_weight=0.5)
        weighed = model.writer.output.bias.exp()
        read = [word for example in examples for word in example.source]
        ratio = (1 + words.count(4) + 0.5 * read.count(4)) / (1 + words.count(0))
        assert (weighed[4] / weighed[0]).item() == pytest.approx(ratio)


@pytest.mark.parametrize("variant", ["luong, fed", "transformer, pre, sinusoid", "language, GRU"])
def test_scheduled_sampling_goes_from_teacher_forcing_to_running_free(variant: str) -> None:
    model, batch = make(variant), random_batch()
    memory, state = model.encode(batch.source, batch.source_mask)
    forced = scheduled_sampling(model, batch, state, memory, share=0.0)
    torch.testing.assert_close(forced, model.decode(batch.inputs, state, memory).logits)
    free = scheduled_sampling(model, batch, state, memory, share=1.0)
    said = torch.cat([batch.inputs[:, :1], free.argmax(-1)[:, :-1]], dim=1)
    torch.testing.assert_close(free, model.decode(said, state, memory).logits)
    with pytest.raises(ValueError, match="share: wanted one from 0 to 1, got 1.5"):
        scheduled_sampling(model, batch, state, memory, share=1.5)


def test_scheduled_sampling_tosses_its_coins_from_the_generator() -> None:
    model, batch = make("luong, dot"), random_batch(rows=8)
    memory, state = model.encode(batch.source, batch.source_mask)
    runs = [
        scheduled_sampling(
            model, batch, state, memory, share=0.5, generator=torch.Generator().manual_seed(seed)
        )
        for seed in (1, 1, 2)
    ]
    assert torch.equal(runs[0], runs[1]) and not torch.equal(runs[0], runs[2])


def test_the_bound_is_the_cross_entropy_and_the_divergence_per_token() -> None:
    model, batch = make("variational, GRU"), random_batch()
    memory, state = model.encode(batch.source, batch.source_mask)
    logits = model.decode(batch.inputs, state, memory).logits
    given = (logits, batch.targets, batch.target_mask)
    share = memory.divergence.sum() / batch.tokens
    assert share > 0
    for weight in (0.0, 0.5, 1.0):
        wanted = cross_entropy(*given) + weight * share
        torch.testing.assert_close(elbo(*given, memory.divergence, weight=weight), wanted)
        torch.testing.assert_close(objective(model, batch, kl_weight=weight), wanted)
    assert elbo(*given, None) == cross_entropy(*given)


def test_a_code_is_drawn_in_training_and_the_mean_in_evaluation() -> None:
    model, batch = make("variational, every step, LSTM"), random_batch()
    given = (batch.source, batch.source_mask)
    assert torch.equal(model.encode(*given)[0].context, model.encode(*given)[0].context)
    model.train()
    first, second = (model.encode(*given)[0] for _ in range(2))
    assert not torch.equal(first.context, second.context)
    assert torch.equal(first.divergence, second.divergence)


def test_search_goes_on_from_a_code_between_two_sentences() -> None:
    model, batch = make("variational, GRU"), random_batch()
    memory, state = model.encode(batch.source, batch.source_mask)
    reading = model.reader.reader(model.embedding(batch.source), batch.source_mask)
    codes = model.reader.code(reading).mean
    torch.testing.assert_close(vars(model.reader.open(codes)), vars(state))
    limits = torch.full((len(codes),), 6)
    found = search.beam_from(model, model.reader.open(codes), memory, limits, width=2)
    assert found == search.beam(model, batch.source, batch.source_mask, width=2, limit=6)


@pytest.mark.parametrize("variant", ["first state, GRU", "bahdanau, additive", "luong, fed"])
@pytest.mark.parametrize("settings", [{"precision": "bfloat16"}, {"own_words": 0.5}])
def test_other_ways_to_train_learn_too(variant: str, settings: dict) -> None:
    losses = _trained(variant, settings)
    assert losses[-1] < losses[0]
    assert losses != _trained(variant, {})
    assert losses == _trained(variant, settings)


@pytest.mark.parametrize("variant", ["transformer, pre, rotary", "decoder only, sinusoid"])
def test_a_transformer_learns_in_bfloat16(variant: str) -> None:
    losses = _trained(variant, {"precision": "bfloat16"})
    assert losses[-1] < losses[0]
    assert losses == pytest.approx(_trained(variant, {}), rel=0.03)


def _trained(variant: str, settings: dict) -> list[float]:
    model = build(configuration(variant), torch.Generator().manual_seed(0))
    config = TrainingConfig(
        steps=12, tokens=60, validate_every=6, learning_rate=1e-2, **settings
    )
    examples, generator = random_examples(rows=20), torch.Generator().manual_seed(1)
    history = train(model, examples, examples, config, generator=generator, progress=False)
    return [point.training_loss for point in history.points]


def test_positions_beyond_the_longest_are_refused() -> None:
    model = make("transformer, pre, learned")
    tokens = torch.full((1, 31), 5)
    with pytest.raises(ValueError, match="positions: wanted at most 30 tokens, .* position 30"):
        model.encode(tokens, torch.ones_like(tokens).bool())


def test_without_positions_the_encoder_sees_a_bag_of_words() -> None:
    model, batch = make("transformer, pre, none"), random_batch(rows=1)
    order = torch.arange(batch.source.shape[1] - 1, -1, -1)
    memory, _ = model.encode(batch.source, batch.source_mask)
    turned, _ = model.encode(batch.source[:, order], batch.source_mask)
    torch.testing.assert_close(turned.values, memory.values[:, order])


def test_tied_matrices_are_one() -> None:
    model = make("transformer, all tied")
    assert model.writer.output.weight is model.embedding.tokens.weight
    apart = configuration("transformer, all tied").to_dict() | {"tied": "none"}
    apart = build(from_dict(apart), torch.Generator())
    size = TransformerConfig.from_dict(model.config.to_dict()).width * 9
    assert sum(p.numel() for p in apart.parameters()) == 2 * size + sum(
        p.numel() for p in model.parameters()
    )


def test_a_longer_beam_search_is_exact_with_a_cache() -> None:
    """Scores found step by step, through a cache that beams reorder, are those of one pass."""
    model, batch = make("decoder only, learned, tied"), random_batch(rows=3)
    for row, found in enumerate(search.beam(model, batch.source, batch.source_mask, width=5)):
        here = torch.tensor([row])
        memory, state = model.encode(batch.source[here], batch.source_mask[here])
        tokens = torch.tensor([[2, *found[0].tokens]])
        scores = model.decode(tokens, state, memory).logits.detach().log_softmax(-1)[0]
        said = torch.tensor([*found[0].tokens, 3])
        total = float(scores[torch.arange(len(said)), said].sum())
        assert math.isclose(total, found[0].score, rel_tol=1e-9)
