"""Codes: a Gaussian bottleneck between reader and writer, and autoencoders of plain vectors."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from seq2seq_lib.config import AutoencoderConfig, RecurrentConfig
from seq2seq_lib.memory import Record
from seq2seq_lib.recurrent import Reading, RecurrentState


@dataclass(frozen=True)
class Gaussian(Record):
    """A normal distribution for each row, its axes independent: mean and log-variance, both
    `(batch, latent)`."""

    mean: Tensor
    log_variance: Tensor

    def draw(self, generator: torch.Generator | None = None) -> Tensor:
        """μ + σ ε with ε ~ N(0, 1): gradients reach μ and σ (Kingma & Welling 2014, section 2.4).

        Without a `generator` the noise is torch's own, as dropout's is.
        """
        noise = torch.empty_like(self.mean).normal_(generator=generator)
        return self.mean + (self.log_variance / 2).exp() * noise

    def divergence(self) -> Tensor:
        """KL(N(μ, σ²) ‖ N(0, 1)) = ½ Σ (μ² + σ² - ln σ² - 1), in nats: `(batch,)` (appendix B)."""
        terms = self.mean.square() + self.log_variance.exp() - self.log_variance - 1
        return terms.sum(dim=-1) / 2


class Bottleneck(nn.Module):
    """A reader whose last state goes through a Gaussian code (Bowman et al. 2016).

    In training the code is drawn, in evaluation it is the mean.
    """

    def __init__(self, reader: nn.Module, config: RecurrentConfig) -> None:
        super().__init__()
        if config.latent is None:
            raise ValueError("latent: wanted a width for the bottleneck, got None")
        self.reader = reader
        self.layers, self.width = config.layers, config.width
        self.halves = 2 if config.cell == "lstm" else 1  # an LSTM's state has a cell beside it
        size = self.halves * self.layers * self.width
        self.mean = nn.Linear(size, config.latent)
        self.log_variance = nn.Linear(size, config.latent)
        self.expand = nn.Linear(config.latent, size)

    def forward(self, embedded: Tensor, mask: Tensor) -> Reading:
        """Read `embedded (batch, source, embedding)` as the reader does; the state is the code's,
        and `divergence` what the code costs."""
        reading = self.reader(embedded, mask)
        code = self.code(reading)
        drawn = code.draw() if self.training else code.mean
        return replace(reading, final=self.open(drawn), divergence=code.divergence())

    def code(self, reading: Reading) -> Gaussian:
        """What the reader's last state says of the code."""
        parts = [part for part in (reading.final.hidden, reading.final.cell) if part is not None]
        flat = torch.cat([part.flatten(1) for part in parts], dim=1)
        return Gaussian(self.mean(flat), self.log_variance(flat))

    def open(self, code: Tensor) -> RecurrentState:
        """The state that the writer begins with for `code (batch, latent)`."""
        parts = torch.tanh(self.expand(code)).view(len(code), self.halves, self.layers, self.width)
        return RecurrentState(parts[:, 0], parts[:, 1] if self.halves == 2 else None)


@dataclass(frozen=True)
class Rebuilt(Record):
    """vectors: `(batch, inputs)`. code: `(batch, code)`. divergence: `(batch,)` in nats, or None
    where the code is no distribution."""

    vectors: Tensor
    code: Tensor
    divergence: Tensor | None = None


class Autoencoder(nn.Module):
    """Vectors to codes and back, through layers with tanh between them; both ends are linear.

    Denoising is a matter of what it is given (Vincent et al. 2008).
    """

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        self.config = config
        widths = (config.inputs, *config.hidden)
        self.inward = layers(widths)
        self.mean = nn.Linear(widths[-1], config.code)
        self.log_variance = nn.Linear(widths[-1], config.code) if config.variational else None
        back = (config.code, *reversed(config.hidden))
        self.outward = layers(back)
        self.output = nn.Linear(back[-1], config.inputs)

    def encode(self, vectors: Tensor) -> tuple[Tensor, Gaussian | None]:
        """The code `(batch, code)` of `vectors (batch, inputs)` — drawn in training, if it is a
        distribution — and the distribution or None."""
        if vectors.ndim != 2 or vectors.shape[1] != self.config.inputs:
            raise ValueError(
                f"encode: wanted vectors (batch, {self.config.inputs}), "
                f"got shape {tuple(vectors.shape)}"
            )
        hidden = self.inward(vectors)
        if self.log_variance is None:
            return self.mean(hidden), None
        code = Gaussian(self.mean(hidden), self.log_variance(hidden))
        return code.draw() if self.training else code.mean, code

    def decode(self, code: Tensor) -> Tensor:
        """Vectors `(batch, inputs)` of `code (batch, code)`."""
        return self.output(self.outward(code))

    def forward(self, vectors: Tensor) -> Rebuilt:
        """`vectors (batch, inputs)` there and back."""
        code, gaussian = self.encode(vectors)
        divergence = None if gaussian is None else gaussian.divergence()
        return Rebuilt(self.decode(code), code, divergence)


def layers(widths: tuple[int, ...]) -> nn.Sequential:
    """A linear layer from each width to the next, tanh after each; of one width, nothing."""
    parts: list[nn.Module] = []
    for narrow, wide in zip(widths, widths[1:], strict=False):
        parts += [nn.Linear(narrow, wide), nn.Tanh()]
    return nn.Sequential(*parts)
