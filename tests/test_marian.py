"""The Transformer equals Hugging Face's, weight for weight: logits, gradients, caches, searches."""

import pytest
import torch

from bench.marian import renamed, twin
from seq2seq_lib.batching import Batch, Example, collate
from seq2seq_lib.config import RecurrentConfig, TransformerConfig
from seq2seq_lib.losses import objective
from seq2seq_lib.models import build
from seq2seq_lib.multihead import sinusoid
from seq2seq_lib.search import beam, force, greedy
from seq2seq_lib.vocabulary import BOS, EOS, PAD

SECONDS = 30.0  # most of it for importing transformers
VARIANTS = [("post", "none"), ("post", "output"), ("post", "all"), ("pre", "none"), ("pre", "all")]


def pair_of_models(norm: str, tied: str, seed: int = 0):
    """A small Transformer with nothing at zero or one, and its twin."""
    apart = norm == "post" and tied != "all"
    config = TransformerConfig(
        source_size=11 if apart else 13, target_size=13, width=12, layers=2, heads=3,
        feedforward=20, norm=norm, tied=tied, longest=32,
    )  # fmt: skip
    generator = torch.Generator().manual_seed(seed)
    model = build(config, generator).double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            noise = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
            parameter.add_(0.2 * noise)
    return model, twin(model)


def ragged(seed: int = 0) -> Batch:
    """Four sentence pairs of unequal lengths on both sides."""
    generator = torch.Generator().manual_seed(seed)
    draw = [torch.randint(4, 11, (size,), generator=generator).tolist() for size in range(1, 9)]
    return collate([Example(tuple(draw[i]), tuple(draw[7 - 2 * i])) for i in range(4)])


def asked(other, batch: Batch, **more):
    """What the twin says of the batch's inputs."""
    return other(
        input_ids=batch.source,
        attention_mask=batch.source_mask.long(),
        decoder_input_ids=batch.inputs,
        decoder_attention_mask=batch.target_mask.long(),
        **more,
    )


@pytest.mark.parametrize(("norm", "tied"), VARIANTS)
def test_logits_and_gradients_are_equal(norm, tied):
    model, other = pair_of_models(norm, tied)
    batch = ragged()
    assert not batch.source_mask.all() and not batch.target_mask.all()
    ours, theirs = force(model, batch).logits, asked(other, batch).logits
    real = batch.target_mask
    assert ours[real].std() > 0.1
    torch.testing.assert_close(ours[real], theirs[real], rtol=1e-9, atol=1e-9)
    objective(model, batch).backward()
    wanted = torch.nn.functional.cross_entropy(theirs[real], batch.targets[real])
    wanted.backward()
    grads = renamed({name: weight.grad for name, weight in model.named_parameters()})
    held = {name: one.grad for name, one in other.named_parameters() if one.grad is not None}
    if "model.shared.weight" in held:
        held["model.encoder.embed_tokens.weight"] = held.pop("model.shared.weight")
    assert grads.keys() - held.keys() == {"final_logits_bias"}  # no parameter there
    for name, grad in held.items():
        torch.testing.assert_close(grads[name], grad, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize(("norm", "tied"), [("post", "none"), ("pre", "all")])
def test_a_cache_word_by_word_equals_their_whole_forward_and_theirs_ours(norm, tied):
    model, other = pair_of_models(norm, tied, seed=1)
    batch = ragged(1)
    real = batch.target_mask
    whole = asked(other, batch).logits
    memory, state = model.encode(batch.source, batch.source_mask)
    said = []
    for word in batch.inputs.split(1, dim=1):
        decoded = model.decode(word, state, memory)
        state = decoded.state
        said.append(decoded.logits)
    torch.testing.assert_close(torch.cat(said, 1)[real], whole[real], rtol=1e-9, atol=1e-9)

    mask = batch.source_mask.long()
    read = other.model.encoder(input_ids=batch.source, attention_mask=mask)
    cache, told = None, []
    for word in batch.inputs.split(1, dim=1):
        answer = other(
            encoder_outputs=read, attention_mask=mask, decoder_input_ids=word, cache=cache,
            use_cache=True,
        )  # fmt: skip
        cache = answer.cache
        told.append(answer.logits)
    ours = force(model, batch).logits
    torch.testing.assert_close(torch.cat(told, 1)[real], ours[real], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("width", [1, 4])
def test_searches_find_what_their_generate_finds(width):
    model, _ = pair_of_models("post", "none", seed=2)
    batch = ragged(2)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(60):  # until most sentences end, and not all at the same place
        optimizer.zero_grad()
        objective(model, batch).backward()
        optimizer.step()
    # A search that is cut off ends in <eos> in both, but theirs does not count what it costs.
    limit, more = 40, {"length_penalty": 0.0} if width > 1 else {}
    generated = twin(model).generate(
        input_ids=batch.source,
        attention_mask=batch.source_mask.long(),
        num_beams=width,
        do_sample=False,
        max_new_tokens=limit,
        suppress_tokens=[PAD, BOS],
        **more,
    )
    if width == 1:
        found = greedy(model, batch.source, batch.source_mask, limit=limit)
    else:
        several = beam(model, batch.source, batch.source_mask, width=width, limit=limit)
        found = [hypotheses[0] for hypotheses in several]
    told = [[word for word in row.tolist() if word not in (PAD, BOS, EOS)] for row in generated]
    assert [list(hypothesis.tokens) for hypothesis in found] == told
    lengths = {len(row) for row in told}
    assert len(lengths) > 2 and max(lengths) < limit - 1


def test_their_positions_are_ours_in_another_order():
    from transformers import MarianConfig
    from transformers.models.marian.modeling_marian import MarianSinusoidalPositionalEmbedding

    assert MarianConfig().decoder_start_token_id == MarianConfig().pad_token_id
    theirs = MarianSinusoidalPositionalEmbedding(20, 12).create_weight()
    ours = sinusoid(torch.arange(20)[None], 12, torch.float32)[0]
    torch.testing.assert_close(theirs, torch.cat([ours[:, ::2], ours[:, 1::2]], dim=1))


def test_what_they_have_no_model_for_is_refused():
    generator = torch.Generator().manual_seed(0)
    sizes = {"source_size": 9, "target_size": 9, "width": 8}
    rotary = build(TransformerConfig(**sizes, positions="rotary"), generator)
    with pytest.raises(ValueError, match="wanted 'sinusoid' of a twin, got 'rotary'"):
        twin(rotary)
    with pytest.raises(ValueError, match="with 'pre', wanted one size for both"):
        twin(build(TransformerConfig(**sizes, tied="output"), generator))
    with pytest.raises(ValueError, match="wanted a Transformer, got 'recurrent'"):
        twin(build(RecurrentConfig(**sizes), generator))
