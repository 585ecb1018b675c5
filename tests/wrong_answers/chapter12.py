"""Plausible wrong answers to the exercises of chapter 12, and what their checks must say."""

import math
from itertools import combinations, permutations

import torch

from seq2seq_lib.significance import middle
from tests.wrong_answers import Wrong


def upside_down(costs, reference, steps):
    return {name: math.floor(steps * cost / costs[reference]) for name, cost in costs.items()}


def same_steps(costs, reference, steps):
    return {name: steps for name in costs}


def rounded(costs, reference, steps):
    return {name: round(steps * costs[reference] / cost) for name, cost in costs.items()}


def broken_steps(costs, reference, steps):
    return {name: steps * costs[reference] / cost for name, cost in costs.items()}


def seconds(costs, reference, steps):
    return {name: steps * costs[reference] for name in costs}


def floor_without_care(costs, reference, steps):
    return {name: int(steps * costs[reference] / cost) for name, cost in costs.items()}


def no_dictionary(costs, reference, steps):
    return [int(steps * costs[reference] / cost + 1e-9) for cost in costs.values()]


def least_above(count, target, step):
    width = step
    while count(width) < target:
        width += step
    return width


def greatest_within(count, target, step):
    width = step
    while count(width + step) <= target:
        width += step
    return width


def any_width(count, target, step):
    return min(range(1, 4000), key=lambda width: abs(count(width) - target))


def in_proportion(count, target, step):
    return step * round(target / count(step))


def the_parameters(count, target, step):
    widths = range(step, 4000, step)
    return min((count(width) for width in widths), key=lambda found: abs(found - target))


def _bleus(rows, draws, score):
    return torch.stack([score(rows[drawn].sum(0)) for drawn in draws])


def losses(first, second, draws, score):
    return (_bleus(second, draws, score) > _bleus(first, draws, score)).double().mean().item()


def sentence_by_sentence(first, second, draws, score):
    one, two = (torch.stack([score(row) for row in rows]) for rows in (first, second))
    return ((one - two)[draws].mean(1) > 0).double().mean().item()


def against_the_whole(first, second, draws, score):
    return (_bleus(first, draws, score) > score(second.sum(0))).double().mean().item()


def not_paired(first, second, draws, score):
    two = _bleus(second, draws.flip(0), score)
    return (_bleus(first, draws, score) > two).double().mean().item()


def gap(first, second, draws, score):
    return (_bleus(first, draws, score) - _bleus(second, draws, score)).mean().item()


def number_of_wins(first, second, draws, score):
    return (_bleus(first, draws, score) > _bleus(second, draws, score)).sum().item()


def ties_win(first, second, draws, score):
    return (_bleus(first, draws, score) >= _bleus(second, draws, score)).double().mean().item()


def _all(rows, draws, score):
    return {name: _bleus(found, draws, score) for name, found in rows.items()}


def own_intervals(rows, draws, score):
    found = {name: middle(values) for name, values in _all(rows, draws, score).items()}
    return {(a, b) for a, b in permutations(rows, 2) if found[a][0] > found[b][1]}


def every_difference(rows, draws, score):
    found = {name: score(counts.sum(0)) for name, counts in rows.items()}
    return {(a, b) for a, b in permutations(rows, 2) if found[a] > found[b]}


def more_than_half(rows, draws, score):
    found = _all(rows, draws, score)
    return {
        (a, b)
        for a, b in permutations(rows, 2)
        if (found[a] > found[b]).double().mean() > 0.5
    }


def worse_first(rows, draws, score):
    found = _all(rows, draws, score)
    return {(b, a) for a, b in permutations(rows, 2) if middle(found[a] - found[b])[0] > 0}


def every_pair(rows, draws, score):
    return set(combinations(rows, 2)) | {pair[::-1] for pair in combinations(rows, 2)}


def of_means(first, second, margin):
    gap = sum(first) / len(first) - sum(second) / len(second)
    return None if gap >= margin else (0, 0)


def same_numbers(first, second, margin):
    pairs = [(n, n) for n in range(min(len(first), len(second)))]
    worst = min(pairs, key=lambda pair: first[pair[0]] - second[pair[1]])
    return worst if first[worst[0]] - second[worst[1]] < margin else None


def _worst(first, second):
    return first.index(min(first)), second.index(max(second))


def no_room(first, second, margin):
    i, j = _worst(first, second)
    return (i, j) if first[i] - second[j] <= margin else None


def the_scores(first, second, margin):
    i, j = _worst(first, second)
    return (first[i], second[j]) if first[i] - second[j] < margin else None


def second_first(first, second, margin):
    i, j = _worst(first, second)
    return (j, i) if first[i] - second[j] < margin else None


def straight(x, first, second):
    gaps = [b - a for a, b in zip(first, second, strict=True)]
    for place in range(1, len(x)):
        if gaps[place - 1] < 0 <= gaps[place]:
            share = gaps[place - 1] / (gaps[place - 1] - gaps[place])
            return x[place - 1] + share * (x[place] - x[place - 1])
    return None


def first_after(x, first, second):
    gaps = [b - a for a, b in zip(first, second, strict=True)]
    for place in range(1, len(x)):
        if gaps[place - 1] < 0 <= gaps[place]:
            return x[place]
    return None


def last_before(x, first, second):
    gaps = [b - a for a, b in zip(first, second, strict=True)]
    for place in range(1, len(x)):
        if gaps[place - 1] < 0 <= gaps[place]:
            return x[place - 1]
    return None


def either_way(x, first, second):
    gaps = [b - a for a, b in zip(first, second, strict=True)]
    for place in range(1, len(x)):
        before, after = gaps[place - 1], gaps[place]
        if before * after <= 0:
            return x[place - 1] * (x[place] / x[place - 1]) ** (before / (before - after))
    return None


def still_a_log(x, first, second):
    logs = [math.log(n) for n in x]
    return straight(logs, first, second)


def _line(x, y):
    across, up = sum(x) / len(x), sum(y) / len(y)
    top = sum((a - across) * (b - up) for a, b in zip(x, y, strict=True))
    return top / sum((a - across) ** 2 for a in x)


def no_logs(x, y):
    return _line(x, y)


def half_log(x, y):
    return _line(x, [math.log(b) for b in y])


def other_way(x, y):
    return _line([math.log(b) for b in y], [math.log(a) for a in x])


def end_to_end(x, y):
    return math.log(y[-1] / y[0]) / math.log(x[-1] / x[0])


def through_zero(x, y):
    u, v = [math.log(a) for a in x], [math.log(b) for b in y]
    return sum(a * b for a, b in zip(u, v, strict=True)) / sum(a * a for a in u)


WRONG = [
    Wrong("12.1", upside_down, "upside down"),
    Wrong("12.1", same_steps, "all have the same steps"),
    Wrong("12.1", rounded, "rounded to the nearest"),
    Wrong("12.1", broken_steps, "a step is whole"),
    Wrong("12.1", seconds, "these are seconds"),
    Wrong("12.1", floor_without_care, "add a hair"),
    Wrong("12.1", no_dictionary, "wanted a dictionary"),
    Wrong("12.2", least_above, "the one below it may be nearer"),
    Wrong("12.2", greatest_within, "the one above it may be nearer"),
    Wrong("12.2", any_width, "no multiple of"),
    Wrong("12.2", in_proportion, "grows with its square"),
    Wrong("12.2", the_parameters, "the width was asked for"),
    Wrong("12.3", losses, "the second is ahead"),
    Wrong("12.3", sentence_by_sentence, "sentence by sentence"),
    Wrong("12.3", against_the_whole, "on all sentences each time"),
    Wrong("12.3", not_paired, "different samples"),
    Wrong("12.3", gap, "mean difference"),
    Wrong("12.3", number_of_wins, "number of samples"),
    Wrong("12.3", ties_win, "a tie is no win"),
    Wrong("12.4", own_intervals, "own intervals overlap"),
    Wrong("12.4", every_difference, "however small"),
    Wrong("12.4", more_than_half, "however small"),
    Wrong("12.4", worse_first, "comes first in a pair"),
    Wrong("12.4", every_pair, "too many"),
    Wrong("12.5", of_means, "the claim is about seeds"),
    Wrong("12.5", same_numbers, "seeds of the same number"),
    Wrong("12.5", no_room, "exactly the margin"),
    Wrong("12.5", the_scores, "these are the two scores"),
    Wrong("12.5", second_first, "seed comes first"),
    Wrong("12.6", straight, "draw it over log x"),
    Wrong("12.6", first_after, "first measurement after"),
    Wrong("12.6", last_before, "last measurement before"),
    Wrong("12.6", either_way, "never overtakes"),
    Wrong("12.6", still_a_log, "go back with exp"),
    Wrong("12.7", no_logs, "logarithm of both"),
    Wrong("12.7", half_log, "logarithm of x is missing"),
    Wrong("12.7", other_way, "other way round"),
    Wrong("12.7", end_to_end, "from the first to the last"),
    Wrong("12.7", through_zero, "forced through 0"),
]
