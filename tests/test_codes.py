"""Codes: the Gaussian, autoencoders of vectors, and what noise does to sentences."""

import pytest
import torch
from torch.distributions import Normal, kl_divergence
from torch.testing import assert_close

from seq2seq_lib import checkpoints
from seq2seq_lib.batching import Example, collate
from seq2seq_lib.config import AutoencoderConfig
from seq2seq_lib.latent import Gaussian
from seq2seq_lib.models import build
from seq2seq_lib.noising import autoencoding, corrupt, denoising, speaking
from seq2seq_lib.vocabulary import EOS, UNK, Vocabulary


def gaussian() -> Gaussian:
    generator = torch.Generator().manual_seed(0)
    return Gaussian(*torch.randn(2, 3, 4, generator=generator, dtype=torch.float64))


def test_the_divergence_is_that_of_normal_distributions() -> None:
    code = gaussian()
    given = Normal(code.mean, (code.log_variance / 2).exp())
    prior = Normal(torch.zeros(3, 4).double(), torch.ones(3, 4).double())
    assert_close(code.divergence(), kl_divergence(given, prior).sum(-1))


def test_draws_have_the_mean_and_the_variance_and_let_gradients_through() -> None:
    code, generator = gaussian(), torch.Generator().manual_seed(1)
    draws = torch.stack([code.draw(generator) for _ in range(20000)])
    assert_close(draws.mean(0), code.mean, atol=0.06, rtol=0)
    assert_close(draws.var(0).log(), code.log_variance, atol=0.06, rtol=0)
    leaf = Gaussian(code.mean.requires_grad_(), code.log_variance.requires_grad_())
    leaf.draw(generator).sum().backward()
    assert leaf.mean.grad.eq(1).all() and leaf.log_variance.grad.ne(0).all()


def vectors(rows: int = 200) -> torch.Tensor:
    """Six numbers each, of which two directions hold nearly all of the variance; mean zero."""
    generator = torch.Generator().manual_seed(2)
    data = torch.randn(rows, 2, generator=generator) @ torch.randn(2, 6, generator=generator)
    data = data + 0.1 * torch.randn(rows, 6, generator=generator)
    return data - data.mean(0)


def fit(config: AutoencoderConfig, *, noise: float = 0.0, kl: float = 0.0, steps: int = 250):
    model, data = build(config, torch.Generator().manual_seed(0)), vectors()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-2)
    torch.manual_seed(0)
    for _ in range(steps):
        rebuilt = model(data + noise * torch.randn_like(data))
        loss = (rebuilt.vectors - data).square().sum(1).mean()
        if rebuilt.divergence is not None:
            loss = loss + kl * rebuilt.divergence.mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval(), float((model(data).vectors - data).detach().square().sum(1).mean())


def test_a_linear_autoencoder_finds_what_principal_components_find() -> None:
    """Baldi & Hornik 1989: the same error, and the same subspace."""
    model, error = fit(AutoencoderConfig(inputs=6, code=2), steps=800)
    _, values, right = torch.linalg.svd(vectors(), full_matrices=False)
    assert error == pytest.approx(float(values[2:].square().sum()) / 200, rel=0.02)
    basis, _ = torch.linalg.qr(model.output.weight.detach())
    assert_close(basis @ basis.T, right[:2].T @ right[:2], atol=0.02, rtol=0)


@pytest.mark.parametrize(
    ("hidden", "variational", "noise"), [((8, 5), False, 0.0), ((), False, 0.3), ((8,), True, 0.0)]
)
def test_deep_denoising_and_variational_ones_rebuild(hidden, variational, noise) -> None:
    config = AutoencoderConfig(inputs=6, code=2, hidden=hidden, variational=variational)
    _, error = fit(config, noise=noise, kl=0.01)
    assert error < 0.3 * float(vectors().square().sum(1).mean())


def test_a_way_back_mirrors_the_way_in() -> None:
    model = build(AutoencoderConfig(inputs=6, code=2, hidden=(5, 3)), torch.Generator())
    shapes = [tuple(p.shape) for name, p in model.named_parameters() if name.endswith("weight")]
    assert shapes == [(5, 6), (3, 5), (2, 3), (3, 2), (5, 3), (6, 5)]
    with pytest.raises(ValueError, match=r"wanted vectors \(batch, 6\), got shape \(1, 5\)"):
        model(torch.zeros(1, 5))


def test_a_variational_one_is_drawn_in_training_alone_and_is_kept(tmp_path) -> None:
    config = AutoencoderConfig(inputs=6, code=2, hidden=(4,), variational=True)
    model, data = build(config, torch.Generator().manual_seed(1)), vectors(5)
    assert not torch.equal(model(data).code, model(data).code)
    model.eval()
    assert torch.equal(model(data).code, model.encode(data)[1].mean)
    checkpoints.save(tmp_path / "codes.safetensors", model)
    again = checkpoints.load(tmp_path / "codes.safetensors").model
    assert torch.equal(again(data).vectors, model(data).vectors)


TOKENS = tuple(range(4, 104))


def noisy(seed: int = 0, **noise) -> tuple[int, ...]:
    nothing = {"drop": 0.0, "blank": 0.0, "shuffle": 0}
    return corrupt(TOKENS, generator=torch.Generator().manual_seed(seed), **{**nothing, **noise})


def test_each_kind_of_noise_does_what_it_says() -> None:
    assert noisy() == TOKENS
    dropped = noisy(drop=0.3)
    assert 55 <= len(dropped) <= 85 and list(dropped) == sorted(set(dropped))
    blanked = noisy(blank=0.3)
    assert len(blanked) == 100 and 15 <= blanked.count(UNK) <= 45
    assert all(token in (UNK, TOKENS[place]) for place, token in enumerate(blanked))
    moved = noisy(shuffle=3)
    steps = [abs(place - TOKENS.index(token)) for place, token in enumerate(moved)]
    assert sorted(moved) == list(TOKENS) and max(steps) == 2
    assert noisy(shuffle=1) == TOKENS
    assert noisy(seed=1, drop=0.3) != dropped == noisy(drop=0.3)
    assert len(noisy(drop=1.0)) == 1


@pytest.mark.parametrize(
    ("tokens", "noise", "message"),
    [
        (TOKENS, {"drop": 1.5}, "drop: wanted a share from 0 to 1, got 1.5"),
        (TOKENS, {"blank": -1}, "blank: wanted a share from 0 to 1, got -1"),
        (TOKENS, {"shuffle": -1}, "corrupt: wanted a shuffle of 0 or more, got -1"),
        ((), {}, "corrupt: wanted at least one token, got none"),
    ],
)
def test_bad_noise_is_refused(tokens, noise, message) -> None:
    with pytest.raises(ValueError, match=message):
        corrupt(tokens, generator=torch.Generator(), **noise)


def test_autoencoders_and_language_models_need_only_sentences() -> None:
    vocabulary = Vocabulary.build([["a", "b", "c"]])
    sentences = [["a", "b", "c"], ["c"]]
    same = autoencoding(sentences, vocabulary)
    assert same == [Example((4, 5, 6, EOS), (4, 5, 6)), Example((6, EOS), (6,))]
    alone = speaking(sentences, vocabulary)
    assert alone == [Example((), (4, 5, 6)), Example((), (6,))]
    assert collate(alone).source.shape == (2, 0)
    harmed = denoising(same, generator=torch.Generator().manual_seed(0), drop=0.5)
    assert [example.target for example in harmed] == [(4, 5, 6), (6,)]
    assert all(example.source[-1] == EOS and len(example.source) > 1 for example in harmed)
    for make in (autoencoding, speaking):
        with pytest.raises(ValueError, match="at least one token, sentence 1 has none"):
            make([["a"], []], vocabulary)
