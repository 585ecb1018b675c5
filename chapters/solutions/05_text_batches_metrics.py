"""Chapter 05, worked solutions: what does the model see, and how do we score it?"""

import math
import unicodedata
from collections import Counter

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence


def exercise_05_1(words: list[str], merges: list[tuple[str, str]]) -> list[str]:
    """The earliest merge that fits, everywhere it fits; then look again."""
    rank = {pair: number for number, pair in enumerate(merges)}
    pieces = []
    for word in words:
        parts = [*word, "·"]
        while fitting := rank.keys() & set(zip(parts, parts[1:], strict=False)):
            pair = min(fitting, key=rank.get)
            joined = []
            for part in parts:
                if joined and (joined[-1], part) == pair:
                    joined[-1] += part
                else:
                    joined.append(part)
            parts = joined
        pieces.extend(parts)
    return pieces


def exercise_05_2(pairs: list[tuple[list[int], list[int]]]) -> tuple[Tensor, ...]:
    """Rows first, then rectangles; the masks come from the lengths, never from the numbers."""

    def rectangle(rows):
        padded = pad_sequence([torch.tensor(row) for row in rows], batch_first=True)
        lengths = torch.tensor([len(row) for row in rows])
        return padded, torch.arange(padded.shape[1]) < lengths[:, None]

    source, source_mask = rectangle([[*source, 3] for source, _ in pairs])
    inputs, target_mask = rectangle([[2, *target] for _, target in pairs])
    targets, _ = rectangle([[*target, 3] for _, target in pairs])
    return source, source_mask, inputs, targets, target_mask


def exercise_05_3(logits: Tensor, targets: Tensor, mask: Tensor) -> Tensor:
    """Choose the real places before anything is computed, so that rubbish never takes part."""
    log_p = logits[mask].log_softmax(-1)  # (real tokens, vocabulary)
    return -log_p.gather(-1, targets[mask][:, None]).mean()


def exercise_05_4(hypotheses: list[list[str]], references: list[list[str]]) -> float:
    """Ten sums over the corpus, one division at the end."""

    def ngrams(words, n):
        return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))

    right, total = [0] * 4, [0] * 4
    for said, wanted in zip(hypotheses, references, strict=True):
        for n in range(1, 5):
            right[n - 1] += (ngrams(said, n) & ngrams(wanted, n)).total()
            total[n - 1] += ngrams(said, n).total()
    if 0 in right:  # then a total may be 0 as well
        return 0.0
    brevity = min(1, math.exp(1 - sum(map(len, references)) / sum(map(len, hypotheses))))
    share = math.prod(c / t for c, t in zip(right, total, strict=True))
    return 100 * brevity * share ** (1 / 4)


def exercise_05_5(hypothesis: str, reference: str) -> float:
    """Means of precision and recall over the lengths that both strings have, then one F-score."""
    said, wanted = "".join(hypothesis.split()), "".join(reference.split())
    precisions, recalls = [], []
    for n in range(1, min(6, len(said), len(wanted)) + 1):
        left = Counter(said[i : i + n] for i in range(len(said) - n + 1))
        right = Counter(wanted[i : i + n] for i in range(len(wanted) - n + 1))
        both = (left & right).total()
        precisions.append(both / left.total())
        recalls.append(both / right.total())
    if not any(precisions):
        return 0.0
    P, R = sum(precisions) / len(precisions), sum(recalls) / len(recalls)
    return 100 * (1 + 2**2) * P * R / (2**2 * P + R)


def exercise_05_6(translations: list[list[str]]) -> list[tuple[int, int]]:
    """Smoothing saves a 0 among the matches, but not an empty list of runs, nor no match at all."""
    found = []
    for r, reference in enumerate(translations):
        for h, hypothesis in enumerate(translations):
            if len(hypothesis) < 4 or not set(hypothesis) & set(reference):
                found.append((r, h))
    return found


def exercise_05_7(train: list[tuple[str, str]], test: list[tuple[str, str]]) -> list[int]:
    """Bring both sides into one form, then look each test source up in a set."""

    def plain(text):
        text = unicodedata.normalize("NFC", text).replace("\u2019", "'")
        return " ".join(text.casefold().split())

    seen = {plain(source) for source, _ in train}
    return [place for place, (source, _) in enumerate(test) if plain(source) in seen]
