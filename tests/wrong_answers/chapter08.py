"""Plausible wrong answers to the exercises of chapter 08, and what their checks must say."""

import math

import torch

from tests.wrong_answers import Wrong

END = "<eos>"


def _places(totals, width, vocabulary):
    top, places = totals.flatten().topk(width)
    return places // vocabulary, places % vocabulary, top


def beginnings_ignored(scores, following, width):
    return _places(following, width, following.shape[1])


def best_of_each(scores, following, width):
    top, words = (scores[:, None] + following).max(dim=1)
    return torch.arange(len(scores)), words, top


def probabilities_added(scores, following, width):
    return _places(scores[:, None] + following.exp(), width, following.shape[1])


def rows_and_words_exchanged(scores, following, width):
    rows, words, top = _places(scores[:, None] + following, width, following.shape[1])
    return words, rows, top


def divided_by_width(scores, following, width):
    return _places(scores[:, None] + following, width, width)


def _beam(following, width, limit, *, first=False, end=True, last=False, exp=False):
    going, finished = [((), 0.0)], []
    for step in range(limit + 1):
        ahead = [
            (words, word, score + (math.log(share) if end or word != END else 0.0))
            for words, score in going
            for word, share in following(words).items()
            if word == END or step < limit
        ]
        ahead = sorted(ahead, key=lambda one: -one[2])[:width]
        ended = [(words, score) for words, word, score in ahead if word == END]
        finished = ended if last and ended else finished + ended
        going = [((*words, word), score) for words, word, score in ahead if word != END]
        if first and finished:
            break
    words, score = max(finished, key=lambda one: one[1])
    return words, math.exp(score) if exp else score


def stops_at_first(following, width, limit):
    return _beam(following, width, limit, first=True)


def end_for_nothing(following, width, limit):
    return _beam(following, width, limit, end=False)


def forgets_early_ends(following, width, limit):
    return _beam(following, width, limit, last=True)


def always_greedy(following, width, limit):
    return _beam(following, 1, limit)


def gives_probability(following, width, limit):
    return _beam(following, width, limit, exp=True)


def says_end(following, width, limit):
    words, score = _beam(following, width, limit)
    return (*words, END), score


def by_length(score, length, alpha):
    return score / length**alpha


def multiplied(score, length, alpha):
    return score * ((5 + length) / 6) ** alpha


def as_factor(score, length, alpha):
    return score / (alpha * (5 + length) / 6 or 1)


def six_missing(score, length, alpha):
    return score / (5 + length) ** alpha


def at_first_end(finished, going):
    return bool(finished)


def when_nothing_goes(finished, going):
    return not going


def last_against_first(finished, going):
    return bool(finished) and (not going or finished[-1] >= going[0])


def first_of_going(finished, going):
    return bool(finished) and (not going or max(finished) >= going[0])


def crossing_left_out(probabilities, p):
    ordered, places = probabilities.sort(descending=True)
    stay = ordered.cumsum(0) <= p
    kept = torch.zeros_like(probabilities)
    kept[places[stay]] = ordered[stay]
    return kept / kept.sum()


def not_renewed(probabilities, p):
    ordered, places = probabilities.sort(descending=True)
    stay = ordered.cumsum(0) - ordered < p
    kept = torch.zeros_like(probabilities)
    kept[places[stay]] = ordered[stay]
    return kept


def unlikely_first(probabilities, p):
    ordered, places = probabilities.sort()
    stay = ordered.cumsum(0) - ordered < p
    kept = torch.zeros_like(probabilities)
    kept[places[stay]] = ordered[stay]
    return kept / kept.sum()


def left_sorted(probabilities, p):
    ordered, _ = probabilities.sort(descending=True)
    kept = torch.where(ordered.cumsum(0) - ordered < p, ordered, 0.0)
    return kept / kept.sum()


def one_too_many(probabilities, p):
    ordered, places = probabilities.sort(descending=True)
    stay = ordered.cumsum(0) - ordered < p
    stay[min(int(stay.sum()), len(stay) - 1)] = True
    kept = torch.zeros_like(probabilities)
    kept[places[stay]] = ordered[stay]
    return kept / kept.sum()


def hot_for_cold(logits, temperature):
    return (logits * temperature).softmax(0)


def probabilities_divided(logits, temperature):
    return logits.softmax(0) / temperature


def overflows(logits, temperature):
    raised = torch.exp(logits / temperature)
    return raised / raised.sum()


def zero_forgotten(logits, temperature):
    return (logits / temperature).softmax(0)


def least_agreed(samples, utility):
    return min(samples, key=lambda found: sum(utility(found, wanted) for wanted in samples))


def arguments_exchanged(samples, utility):
    return max(samples, key=lambda found: sum(utility(wanted, found) for wanted in samples))


def once_each(samples, utility):
    unique = sorted(set(samples), key=samples.index)
    return max(unique, key=lambda found: sum(utility(found, wanted) for wanted in unique))


def place_of_best(samples, utility):
    sums = [sum(utility(found, wanted) for wanted in samples) for found in samples]
    return sums.index(max(sums))


def commonest(samples, utility):
    return max(samples, key=samples.count)


def rounded_up(score):
    return math.ceil(1 / math.exp(score))


def minus_score(score):
    return math.floor(-score)


def one_narrower(score):
    return math.floor(1 / math.exp(score)) - 1


def not_whole(score):
    return 1 / math.exp(score)


WRONG = [
    Wrong("08.1", beginnings_ignored, "are not added"),
    Wrong("08.1", best_of_each, "best continuation of each beginning"),
    Wrong("08.1", probabilities_added, "probabilities are added"),
    Wrong("08.1", rows_and_words_exchanged, "changed places"),
    Wrong("08.1", divided_by_width, "as many places as the vocabulary"),
    Wrong("08.2", stops_at_first, "first sentence that is finished"),
    Wrong("08.2", end_for_nothing, "the probability of <eos>"),
    Wrong("08.2", forgets_early_ends, "finished earlier is forgotten"),
    Wrong("08.2", always_greedy, "is `width` used"),
    Wrong("08.2", gives_probability, "its logarithm is wanted"),
    Wrong("08.2", says_end, "the words end in <eos>"),
    Wrong("08.3", by_length, "by the length itself"),
    Wrong("08.3", multiplied, "the penalty multiplies"),
    Wrong("08.3", as_factor, "an exponent, not a factor"),
    Wrong("08.3", six_missing, "the 6 below is missing"),
    Wrong("08.4", at_first_end, "a beginning is still likelier"),
    Wrong("08.4", when_nothing_goes, "wait no longer"),
    Wrong("08.4", last_against_first, "not the last"),
    Wrong("08.4", first_of_going, "not the first"),
    Wrong("08.5", crossing_left_out, "crosses p is left out"),
    Wrong("08.5", not_renewed, "does not sum to 1"),
    Wrong("08.5", unlikely_first, "unlikely tokens are taken first"),
    Wrong("08.5", left_sorted, "come sorted"),
    Wrong("08.5", one_too_many, "one token too many"),
    Wrong("08.6", hot_for_cold, "multiplied by the temperature"),
    Wrong("08.6", probabilities_divided, "probabilities are divided"),
    Wrong("08.6", overflows, "exp overflows"),
    Wrong("08.6", zero_forgotten, "NaN at temperature 0:"),
    Wrong("08.7", least_agreed, "agrees least"),
    Wrong("08.7", arguments_exchanged, "changed places"),
    Wrong("08.7", once_each, "counts once here"),
    Wrong("08.7", place_of_best, "is it its place"),
    Wrong("08.7", commonest, "drawn most often"),
    Wrong("08.8", rounded_up, "rounded up"),
    Wrong("08.8", minus_score, "minus the log-probability"),
    Wrong("08.8", one_narrower, "one too few"),
    Wrong("08.8", not_whole, "a whole number"),
]
