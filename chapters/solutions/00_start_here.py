"""Chapter 00, worked solutions: what is an encoder-decoder?"""

from collections.abc import Callable, Sequence

from torch import Tensor


def exercise_00_1(words: list[str], place: int, others: list[str]) -> list[list[str]]:
    """Two ends of the old sentence, and each new word between them."""
    before, after = words[:place], words[place + 1 :]
    return [[*before, other, *after] for other in others]


def exercise_00_2(weaker, stronger, pairs: Sequence[tuple[str, str]]) -> tuple[str, str] | None:
    """The first pair on which the one fails and the other does not."""
    for english, french in pairs:
        fails = weaker.translate(english) != french
        if fails and stronger.translate(english) == french:
            return english, french
    return None


def exercise_00_3(next_words: Callable[[list[str]], dict[str, float]]) -> list[str]:
    """Ask, take the likeliest, feed it back: greedy search, which chapter 08 looks into."""
    words: list[str] = []
    while True:
        table = next_words(words)
        likeliest = max(table, key=table.get)
        if likeliest == "<eos>":
            return words
        words = [*words, likeliest]


def exercise_00_4(weights: Tensor, vectors: Tensor) -> Tensor:
    """(vectors,) @ (vectors, width) is (width,): chapter 09 makes attention of this line."""
    return weights @ vectors


def exercise_00_5(x: float) -> float:
    """Outer slope 2u at u = 3x + 1, times inner slope 3."""
    return 2 * (3 * x + 1) * 3


def exercise_00_6(probabilities: Tensor) -> Tensor:
    """A sum of logarithms, which never becomes too small for the machine."""
    return probabilities.log().sum()
