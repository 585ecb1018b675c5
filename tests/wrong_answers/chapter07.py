"""Plausible wrong answers to the exercises of chapter 07, and what their checks must say."""

import math

import torch

from seq2seq_lib.vocabulary import BOS, EOS, PAD
from tests.wrong_answers import Wrong


def _start(targets):
    return torch.full_like(targets[:, :1], BOS)


def not_shifted(targets):
    return targets


def shifted_left(targets):
    return torch.cat([targets[:, 1:], torch.full_like(targets[:, :1], PAD)], dim=1)


def rolled(targets):
    return targets.roll(1, dims=1)


def one_too_many(targets):
    return torch.cat([_start(targets), targets], dim=1)


def end_is_fed(targets):
    return torch.cat([_start(targets), targets[:, :-1]], dim=1)


def begins_with_end(targets):
    shifted = torch.cat([_start(targets), targets[:, :-1]], dim=1)
    shifted = shifted.masked_fill(shifted == EOS, PAD)
    return shifted.masked_fill(shifted == BOS, EOS)


def shifted_in_place(targets):
    targets[:, 1:] = targets[:, :-1].clone()
    targets[:, 0] = BOS
    return targets.masked_fill(targets == EOS, PAD)


def _teacher(schedule, step, steps, k):
    if schedule == "linear":
        return 1 - step / steps
    return k**step if schedule == "exponential" else k / (k + math.exp(step / k))


def own_share(schedule, step, steps, k):
    return 1 - _teacher(schedule, step, steps, k)


def whole_division(schedule, step, steps, k):
    return 1 - step // steps if schedule == "linear" else _teacher(schedule, step, steps, k)


def rate_not_base(schedule, step, steps, k):
    return math.exp(-k * step) if schedule == "exponential" else _teacher(schedule, step, steps, k)


def share_of_steps(schedule, step, steps, k):
    return k ** (step / steps) if schedule == "exponential" else _teacher(schedule, step, steps, k)


def plain_sigmoid(schedule, step, steps, k):
    if schedule == "inverse sigmoid":
        return 1 / (1 + math.exp(step / k))
    return _teacher(schedule, step, steps, k)


def no_numerator(schedule, step, steps, k):
    if schedule == "inverse sigmoid":
        return 1 / (k + math.exp(step / k))
    return _teacher(schedule, step, steps, k)


def _run(model, source, mask, steps, *, carry=True, feed=True, stop=True, start=False, all_=False):
    memory, state = model.encode(source, mask)
    word = torch.full((len(source), 1), BOS)
    ended, said = torch.zeros_like(word, dtype=torch.bool), [word] if start else []
    while len(said) < steps:
        decoded = model.decode(word, state, memory)
        state = decoded.state if carry else state
        new = decoded.logits[:, -1:].argmax(dim=-1)
        new = new.masked_fill(ended, PAD) if stop else new
        said.append(new)
        ended = ended | (new == EOS)
        ended = ended.any().expand_as(ended) if all_ else ended
        word = new if feed else word
    return torch.cat(said, dim=1)


def never_ends(model, source, mask, steps):
    return _run(model, source, mask, steps, stop=False)


def forgets_state(model, source, mask, steps):
    return _run(model, source, mask, steps, carry=False)


def repeats_start(model, source, mask, steps):
    return _run(model, source, mask, steps, feed=False)


def first_ends_all(model, source, mask, steps):
    return _run(model, source, mask, steps, all_=True)


def with_start(model, source, mask, steps):
    return _run(model, source, mask, steps, start=True)


def _after(model, batch, column, words, *, first, places=None, copy=True):
    inputs = batch.inputs.clone() if copy else batch.inputs
    if column is not None:
        inputs[:, column] = words
    memory, state = model.encode(batch.source, batch.source_mask)
    said = model.decode(inputs, state, memory).logits.argmax(dim=-1)
    right = (said == batch.targets) & batch.target_mask
    places = batch.target_mask if places is None else places
    return (right.sum(0) / places.sum(0))[first:]


def one_early(model, batch, step, words):
    return _after(model, batch, step, words, first=step + 1)


def undisturbed(model, batch, step, words):
    return _after(model, batch, None, words, first=step + 1)


def padding_counted(model, batch, step, words):
    places = torch.ones_like(batch.target_mask)
    return _after(model, batch, step + 1, words, first=step + 1, places=places)


def all_places(model, batch, step, words):
    return _after(model, batch, step + 1, words, first=0)


def changed_in_place(model, batch, step, words):
    return _after(model, batch, step + 1, words, first=step + 1, copy=False)


def _moved(inputs, said):
    return torch.cat([inputs[:, :1], said[:, :-1]], dim=1)


def mask_inverted(inputs, said, teacher):
    return torch.where(teacher, _moved(inputs, said), inputs)


def own_at_once(inputs, said, teacher):
    return torch.where(teacher, inputs, said)


def start_overwritten(inputs, said, teacher):
    return torch.where(teacher, inputs, said.roll(1, dims=1))


def start_kept_own_at_once(inputs, said, teacher):
    fed = torch.where(teacher, inputs, said)
    fed[:, 0] = BOS
    return fed


def coin_a_sentence(inputs, said, teacher):
    return torch.where(teacher[:, 1:2], inputs, _moved(inputs, said))


def _parts(logits, targets):
    log = logits.log_softmax(dim=-1)
    return log, log.gather(2, targets[..., None])[..., 0]


def others_alone(logits, targets, mask, smoothing):
    log, right = _parts(logits, targets)
    others = (log.sum(-1) - right) / (logits.shape[-1] - 1)
    return (-(1 - smoothing) * right - smoothing * others)[mask].mean()


def nothing_taken(logits, targets, mask, smoothing):
    log, right = _parts(logits, targets)
    return (-right - smoothing * log.mean(-1))[mask].mean()


def not_divided(logits, targets, mask, smoothing):
    log, right = _parts(logits, targets)
    return (-(1 - smoothing) * right - smoothing * log.sum(-1))[mask].mean()


def padding_in_mean(logits, targets, mask, smoothing):
    log, right = _parts(logits, targets)
    return (-(1 - smoothing) * right - smoothing * log.mean(-1)).mean()


def not_smoothed(logits, targets, mask, smoothing):
    return -_parts(logits, targets)[1][mask].mean()


def wrong_sign(logits, targets, mask, smoothing):
    log, right = _parts(logits, targets)
    return ((1 - smoothing) * right + smoothing * log.mean(-1))[mask].mean()


def _nats(first, then):
    said = int(first.argmax())
    forced = free = 0.0
    for a in range(len(first)):
        for b in range(len(first)):
            share = float(first[a] * then[a, b])
            if share > 0:
                forced -= share * float(first[a].log() + then[a, b].log()) / 2
                free -= share * float(first[a].log() + then[said, b].log()) / 2
    return forced, free


def exchanged(first, then):
    forced, free = _nats(first, then)
    return math.exp(free), math.exp(forced)


def surprise(first, then):
    return _nats(first, then)


def a_sentence(first, then):
    forced, free = _nats(first, then)
    return math.exp(2 * forced), math.exp(2 * free)


def own_words(first, then):
    said = int(first.argmax())
    free = -float(first[said].log() + then[said].max().log()) / 2
    return math.exp(_nats(first, then)[0]), math.exp(free)


def mean_of_perplexities(first, then):
    said = int(first.argmax())
    each = (first[:, None] * then[said][None]) ** -0.5
    return math.exp(_nats(first, then)[0]), float((first[:, None] * then * each).sum())


WRONG = [
    Wrong("07.1", not_shifted, "the very word that it should say"),
    Wrong("07.1", shifted_left, "the wrong way"),
    Wrong("07.1", rolled, "round in a circle"),
    Wrong("07.1", one_too_many, "nothing was left out"),
    Wrong("07.1", end_is_fed, "`<eos>` is fed"),
    Wrong("07.1", begins_with_end, "begins with `<bos>`"),
    Wrong("07.1", shifted_in_place, "changes its argument"),
    Wrong("07.2", own_share, "wanted the teacher's"),
    Wrong("07.2", whole_division, "integer division"),
    Wrong("07.2", rate_not_base, "the base, not the rate"),
    Wrong("07.2", share_of_steps, "counts by itself"),
    Wrong("07.2", plain_sigmoid, "a plain sigmoid"),
    Wrong("07.2", no_numerator, "in the numerator"),
    Wrong("07.3", never_ends, "said after `<eos>`"),
    Wrong("07.3", forgets_state, "state is not carried"),
    Wrong("07.3", repeats_start, "fed at every step"),
    Wrong("07.3", first_ends_all, "each has its own end"),
    Wrong("07.3", with_start, "given, not said"),
    Wrong("07.4", one_early, "said at `step` and fed at"),
    Wrong("07.4", undisturbed, "nothing was disturbed"),
    Wrong("07.4", padding_counted, "padding is counted"),
    Wrong("07.4", all_places, "before the error"),
    Wrong("07.4", changed_in_place, "changes its argument"),
    Wrong("07.5", mask_inverted, "turned round"),
    Wrong("07.5", own_at_once, "the words said move one place"),
    Wrong("07.5", start_overwritten, "nothing has been said yet"),
    Wrong("07.5", start_kept_own_at_once, "fed at the *next* one"),
    Wrong("07.5", coin_a_sentence, "one coin for the whole sentence"),
    Wrong("07.6", others_alone, "the *other* words alone"),
    Wrong("07.6", nothing_taken, "takes nothing from the right word"),
    Wrong("07.6", not_divided, "the whole share"),
    Wrong("07.6", padding_in_mean, "padding is in the mean"),
    Wrong("07.6", not_smoothed, "no smoothing"),
    Wrong("07.6", wrong_sign, "the sign"),
    Wrong("07.7", exchanged, "the order is"),
    Wrong("07.7", surprise, "is its exponential"),
    Wrong("07.7", a_sentence, "per sentence, not per word"),
    Wrong("07.7", own_words, "over the model's own words"),
    Wrong("07.7", mean_of_perplexities, "the mean of the perplexities"),
]
