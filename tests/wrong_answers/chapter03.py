"""Plausible wrong answers to the exercises of chapter 03, and what their checks must say."""

import math

import torch

from tests.wrong_answers import Wrong


def no_tanh(inputs, state, W, U, b):
    return inputs @ W.T + state @ U.T + b


def untransposed(inputs, state, W, U, b):
    return torch.tanh(inputs @ W + state @ U + b)


def matrices_exchanged(inputs, state, W, U, b):
    return torch.tanh(inputs @ U.T + state @ W.T + b)


def state_unread(inputs, state, W, U, b):
    return torch.tanh(inputs @ W.T + b)


def state_added(inputs, state, W, U, b):
    return state + torch.tanh(inputs @ W.T + state @ U.T + b)


def _back(inputs, states, errors, U, *, carry=True, slope=True, turned=False, late=0):
    of_W, of_U = torch.zeros(len(U), inputs.shape[1]), torch.zeros_like(U)
    of_b, later = torch.zeros(len(U)), torch.zeros(len(U))
    for t in reversed(range(len(inputs))):
        blame = errors[t] + later * carry
        if slope:
            blame = blame * (1 - states[t + 1] ** 2)
        of_W, of_b = of_W + torch.outer(blame, inputs[t]), of_b + blame
        of_U = of_U + torch.outer(blame, states[t + late])
        later = (U if turned else U.T) @ blame
    return of_W, of_U, of_b


def own_error_only(inputs, states, errors, U):
    return _back(inputs, states, errors, U, carry=False)


def slope_forgotten(inputs, states, errors, U):
    return _back(inputs, states, errors, U, slope=False)


def back_through_U(inputs, states, errors, U):
    return _back(inputs, states, errors, U, turned=True)


def state_after(inputs, states, errors, U):
    return _back(inputs, states, errors, U, late=1)


def last_step_alone(inputs, states, errors, U):
    blame = errors[-1] * (1 - states[-1] ** 2)
    return torch.outer(blame, inputs[-1]), torch.outer(blame, states[-2]), blame


def each_by_its_own(gradients, limit):
    return [g * (limit / g.norm().clamp(min=1e-9)).clamp(max=1) for g in gradients]


def by_value(gradients, limit):
    return [g.clamp(-limit, limit) for g in gradients]


def always_scaled(gradients, limit):
    norm = math.sqrt(sum(g.square().sum().item() for g in gradients)) + 1e-9
    return [g * limit / norm for g in gradients]


def norms_summed(gradients, limit):
    norm = sum(g.norm() for g in gradients)
    return [g * (limit / norm).clamp(max=1) for g in gradients]


def root_forgotten(gradients, limit):
    norm = sum(g.square().sum() for g in gradients)
    return [g * (limit / norm).clamp(max=1) for g in gradients]


def _halving(radius):
    return math.log(0.5) / math.log(radius) if radius < 1 else math.inf


def by_singular_value(U):
    return _halving(torch.linalg.svdvals(U).max().item())


def by_real_part(U):
    return _halving(torch.linalg.eigvals(U).real.max().item())


def natural_life(U):
    radius = torch.linalg.eigvals(U).abs().max().item()
    return -1 / math.log(radius) if radius < 1 else math.inf


def negative_life(U):
    radius = torch.linalg.eigvals(U).abs().max().item()
    return math.log(2) / math.log(radius) if radius < 1 else math.inf


def never_infinite(U):
    return math.log(0.5) / min(math.log(torch.linalg.eigvals(U).abs().max().item()), -1e-12)


def _chunks(step, inputs, state, chunk, *, between=True, always=False, reset=False, kept="sum"):
    first, totals = state, []
    for piece in inputs.split(chunk):
        losses = []
        for word in piece:
            loss, state = step(word, state.detach() if always else state)
            losses.append(loss)
        totals.append(losses[-1] if kept == "last" else torch.stack(losses).sum())
        state = state.detach() if between else state
        state = first if reset else state
    return totals


def never_detached(step, inputs, state, chunk):
    return _chunks(step, inputs, state, chunk, between=False)


def always_detached(step, inputs, state, chunk):
    return _chunks(step, inputs, state, chunk, always=True)


def state_reset(step, inputs, state, chunk):
    return _chunks(step, inputs, state, chunk, reset=True)


def last_loss(step, inputs, state, chunk):
    return _chunks(step, inputs, state, chunk, kept="last")


def one_loss_a_step(step, inputs, state, chunk):
    return _chunks(step, inputs, state, 1)


def as_numbers(step, inputs, state, chunk):
    return [loss.detach() for loss in _chunks(step, inputs, state, chunk)]


def likeliest(logits, temperature, generator):
    return (logits / temperature).argmax(-1)


def multiplied(logits, temperature, generator):
    return torch.multinomial((logits * temperature).softmax(-1), 1, generator=generator)[:, 0]


def after_softmax(logits, temperature, generator):
    shares = logits.softmax(-1) / temperature
    shares = shares / shares.sum(-1, keepdim=True)
    return torch.multinomial(shares, 1, generator=generator)[:, 0]


def another_generator(logits, temperature, generator):
    return torch.multinomial((logits / temperature).softmax(-1), 1)[:, 0]


def column_left(logits, temperature, generator):
    return torch.multinomial((logits / temperature).softmax(-1), 1, generator=generator)


def _line(width, U):
    places = torch.eye(width)
    return places[:, :1], U, places[-1:]


def shifted_back(width):
    return _line(width, torch.diag(torch.ones(width - 1), 1))


def in_a_ring(width):
    return _line(width, torch.eye(width).roll(1, 0))


def keeps_a_copy(width):
    return _line(width, torch.eye(width) + torch.diag(torch.ones(width - 1), -1))


def read_too_early(width):
    W, U, V = _line(width, torch.diag(torch.ones(width - 1), -1))
    return W, U, V.roll(-1, 1)


WRONG = [
    Wrong("03.1", no_tanh, "no tanh"),
    Wrong("03.1", untransposed, "must be transposed"),
    Wrong("03.1", matrices_exchanged, "changed places"),
    Wrong("03.1", state_unread, "state is not read"),
    Wrong("03.1", state_added, "added after the tanh"),
    Wrong("03.2", own_error_only, "nothing flows back in time"),
    Wrong("03.2", slope_forgotten, "derivative of tanh is missing"),
    Wrong("03.2", back_through_U, "must be Uᵀ"),
    Wrong("03.2", state_after, "state *before* it"),
    Wrong("03.2", last_step_alone, "last step's share alone"),
    Wrong("03.3", each_by_its_own, "by its own norm"),
    Wrong("03.3", by_value, "one by one"),
    Wrong("03.3", always_scaled, "blown up"),
    Wrong("03.3", norms_summed, "not the sum of the tensors' norms"),
    Wrong("03.3", root_forgotten, "root is missing"),
    Wrong("03.4", by_singular_value, "largest singular value"),
    Wrong("03.4", by_real_part, "not their real part"),
    Wrong("03.4", natural_life, "1/e"),
    Wrong("03.4", negative_life, "sign is wrong"),
    Wrong("03.4", never_infinite, "expected infinity"),
    Wrong("03.5", never_detached, "reaches into the chunks before it"),
    Wrong("03.5", always_detached, "at every step"),
    Wrong("03.5", state_reset, "starts from the first state"),
    Wrong("03.5", last_loss, "last step alone"),
    Wrong("03.5", one_loss_a_step, "one loss for every step"),
    Wrong("03.5", as_numbers, "without a gradient"),
    Wrong("03.6", likeliest, "always chosen"),
    Wrong("03.6", multiplied, "divide them"),
    Wrong("03.6", after_softmax, "no effect"),
    Wrong("03.6", another_generator, "generator is not used"),
    Wrong("03.6", column_left, "size 1 too many"),
    Wrong("03.7", shifted_back, "other direction"),
    Wrong("03.7", in_a_ring, "again every"),
    Wrong("03.7", keeps_a_copy, "keeps nothing"),
    Wrong("03.7", read_too_early, "steps later"),
]
