"""The models: two halves that know of each other only what memory and state hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from seq2seq_lib.attending import DECODERS
from seq2seq_lib.batching import Example
from seq2seq_lib.config import (
    AutoencoderConfig,
    Config,
    RecurrentConfig,
    RecurrentLanguageConfig,
    TransformerConfig,
    TransformerLanguageConfig,
)
from seq2seq_lib.latent import Autoencoder, Bottleneck
from seq2seq_lib.memory import Decoded, Memory, State, check_source, check_tokens
from seq2seq_lib.multihead import PlacedEmbedding
from seq2seq_lib.recurrent import Reader, RecurrentLanguage
from seq2seq_lib.transformer import TransformerLanguage, TransformerReader, TransformerWriter
from seq2seq_lib.vocabulary import EOS


class EncoderDecoder(nn.Module):
    """A reader and a writer put together.

    config: what it was built from. embedding: gives the source's vectors. reader: reads them.
    writer: turns what was read into memory and first state (`remember`), and decodes from them
    (`forward`).
    """

    # Any: what a module holds, mypy takes for tensors.
    reader: Any
    writer: Any

    def __init__(
        self,
        config: RecurrentConfig | TransformerConfig,
        *,
        embedding: nn.Module,
        reader: nn.Module,
        writer: nn.Module,
    ) -> None:
        super().__init__()
        self.config = config
        self.embedding = embedding
        self.dropout = nn.Dropout(config.dropout)
        self.reader = reader
        self.writer = writer

    def encode(self, source: Tensor, mask: Tensor) -> tuple[Memory, State]:
        """Read `source (batch, source)`; `mask (batch, source)` is True at real tokens.

        Raises ValueError on a mask that does not fit or a sentence without tokens.
        """
        return self.writer.remember(self.reader(self.dropout(self.embedding(source)), mask))

    def decode(self, tokens: Tensor, state: State, memory: Memory) -> Decoded:
        """Go on from `state` over `tokens (batch, target)`: all of a target, or one step of it.

        The logits at a position score the token that follows it. Raises ValueError if there is
        no token, or if memory and tokens are not of one batch.
        """
        check_tokens(tokens, memory)
        return self.writer(tokens, state, memory)


class LanguageModel(nn.Module):
    """A writer without a reader: a source is what has been said so far, and may be empty."""

    writer: Any

    def __init__(
        self, config: RecurrentLanguageConfig | TransformerLanguageConfig, *, writer: nn.Module
    ) -> None:
        super().__init__()
        self.config = config
        self.writer = writer

    def encode(self, source: Tensor, mask: Tensor) -> tuple[Memory, State]:
        """The state after `source (batch, source)`, of which no token need be real.

        `mask (batch, source)` is True at real tokens. Raises ValueError on one that does not fit.
        """
        check_source(source, mask, empty=True)
        return self.writer.begin(source, mask)

    def decode(self, tokens: Tensor, state: State, memory: Memory) -> Decoded:
        """Go on from `state` over `tokens (batch, target)`, as every model does."""
        check_tokens(tokens, memory)
        return self.writer(tokens, state, memory)


Model = EncoderDecoder | LanguageModel


def _recurrent(config: RecurrentConfig) -> EncoderDecoder:
    reader = Reader(config)
    return EncoderDecoder(
        config,
        embedding=nn.Embedding(config.source_size, config.embedding),
        reader=reader if config.latent is None else Bottleneck(reader, config),
        writer=DECODERS[config.context](config),
    )


def _transformer(config: TransformerConfig) -> EncoderDecoder:
    embedding = PlacedEmbedding(config.source_size, config)
    writer = TransformerWriter(config)
    if config.tied == "all":
        embedding.tokens = writer.embedding.tokens
    reader = TransformerReader(config)
    return EncoderDecoder(config, embedding=embedding, reader=reader, writer=writer)


BUILDERS: dict[type[Config], Callable[[Any], nn.Module]] = {
    RecurrentConfig: _recurrent,
    RecurrentLanguageConfig: lambda config: LanguageModel(config, writer=RecurrentLanguage(config)),
    TransformerConfig: _transformer,
    TransformerLanguageConfig: lambda config: LanguageModel(
        config, writer=TransformerLanguage(config)
    ),
    AutoencoderConfig: Autoencoder,
}


def build(config: Config, generator: torch.Generator) -> Any:
    """The model of this configuration, with parameters drawn from `generator` alone.

    The same configuration and seed give the same model, whatever ran before.
    """
    model = BUILDERS[type(config)](config)
    initialise(model, generator, spread=getattr(config, "spread", None))
    return model


GATES = {nn.RNN: 1, nn.GRU: 3, nn.LSTM: 4}


@torch.no_grad()
def initialise(
    model: nn.Module, generator: torch.Generator, *, spread: float | None = None
) -> None:
    """Draw all parameters anew, in the order in which the model lists them.

    Recurrent matrices are orthogonal (Saxe et al. 2014), the others Glorot's uniform (Glorot &
    Bengio 2010), gate by gate; embeddings are normal with deviation `spread`, or width^(-1/2)
    without one; a norm's weights are one; biases are zero, but for an LSTM's forget gate, which
    starts at one (Jozefowicz et al. 2015).
    """
    for name, parameter in model.named_parameters():
        kind = name.rsplit(".", 1)[-1]
        gates = GATES.get(type(model.get_submodule(name.rpartition(".")[0])), 1)
        if "embedding" in name:
            deviation = spread or parameter.shape[1] ** -0.5
            nn.init.normal_(parameter, std=deviation, generator=generator)
        elif kind.startswith("weight_hh"):
            for gate in parameter.chunk(gates):
                nn.init.orthogonal_(gate, generator=generator)
        elif kind.startswith("weight_ih"):
            for gate in parameter.chunk(gates):
                nn.init.xavier_uniform_(gate, generator=generator)
        elif parameter.ndim > 1:
            nn.init.xavier_uniform_(parameter, generator=generator)
        else:
            parameter.fill_(1.0 if kind == "weight" else 0.0)
            if kind.startswith("bias_ih") and gates == 4:
                parameter.chunk(4)[1].fill_(1.0)


def parameters(model: nn.Module) -> int:
    """How many numbers training may change."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


@torch.no_grad()
def begin_at_frequencies(
    model: Model, examples: Sequence[Example], *, source_weight: float = 0.0
) -> None:
    """Set the read-out's bias to the logarithm of each word's share in the examples' targets.

    Each word of the vocabulary is counted once more, `<eos>` once a target, and the source's tokens
    by `source_weight`, as in the loss. Biases that begin at zero are slow to get there, and until
    then a recurrent decoder's states do their work (chapter 09; Meister et al. 2023).
    """
    bias = model.writer.output.bias
    targets = torch.tensor([word for example in examples for word in (*example.target, EOS)])
    counts = 1 + torch.bincount(targets, minlength=len(bias)).double()
    if source_weight:
        sources = torch.tensor([word for example in examples for word in example.source])
        counts += source_weight * torch.bincount(sources, minlength=len(bias))
    bias.copy_((counts / counts.sum()).log())
