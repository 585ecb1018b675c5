"""Plausible wrong answers to the exercises of chapter 11, and what their checks must say."""

import math

import torch

from tests.wrong_answers import Wrong


def _multi_head(X, W_Q, W_K, W_V, heads, *, wide=False, axis=-1):
    part = X.shape[-1] // heads
    answers = []
    for head in range(heads):
        cut = slice(head * part, (head + 1) * part)
        Q, K, V = ((X @ W)[..., cut] for W in (W_Q, W_K, W_V))
        scores = Q @ K.mT / math.sqrt(X.shape[-1] if wide else part)
        answers.append(scores.softmax(axis) @ V)
    return torch.cat(answers, -1)


def wide_scale(X, W_Q, W_K, W_V, W_O, heads):
    return _multi_head(X, W_Q, W_K, W_V, heads, wide=True) @ W_O


def asking_axis(X, W_Q, W_K, W_V, W_O, heads):
    return _multi_head(X, W_Q, W_K, W_V, heads, axis=-2) @ W_O


def not_mixed(X, W_Q, W_K, W_V, W_O, heads):
    return _multi_head(X, W_Q, W_K, W_V, heads)


def one_head(X, W_Q, W_K, W_V, W_O, heads):
    return _multi_head(X, W_Q, W_K, W_V, 1) @ W_O


def plain_reshape(X, W_Q, W_K, W_V, W_O, heads):
    batch, places, width = X.shape
    Q, K, V = ((X @ W).view(batch, heads, places, -1) for W in (W_Q, W_K, W_V))
    weights = (Q @ K.mT / math.sqrt(width // heads)).softmax(-1)
    return (weights @ V).transpose(1, 2).flatten(2) @ W_O


def joined_by_reshape(X, W_Q, W_K, W_V, W_O, heads):
    Q, K, V = ((X @ W).unflatten(-1, (heads, -1)).transpose(1, 2) for W in (W_Q, W_K, W_V))
    weights = (Q @ K.mT / math.sqrt(Q.shape[-1])).softmax(-1)
    return (weights @ V).reshape(X.shape) @ W_O


def upper(mask):
    return torch.ones(mask.shape[1], mask.shape[1], dtype=torch.bool).triu() & mask[:, None]


def padding_alone(mask):
    return mask[:, None].expand(-1, mask.shape[1], -1)


def without_padding(mask):
    lower = torch.ones(mask.shape[1], mask.shape[1], dtype=torch.bool).tril()
    return lower.expand(len(mask), -1, -1)


def not_itself(mask):
    return torch.ones(mask.shape[1], mask.shape[1], dtype=torch.bool).tril(-1) & mask[:, None]


def one_ahead(mask):
    return torch.ones(mask.shape[1], mask.shape[1], dtype=torch.bool).tril(1) & mask[:, None]


def hidden_is_true(mask):
    return ~(torch.ones(mask.shape[1], mask.shape[1], dtype=torch.bool).tril() & mask[:, None])


def numbers(mask):
    lower = torch.ones(mask.shape[1], mask.shape[1]).tril()
    return lower * mask[:, None]


def _turn(n, k, frequency=lambda i, n: 10000 ** (-i / n)):
    found = torch.zeros(n, n)
    for i in range(0, n, 2):
        angle = k * frequency(i, n)
        block = [[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]]
        found[i : i + 2, i : i + 2] = torch.tensor(block)
    return found


def turned_back(n, k):
    return _turn(n, k).T


def twice_counted(n, k):
    return _turn(n, k, lambda i, n: 10000 ** (-2 * i / n))


def one_clock(n, k):
    return _turn(n, k, lambda i, n: 1.0)


def always_one(n, k):
    return _turn(n, 1)


def unbiased(x, g, b, epsilon):
    return g * (x - x.mean(-1, True)) / torch.sqrt(x.var(-1, keepdim=True) + epsilon) + b


def over_batch(x, g, b, epsilon):
    variance = x.var(0, keepdim=True, unbiased=False)
    return g * (x - x.mean(0, True)) / torch.sqrt(variance + epsilon) + b


def over_places(x, g, b, epsilon):
    variance = x.var(1, keepdim=True, unbiased=False)
    return g * (x - x.mean(1, True)) / torch.sqrt(variance + epsilon) + b


def no_root(x, g, b, epsilon):
    return g * (x - x.mean(-1, True)) / (x.var(-1, keepdim=True, unbiased=False) + epsilon) + b


def epsilon_outside(x, g, b, epsilon):
    return g * (x - x.mean(-1, True)) / (x.std(-1, keepdim=True, unbiased=False) + epsilon) + b


def nothing_learned(x, g, b, epsilon):
    variance = x.var(-1, keepdim=True, unbiased=False)
    return (x - x.mean(-1, True)) / torch.sqrt(variance + epsilon)


def invariant(layer, x, order):
    return torch.allclose(layer(x[:, order]), layer(x), atol=1e-5)


def sentences(layer, x, order):
    return torch.allclose(layer(x[order]), layer(x)[order], atol=1e-5)


def other_way(layer, x, order):
    return torch.allclose(layer(x[:, order]), layer(x)[:, order.argsort()], atol=1e-5)


def always(layer, x, order):
    return torch.allclose(layer(x)[:, order], layer(x)[:, order])


def not_scaled(tokens, table, bias, read):
    return read(table[tokens]) @ table.T + bias


def scaled_twice(tokens, table, bias, read):
    root = math.sqrt(table.shape[1])
    return read(table[tokens] * root) @ table.T * root + bias


def scaled_out(tokens, table, bias, read):
    return read(table[tokens]) @ table.T * math.sqrt(table.shape[1]) + bias


def no_bias(tokens, table, bias, read):
    return read(table[tokens] * math.sqrt(table.shape[1])) @ table.T


def silent_place(found, W_O, head):
    silent = found.clone()
    silent[:, :, head] = 0
    return silent.transpose(1, 2).flatten(2) @ W_O


def only_one(found, W_O, head):
    kept = torch.zeros_like(found)
    kept[:, head] = found[:, head]
    return kept.transpose(1, 2).flatten(2) @ W_O


def louder(found, W_O, head):
    silent = found.clone()
    silent[:, head] = 0
    heads = found.shape[1]
    return silent.transpose(1, 2).flatten(2) @ W_O * heads / (heads - 1)


def wrong_side(found, W_O, head):
    part = found.shape[-1]
    pruned = W_O.clone()
    pruned[:, head * part : (head + 1) * part] = 0
    return found.transpose(1, 2).flatten(2) @ pruned


def in_place(found, W_O, head):
    found[:, head] = 0
    return found.transpose(1, 2).flatten(2) @ W_O


def cut_off(found, W_O, head):
    part, others = found.shape[-1], [h for h in range(found.shape[1]) if h != head]
    flat = found[:, others].transpose(1, 2).flatten(2)
    return flat @ W_O[: flat.shape[-1], : part * len(others)]


def _count(source, target, n, inner, layers, *, biases=1, crosses=1, last=1, tied=1):
    attention = 4 * n * n + 4 * n * biases
    network = 2 * n * inner + inner + n
    blocks = 2 * (attention + network + 4 * n) + crosses * (attention + 2 * n)
    return (source + target * (2 - tied)) * n + layers * blocks + 4 * n * last + target


def own_output(source_size, target_size, n, inner, layers):
    return _count(source_size, target_size, n, inner, layers, tied=0)


def one_attention(source_size, target_size, n, inner, layers):
    return _count(source_size, target_size, n, inner, layers, crosses=0)


def no_last_norm(source_size, target_size, n, inner, layers):
    return _count(source_size, target_size, n, inner, layers, last=0)


def no_biases(source_size, target_size, n, inner, layers):
    return _count(source_size, target_size, n, inner, layers, biases=0)


WRONG = [
    Wrong("11.1", wide_scale, "root of the whole width"),
    Wrong("11.1", asking_axis, "over the places that ask"),
    Wrong("11.1", not_mixed, "W_O is missing"),
    Wrong("11.1", one_head, "`heads` does nothing"),
    Wrong("11.1", plain_reshape, "cut by a plain reshape"),
    Wrong("11.1", joined_by_reshape, "put together by a plain reshape"),
    Wrong("11.2", upper, "sees the places after it"),
    Wrong("11.2", padding_alone, "only padding is hidden"),
    Wrong("11.2", without_padding, "padding is visible"),
    Wrong("11.2", not_itself, "does not see itself"),
    Wrong("11.2", one_ahead, "leaks by one place"),
    Wrong("11.2", hidden_is_true, "upside down"),
    Wrong("11.2", numbers, "boolean mask"),
    Wrong("11.3", turned_back, "goes back by k"),
    Wrong("11.3", twice_counted, "too low by a square"),
    Wrong("11.3", one_clock, "all clocks turn alike"),
    Wrong("11.3", always_one, "whatever k is"),
    Wrong("11.4", unbiased, "n − 1"),
    Wrong("11.4", over_batch, "batch norm"),
    Wrong("11.4", over_places, "runs over the places"),
    Wrong("11.4", no_root, "root is missing"),
    Wrong("11.4", epsilon_outside, "outside the root"),
    Wrong("11.4", nothing_learned, "g and b are missing"),
    Wrong("11.5", invariant, "invariance"),
    Wrong("11.5", sentences, "not the sentences"),
    Wrong("11.5", other_way, "other way round"),
    Wrong("11.5", always, "everything is equivariant"),
    Wrong("11.6", not_scaled, "√width on the way in"),
    Wrong("11.6", scaled_twice, "on the way out as well"),
    Wrong("11.6", scaled_out, "belongs on the way in"),
    Wrong("11.6", no_bias, "bias is missing"),
    Wrong("11.7", silent_place, "silenced a place"),
    Wrong("11.7", only_one, "keeps the one head"),
    Wrong("11.7", louder, "made louder"),
    Wrong("11.7", wrong_side, "wrong side of W_O"),
    Wrong("11.7", in_place, "in place"),
    Wrong("11.7", cut_off, "shrunk"),
    Wrong("11.8", own_output, "matrix of its own"),
    Wrong("11.8", one_attention, "attend twice"),
    Wrong("11.8", no_last_norm, "end of each tower"),
    Wrong("11.8", no_biases, "have biases"),
]
