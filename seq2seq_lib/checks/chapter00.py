"""Checks of chapter 00: the first exercises, and what a reader needs to know first.

The translators and the decoder here are small made-up ones, so that each check is exact.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from seq2seq_lib.checks.registry import (
    Mistake,
    exercise,
    expect_close,
    expect_equal,
    expect_shape,
    expect_tensor,
    mistake_if,
    resembles,
)


@exercise(
    "00.1",
    title="Change the sentence",
    minutes=5,
    hint="For each new word make a new list: what stands before the place, the new word, what "
    "stands after it. `words[:place]` and `words[place + 1:]` are the two ends, and `+` joins "
    "lists.",
)
def check_variations(variations: Callable) -> None:
    """A place in the middle, the first and the last one; several new words, and none."""
    words, others = ["the", "cat", "sees", "the", "bird"], ["dog", "man"]
    got = variations(words, 1, others)
    mistake_if(
        words != ["the", "cat", "sees", "the", "bird"],
        "the function changes the sentence it was given, in place; make a new list instead",
    )
    want = [[*words[:1], other, *words[2:]] for other in others]
    mistake_if(got is None, "the function gives None; is the return missing?")
    mistake_if(
        isinstance(got, str) or (isinstance(got, list) and got != [] and isinstance(got[0], str)),
        "wanted a list of sentences, each of them a list of words: yours is one sentence or holds "
        "text; is the return inside the loop, or is there a join?",
    )
    mistake_if(
        got == [want[-1]] * 2,
        "all your sentences are the same one, the last: the loop changes one list again and "
        "again; make a new list for each word",
    )
    mistake_if(
        got == [[other, *words[1:]] for other in others],
        "you counted the places from 1; Python counts from 0, so place 1 is the second word",
    )
    mistake_if(
        got == [[*words[:1], other, *words[1:]] for other in others],
        "the old word is still there: the new one must take its place, so go on after it, "
        "with words[place + 1:]",
    )
    expect_equal(got, want, "the sentences")
    for place in (0, 3, 4):
        got = variations(words, place, ["new"])
        want = [[*words[:place], "new", *words[place + 1 :]]]
        again = [["new" if word == words[place] else word for word in words]]
        mistake_if(
            got == again and again != want,
            "you changed every 'the' in the sentence; only the word at the place is to change",
        )
        expect_equal(got, want, f"the sentence changed at place {place}")
    expect_equal(variations(words, 2, []), [], "the sentences, when there is no new word")


class _Told:
    """A translator that knows its answers by heart."""

    def __init__(self, answers: Sequence[str]) -> None:
        self.answers = dict(zip(("a", "b", "c", "d", "e"), answers, strict=True))

    def translate(self, text: str) -> str:
        """The answer to `text`, which must be one of the English sentences."""
        if text not in self.answers:
            raise Mistake(f"translate got {text!r}, which is not the English half of a pair")
        return self.answers[text]


@exercise(
    "00.2",
    title="Find one",
    minutes=10,
    hint="Go through the pairs with a loop. Translate the English with both translators, and "
    "compare each answer with the French of the pair. `return` the pair as soon as both "
    "conditions hold; after the loop, return None.",
)
def check_find_difference(find_difference: Callable) -> None:
    """Both right; both wrong, differently; only the weaker right; then two that count."""
    pairs = [("a", "A"), ("b", "B"), ("c", "C"), ("d", "D"), ("e", "E")]
    weaker, stronger = _Told("AxCyz"), _Told("AyzDE")
    got = find_difference(weaker, stronger, pairs)
    mistake_if(
        got == ("c", "C"),
        "this pair has them the wrong way round: here the weaker translator is right and the "
        "stronger one wrong",
    )
    mistake_if(
        got == ("b", "B"),
        "here the two answer differently, but both are wrong: compare each answer with the "
        "pair's French, not with each other",
    )
    mistake_if(got == ("a", "A"), "here both are right: the weaker must be wrong on the pair")
    mistake_if(got == ("e", "E"), "this is the last such pair; wanted the first one")
    mistake_if(
        got == [("d", "D"), ("e", "E")],
        "these are all such pairs; wanted the first one alone, so return it at once",
    )
    mistake_if(
        got in ("d", "D", 3),
        f"you gave {got!r}; wanted the whole pair, English and French together",
    )
    mistake_if(
        got is None,
        "the function gives None, though there is such a pair; is the return missing, or does "
        "it give up at the first pair that does not fit?",
    )
    expect_equal(got, ("d", "D"), "the pair")
    got = find_difference(stronger, stronger, pairs)
    what = f"a translator beside itself gave {got!r}"
    mistake_if(got is not None, f"when there is no such pair, wanted None; {what}")


_TREE = {
    (): {"le": 0.6, "la": 0.4},
    ("le",): {"le": 0.3, "chat": 0.5, "chien": 0.2},
    ("le", "chat"): {"dort": 0.35, "chat": 0.25, "noir": 0.4},
    ("le", "chat", "noir"): {"<eos>": 0.45, "dort": 0.55},
    ("le", "chat", "noir", "dort"): {"zèbre": 0.1, "<eos>": 0.9},
}
_SAID = ["le", "chat", "noir", "dort"]


class _Decoder:
    """A decoder of five steps that insists on being told all the words so far."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []

    def __call__(self, words: Sequence[str]) -> dict[str, float]:
        said = tuple(words)
        self.asked.append(said)
        if self.asked.count(said) > 2:
            raise Mistake(
                f"the decoder was asked three times what follows {list(said)}: each new word must "
                "be added to the words that it is given at the next step"
            )
        if "<eos>" in said:
            raise Mistake("the decoder wrote <eos>, and you asked for one more word; stop there")
        if said not in _TREE:
            raise Mistake(
                f"the decoder was told that it had written {list(said)}; give it all the words "
                "so far, and at each step the likeliest word"
            )
        return dict(_TREE[said])


@exercise(
    "00.3",
    title="A decoder's loop",
    minutes=10,
    hint="Begin with `words = []`. In a `while True` loop ask for `next_words(words)`, take its "
    "likeliest word with `max(table, key=table.get)`, return `words` if it is `<eos>`, and "
    "otherwise append it.",
)
def check_write(write: Callable) -> None:
    """Five steps where the likeliest word is never simply the first or the last of the table."""
    got = write(_Decoder())
    mistake_if(got is None, "the function gives None; is the return missing?")
    mistake_if(
        got == [*_SAID, "<eos>"],
        "<eos> says that the sentence is over; it is not a word of it, so leave it out",
    )
    mistake_if(
        got == " ".join(_SAID), "wanted the list of words; you have joined them into one text"
    )
    mistake_if(
        isinstance(got, list) and got != [] and isinstance(got[0], float),
        "these are probabilities; wanted the words that have them",
    )
    mistake_if(
        isinstance(got, list) and got == _SAID[: len(got)] and len(got) < len(_SAID),
        f"your sentence stops early, at {got}; go on until the likeliest word is <eos>",
    )
    expect_equal(got, _SAID, "the sentence")


@exercise(
    "00.4",
    title="Self-test: a weighted mean",
    minutes=5,
    hint="A row of weights times a matrix is a sum of the matrix's rows, each multiplied by its "
    "weight: `weights @ vectors`.",
)
def check_weighted_mean(weighted_mean: Callable) -> None:
    """Three vectors of width two, then three of width three, where a transposed product fits."""
    weights = torch.tensor([0.5, 0.3, 0.2])
    for vectors in (
        torch.tensor([[2.0, 0.0], [0.0, 1.0], [1.0, 4.0]]),
        torch.tensor([[2.0, 0.0, 1.0], [0.0, 1.0, 3.0], [1.0, 4.0, 0.0]]),
    ):
        got, want = weighted_mean(weights, vectors), weights @ vectors
        expect_tensor(got, "the mean")
        mistake_if(
            resembles(got, weights[:, None] * vectors),
            "each vector has its weight, but they are not added up: sum over the first axis",
        )
        mistake_if(
            resembles(got, (weights[:, None] * vectors).sum(1)),
            "you added up along the width; add up the vectors, which is the first axis",
        )
        mistake_if(
            resembles(got, vectors.mean(0)),
            "this is the plain mean; each vector must be multiplied by its weight",
        )
        mistake_if(
            resembles(got, want / len(weights)),
            "the weights already sum to 1; you divided by the number of vectors once more",
        )
        if vectors.shape[0] == vectors.shape[1]:
            mistake_if(
                resembles(got, vectors @ weights),
                "this is vectors @ weights, which mixes the entries of each vector; wanted the "
                "weights on the left",
            )
        expect_shape(got, want.shape, "the mean", axes="(width,)")
        expect_close(got, want, "the mean")


@exercise(
    "00.5",
    title="Self-test: a slope",
    minutes=5,
    hint="The chain rule: the derivative of the outer function at the inner value, times the "
    "derivative of the inner one. The outer one is a square, the inner one is 3x + 1.",
)
def check_slope(slope: Callable) -> None:
    """Values on both sides of the zero, where no two of the mistakes agree."""
    for x in (2.0, -1.0, 0.5):
        inner = 3 * x + 1
        want, got = 6 * inner, slope(x)
        known = {
            "the inner function 3x + 1 has a slope too, which is 3: the chain rule multiplies by "
            "it": 2 * inner,
            "the square brings down a 2, which is missing": 3 * inner,
            "this is the function itself; wanted its slope": inner**2,
            "this is the slope of 3x + 1, without the square around it": 3.0,
            "the outer derivative, 2u, is taken at the inner value: u is 3x + 1, not x": 6 * x,
        }
        for message, wrong in known.items():
            mistake_if(resembles(got, wrong), message)
        expect_close(got, want, f"the slope at x = {x:g}")


@exercise(
    "00.6",
    title="Self-test: the probability of a sentence",
    minutes=5,
    hint="The probability of all steps is the product of the steps' probabilities, and the "
    "logarithm of a product is the sum of the logarithms: `probabilities.log().sum()`.",
)
def check_log_probability(log_probability: Callable) -> None:
    """A short sentence, and one so long that the product is zero in the machine."""
    few = torch.tensor([0.5, 0.8, 0.25])
    got, want = log_probability(few), float(few.log().sum())
    got = got.item() if isinstance(got, Tensor) and got.numel() == 1 else got
    known = {
        "this is the probability itself; wanted its logarithm": math.prod(few.tolist()),
        "you added the probabilities and took the logarithm of the sum; take each logarithm "
        "first": math.log(float(few.sum())),
        "this is the mean of the logarithms; wanted their sum": want / 3,
        "the sign is turned: the logarithm of a number below 1 is negative": -want,
        "this is a logarithm to base 2; wanted the natural one": want / math.log(2),
        "this is a logarithm to base 10; wanted the natural one": want / math.log(10),
    }
    mistake_if(
        isinstance(got, Tensor) and got.shape == few.shape,
        "there is still a number for each step; add the logarithms up",
    )
    for message, wrong in known.items():
        mistake_if(resembles(got, wrong), message)
    expect_close(got, want, "the logarithm")
    many = torch.full((2000,), 0.5)
    got = log_probability(many)
    mistake_if(
        not math.isfinite(float(got)),
        "2,000 steps of probability 0.5 gave an infinite answer: their product is too small for "
        "the machine and became 0. Add logarithms instead of multiplying",
    )
    expect_close(got, 2000 * math.log(0.5), "the logarithm of 2,000 steps")
