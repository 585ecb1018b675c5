"""Plausible wrong answers to the exercises of chapter 01, and what their checks must say."""

import torch

from tests.wrong_answers import Wrong


def one_minus_tanh(x):
    return 1 - torch.tanh(x)


def sigmoids_rule(x):
    return torch.tanh(x) * (1 - torch.tanh(x))


def sigmoids_slope(x):
    return torch.sigmoid(x) * (1 - torch.sigmoid(x))


def tanh_of_tanh(x):
    return 1 - torch.tanh(torch.tanh(x)) ** 2


def powers_of_e(x):
    up, down = torch.exp(x), torch.exp(-x)
    return 1 - ((up - down) / (up + down)) ** 2


def alpha_in_exponent(x, alpha):
    return torch.where(x > 0, x, torch.exp(alpha * x) - 1)


def bracket_forgotten(x, alpha):
    return torch.where(x > 0, x, alpha * torch.exp(x) - 1)


def alpha_everywhere(x, alpha):
    return alpha * torch.where(x > 0, x, torch.exp(x) - 1)


def leaky(x, alpha):
    return torch.where(x > 0, x, alpha * x)


def added_with_switches(x, alpha):
    return (x > 0) * x + (x <= 0) * alpha * (torch.exp(x) - 1)


def exp_and_divide(logits):
    return torch.exp(logits) / torch.exp(logits).sum(-1, keepdim=True)


def down_the_columns(logits):
    return torch.softmax(logits, dim=0)


def whole_batch_off(logits):
    raised = torch.exp(logits - logits.max())
    return raised / raised.sum(-1, keepdim=True)


def largest_size_off(logits):
    raised = torch.exp(logits - logits.abs().amax(-1, keepdim=True))
    return raised / raised.sum(-1, keepdim=True)


def cut_off(logits):
    raised = torch.exp(logits.clamp(-50, 50))
    return raised / raised.sum(-1, keepdim=True)


def not_divided(logits):
    return torch.exp(logits - logits.amax(-1, keepdim=True))


def ever_off(inputs, W, b):
    return int((inputs @ W.T + b <= 0).any(0).sum())


def dead_examples(inputs, W, b):
    return int((inputs @ W.T + b <= 0).all(1).sum())


def all_zeros(inputs, W, b):
    return int((torch.relu(inputs @ W.T + b) == 0).sum())


def strictly_below(inputs, W, b):
    return int((inputs @ W.T + b < 0).all(0).sum())


def one_by_one(inputs, W, b):
    return (inputs @ W.T + b <= 0).all(0)


def no_bias(inputs, W, b):
    return int((inputs @ W.T <= 0).all(0).sum())


def deviations(fan_in, fan_out, scheme):
    return (2 / fan_in if scheme == "he" else 2 / (fan_in + fan_out)) ** 0.5


def root_forgotten(fan_in, fan_out, scheme):
    return 6 / fan_in if scheme == "he" else 6 / (fan_in + fan_out)


def half_not_made_good(fan_in, fan_out, scheme):
    return (3 / fan_in if scheme == "he" else 6 / (fan_in + fan_out)) ** 0.5


def he_by_fan_out(fan_in, fan_out, scheme):
    return (6 / fan_out if scheme == "he" else 6 / (fan_in + fan_out)) ** 0.5


def old_rule(fan_in, fan_out, scheme):
    return fan_in**-0.5


def wrong_order(weights, biases):
    W, b = weights[0], biases[0]
    for weight, bias in zip(weights[1:], biases[1:], strict=True):
        W, b = W @ weight, weight @ b + bias
    return W, b


def biases_summed(weights, biases):
    W = weights[0]
    for weight in weights[1:]:
        W = weight @ W
    return W, sum(biases) if len({len(b) for b in biases}) == 1 else biases[-1]


def last_bias(weights, biases):
    W = weights[0]
    for weight in weights[1:]:
        W = weight @ W
    return W, biases[-1]


def rows_convention(weights, biases):
    W, b = weights[0], biases[0]
    for weight, bias in zip(weights[1:], biases[1:], strict=True):
        W, b = weight @ W, weight @ b + bias
    return W.T, b


def xor_stretched():
    return torch.ones(3, 3), torch.tensor([0.0, -1, -2]), torch.tensor([1.0, -2, 0]), -0.5


def turned_round():
    return torch.ones(3, 3), torch.tensor([0.0, -1, -2]), torch.tensor([-1.0, 2, -2]), 0.5


def a_unit_for_each():
    return torch.eye(3), torch.zeros(3), torch.ones(3), -0.5


def all_below():
    return torch.ones(3, 3), torch.full((3,), -4.0), torch.ones(3), -0.5


def weights_forgotten(weights, x):
    h, slope = x, torch.ones_like(x)
    for w in weights:
        h = torch.sigmoid(w * h)
        slope = slope * h * (1 - h)
    return slope


def slope_at_output(weights, x):
    h, slope = x, torch.ones_like(x)
    for w in weights:
        h = torch.sigmoid(w * h)
        slope = slope * w * torch.sigmoid(h) * (1 - torch.sigmoid(h))
    return slope


def slope_before_weight(weights, x):
    h, slope = x, torch.ones_like(x)
    for w in weights:
        slope = slope * w * torch.sigmoid(h) * (1 - torch.sigmoid(h))
        h = torch.sigmoid(w * h)
    return slope


def slopes_added(weights, x):
    h, slope = x, torch.zeros_like(x)
    for w in weights:
        h = torch.sigmoid(w * h)
        slope = slope + w * h * (1 - h)
    return slope


WRONG = [
    Wrong("01.1", one_minus_tanh, "not squared"),
    Wrong("01.1", sigmoids_rule, "the sigmoid's rule"),
    Wrong("01.1", sigmoids_slope, "slope of the sigmoid"),
    Wrong("01.1", tanh_of_tanh, "took tanh twice"),
    Wrong("01.1", powers_of_e, "overflows"),
    Wrong("01.2", alpha_in_exponent, "into the exponent"),
    Wrong("01.2", bracket_forgotten, "before a bracket"),
    Wrong("01.2", alpha_everywhere, "you scaled both"),
    Wrong("01.2", leaky, "leaky ReLU"),
    Wrong("01.2", added_with_switches, "0 · ∞"),
    Wrong("01.3", exp_and_divide, "exp(1,000) is infinite"),
    Wrong("01.3", down_the_columns, "down the columns"),
    Wrong("01.3", whole_batch_off, "nor that of the batch"),
    Wrong("01.3", largest_size_off, "not its absolute value"),
    Wrong("01.3", cut_off, "makes different ones equal"),
    Wrong("01.3", not_divided, "dividing by their sum"),
    Wrong("01.4", ever_off, "at least one example"),
    Wrong("01.4", dead_examples, "examples that leave every unit off"),
    Wrong("01.4", all_zeros, "all the zeros"),
    Wrong("01.4", strictly_below, "exactly 0"),
    Wrong("01.4", one_by_one, "count them"),
    Wrong("01.4", no_bias, "bias is forgotten"),
    Wrong("01.5", deviations, "this is the deviation"),
    Wrong("01.5", root_forgotten, "the root is missing"),
    Wrong("01.5", half_not_made_good, "he: the 2 is missing"),
    Wrong("01.5", he_by_fan_out, "divided by fan_out"),
    Wrong("01.5", old_rule, "old rule"),
    Wrong("01.6", wrong_order, "wrong order"),
    Wrong("01.6", biases_summed, "passes through the later matrices"),
    Wrong("01.6", last_bias, "last bias alone"),
    Wrong("01.6", rows_convention, "transposed"),
    Wrong("01.7", xor_stretched, "XOR stretched"),
    Wrong("01.7", turned_round, "wrong way round"),
    Wrong("01.7", a_unit_for_each, "for it is even"),
    Wrong("01.7", all_below, "all units are dead"),
    Wrong("01.8", weights_forgotten, "weights are missing"),
    Wrong("01.8", slope_at_output, "at the layer's output"),
    Wrong("01.8", slope_before_weight, "not at w·h"),
    Wrong("01.8", slopes_added, "multiplies them"),
]
