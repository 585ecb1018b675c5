"""Plausible wrong answers to the exercises of chapter 10, and what their checks must say."""

import torch

from tests.wrong_answers import Wrong


def not_centred(vectors, code):
    return torch.linalg.svdvals(vectors)[code:].square().sum() / len(vectors)


def kept_instead(vectors, code):
    return torch.linalg.svdvals(vectors - vectors.mean(0))[:code].square().sum() / len(vectors)


def unsquared(vectors, code):
    return torch.linalg.svdvals(vectors - vectors.mean(0))[code:].sum() / len(vectors)


def summed(vectors, code):
    return torch.linalg.svdvals(vectors - vectors.mean(0))[code:].square().sum()


def _cosines(first, second):
    bases = torch.linalg.qr(first)[0], torch.linalg.qr(second)[0]
    return torch.linalg.svdvals(bases[0].T @ bases[1])


def smallest_angle(first, second):
    return _cosines(first, second).max().clamp(max=1).acos().rad2deg()


def in_radians(first, second):
    return _cosines(first, second).min().clamp(max=1).acos()


def not_orthonormal(first, second):
    return torch.linalg.svdvals(first.T @ second).min().clamp(max=1).acos().rad2deg()


def all_angles(first, second):
    return _cosines(first, second).clamp(max=1).acos().rad2deg()


def keeps_the_damage(model, clean, corrupt):
    noised = corrupt(clean)
    return (model(noised) - noised).square().sum(1).mean()


def plain_autoencoder(model, clean, corrupt):
    return (model(clean) - clean).square().sum(1).mean()


def changed_places(model, clean, corrupt):
    return (model(clean) - corrupt(clean)).square().sum(1).mean()


def mean_of_entries(model, clean, corrupt):
    return (model(corrupt(clean)) - clean).square().mean()


def linear_code(vectors, W, b, c):
    return (vectors @ W.T + b) @ W + c


def bent_output(vectors, W, b, c):
    return torch.tanh(torch.tanh(vectors @ W.T + b) @ W + c)


def no_way_back(vectors, W, b, c):
    return torch.tanh(vectors @ W.T + b)


def half_detached(vectors, W, b, c):
    return torch.tanh(vectors @ W.T + b) @ W.detach() + c


def variance_for_deviation(mean, log_variance, noise):
    return mean + log_variance.exp() * noise


def no_draw(mean, log_variance, noise):
    return mean


def detached(mean, log_variance, noise):
    return (mean + (log_variance / 2).exp() * noise).detach()


def mean_detached(mean, log_variance, noise):
    return mean.detach() + (log_variance / 2).exp() * noise


def _logs(z, mean, log_variance):
    own = -((z - mean).square() / log_variance.exp() + log_variance).sum(-1) / 2
    return own, -z.square().sum(-1) / 2


def sign_turned(mean, log_variance, noise):
    own, prior = _logs(mean + (log_variance / 2).exp() * noise, mean, log_variance)
    return (prior - own).mean()


def drawn_from_prior(mean, log_variance, noise):
    own, prior = _logs(noise, mean, log_variance)
    return (own - prior).mean()


def axes_averaged(mean, log_variance, noise):
    own, prior = _logs(mean + (log_variance / 2).exp() * noise, mean, log_variance)
    return (own - prior).mean() / len(mean)


def closed_form(mean, log_variance, noise):
    return (mean.square() + log_variance.exp() - log_variance - 1).sum() / 2


def never_level(step, steps, share, highest):
    return highest * step / (share * steps)


def over_all_steps(step, steps, share, highest):
    return highest * step / steps


def ends_at_one(step, steps, share, highest):
    return min(1.0, step / (share * steps))


def divides_by_zero(step, steps, share, highest):
    return highest * min(1.0, step / (share * steps))


def takes_everything(translator, copier):
    return {name: tensor.clone() for name, tensor in copier.items()}


def any_embedding(translator, copier):
    taken = {n: t.clone() for n, t in copier.items() if "embedding" in n or "reader" in n}
    return {**translator, **taken}


def reader_alone(translator, copier):
    return {**translator, **{n: t.clone() for n, t in copier.items() if n.startswith("reader")}}


def shared_tensors(translator, copier):
    taken = {n: t for n, t in copier.items() if n.startswith(("embedding.", "reader."))}
    return {**translator, **taken}


WRONG = [
    Wrong("10.1", not_centred, "mean is not taken away"),
    Wrong("10.1", kept_instead, "the rest"),
    Wrong("10.1", unsquared, "not squared"),
    Wrong("10.1", summed, "sum over all vectors"),
    Wrong("10.2", smallest_angle, "smallest of the angles"),
    Wrong("10.2", in_radians, "radians"),
    Wrong("10.2", not_orthonormal, "not made orthonormal"),
    Wrong("10.2", all_angles, "all the angles"),
    Wrong("10.3", keeps_the_damage, "keeping the damage"),
    Wrong("10.3", plain_autoencoder, "plain autoencoder"),
    Wrong("10.3", changed_places, "changed places"),
    Wrong("10.3", mean_of_entries, "mean over the entries"),
    Wrong("10.4", linear_code, "no tanh on the way in"),
    Wrong("10.4", bent_output, "output is linear"),
    Wrong("10.4", no_way_back, "the way back is missing"),
    Wrong("10.4", half_detached, "one of its two ways"),
    Wrong("10.5", variance_for_deviation, "is the variance"),
    Wrong("10.5", no_draw, "nothing is drawn"),
    Wrong("10.5", detached, "no gradient comes back"),
    Wrong("10.5", mean_detached, "no gradient reaches the mean"),
    Wrong("10.6", sign_turned, "sign is turned"),
    Wrong("10.6", drawn_from_prior, "must come from N(μ, σ²)"),
    Wrong("10.6", axes_averaged, "add up"),
    Wrong("10.6", closed_form, "this is the formula"),
    Wrong("10.7", never_level, "goes on rising"),
    Wrong("10.7", over_all_steps, "takes all steps"),
    Wrong("10.7", ends_at_one, "ends at 1"),
    Wrong("10.7", divides_by_zero, "divides by 0"),
    Wrong("10.8", takes_everything, "writes English"),
    Wrong("10.8", any_embedding, "decoder's own table"),
    Wrong("10.8", reader_alone, "without its table"),
    Wrong("10.8", shared_tensors, "clone"),
]
