"""The library equals torch's own modules, weight for weight."""

import warnings

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from seq2seq_lib.multihead import Attention
from tests.variants import make, random_batch


def copy_attention(own: Attention, torchs: nn.MultiheadAttention) -> None:
    torchs.in_proj_weight.copy_(torch.cat([own.query.weight, own.pair.weight]))
    torchs.in_proj_bias.copy_(torch.cat([own.query.bias, own.pair.bias]))
    torchs.out_proj.load_state_dict(own.output.state_dict())


def copy_block(block, layer) -> None:
    """A block's weights into torch's encoder or decoder layer."""
    copy_attention(block.attention, layer.self_attn)
    norms = [block.around_attention.norm, block.around_network.norm]
    if hasattr(block, "cross"):
        copy_attention(block.cross, layer.multihead_attn)
        norms.insert(1, block.around_cross.norm)
    for number, norm in enumerate(norms, start=1):
        getattr(layer, f"norm{number}").load_state_dict(norm.state_dict())
    layer.linear1.load_state_dict(block.network[0].state_dict())
    layer.linear2.load_state_dict(block.network[2].state_dict())


@torch.no_grad()
@pytest.mark.parametrize("fused", [True, False])
def test_attention_is_torchs(fused: bool) -> None:
    torch.manual_seed(0)
    own = Attention(12, 3).double()
    theirs = nn.MultiheadAttention(12, 3, batch_first=True).double()
    copy_attention(own, theirs)
    query, values = torch.randn(2, 4, 12).double(), torch.randn(2, 5, 12).double()
    real = torch.tensor([[True] * 5, [True] * 3 + [False] * 2])
    wanted, weights = theirs(
        query, values, values, key_padding_mask=~real, average_attn_weights=False
    )
    visible = real[:, None, None]
    if fused:
        assert_close(own(query, own.project(values), visible), wanted)
    else:
        found = own.weigh(query, own.project(values), visible)
        assert_close(found, (wanted, weights))


@torch.no_grad()
@pytest.mark.parametrize(
    "variant", ["transformer, pre, sinusoid", "transformer, pre, learned", "transformer, tied"]
)
def test_the_transformer_is_torchs(variant: str) -> None:
    model, batch = make(variant), random_batch()
    config = model.config
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "enable_nested_tensor is True")
        theirs = nn.Transformer(
            config.width, config.heads, config.layers, config.layers, config.feedforward,
            dropout=0.0, batch_first=True, norm_first=True,
        ).double().eval()  # fmt: skip
    for own, side in ((model.reader, theirs.encoder), (model.writer, theirs.decoder)):
        for block, layer in zip(own.blocks, side.layers, strict=True):
            copy_block(block, layer)
        side.norm.load_state_dict(own.norm.state_dict())
    assert_equal(model, theirs, batch)


@torch.no_grad()
def test_the_papers_transformer_is_torchs_without_its_last_norms() -> None:
    """Norms after the parts leave nothing for `nn.Transformer`'s last ones to do."""
    model, batch = make("transformer, post, one layer"), random_batch()
    config = model.config
    sizes = (config.width, config.heads, config.feedforward, 0.0)
    encoder = nn.TransformerEncoderLayer(*sizes, batch_first=True).double()
    decoder = nn.TransformerDecoderLayer(*sizes, batch_first=True).double()
    copy_block(model.reader.blocks[0], encoder)
    copy_block(model.writer.blocks[0], decoder)
    theirs = nn.Transformer(
        config.width,
        config.heads,
        batch_first=True,
        custom_encoder=nn.TransformerEncoder(encoder, 1, enable_nested_tensor=False),
        custom_decoder=nn.TransformerDecoder(decoder, 1),
    )
    theirs.encoder.layers[0].load_state_dict(encoder.state_dict())
    theirs.decoder.layers[0].load_state_dict(decoder.state_dict())
    assert_equal(model, theirs.double().eval(), batch)


def assert_equal(model, theirs: nn.Transformer, batch) -> None:
    hidden = theirs(
        model.embedding(batch.source),
        model.writer.embedding(batch.inputs),
        tgt_mask=nn.Transformer.generate_square_subsequent_mask(batch.inputs.shape[1]).bool(),
        src_key_padding_mask=~batch.source_mask,
        memory_key_padding_mask=~batch.source_mask,
    )
    memory, state = model.encode(batch.source, batch.source_mask)
    found = model.decode(batch.inputs, state, memory)
    assert_close(found.logits, model.writer.output(hidden))
    maps = model.writer.maps(batch.inputs, state, memory)
    assert len(maps) == model.config.layers
    assert_close(maps[-1].mean(1), found.attention)


CELLS = {"language, GRU": nn.GRU, "language, LSTM, two layers": nn.LSTM, "language, Elman": nn.RNN}


@torch.no_grad()
@pytest.mark.parametrize("variant", CELLS)
def test_recurrent_cells_are_torchs(variant: str) -> None:
    model, batch = make(variant), random_batch()
    config = model.config
    theirs = CELLS[variant](config.embedding, config.width, config.layers, batch_first=True)
    theirs = theirs.double()
    theirs.load_state_dict(model.writer.cells.state_dict())
    hidden, _ = theirs(model.writer.embedding(batch.inputs))
    memory, state = model.encode(batch.source[:, :0], batch.source_mask[:, :0])
    found = model.decode(batch.inputs, state, memory)
    assert_close(found.logits, model.writer.output(hidden))
