"""A Transformer's heads one by one: where each looks, and what is lost without it."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from seq2seq_lib.batching import collate, encode_pairs, plan
from seq2seq_lib.evaluation import BATCH_TOKENS, Links, alignment_error_rate, hard_links
from seq2seq_lib.models import EncoderDecoder, Model
from seq2seq_lib.multihead import Attention
from seq2seq_lib.training import evaluating
from seq2seq_lib.vocabulary import Vocabularies


def attentions(model: EncoderDecoder) -> dict[str, Attention]:
    """The attentions by the names that the chapters use, in the order in which data meets them.

    "encoder 1" is the first block's attention of the source to itself, "decoder 1" the target's to
    its own past, "cross 1" the target's to the source.
    """
    found = {f"encoder {n}": block.attention for n, block in enumerate(model.reader.blocks, 1)}
    for number, block in enumerate(model.writer.blocks, 1):
        found[f"decoder {number}"] = block.attention
        found[f"cross {number}"] = block.cross
    return found


def without(model: EncoderDecoder, name: str, heads: Sequence[int]) -> EncoderDecoder:
    """A copy of the model in which these heads (from 0) of one attention say nothing.

    What a head found enters the output through its own columns of the output matrix; with zeros
    there it adds nothing, as with Michel et al.'s (2019) mask of 0. Raises ValueError for an
    unknown attention or head.
    """
    known = attentions(model)
    if name not in known:
        raise ValueError(f"wanted one of {', '.join(known)}, got {name!r}")
    if not all(0 <= head < known[name].heads for head in heads):
        raise ValueError(f"wanted heads from 0 to {known[name].heads - 1}, got {list(heads)}")
    pruned = copy.deepcopy(model)
    attention = attentions(pruned)[name]
    with torch.no_grad():
        columns = attention.output.weight.unflatten(1, (attention.heads, -1))
        columns[:, list(heads)] = 0.0
    return pruned


def maps(model: Model, pairs: Sequence, vocabularies: Vocabularies) -> Iterator[tuple]:
    """Each pair with its cross-attention by block and head, the reference forced.

    A pair's is `(blocks, heads, target, source)`, padding behind its own tokens. The pairs come
    batch by batch, not in their order. A decoder-only Transformer's is its attention to the
    stream: behind the columns of the source and its padding come those of the target.
    """
    examples = encode_pairs(pairs, vocabularies)
    for places in plan(examples, BATCH_TOKENS):
        batch = collate([examples[place] for place in places])
        with evaluating(model):
            memory, state = model.encode(batch.source, batch.source_mask)
            weights = torch.stack(model.writer.maps(batch.inputs, state, memory), dim=1)
        for place, own in zip(places, weights, strict=True):
            yield pairs[place], own


def alignment_errors(model: Model, pairs: Sequence, vocabularies: Vocabularies) -> Tensor:
    """Alignment error rate `(blocks, heads)` of each head of the attention that `maps` gives, each
    target word linked to the source word that the head looks at most."""
    links: dict[tuple[int, int], list[Links]] = {}
    gold, shape = list[Links](), (0, 0)
    for pair, weights in maps(model, pairs, vocabularies):
        gold.append(frozenset(pair.alignment))
        shape = (weights.shape[0], weights.shape[1])
        for block in range(shape[0]):
            for head in range(shape[1]):
                found = hard_links(weights[block, head], len(pair.source), len(pair.target))
                links.setdefault((block, head), []).append(found)
    rates = [alignment_error_rate(found, gold) for _, found in sorted(links.items())]
    return torch.tensor(rates).view(shape)
