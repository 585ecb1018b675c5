"""Plausible wrong answers to the exercises of chapter 13, and what their checks must say."""

import math

import torch

from tests.wrong_answers import Wrong


def causal_alone(source, target):
    return torch.ones(source + target, source + target, dtype=torch.bool).tril()


def no_mask(source, target):
    return torch.ones(source + target, source + target, dtype=torch.bool)


def whole_rows(source, target):
    mask = causal_alone(source, target)
    mask[:source] = True
    return mask


def two_islands(source, target):
    mask = causal_alone(source, target)
    mask[:source, :source] = True
    mask[source:, :source] = False
    return mask


def hidden(source, target):
    mask = causal_alone(source, target)
    mask[:source, :source] = True
    return ~mask


def columns_first(source, target):
    mask = causal_alone(source, target)
    mask[:source, :source] = True
    return mask.T


def _losses(logits, stream):
    chances = logits[:, :-1].log_softmax(-1)
    return -chances.gather(2, stream[:, 1:, None])[..., 0]


def all_scored(logits, stream, start, real):
    return _losses(logits, stream)[real[:, 1:]].mean()


def not_shifted(logits, stream, start, real):
    losses = -logits.log_softmax(-1).gather(2, stream[..., None])[..., 0]
    return losses[(torch.arange(stream.shape[1]) >= start[:, None]) & real].mean()


def place_fed(logits, stream, start, real):
    places = torch.arange(stream.shape[1] - 1)
    return _losses(logits, stream)[(places >= start[:, None]) & real[:, 1:]].mean()


def padding_scored(logits, stream, start, real):
    places = torch.arange(1, stream.shape[1])
    return _losses(logits, stream)[places >= start[:, None]].mean()


def mean_of_means(logits, stream, start, real):
    counts = (torch.arange(1, stream.shape[1]) >= start[:, None]) & real[:, 1:]
    sums = (_losses(logits, stream) * counts).sum(1)
    return (sums / counts.sum(1)).mean()


def over_all_places(logits, stream, start, real):
    counts = (torch.arange(1, stream.shape[1]) >= start[:, None]) & real[:, 1:]
    return (_losses(logits, stream) * counts).mean()


def _step(x, W_Q, W_K, W_V, keys, values, *, scale=None, itself=True):
    query, key, value = x @ W_Q, x @ W_K, x @ W_V
    longer = torch.cat([keys, key[:, None]], 1), torch.cat([values, value[:, None]], 1)
    seen = longer if itself else (keys, values)
    scores = query[:, None] @ seen[0].mT / (scale or math.sqrt(x.shape[-1]))
    return (scores.softmax(-1) @ seen[1])[:, 0], *longer


def not_itself(x, W_Q, W_K, W_V, keys, values):
    return _step(x, W_Q, W_K, W_V, keys, values, itself=False)


def not_scaled(x, W_Q, W_K, W_V, keys, values):
    return _step(x, W_Q, W_K, W_V, keys, values, scale=1.0)


def only_itself(x, W_Q, W_K, W_V, keys, values):
    found, keys, values = _step(x, W_Q, W_K, W_V, keys, values)
    return values[:, -1], keys, values


def at_the_front(x, W_Q, W_K, W_V, keys, values):
    found, _, _ = _step(x, W_Q, W_K, W_V, keys, values)
    return (found, torch.cat([(x @ W_K)[:, None], keys], 1),
            torch.cat([(x @ W_V)[:, None], values], 1))  # fmt: skip


def vectors_kept(x, W_Q, W_K, W_V, keys, values):
    keys, values = torch.cat([keys, x[:, None]], 1), torch.cat([values, x[:, None]], 1)
    scores = (x @ W_Q)[:, None] @ (keys @ W_K).mT / math.sqrt(x.shape[-1])
    return (scores.softmax(-1) @ (values @ W_V))[:, 0], keys, values


def found_alone(x, W_Q, W_K, W_V, keys, values):
    return _step(x, W_Q, W_K, W_V, keys, values)[0]


def keys_alone(layers, width, heads, groups, tokens, each):
    return layers * groups * (width // heads) * tokens * each


def all_heads(layers, width, heads, groups, tokens, each):
    return 2 * layers * width * tokens * each


def one_layer(layers, width, heads, groups, tokens, each):
    return 2 * groups * (width // heads) * tokens * each


def numbers(layers, width, heads, groups, tokens, each):
    return 2 * layers * groups * (width // heads) * tokens


def squared(layers, width, heads, groups, tokens, each):
    return 2 * layers * groups * (width // heads) * tokens * tokens * each


def _even(hits):
    return hits.float() / hits.sum()


def itself_before(tokens):
    hits = tokens == tokens[-1]
    hits[-1] = False
    return _even(hits if hits.any() else torch.ones_like(hits))


def the_question(tokens):
    return _even(tokens == tokens[-1])


def rolled_round(tokens):
    return _even(tokens.roll(1) == tokens[-1])


def one_too_early(tokens):
    after = tokens.roll(-1)
    after[-1] = -1
    hits = after == tokens[-1]
    return _even(hits if hits.any() else torch.ones_like(hits))


def last_match(tokens):
    before = tokens.roll(1)
    before[0] = -1
    places = (before == tokens[-1]).nonzero().flatten()
    found = torch.zeros(len(tokens))
    found[places[-1]] = 1.0
    return found


def zero_by_zero(tokens):
    before = tokens.roll(1)
    before[0] = -1
    return _even(before == tokens[-1])


def _cut(weights, first, last, columns):
    part = weights[first:last, columns]
    return part / part.sum(-1, keepdim=True)


def one_late(weights, source):
    return _cut(weights, source + 2, None, slice(0, source))


def one_too_many(weights, source):
    return _cut(weights, source + 1, None, slice(0, source))


def from_the_end_mark(weights, source):
    return _cut(weights, source, -2, slice(0, source))


def end_mark_too(weights, source):
    return _cut(weights, source + 1, -1, slice(0, source + 1))


def no_shares(weights, source):
    return weights[source + 1 : -1, :source]


def softmax_again(weights, source):
    return weights[source + 1 : -1, :source].softmax(-1)


WRONG = [
    Wrong("13.1", causal_alone, "this is the causal mask"),
    Wrong("13.1", no_mask, "everything sees everything"),
    Wrong("13.1", whole_rows, "the source sees the target"),
    Wrong("13.1", two_islands, "the target does not see the source"),
    Wrong("13.1", hidden, "upside down"),
    Wrong("13.1", columns_first, "rows and columns are swapped"),
    Wrong("13.2", all_scored, "the source is scored too"),
    Wrong("13.2", not_shifted, "not shifted"),
    Wrong("13.2", place_fed, "the first token of the target is left out"),
    Wrong("13.2", padding_scored, "padding is scored"),
    Wrong("13.2", mean_of_means, "its own mean"),
    Wrong("13.2", over_all_places, "divided by all places"),
    Wrong("13.3", not_itself, "does not see itself"),
    Wrong("13.3", not_scaled, "root of the width"),
    Wrong("13.3", only_itself, "only the new word is seen"),
    Wrong("13.3", at_the_front, "before the others"),
    Wrong("13.3", vectors_kept, "projected anew"),
    Wrong("13.3", found_alone, "wanted three things"),
    Wrong("13.4", keys_alone, "only keys, or only values"),
    Wrong("13.4", all_heads, "each head has keys of its own"),
    Wrong("13.4", one_layer, "the layers are missing"),
    Wrong("13.4", numbers, "numbers, not bytes"),
    Wrong("13.4", squared, "not with their square"),
    Wrong("13.5", itself_before, "would answer with the question"),
    Wrong("13.5", the_question, "looks at the question itself"),
    Wrong("13.5", rolled_round, "place 0 has no token before it"),
    Wrong("13.5", one_too_early, "one place *before*"),
    Wrong("13.5", last_match, "only the last match counts"),
    Wrong("13.5", zero_by_zero, "0 / 0 gives none"),
    Wrong("13.6", one_late, "one late"),
    Wrong("13.6", one_too_many, "one too many"),
    Wrong("13.6", from_the_end_mark, "the end mark of the English"),
    Wrong("13.6", end_mark_too, "among the columns"),
    Wrong("13.6", no_shares, "do not sum to 1"),
    Wrong("13.6", softmax_again, "softmax of weights"),
]
