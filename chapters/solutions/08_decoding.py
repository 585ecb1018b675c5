"""Chapter 08, worked solutions: is the likeliest sentence the best one?"""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor


def exercise_08_1(scores: Tensor, following: Tensor, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """All continuations of all beginnings compete in one list."""
    vocabulary = following.shape[1]
    top, places = (scores[:, None] + following).flatten().topk(width)
    return places // vocabulary, places % vocabulary, top


def exercise_08_2(following: Callable, width: int, limit: int) -> tuple[tuple[str, ...], float]:
    """What ends is set aside with its score; the search goes on with the rest."""
    going, finished = [((), 0.0)], []
    for step in range(limit + 1):
        ahead = [
            (words, word, score + math.log(share))
            for words, score in going
            for word, share in following(words).items()
            if word == "<eos>" or step < limit
        ]
        ahead = sorted(ahead, key=lambda one: -one[2])[:width]
        finished += [(words, score) for words, word, score in ahead if word == "<eos>"]
        going = [((*words, word), score) for words, word, score in ahead if word != "<eos>"]
    return max(finished, key=lambda one: one[1])


def exercise_08_3(score: float, length: int, alpha: float) -> float:
    """Equation 14 of Wu et al. without its coverage term."""
    return score / ((5 + length) / 6) ** alpha


def exercise_08_4(finished: Sequence[float], going: Sequence[float]) -> bool:
    """Beginnings only lose by growing: the best of them is the most that can still come."""
    return bool(finished) and max(finished) >= max(going, default=-math.inf)


def exercise_08_5(probabilities: Tensor, p: float) -> Tensor:
    """A token stays if those before it hold less than p: so the likeliest always does."""
    ordered, places = probabilities.sort(descending=True)
    stay = ordered.cumsum(0) - ordered < p
    kept = torch.zeros_like(probabilities)
    kept[places[stay]] = ordered[stay]
    return kept / kept.sum()


def exercise_08_6(logits: Tensor, temperature: float) -> Tensor:
    """Softmax of the divided logits; at 0 the limit, which is greedy."""
    if temperature == 0:
        return torch.nn.functional.one_hot(logits.argmax(), len(logits)).to(logits.dtype)
    return (logits / temperature).softmax(dim=0)


def exercise_08_7(samples: Sequence[tuple], utility: Callable[[tuple, tuple], float]) -> tuple:
    """Every sample votes for every sample, itself included."""
    return max(samples, key=lambda found: sum(utility(found, wanted) for wanted in samples))


def exercise_08_8(score: float) -> int:
    """Beginnings of one length exclude one another: at most 1 / p of them can have p each."""
    return math.floor(1 / math.exp(score))
