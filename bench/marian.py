"""The library's Transformer in Hugging Face's hands: the same weights in an independent program.

Norms after each part are `MarianMTModel`'s, norms before it `PegasusForConditionalGeneration`'s.
Both keep a sinusoid's sines and cosines in two halves, where the paper and the library alternate
them: the table of positions is copied too.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from seq2seq_lib.config import TransformerConfig
from seq2seq_lib.models import EncoderDecoder
from seq2seq_lib.multihead import sinusoid
from seq2seq_lib.vocabulary import BOS, EOS, PAD

# Applied from top to bottom to the library's names.
NAMES = (
    ("reader.blocks.", "model.encoder.layers."),
    ("writer.blocks.", "model.decoder.layers."),
    ("reader.norm.", "model.encoder.layer_norm."),
    ("writer.norm.", "model.decoder.layer_norm."),
    ("writer.embedding.tokens.", "model.decoder.embed_tokens."),
    ("writer.output.weight", "lm_head.weight"),
    ("writer.output.bias", "final_logits_bias"),
    (".around_attention.norm.", ".self_attn_layer_norm."),
    (".around_cross.norm.", ".encoder_attn_layer_norm."),
    (".around_network.norm.", ".final_layer_norm."),
    (".attention.", ".self_attn."),
    (".cross.", ".encoder_attn."),
    (".network.0.", ".fc1."),
    (".network.2.", ".fc2."),
    (".query.", ".q_proj."),
    (".output.", ".out_proj."),
)


def renamed(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The library's tensors, weights or their gradients, under Hugging Face's names.

    Keys and values are projected by one matrix in the library and by two there.
    """
    found = {}
    for name, tensor in tensors.items():
        if name.startswith("embedding.tokens."):
            name = f"model.encoder.embed_tokens.{name.removeprefix('embedding.tokens.')}"
        for ours, theirs in NAMES:
            name = name.replace(ours, theirs)
        if ".pair." in name:
            keys, values = tensor.chunk(2)
            found[name.replace(".pair.", ".k_proj.")] = keys
            found[name.replace(".pair.", ".v_proj.")] = values
        else:
            found[name] = tensor[None] if name == "final_logits_bias" else tensor
    return found


def settings(config: TransformerConfig) -> dict[str, Any]:
    """The configuration in Hugging Face's terms. ValueError for what they have no model for."""
    if config.positions != "sinusoid":
        raise ValueError(f"positions: wanted 'sinusoid' of a twin, got {config.positions!r}")
    sides = {
        f"{side}_{name}": value
        for side in ("encoder", "decoder")
        for name, value in (
            ("layers", config.layers),
            ("attention_heads", config.heads),
            ("ffn_dim", config.feedforward),
        )
    }
    return {
        **sides,
        "vocab_size": config.source_size,
        "d_model": config.width,
        "max_position_embeddings": config.longest,
        "activation_function": "relu",
        "scale_embedding": True,
        "dropout": config.dropout,
        "tie_word_embeddings": config.tied != "none",
        "pad_token_id": PAD,
        "bos_token_id": BOS,
        "eos_token_id": EOS,
        "decoder_start_token_id": BOS,
        "forced_eos_token_id": EOS,
    }


def _empty(config: TransformerConfig) -> Any:
    """Their model of this configuration, its weights still its own."""
    from transformers import (
        MarianConfig,
        MarianMTModel,
        PegasusConfig,
        PegasusForConditionalGeneration,
    )

    chosen = settings(config)
    if config.norm == "post":
        chosen["decoder_vocab_size"] = config.target_size
        chosen["share_encoder_decoder_embeddings"] = config.tied == "all"
        return MarianMTModel(MarianConfig(**chosen))
    if config.source_size != config.target_size or config.tied == "output":
        raise ValueError("norm: with 'pre', wanted one size for both and all tied, or none")
    return PegasusForConditionalGeneration(PegasusConfig(**chosen))


def twin(model: EncoderDecoder) -> Any:
    """Hugging Face's model with the weights of `model`, a Transformer, and its device, type and
    mode. ValueError for a configuration that it has no model for."""
    config = model.config
    if not isinstance(config, TransformerConfig):
        raise ValueError(f"twin: wanted a Transformer, got {config.kind!r}")
    weight = model.writer.output.weight
    given = renamed(model.state_dict())
    places = torch.arange(config.longest, device=weight.device)[None]
    waves = sinusoid(places, config.width, weight.dtype)[0]
    for side in ("encoder", "decoder"):
        given[f"model.{side}.embed_positions.weight"] = waves
    other = _empty(config).to(weight)
    names = other.state_dict().keys()
    if "model.shared.weight" in names:
        given["model.shared.weight"] = given["model.encoder.embed_tokens.weight"]
    other.load_state_dict(given)
    return other.train(model.training)
