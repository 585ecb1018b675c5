"""The models: two halves that know of each other only what memory and state hold."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seq2seq_lib.config import RecurrentConfig
from seq2seq_lib.memory import Decoded, Memory, State
from seq2seq_lib.recurrent import DECODERS, Reader


class EncoderDecoder(nn.Module):
    """A reader and a writer put together.

    config: what it was built from. reader: gives a `Reading` of an embedded source. writer:
    turns that into memory and first state (`remember`), and decodes from them (`forward`).
    """

    def __init__(
        self,
        config: RecurrentConfig,
        *,
        embedding: nn.Embedding,
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
        if tokens.ndim != 2 or tokens.shape[1] == 0:
            raise ValueError(
                f"decode: wanted tokens (batch, target) with at least one step, "
                f"got shape {tuple(tokens.shape)}"
            )
        if len(tokens) != len(memory.mask):
            raise ValueError(
                f"decode: wanted one row of tokens for each of the {len(memory.mask)} sentences "
                f"in memory, got {len(tokens)}"
            )
        return self.writer(tokens, state, memory)


def build(config: RecurrentConfig, generator: torch.Generator) -> EncoderDecoder:
    """The model of this configuration, with parameters drawn from `generator` alone.

    The same configuration and seed give the same model, whatever ran before.
    """
    model = EncoderDecoder(
        config,
        embedding=nn.Embedding(config.source_size, config.embedding),
        reader=Reader(config),
        writer=DECODERS[config.context](config),
    )
    initialise(model, generator)
    return model


@torch.no_grad()
def initialise(model: nn.Module, generator: torch.Generator) -> None:
    """Draw all parameters anew, in the order in which the model lists them.

    Recurrent matrices are orthogonal (Saxe et al. 2014), the others Glorot's uniform (Glorot &
    Bengio 2010), gate by gate; embeddings are normal with deviation width^(-1/2); biases are
    zero, but for an LSTM's forget gate, which starts at one (Jozefowicz et al. 2015).
    """
    for name, parameter in model.named_parameters():
        kind = name.rsplit(".", 1)[-1]
        gates = 4 if _belongs_to_lstm(model, name) else 3
        if "embedding" in name:
            nn.init.normal_(parameter, std=parameter.shape[1] ** -0.5, generator=generator)
        elif kind.startswith("weight_hh"):
            for gate in parameter.chunk(gates):
                nn.init.orthogonal_(gate, generator=generator)
        elif kind.startswith("weight_ih"):
            for gate in parameter.chunk(gates):
                nn.init.xavier_uniform_(gate, generator=generator)
        elif parameter.ndim > 1:
            nn.init.xavier_uniform_(parameter, generator=generator)
        else:
            parameter.zero_()
            if kind.startswith("bias_ih") and gates == 4:
                parameter.chunk(4)[1].fill_(1.0)


def _belongs_to_lstm(model: nn.Module, name: str) -> bool:
    return isinstance(model.get_submodule(name.rpartition(".")[0]), nn.LSTM)


def parameters(model: nn.Module) -> int:
    """How many numbers training may change."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
