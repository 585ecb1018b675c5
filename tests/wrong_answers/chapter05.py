"""Plausible wrong answers to the exercises of chapter 05, and what their checks must say."""

import math
import unicodedata
from collections import Counter

import torch

from tests.wrong_answers import Wrong

END = "·"


def _merged(parts, pair):
    joined = []
    for part in parts:
        if joined and (joined[-1], part) == pair:
            joined[-1] += part
        else:
            joined.append(part)
    return joined


def _cut(parts, merges, choose):
    rank = {pair: number for number, pair in enumerate(merges)}
    while fitting := rank.keys() & set(zip(parts, parts[1:], strict=False)):
        parts = _merged(parts, choose(fitting, key=rank.get))
    return parts


def no_end(words, merges):
    return [part for word in words for part in _cut([*word], merges, min)]


def latest_first(words, merges):
    return [part for word in words for part in _cut([*word, END], merges, max)]


def list_of_lists(words, merges):
    return [_cut([*word, END], merges, min) for word in words]


def longest_match(words, merges):
    known, pieces = {"".join(pair) for pair in merges}, []
    for word in words:
        left = word + END
        while left:
            size = max((n for n in range(2, len(left) + 1) if left[:n] in known), default=1)
            pieces.append(left[:size])
            left = left[size:]
    return pieces


def first_place_only(words, merges):
    pieces = []
    for word in words:
        parts = [*word, END]
        for a, b in merges:
            for i in range(len(parts) - 1):
                if parts[i] == a and parts[i + 1] == b:
                    parts[i : i + 2] = [a + b]
                    break
        pieces += parts
    return pieces


def merges_twice_over(words, merges):
    return [part for word in words for part in _cut([*word, END], merges[:-1], min)]


def _fill(rows, fill=0):
    longest = max(map(len, rows))
    return torch.tensor([row + [fill] * (longest - len(row)) for row in rows])


def _mask(rows):
    return _fill([[1] * len(row) for row in rows]).bool()


def _collated(pairs):
    source = [[*s, 3] for s, _ in pairs]
    inputs, targets = [[2, *t] for _, t in pairs], [[*t, 3] for _, t in pairs]
    return _fill(source), _mask(source), _fill(inputs), _fill(targets), _mask(targets)


def mask_from_numbers(pairs):
    source, _, inputs, targets, _ = _collated(pairs)
    return source, source != 0, inputs, targets, targets != 0


def source_without_end(pairs):
    source = [s for s, _ in pairs]
    return _fill(source), _mask(source), *_collated(pairs)[2:]


def not_shifted(pairs):
    source, source_mask, inputs, _, target_mask = _collated(pairs)
    return source, source_mask, inputs, inputs, target_mask


def both_ends(pairs):
    source, source_mask, *_ = _collated(pairs)
    rows = [[2, *t, 3] for _, t in pairs]
    return source, source_mask, _fill(rows), _fill(rows), _mask(rows)


def end_is_hidden(pairs):
    source, source_mask, inputs, targets, target_mask = _collated(pairs)
    return source, source_mask, inputs, targets, target_mask & (targets != 3)


def mask_of_ones(pairs):
    source, source_mask, inputs, targets, target_mask = _collated(pairs)
    return source, source_mask.long(), inputs, targets, target_mask.long()


def _surprise(logits, targets):
    return -logits.log_softmax(-1).gather(-1, targets[..., None])[..., 0]


def over_all_cells(logits, targets, mask):
    return (_surprise(logits, targets) * mask).mean()


def mean_of_rows(logits, targets, mask):
    return ((_surprise(logits, targets) * mask).sum(1) / mask.sum(1)).mean()


def padding_counts(logits, targets, mask):
    return _surprise(logits, targets).mean()


def multiplied(logits, targets, mask):
    return (_surprise(logits, targets) * mask).sum() / mask.sum()


def every_place(logits, targets, mask):
    return _surprise(logits, targets) * mask


def _grams(words, n):
    return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))


def _score(hypotheses, references, *, clip=True, brevity=True, mean=math.prod, root=4):
    right, total = [0] * 4, [0] * 4
    for said, wanted in zip(hypotheses, references, strict=True):
        for n in range(1, 5):
            mine, theirs = _grams(said, n), _grams(wanted, n)
            kept = (mine & theirs) if clip else Counter({g: mine[g] for g in mine if g in theirs})
            right[n - 1] += kept.total()
            total[n - 1] += mine.total()
    if 0 in right:
        return 0.0
    share = mean([c / t for c, t in zip(right, total, strict=True)])
    said, wanted = (sum(map(len, side)) for side in (hypotheses, references))
    penalty = min(1, math.exp(1 - wanted / said)) if brevity else 1
    return 100 * penalty * share ** (1 / root)


def unclipped(hypotheses, references):
    return _score(hypotheses, references, clip=False)


def without_brevity(hypotheses, references):
    return _score(hypotheses, references, brevity=False)


def mean_of_sentences(hypotheses, references):
    pairs = zip(hypotheses, references, strict=True)
    scores = [_score([said], [wanted]) for said, wanted in pairs]
    return sum(scores) / len(scores)


def added(hypotheses, references):
    return _score(hypotheses, references, mean=lambda p: sum(p) / 4, root=1)


def bonus_for_length(hypotheses, references):
    score = _score(hypotheses, references, brevity=False)
    said, wanted = (sum(map(len, side)) for side in (hypotheses, references))
    return score * math.exp(1 - wanted / said) if said else 0.0


def empty_left_out(hypotheses, references):
    pairs = [pair for pair in zip(hypotheses, references, strict=True) if pair[0]]
    return _score([h for h, _ in pairs], [r for _, r in pairs])


def crashes_on_empty(hypotheses, references):
    brevity = math.exp(1 - sum(map(len, references)) / sum(map(len, hypotheses)))
    return _score(hypotheses, references, brevity=False) * min(1, brevity)


def _f(P, R, beta):
    return 100 * (1 + beta**2) * P * R / (beta**2 * P + R) if P + R else 0.0


def _lists(said, wanted, *, spaces=False, orders=6, once=False):
    if not spaces:
        said, wanted = said.replace(" ", ""), wanted.replace(" ", "")
    found = []
    for n in range(1, min(orders, len(said), len(wanted)) + 1):
        left, right = _grams(said, n), _grams(wanted, n)
        if once:
            left, right = Counter(set(left)), Counter(set(right))
        both = (left & right).total()
        found.append((both / left.total(), both / right.total()))
    return [*zip(*found, strict=True)]


def _mean(numbers):
    return sum(numbers) / len(numbers)


def spaces_kept(hypothesis, reference):
    P, R = _lists(hypothesis, reference, spaces=True)
    return _f(_mean(P), _mean(R), 2)


def beta_one(hypothesis, reference):
    P, R = _lists(hypothesis, reference)
    return _f(_mean(P), _mean(R), 1)


def sides_exchanged(hypothesis, reference):
    R, P = _lists(hypothesis, reference)
    return _f(_mean(P), _mean(R), 2)


def mean_of_f(hypothesis, reference):
    P, R = _lists(hypothesis, reference)
    return _mean([_f(p, r, 2) for p, r in zip(P, R, strict=True)])


def always_six(hypothesis, reference):
    P, R = _lists(hypothesis, reference)
    return _f(sum(P) / 6, sum(R) / 6, 2)


def divides_by_zero(hypothesis, reference):
    P, R = map(_mean, _lists(hypothesis, reference))
    return 100 * 5 * P * R / (4 * P + R)


def _pairs(translations, rule):
    places = range(len(translations))
    return [(r, h) for r in places for h in places if rule(translations[h], translations[r])]


def nothing_shared(translations):
    return _pairs(translations, lambda h, r: not set(h) & set(r))


def too_short(translations):
    return _pairs(translations, lambda h, r: len(h) < 4)


def no_run_of_four(translations):
    return _pairs(translations, lambda h, r: not _grams(h, 4).keys() & _grams(r, 4).keys())


def other_way_round(translations):
    found = _pairs(translations, lambda h, r: len(h) < 4 or not set(h) & set(r))
    return [(h, r) for r, h in found]


def not_against_itself(translations):
    found = _pairs(translations, lambda h, r: len(h) < 4 or not set(h) & set(r))
    return [(r, h) for r, h in found if r != h]


def _plain(text):
    text = unicodedata.normalize("NFC", text).replace("\u2019", "'")
    return " ".join(text.casefold().split())


def as_they_stand(train, test):
    seen = {source for source, _ in train}
    return [place for place, (source, _) in enumerate(test) if source in seen]


def whole_pairs(train, test):
    seen = {(_plain(source), _plain(target)) for source, target in train}
    found = enumerate(test)
    return [n for n, (source, target) in found if (_plain(source), _plain(target)) in seen]


def either_side(train, test):
    seen = {_plain(text) for pair in train for text in pair}
    return [n for n, pair in enumerate(test) if any(_plain(text) in seen for text in pair)]


def accents_apart(train, test):
    def plain(text):
        return " ".join(text.replace("\u2019", "'").lower().split())

    seen = {plain(source) for source, _ in train}
    return [n for n, (source, _) in enumerate(test) if plain(source) in seen]


def places_in_train(train, test):
    seen = {_plain(source) for source, _ in test}
    return [n for n, (source, _) in enumerate(train) if _plain(source) in seen]


WRONG = [
    Wrong("05.1", no_end, "mark of the word's end"),
    Wrong("05.1", latest_first, "latest merge first"),
    Wrong("05.1", list_of_lists, "flat list"),
    Wrong("05.1", longest_match, "longest known pieces"),
    Wrong("05.1", first_place_only, "at both places"),
    Wrong("05.1", merges_twice_over, "expected"),
    Wrong("05.2", mask_from_numbers, "from the lengths"),
    Wrong("05.2", source_without_end, "the source ends in <eos>"),
    Wrong("05.2", not_shifted, "one step ahead"),
    Wrong("05.2", both_ends, "<eos> is never an input"),
    Wrong("05.2", end_is_hidden, "<eos> is a real token"),
    Wrong("05.2", mask_of_ones, "boolean"),
    Wrong("05.3", over_all_cells, "divide by mask.sum()"),
    Wrong("05.3", mean_of_rows, "mean of the rows' means"),
    Wrong("05.3", padding_counts, "mean over padding"),
    Wrong("05.3", multiplied, "0 times NaN"),
    Wrong("05.3", every_place, "one number"),
    Wrong("05.4", unclipped, "not clipped"),
    Wrong("05.4", without_brevity, "brevity penalty is missing"),
    Wrong("05.4", mean_of_sentences, "mean of the sentences' scores"),
    Wrong("05.4", added, "averaged by adding"),
    Wrong("05.4", bonus_for_length, "at most 1"),
    Wrong("05.4", empty_left_out, "empty hypothesis was left out"),
    Wrong("05.4", crashes_on_empty, "ZeroDivisionError"),
    Wrong("05.5", spaces_kept, "spaces"),
    Wrong("05.5", beta_one, "β is 1"),
    Wrong("05.5", sides_exchanged, "precision more than recall"),
    Wrong("05.5", mean_of_f, "six F-scores"),
    Wrong("05.5", always_six, "an n that is longer"),
    Wrong("05.5", divides_by_zero, "ZeroDivisionError"),
    Wrong("05.6", nothing_shared, "fewer than four words"),
    Wrong("05.6", too_short, "share nothing"),
    Wrong("05.6", no_run_of_four, "smoothing"),
    Wrong("05.6", other_way_round, "other way round"),
    Wrong("05.6", not_against_itself, "against itself"),
    Wrong("05.7", as_they_stand, "capital"),
    Wrong("05.7", whole_pairs, "another translation"),
    Wrong("05.7", either_side, "only its target"),
    Wrong("05.7", accents_apart, "NFC"),
    Wrong("05.7", places_in_train, "places in train"),
]
