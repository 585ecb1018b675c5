"""Plausible wrong answers to the exercises of chapter 09, and what their checks must say."""

import torch

from tests.wrong_answers import Wrong

LOWEST = torch.finfo(torch.float32).min


def _pairs(query, values, W, U):
    return (query @ W.T)[:, :, None] + (values @ U.T)[:, None]


def no_tanh(query, values, W, U, w):
    return _pairs(query, values, W, U) @ w


def sides_exchanged(query, values, W, U, w):
    return torch.tanh(_pairs(query, values, U, W)) @ w


def weights_untransposed(query, values, W, U, w):
    return torch.tanh((query @ W)[:, :, None] + (values @ U)[:, None]) @ w


def step_meets_only_its_word(query, values, W, U, w):
    return torch.tanh(query @ W.T + (values @ U.T)[:, : query.shape[1]]) @ w


def general_transposed(query, values, W):
    return query @ W.T @ values.mT


def general_without_matrix(query, values, W):
    return query @ values.mT


def general_softmaxed(query, values, W):
    return (query @ W @ values.mT).softmax(-1)


def mask_after_softmax(scores, mask):
    return scores.softmax(-1) * mask[:, None]


def softmax_over_steps(scores, mask):
    hidden = scores.masked_fill(~mask[:, None], LOWEST)
    return hidden.softmax(1) * mask[:, None]


def minus_infinity(scores, mask):
    return scores.masked_fill(~mask[:, None], -torch.inf).softmax(-1)


def zero_score(scores, mask):
    return (scores * mask[:, None]).softmax(-1)


def not_wiped(scores, mask):
    return scores.masked_fill(~mask[:, None], LOWEST).softmax(-1)


def exp_by_hand(scores, mask):
    raised = scores.exp() * mask[:, None]
    return raised / raised.sum(-1, keepdim=True).clamp(min=1e-9)


def _kernel(queries, keys, bandwidth):
    return torch.exp(-((queries[:, None] - keys) ** 2) / (2 * bandwidth**2))


def undivided(queries, keys, values, bandwidth):
    return _kernel(queries, keys, bandwidth) @ values


def divided_by_column(queries, keys, values, bandwidth):
    kernel = _kernel(queries, keys, bandwidth)
    return kernel / kernel.sum(0) @ values


def bandwidth_unsquared(queries, keys, values, bandwidth):
    scores = -((queries[:, None] - keys) ** 2) / (2 * bandwidth)
    return scores.softmax(-1) @ values


def farthest_first(queries, keys, values, bandwidth):
    scores = (queries[:, None] - keys) ** 2 / (2 * bandwidth**2)
    return scores.softmax(-1) @ values


def root_forgotten(width, query_deviation, key_deviation):
    return 1 / (width * query_deviation**2 * key_deviation**2)


def width_alone(width, query_deviation, key_deviation):
    return width**-0.5


def multiplies(width, query_deviation, key_deviation):
    return width**0.5 * query_deviation * key_deviation


def strict_window(mask, centres, reach):
    gaps = torch.arange(mask.shape[1]) - centres[:, :, None]
    return (gaps.abs() < reach) & mask[:, None]


def window_over_padding(mask, centres, reach):
    gaps = torch.arange(mask.shape[1]) - centres[:, :, None]
    return gaps.abs() <= reach


def window_backwards(mask, centres, reach):
    gaps = torch.arange(mask.shape[1]) - centres[:, :, None]
    return (gaps <= 0) & (gaps >= -reach) & mask[:, None]


def window_of_numbers(mask, centres, reach):
    gaps = torch.arange(mask.shape[1]) - centres[:, :, None]
    return ((gaps.abs() <= reach) & mask[:, None]).float()


def share_right(links, sure, possible):
    triples = list(zip(links, sure, possible, strict=True))
    right = sum(len(a & s) + len(a & p) for a, s, p in triples)
    return right / sum(len(a) + len(s) for a, s, p in triples)


def mean_of_sentences(links, sure, possible):
    triples = list(zip(links, sure, possible, strict=True))
    rates = [1 - (len(a & s) + len(a & p)) / (len(a) + len(s)) for a, s, p in triples]
    return sum(rates) / len(rates)


def precision_alone(links, sure, possible):
    pairs = list(zip(links, possible, strict=True))
    return 1 - sum(len(a & p) for a, p in pairs) / sum(len(a) for a in links)


def sure_alone(links, sure, possible):
    right = 2 * sum(len(a & s) for a, s in zip(links, sure, strict=True))
    return 1 - right / (sum(map(len, links)) + sum(map(len, sure)))


def chooses_padding(scores, values, mask):
    return values[torch.arange(len(values))[:, None], scores.argmax(-1)]


def still_soft(scores, values, mask):
    return scores.masked_fill(~mask[:, None], LOWEST).softmax(-1) @ values


def places_only(scores, values, mask):
    return scores.masked_fill(~mask[:, None], LOWEST).argmax(-1)


WRONG = [
    Wrong("09.1", no_tanh, "no tanh"),
    Wrong("09.1", sides_exchanged, "changed places"),
    Wrong("09.1", weights_untransposed, "untransposed"),
    Wrong("09.1", step_meets_only_its_word, "shape"),
    Wrong("09.2", general_transposed, "transposed"),
    Wrong("09.2", general_without_matrix, "dot score"),
    Wrong("09.2", general_softmaxed, "before the softmax"),
    Wrong("09.3", mask_after_softmax, "after the softmax"),
    Wrong("09.3", softmax_over_steps, "over the target steps"),
    Wrong("09.3", minus_infinity, "row of -inf"),
    Wrong("09.3", zero_score, "exp(0) is 1"),
    Wrong("09.3", not_wiped, "exactly 0"),
    Wrong("09.3", exp_by_hand, "overflows"),
    Wrong("09.4", undivided, "not divided by their sum"),
    Wrong("09.4", divided_by_column, "over the queries"),
    Wrong("09.4", bandwidth_unsquared, "bandwidth is not squared"),
    Wrong("09.4", farthest_first, "farthest"),
    Wrong("09.5", root_forgotten, "one over the variance"),
    Wrong("09.5", width_alone, "deviations of query and key"),
    Wrong("09.5", multiplies, "must undo it"),
    Wrong("09.6", strict_window, "≤"),
    Wrong("09.6", window_over_padding, "padding is visible"),
    Wrong("09.6", window_backwards, "back only"),
    Wrong("09.6", window_of_numbers, "boolean"),
    Wrong("09.7", share_right, "one minus it"),
    Wrong("09.7", mean_of_sentences, "whole corpus"),
    Wrong("09.7", precision_alone, "one minus precision"),
    Wrong("09.7", sure_alone, "only the sure links"),
    Wrong("09.8", chooses_padding, "among the padding"),
    Wrong("09.8", still_soft, "still soft"),
    Wrong("09.8", places_only, "these are the places"),
]
