"""The Transformer's peers from packages: torch's own, Hugging Face's and, if it is installed,
x-transformers', each with vectors of the same width and as many layers, heads and words."""

from __future__ import annotations

import importlib.util
import math
from typing import Any

import torch
from torch import Tensor, nn

from bench.marian import twin
from bench.tutorial import surprise
from bench.work import Loss
from seq2seq_lib.batching import Batch
from seq2seq_lib.config import TransformerConfig
from seq2seq_lib.models import EncoderDecoder
from seq2seq_lib.multihead import sinusoid
from seq2seq_lib.vocabulary import PAD


class Torch(nn.Module):
    """`nn.Transformer` between two embeddings and a read-out, as PyTorch's tutorial on translation
    builds it: the masks made for every batch, the padding projected with the rest."""

    waves: Tensor

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.width = config.width
        self.source = nn.Embedding(config.source_size, config.width)
        self.target = nn.Embedding(config.target_size, config.width)
        self.body = nn.Transformer(
            config.width,
            config.heads,
            config.layers,
            config.layers,
            config.feedforward,
            dropout=config.dropout,
            batch_first=True,
        )
        self.output = nn.Linear(config.width, config.target_size)
        places = torch.arange(config.longest)[None]
        self.register_buffer("waves", sinusoid(places, config.width, torch.float32))

    def place(self, vectors: Tensor) -> Tensor:
        """Vectors with their places."""
        return vectors * math.sqrt(self.width) + self.waves[:, : vectors.shape[1]]

    def forward(self, batch: Batch) -> Tensor:
        """Logits `(batch, target, vocabulary)`."""
        steps = batch.inputs.shape[1]
        hidden = batch.source == PAD
        mixed = self.body(
            self.place(self.source(batch.source)),
            self.place(self.target(batch.inputs)),
            tgt_mask=torch.ones(steps, steps, dtype=torch.bool).triu(1),
            src_key_padding_mask=hidden,
            tgt_key_padding_mask=batch.inputs == PAD,
            memory_key_padding_mask=hidden,
        )
        return self.output(mixed)


def by_torch(config: TransformerConfig) -> tuple[nn.Module, Loss]:
    """torch's own Transformer and its loss."""
    model = Torch(config)
    return model, lambda batch: surprise(model(batch), batch)


def by_hugging_face(model: EncoderDecoder) -> tuple[nn.Module, Loss]:
    """Hugging Face's Marian with the same weights, and its loss."""
    other = twin(model)

    def loss(batch: Batch) -> Tensor:
        said = other(
            input_ids=batch.source,
            attention_mask=batch.source_mask.long(),
            decoder_input_ids=batch.inputs,
            use_cache=False,
        )
        return surprise(said.logits, batch)

    return other, loss


def by_x_transformers(config: TransformerConfig) -> tuple[nn.Module, Loss]:
    """x-transformers' encoder and decoder, and their loss: no biases in its attention, and one
    learned number that scales its sinusoid; the rest as here."""
    from x_transformers import XTransformer

    sides = {
        f"{side}_{name}": value
        for side in ("enc", "dec")
        for name, value in (
            ("depth", config.layers),
            ("heads", config.heads),
            ("attn_dim_head", config.width // config.heads),
            ("max_seq_len", config.longest),
            ("pre_norm", False),
            ("scaled_sinu_pos_emb", True),
            ("attn_flash", True),
            ("ff_custom_activation", nn.ReLU()),
        )
    }
    sizes = {"enc_num_tokens": config.source_size, "dec_num_tokens": config.target_size}
    model: Any = XTransformer(dim=config.width, **sides, **sizes)

    def loss(batch: Batch) -> Tensor:
        read = model.encoder(batch.source, mask=batch.source_mask, return_embeddings=True)
        logits = model.decoder.net(batch.inputs, context=read, context_mask=batch.source_mask)
        return surprise(logits, batch)

    return model, loss


def installed(package: str) -> bool:
    """Whether it can be imported."""
    return importlib.util.find_spec(package) is not None
