"""The Transformer written out from the paper: one sentence, one token, one head at a time.

Only the library's weights are read. The past is every token before, each layer computed anew.
"""

import math

import torch
from torch import Tensor


def linear(x: Tensor, layer) -> Tensor:
    return layer.weight @ x + layer.bias


def norm(x: Tensor, layer) -> Tensor:
    """Ba et al. 2016."""
    if not hasattr(layer, "weight"):
        return x
    mean = sum(x) / len(x)
    variance = sum((x - mean) ** 2) / len(x)
    return (x - mean) / torch.sqrt(variance + 1e-5) * layer.weight + layer.bias


def around(x: Tensor, layer, part) -> Tensor:
    return x + part(norm(x, layer.norm)) if layer.before else norm(x + part(x), layer.norm)


def turn(x: Tensor, position: int) -> Tensor:
    """Su et al. 2021, equation 34: each pair of features is a point in the plane, turned."""
    turned = torch.empty_like(x)
    for i in range(0, len(x), 2):
        angle = position / 10000 ** (i / len(x))
        turned[i] = x[i] * math.cos(angle) - x[i + 1] * math.sin(angle)
        turned[i + 1] = x[i] * math.sin(angle) + x[i + 1] * math.cos(angle)
    return turned


def embed(token: Tensor, position: int, layer) -> Tensor:
    x = layer.tokens.weight[token]
    if layer.places is not None:
        x = x + layer.places.weight[position]
    x = x * math.sqrt(len(x))
    if layer.waves:
        for i in range(0, len(x), 2):
            angle = position / 10000 ** (i / len(x))
            x[i] += math.sin(angle)
            x[i + 1] += math.cos(angle)
    return x


def attend(asking: Tensor, others: list[Tensor], layer, turned, place=0) -> tuple[Tensor, list]:
    """What one token finds among the others, and each head's weights."""
    width = len(asking)
    part = width // layer.heads
    found, weights = [], []
    for head in range(layer.heads):
        cut = slice(head * part, (head + 1) * part)
        query = linear(asking, layer.query)[cut]
        keys = [linear(other, layer.pair)[:width][cut] for other in others]
        values = [linear(other, layer.pair)[width:][cut] for other in others]
        if turned:
            query = turn(query, place)
            keys = [turn(key, position) for position, key in enumerate(keys)]
        exponentials = [torch.exp(query @ key / math.sqrt(part)) for key in keys]
        shares = [value / sum(exponentials) for value in exponentials]
        found.append(sum(share * value for share, value in zip(shares, values, strict=True)))
        weights.append(torch.stack(shares))
    return linear(torch.cat(found), layer.output), weights


def network(block):
    inner, _, outer = block.network
    return lambda x: linear(torch.relu(linear(x, inner)), outer)


def through(block, xs, turned, visible, memory=None) -> tuple[list[Tensor], list]:
    """One block over a sequence; token t sees the first `visible[t]` tokens."""
    before = block.around_attention.before
    seen = [norm(x, block.around_attention.norm) if before else x for x in xs]
    ys, weights = [], []
    for t, x in enumerate(xs):
        part = attend(seen[t], seen[: visible[t]], block.attention, turned, t)[0]
        y = around(x, block.around_attention, lambda _, part=part: part)
        if memory is not None:
            asked = norm(y, block.around_cross.norm) if before else y
            part, shares = attend(asked, memory, block.cross, False)
            y = around(y, block.around_cross, lambda _, part=part: part)
            weights.append(sum(shares) / len(shares))
        ys.append(around(y, block.around_network, network(block)))
    return ys, weights


def translate(model, source: Tensor, inputs: Tensor) -> tuple[Tensor, Tensor]:
    """An encoder–decoder: logits `(target, vocabulary)`, the last block's attention, its heads'
    mean `(target, source)`."""
    turned, writer = model.config.positions == "rotary", model.writer
    xs = [embed(token, place, model.embedding) for place, token in enumerate(source)]
    for block in model.reader.blocks:
        xs, _ = through(block, xs, turned, [len(xs)] * len(xs))
    memory = [norm(x, model.reader.norm) for x in xs]
    ys = [embed(token, place, writer.embedding) for place, token in enumerate(inputs)]
    for block in writer.blocks:
        ys, weights = through(block, ys, turned, range(1, len(ys) + 1), memory)
    logits = [linear(norm(y, writer.norm), writer.output) for y in ys]
    return torch.stack(logits), torch.stack(weights)


def go_on(model, source: Tensor, inputs: Tensor) -> tuple[Tensor, None]:
    """A decoder-only model: source and inputs are one sequence."""
    turned, writer = model.config.positions == "rotary", model.writer
    tokens = (*source, *inputs)
    xs = [embed(token, place, writer.embedding) for place, token in enumerate(tokens)]
    visible = list(range(1, len(xs) + 1))
    if model.config.prefix == "full":
        visible[: len(source)] = [len(source)] * len(source)
    for block in writer.blocks:
        xs, _ = through(block, xs, turned, visible)
    logits = [linear(norm(x, writer.norm), writer.output) for x in xs[len(source) :]]
    return torch.stack(logits), None
