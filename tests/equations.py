"""The models written out from the papers, one sentence, one step, one vector at a time.

Nothing here calls a fused kernel or a module of the library: only its weights are read. It is the
oracle for law 12. The Transformer's equations are in `equations_transformer.py`.
"""

import torch
from torch import Tensor

from tests.equations_transformer import go_on, translate


def gru_step(x: Tensor, h: Tensor, w: dict[str, Tensor]) -> Tensor:
    """Cho et al. 2014, with the reset gate after the product, as cuDNN has it."""
    r_x, z_x, n_x = (w["weight_ih"] @ x + w["bias_ih"]).chunk(3)
    r_h, z_h, n_h = (w["weight_hh"] @ h + w["bias_hh"]).chunk(3)
    r, z = torch.sigmoid(r_x + r_h), torch.sigmoid(z_x + z_h)
    return (1 - z) * torch.tanh(n_x + r * n_h) + z * h


def lstm_step(x: Tensor, h: Tensor, c: Tensor, w: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000."""
    gates = w["weight_ih"] @ x + w["bias_ih"] + w["weight_hh"] @ h + w["bias_hh"]
    i, f, g, o = gates.chunk(4)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def elman_step(x: Tensor, h: Tensor, w: dict[str, Tensor]) -> Tensor:
    """Elman 1990, with tanh."""
    return torch.tanh(w["weight_ih"] @ x + w["bias_ih"] + w["weight_hh"] @ h + w["bias_hh"])


def weights(cells, layer: int, backward: bool = False) -> dict[str, Tensor]:
    ending = f"_l{layer}{'_reverse' if backward else ''}"
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return {name: getattr(cells, name + ending).detach() for name in names}


def layer_run(inputs, h, c, w, kind):
    """One layer over a list of vectors: its outputs and the last h and c."""
    outputs = []
    for x in inputs:
        if kind == "lstm":
            h, c = lstm_step(x, h, c, w)
        else:
            h = {"gru": gru_step, "rnn": elman_step}[kind](x, h, w)
        outputs.append(h)
    return outputs, h, c


def read(model, source: Tensor) -> tuple[list[Tensor], list[tuple[Tensor, Tensor]]]:
    """The vector of each source token, and (h, c) of each layer after the last one."""
    config, reader = model.config, model.reader
    cells = (reader if config.latent is None else reader.reader).cells
    inputs = [model.embedding.weight[token].detach() for token in source]
    both, zero = config.direction == "both", inputs[0].new_zeros
    finals = []
    if config.direction == "backward":
        inputs = inputs[::-1]
    for layer in range(config.layers):
        part = config.width // 2 if both else config.width
        there, h, c = layer_run(inputs, zero(part), zero(part), weights(cells, layer), config.cell)
        if both:
            back, h_back, c_back = layer_run(
                inputs[::-1], zero(part), zero(part), weights(cells, layer, True), config.cell
            )
            there = [torch.cat(pair) for pair in zip(there, back[::-1], strict=True)]
            h, c = torch.cat([h, h_back]), torch.cat([c, c_back])
        finals.append((h, c))
        inputs = there
    if config.latent is not None:
        finals = squeeze(reader, finals)
    return (inputs[::-1] if config.direction == "backward" else inputs), finals


def squeeze(bottleneck, finals):
    """The states that the mean of the code opens: tanh(W (M [h…; c…] + m) + b)."""
    parts = [h for h, _ in finals] + [c for _, c in finals] * (bottleneck.halves == 2)
    code = bottleneck.mean.weight @ torch.cat(parts) + bottleneck.mean.bias
    opened = torch.tanh(bottleneck.expand.weight @ code + bottleneck.expand.bias)
    opened = opened.chunk(len(parts))
    cells = opened[len(finals) :] or [torch.zeros_like(opened[0])] * len(finals)
    return list(zip(opened[: len(finals)], cells, strict=True))


def one_score(model, query: Tensor, value: Tensor) -> Tensor:
    """How well one query fits one value."""
    score = model.writer.score
    match model.config.score:
        case "dot":
            return query @ value
        case "scaled dot":
            return query @ value / len(query) ** 0.5
        case "general":
            return query @ (score.key.weight @ value)
        case "scaled general":
            return query @ (score.key.weight @ value) / len(query) ** 0.5
        case "additive":
            mixed = score.query.weight @ query + score.key.weight @ value + score.key.bias
            return score.weight.weight[0] @ torch.tanh(mixed)
        case "concat":
            mixed = score.joint.weight @ torch.cat([query, value])
            return score.weight.weight[0] @ torch.tanh(mixed)
    raise AssertionError(model.config.score)


def fall(model, query: Tensor, step: int, length: int) -> Tensor:
    """By how much each source position's score falls off from the window's place."""
    config, window = model.config, model.writer.window
    if config.local is None:
        return torch.zeros(length, dtype=query.dtype)
    if config.local == "monotonic":
        place, gaussian = torch.tensor(min(step, length - 1)), 0.0
    else:
        place = window.weight.weight[0] @ torch.tanh(window.place.weight @ query)
        place, gaussian = length * torch.sigmoid(place), 1.0
    falls = []
    for source in range(length):
        exponent = (source - place) ** 2 / (2 * (config.window / 2) ** 2)
        near = abs(source - place) <= config.window
        falls.append(-gaussian * exponent if near else torch.tensor(-torch.inf))
    return torch.stack([torch.as_tensor(value, dtype=query.dtype) for value in falls])


def look(model, query: Tensor, values: list[Tensor], step: int = 0) -> tuple[Tensor, Tensor]:
    scores = torch.stack([one_score(model, query, value) for value in values])
    if model.config.context == "luong":
        scores = scores + fall(model, query, step, len(values))
    exponentials = torch.exp(scores - scores.max())
    shares = exponentials / exponentials.sum()
    return sum(share * value for share, value in zip(shares, values, strict=True)), shares


@torch.no_grad()
def by_equations(model, source: Tensor, inputs: Tensor) -> tuple[Tensor, Tensor | None]:
    """Logits `(target, vocabulary)` and attention `(target, source)` or None."""
    kinds = {"recurrent language": speak, "transformer": translate, "transformer language": go_on}
    return kinds.get(model.config.kind, write)(model, source, inputs)


def advance(model, x: Tensor, state: list) -> tuple[Tensor, list]:
    """One step of all layers: the top one's output, and the new states."""
    for layer, (h, c) in enumerate(state):
        w = weights(model.writer.cells, layer)
        (x,), h, c = layer_run([x], h, c, w, model.config.cell)
        state = [*state[:layer], (h, c), *state[layer + 1 :]]
    return x, state


def speak(model, source: Tensor, inputs: Tensor) -> tuple[Tensor, None]:
    """A recurrent language model says source and inputs in one go, from a state of zeros."""
    config, writer, logits = model.config, model.writer, []
    zero = writer.output.weight.new_zeros(config.width)
    state = [(zero, zero)] * config.layers
    for token in (*source, *inputs):
        x, state = advance(model, writer.embedding.weight[token], state)
        logits.append(writer.output.weight @ x + writer.output.bias)
    return torch.stack(logits[len(source) :]), None


def write(model, source: Tensor, inputs: Tensor) -> tuple[Tensor, Tensor | None]:
    """A recurrent encoder–decoder."""
    config, writer = model.config, model.writer
    values, state = read(model, source)
    context, shares = state[-1][0], None
    fed = torch.zeros_like(context)
    logits, attention = [], []
    for step, token in enumerate(inputs):
        x = writer.embedding.weight[token]
        if config.context == "bahdanau":
            context, shares = look(model, state[-1][0], values)
        if config.context in ("bahdanau", "every step"):
            x = torch.cat([x, context])
        if config.feeding:
            x = torch.cat([x, fed])
        x, state = advance(model, x, state)
        if config.context == "luong":
            context, shares = look(model, x, values, step)
        if config.context != "first state":
            x = fed = torch.tanh(writer.combine.weight @ torch.cat([x, context]))
        logits.append(writer.output.weight @ x + writer.output.bias)
        attention.append(shares)
    return torch.stack(logits), None if shares is None else torch.stack(attention)
