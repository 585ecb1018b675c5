"""Checks of chapter 05, second part: scores. BLEU, chrF, and correct translations that get 0."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from sacrebleu.metrics import BLEU, CHRF

from seq2seq_lib.checks.registry import exercise, expect_close, mistake_if, resembles

HYPOTHESES = [
    "le le le le chat dort sur le lit .",
    "elle leur donne un grand livre rouge",
    "il pleut",
    "nous avons vu la maison blanche de tes parents hier soir .",
]
REFERENCES = [
    "le chat dort sur le lit .",
    "elle leur donne le grand livre rouge aujourd'hui , je crois .",
    "il pleut encore ce matin .",
    "hier soir nous avons vu la maison de mes parents dans la rue derrière la gare .",
]


def _split(texts: Iterable[str]) -> list[list[str]]:
    return [text.split() for text in texts]


def _grams(units: Sequence, n: int) -> list[tuple]:
    return [tuple(units[i : i + n]) for i in range(len(units) - n + 1)]


def _clipped(said: list, wanted: list) -> int:
    return sum((Counter(said) & Counter(wanted)).values())


def _free(said: list, wanted: list) -> int:
    return sum(gram in wanted for gram in said)


def _different(said: list, wanted: list) -> int:
    return len(set(said) & set(wanted))


def _sums(hypotheses: list, references: list, count: Callable = _clipped) -> tuple[list, list]:
    pairs = [*zip(hypotheses, references, strict=True)]
    orders = (1, 2, 3, 4)
    right = [sum(count(_grams(h, n), _grams(r, n)) for h, r in pairs) for n in orders]
    return right, [sum(len(_grams(h, n)) for h in hypotheses) for n in orders]


def _brevity(hypotheses: list, references: list) -> float:
    said, wanted = sum(map(len, hypotheses)), sum(map(len, references))
    return math.exp(1 - wanted / said)


def _bleu(hypotheses: list, references: list, count: Callable = _clipped) -> float:
    """BLEU by the book, from word lists that have some match of every length."""
    right, total = _sums(hypotheses, references, count)
    share = math.prod(c / t for c, t in zip(right, total, strict=True))
    return 100 * min(1.0, _brevity(hypotheses, references)) * share**0.25


def _sacrebleu(hypotheses: list, references: list, smoothing: str = "none") -> float:
    metric = BLEU(tokenize="none", smooth_method=smoothing, force=True)
    joined = [[" ".join(words) for words in side] for side in (hypotheses, references)]
    return float(metric.corpus_score(joined[0], [joined[1]]).score)


def _known_bleu(hypotheses: list, references: list) -> dict[str, float]:
    right, total = _sums(hypotheses, references)
    precisions = [c / t for c, t in zip(right, total, strict=True)]
    penalty = min(1.0, _brevity(hypotheses, references))
    single = [_sacrebleu([h], [r]) for h, r in zip(hypotheses, references, strict=True)]
    want = _bleu(hypotheses, references)
    pooled = [[w for words in side for w in words] for side in (hypotheses, references)]
    negative = [sum(len(h) - n + 1 for h in hypotheses) for n in (1, 2, 3, 4)]
    short = math.prod(c / t for c, t in zip(right, negative, strict=True))
    _, wanted = _sums(references, references)
    recall = math.prod(c / t for c, t in zip(right, wanted, strict=True))
    same, own = (_sums(hypotheses, side, _different)[0] for side in (references, hypotheses))
    once = math.prod(c / t for c, t in zip(same, own, strict=True))
    return {
        "the n-grams are not clipped: each of the reference may be used only as often as it stands "
        "there": _bleu(hypotheses, references, _free),
        "repeated n-grams count once in yours; they count as often as both sides have "
        "them": _bleu(hypotheses, references, _different),
        "you divide by the n-grams of the reference, which gives recall; precision divides by "
        "those that were said": 100 * penalty * recall**0.25,
        "repeated n-grams are dropped on both sides; a sentence said them, so they "
        "count": 100 * penalty * once**0.25,
        "this is the mean of the sentences' scores; add up the counts of all sentences, then "
        "divide once": sum(single) / len(single),
        "the brevity penalty is missing": want / penalty,
        "the four precisions are averaged by adding; BLEU multiplies them and takes the fourth "
        "root": 100 * penalty * sum(precisions) / 4,
        "the fourth root is missing": 100 * penalty * math.prod(precisions),
        "a share from 0 to 1; BLEU is printed from 0 to 100": want / 100,
        "the corpus is glued into one long sentence: n-grams run over the ends of sentences, and "
        "a sentence is clipped against all references": _bleu([pooled[0]], [pooled[1]]),
        "a sentence of fewer than n words has no n-grams, not a negative number of them; use "
        "max(0, …)": 100 * penalty * short**0.25,
    }


@exercise(
    "05.4",
    title="BLEU",
    minutes=20,
    hint="Keep ten sums over all sentences: matches and totals for n = 1 to 4, and the two "
    "lengths. `Counter(a) & Counter(b)` clips. If any of the eight counts is 0, the score is 0 "
    "(and its logarithm does not exist).",
)
def check_bleu(function) -> None:
    """Too short, too long, without a match of four, with an empty hypothesis, and all empty."""
    hypotheses, references = _split(HYPOTHESES), _split(REFERENCES)
    got = function(hypotheses, references)
    for message, wrong in _known_bleu(hypotheses, references).items():
        mistake_if(resembles(got, wrong, tolerance=1e-6), message)
    expect_close(got, _sacrebleu(hypotheses, references), "a corpus of four", tolerance=1e-9)
    turned = function(references, hypotheses)
    want = _sacrebleu(references, hypotheses)
    mistake_if(
        resembles(turned, want * _brevity(references, hypotheses), tolerance=1e-6),
        "the hypotheses are longer than the references, and yours gets a bonus for it: the penalty "
        "is at most 1",
    )
    mistake_if(
        resembles(turned, want / _brevity(references, hypotheses), tolerance=1e-6),
        "long hypotheses are punished by yours; the brevity penalty is for short ones only",
    )
    expect_close(turned, want, "hypotheses longer than the references", tolerance=1e-9)
    cases = {
        "no run of four matches": (["a b c x d e f"], ["a b c y d e f"]),
        "one empty hypothesis among others": ([HYPOTHESES[3], ""], REFERENCES[:1:-1]),
        "no hypothesis has a word": (["", ""], REFERENCES[:2]),
    }
    for what, sides in cases.items():
        said, wanted = map(_split, sides)
        got, want = function(said, wanted), _sacrebleu(said, wanted)
        left = [pair for pair in zip(said, wanted, strict=True) if pair[0]]
        if left and len(left) < len(said):
            without = _bleu([words for words, _ in left], [words for _, words in left])
            mistake_if(
                resembles(got, without, tolerance=1e-6),
                "the empty hypothesis was left out with its reference: its words are missing from "
                "the translation, and their number counts in the brevity penalty",
            )
        expect_close(got, want, what, tolerance=1e-9)


def _f_score(precision: float, recall: float, beta: float) -> float:
    below = beta**2 * precision + recall
    return 100 * (1 + beta**2) * precision * recall / below if below else 0.0


def _chrf(
    said: str, wanted: str, *, beta: float = 2, orders: int = 6, spaces: bool = False,
    count: Callable = _clipped, skip: bool = True, means_last: bool = False,
) -> float:  # fmt: skip
    if not spaces:
        said, wanted = "".join(said.split()), "".join(wanted.split())
    pairs = []
    for n in range(1, orders + 1):
        h, r = _grams(said, n), _grams(wanted, n)
        if h and r:
            pairs.append((count(h, r) / len(h), count(h, r) / len(r)))
        elif not skip:
            pairs.append((0.0, 0.0))
    if means_last:
        return sum(_f_score(p, r, beta) for p, r in pairs) / len(pairs)
    precision, recall = (sum(side) / len(pairs) for side in zip(*pairs, strict=True))
    return _f_score(precision, recall, beta)


@exercise(
    "05.5",
    title="chrF",
    minutes=15,
    hint="`''.join(text.split())` takes the spaces out. A string is sliced like a list: "
    "`text[i:i + n]`. Collect a list of precisions and one of recalls, skip an n if either string "
    "is shorter than n, and take the means before the formula.",
)
def check_chrf(function) -> None:
    """A wrong gender, a long and a short hypothesis, words of two letters, and nothing shared."""
    cases = [
        ("une grand grand voiture de mon père", "une grande voiture"),
        ("elle donne", "elle leur donne le grand livre"),
        ("il va là", "il y va"),
    ]
    for said, wanted in cases:
        want = float(CHRF().corpus_score([said], [[wanted]]).score)
        got = function(said, wanted)
        known = {
            "the spaces are still in the strings": _chrf(said, wanted, spaces=True),
            "β is 1 in yours: precision and recall weigh the same": _chrf(said, wanted, beta=1),
            "β² belongs to the precision below the line; yours weighs precision more than "
            "recall": _chrf(said, wanted, beta=0.5),
            "β is not squared": _chrf(said, wanted, beta=math.sqrt(2)),
            "the n-grams stop at 4; chrF goes up to 6": _chrf(said, wanted, orders=4),
            "the matches are not clipped": _chrf(said, wanted, count=_free),
            "repeated n-grams count once in yours": _chrf(said, wanted, count=_different),
            "this is the mean of six F-scores; average precision and recall first, then take one "
            "F": _chrf(said, wanted, means_last=True),
            "an n that is longer than one of the strings must be left out, not counted as "
            "0": _chrf(said, wanted, skip=False),
            "a share from 0 to 1; chrF is printed from 0 to 100": want / 100,
        }
        for message, wrong in known.items():
            mistake_if(
                resembles(got, wrong, tolerance=1e-6) and not resembles(wrong, want), message
            )
        expect_close(got, want, f"chrF of {said!r} against {wanted!r}", tolerance=1e-9)
    expect_close(function("oui", "bah"), 0.0, "nothing shared")


LISTS = [
    [
        "on y va maintenant !",
        "nous partons tout de suite .",
        "allons -y !",
        "partons maintenant .",
        "il est temps que je parte",
    ],
    ["merci beaucoup !", "je vous remercie .", "mille mercis à vous"],
]


def _zero(translations: list, rule: Callable) -> list[tuple[int, int]]:
    """All pairs of places for which `rule(hypothesis, reference)` says 0."""
    return [
        (r, h)
        for r, reference in enumerate(translations)
        for h, hypothesis in enumerate(translations)
        if rule(hypothesis, reference)
    ]


def _disjoint(hypothesis: list, reference: list) -> bool:
    return not set(hypothesis) & set(reference)


def _known_zeros(translations: list) -> dict[str, list]:
    want = _zero(translations, lambda h, r: _sacrebleu([h], [r], "exp") == 0)
    return {
        "some are missing: a hypothesis of fewer than four words has no run of four, and gets 0 "
        "whatever it says": _zero(translations, _disjoint),
        "some are missing: four words or more that share nothing with the reference get 0 "
        "too": _zero(translations, lambda h, r: len(h) < 4),
        "too many: where no run of four matches, smoothing puts a small number in place of the "
        "0": _zero(translations, lambda h, r: _sacrebleu([h], [r]) == 0),
        "each pair is (reference, hypothesis); yours are the other way round": sorted(
            (h, r) for r, h in want
        ),
        "a translation held against itself counts too: a short one gets 0": [
            pair for pair in want if pair[0] != pair[1]
        ],
        "each pair of translations comes in both orders: which one is the reference makes a "
        "difference": [pair for pair in want if pair[0] <= pair[1]],
        "it is the hypothesis that must have four words; a short reference does no "
        "harm": _zero(translations, lambda h, r: len(r) < 4 or _disjoint(h, r)),
    }


@exercise(
    "05.6",
    title="BLEU 0, and right",
    minutes=15,
    hint="A product is 0 when a factor is. Smoothing replaces a precision without a match, 0/5, "
    "but there are two things it cannot help: no n-grams at all (0/0), and no single word that "
    "matches.",
)
def check_zeros(function) -> None:
    """Two lists of translations, against sacrebleu itself."""
    for texts in LISTS:
        translations = _split(texts)
        got = function(translations)
        mistake_if(
            not isinstance(got, list)
            or not all(isinstance(pair, tuple) and len(pair) == 2 for pair in got),
            "expected a list of pairs (reference, hypothesis), each a tuple of two places",
        )
        want = _zero(translations, lambda h, r: _sacrebleu([h], [r], "exp") == 0)
        for message, wrong in _known_zeros(translations).items():
            mistake_if(sorted(got) == sorted(wrong) and wrong != want, message)
        for r, h in sorted(set(want) ^ set(got)):
            score = _sacrebleu([translations[h]], [translations[r]], "exp")
            which = "is missing" if (r, h) in want else "should not be there"
            mistake_if(True, f"({r}, {h}) {which}: its BLEU is {score:.4g}")
        mistake_if(got != want, "the right pairs, but each once and in order wanted")
