"""Plausible wrong answers to the exercises of chapter 02, and what their checks must say."""

import torch

from tests.wrong_answers import Wrong


def _others(factors):
    return [
        torch.stack([f for place, f in enumerate(factors) if place != own]).prod(0)
        for own in range(len(factors))
    ]


def slopes_alone(up, factors):
    return _others(factors)


def itself(up, factors):
    return [up * factor for factor in factors]


def divided(up, factors):
    whole = torch.stack(factors).prod(0)
    return [up * whole / factor for factor in factors]


def whole_product(up, factors):
    whole = torch.stack(factors).prod(0)
    return [up * whole for _ in factors]


def sum_of_others(up, factors):
    total = sum(factors)
    return [up * (total - factor) for factor in factors]


def blame_for_each_sentence(up, a, b):
    return up @ b.T, a.mT @ up


def averaged_over_batch(up, a, b):
    return up @ b.T, (a.mT @ up).mean(0)


def b_untransposed(up, a, b):
    return up @ b, (a.mT @ up).sum(0)


def b_blame_transposed(up, a, b):
    return up @ b.T, (up.mT @ a).sum(0)


def changed_places(up, a, b):
    return (a.mT @ up).sum(0), up @ b.T


def leading_only(up, shape):
    while up.dim() > len(shape):
        up = up.sum(0)
    return up


def axis_lost(up, shape):
    while up.dim() > len(shape):
        up = up.sum(0)
    ones = [axis for axis, size in enumerate(shape) if size == 1]
    return up.sum(ones) if ones else up


def mean_of_copies(up, shape):
    while up.dim() > len(shape):
        up = up.mean(0)
    for axis, size in enumerate(shape):
        if size == 1:
            up = up.mean(axis, keepdim=True)
    return up


def lined_up_left(up, shape):
    while up.dim() > len(shape):
        up = up.sum(-1)
    return up


def first_copy(up, shape):
    while up.dim() > len(shape):
        up = up[0]
    return up


def _zeros(graph):
    blame = {name: 0.0 for name, _ in graph}
    blame[graph[-1][0]] = 1.0
    return blame


def overwritten(graph):
    blame = _zeros(graph)
    for name, inputs in reversed(graph):
        for parent, slope in inputs:
            blame[parent] = slope * blame[name]
    return blame


def local_slopes(graph):
    blame = _zeros(graph)
    for _, inputs in graph:
        for parent, slope in inputs:
            blame[parent] += slope
    return blame


def forward_sweep(graph):
    blame = _zeros(graph)
    for name, inputs in graph:
        for parent, slope in inputs:
            blame[parent] += slope * blame[name]
    return blame


def never_started(graph):
    return {name: 0.0 for name, _ in graph}


def once_a_step(graph):
    blame = _zeros(graph)
    for name, inputs in reversed(graph):
        for parent, slope in dict(inputs).items():
            blame[parent] += slope * blame[name]
    return blame


def only_the_used(graph):
    blame = {graph[-1][0]: 1.0}
    for name, inputs in reversed(graph):
        for parent, slope in inputs:
            blame[parent] = blame.get(parent, 0.0) + slope * blame[name]
    return blame


def breadth_first(parents, output):
    listed, waiting = [], [output]
    while waiting:
        name = waiting.pop(0)
        if name not in listed:
            listed.append(name)
            waiting += parents[name]
    return listed[::-1]


def children_first(parents, output):
    done, listed = set(), []

    def visit(name):
        if name not in done:
            done.add(name)
            for parent in parents[name]:
                visit(parent)
            listed.append(name)

    visit(output)
    return listed[::-1]


def recursive(parents, output):
    return children_first(parents, output)[::-1]


def every_way(parents, output):
    listed = []

    def visit(name):
        for parent in parents[name]:
            visit(parent)
        if name not in listed:
            listed.append(name)

    visit(output)
    return listed


def every_name(parents, output):
    return list(parents)


def listed_twice(parents, output):
    listed = []
    for parent in parents[output]:
        listed += listed_twice(parents, parent)
    return [*listed, output]


def _plain(logits, targets):
    return logits.softmax(-1) - torch.nn.functional.one_hot(targets, logits.shape[-1])


def probabilities(logits, targets, mask):
    return logits.softmax(-1) * mask[..., None] / mask.sum()


def sum_not_mean(logits, targets, mask):
    return _plain(logits, targets) * mask[..., None]


def all_places(logits, targets, mask):
    return _plain(logits, targets) * mask[..., None] / mask.numel()


def padding_blamed(logits, targets, mask):
    return _plain(logits, targets) / mask.sum()


def uphill(logits, targets, mask):
    return -_plain(logits, targets) * mask[..., None] / mask.sum()


def sentence_by_sentence(logits, targets, mask):
    each = mask.sum(1)[:, None, None] * len(mask)
    return _plain(logits, targets) * mask[..., None] / each


def exp_overflows(logits, targets, mask):
    raised = logits.exp()
    shares = raised / raised.sum(-1, keepdim=True)
    right = torch.nn.functional.one_hot(targets, logits.shape[-1])
    return (shares - right) * mask[..., None] / mask.sum()


def _worst(function, derivative, points, h=1e-5):
    slope = (function(points + h) - function(points - h)) / (2 * h)
    return (slope - derivative(points)).abs(), slope.abs()


def fixed_tolerance(functions, points):
    return {n for n, pair in functions.items() if _worst(*pair, points)[0].max() > 1e-6}


def first_point(functions, points):
    found = set()
    for name, pair in functions.items():
        gap, slope = _worst(*pair, points)
        if gap[0] > 1e-4 * slope[0]:
            found.add(name)
    return found


def far_too_small(functions, points):
    found = set()
    for name, pair in functions.items():
        gap, slope = _worst(*pair, points, h=1e-15)
        if gap.max() > 1e-4 * slope.max():
            found.add(name)
    return found


def one_side_wide(functions, points):
    found = set()
    for name, (function, derivative) in functions.items():
        slope = (function(points + 1e-4) - function(points)) / 1e-4
        if (slope - derivative(points)).abs().max() > 1e-3 * slope.abs().max():
            found.add(name)
    return found


def too_kind(functions, points):
    found = set()
    for name, pair in functions.items():
        gap, slope = _worst(*pair, points)
        if gap.max() > 0.1 * slope.max():
            found.add(name)
    return found


def divided_by_zero(functions, points):
    found = set()
    for name, pair in functions.items():
        gap, slope = _worst(*pair, points)
        if not (gap / slope).max() < 1e-4:
            found.add(name)
    return found


def those_that_agree(functions, points):
    found = set()
    for name, pair in functions.items():
        gap, slope = _worst(*pair, points)
        if gap.max() <= 1e-4 * slope.max():
            found.add(name)
    return found


def _means(gradient, m, v, beta1, beta2):
    return beta1 * m + (1 - beta1) * gradient, beta2 * v + (1 - beta2) * gradient**2


def uncorrected(weight, gradient, m, v, step, rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m, v = _means(gradient, m, v, beta1, beta2)
    return weight - rate * m / (v.sqrt() + epsilon), m, v


def counted_from_zero(
    weight, gradient, m, v, step, rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8
):
    m, v = _means(gradient, m, v, beta1, beta2)
    top, below = m / (1 - beta1 ** (step - 1)), v / (1 - beta2 ** (step - 1))
    return weight - rate * top / (below.sqrt() + epsilon), m, v


def corrected_kept(weight, gradient, m, v, step, rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m, v = _means(gradient, m, v, beta1, beta2)
    m, v = m / (1 - beta1**step), v / (1 - beta2**step)
    return weight - rate * m / (v.sqrt() + epsilon), m, v


def epsilon_inside(weight, gradient, m, v, step, rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m, v = _means(gradient, m, v, beta1, beta2)
    top, below = m / (1 - beta1**step), v / (1 - beta2**step)
    return weight - rate * top / (below + epsilon).sqrt(), m, v


def bare_gradient(weight, gradient, m, v, step, rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m, v = _means(gradient, m, v, beta1, beta2)
    below = v / (1 - beta2**step)
    return weight - rate * gradient / (below.sqrt() + epsilon), m, v


def unsquared(weight, gradient, m, v, step, rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m, v = beta1 * m + (1 - beta1) * gradient, beta2 * v + (1 - beta2) * gradient
    return weight - rate * m / (v.abs().sqrt() + epsilon), m, v


def in_place(weight, gradient, m, v, step, rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
    m.mul_(beta1).add_((1 - beta1) * gradient)
    v.mul_(beta2).add_((1 - beta2) * gradient**2)
    top, below = m / (1 - beta1**step), v / (1 - beta2**step)
    return weight - rate * top / (below.sqrt() + epsilon), m, v


WRONG = [
    Wrong("02.1", slopes_alone, "slopes alone"),
    Wrong("02.1", itself, "got itself"),
    Wrong("02.1", divided, "divide the product"),
    Wrong("02.1", whole_product, "itself included"),
    Wrong("02.1", sum_of_others, "sum of the others"),
    Wrong("02.2", blame_for_each_sentence, "for each sentence"),
    Wrong("02.2", averaged_over_batch, "averaged over the batch"),
    Wrong("02.2", b_untransposed, "b untransposed"),
    Wrong("02.2", b_blame_transposed, "b's blame is transposed"),
    Wrong("02.2", changed_places, "changed places"),
    Wrong("02.3", leading_only, "stretched"),
    Wrong("02.3", axis_lost, "keepdim"),
    Wrong("02.3", mean_of_copies, "mean over the copies"),
    Wrong("02.3", lined_up_left, "last axes"),
    Wrong("02.3", first_copy, "first copy alone"),
    Wrong("02.4", overwritten, "overwrites"),
    Wrong("02.4", local_slopes, "not multiplied by the blame"),
    Wrong("02.4", forward_sweep, "runs forward"),
    Wrong("02.4", never_started, "starts with 1"),
    Wrong("02.4", once_a_step, "counted once"),
    Wrong("02.4", only_the_used, "nothing uses"),
    Wrong("02.5", breadth_first, "comes before its parent"),
    Wrong("02.5", children_first, "turn the list around"),
    Wrong("02.5", recursive, "too deep"),
    Wrong("02.5", every_way, "again and again"),
    Wrong("02.5", every_name, "does not depend"),
    Wrong("02.5", listed_twice, "more than once"),
    Wrong("02.6", probabilities, "not taken off"),
    Wrong("02.6", sum_not_mean, "the loss is a mean"),
    Wrong("02.6", all_places, "divided by all places"),
    Wrong("02.6", padding_blamed, "padding has blame"),
    Wrong("02.6", uphill, "sign"),
    Wrong("02.6", sentence_by_sentence, "averaged by itself"),
    Wrong("02.6", exp_overflows, "overflows"),
    Wrong("02.7", fixed_tolerance, "fixed number"),
    Wrong("02.7", first_point, "some points only"),
    Wrong("02.7", far_too_small, "only rounding"),
    Wrong("02.7", one_side_wide, "bend shows"),
    Wrong("02.7", too_kind, "wrong by 1 %"),
    Wrong("02.7", divided_by_zero, "0 divided by 0"),
    Wrong("02.7", those_that_agree, "these are the right ones"),
    Wrong("02.8", uncorrected, "not corrected"),
    Wrong("02.8", counted_from_zero, "one too small"),
    Wrong("02.8", corrected_kept, "correct them again"),
    Wrong("02.8", epsilon_inside, "not under it"),
    Wrong("02.8", bare_gradient, "running mean m"),
    Wrong("02.8", unsquared, "not squared"),
    Wrong("02.8", in_place, "in place"),
]
