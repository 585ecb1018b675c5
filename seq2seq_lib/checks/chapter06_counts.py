"""Checks of chapter 06, second half: what is measured and counted about the one vector."""

from __future__ import annotations

from collections.abc import Callable

import torch

from seq2seq_lib.checks.registry import (
    exercise,
    expect_close,
    expect_equal,
    mistake_if,
    resembles,
)
from seq2seq_lib.config import RecurrentConfig
from seq2seq_lib.models import build, parameters

SOURCES = ["a b", "a b c", "a b c d", "a b c d e", "a b c d e f", "a", "a b c d e f g h i"]
REFERENCES = ["u v", "u v w x y", "u v w", "u v w x", "u v w x y z", "u", "u v w x y z t"]
HYPOTHESES = ["u v", "u w w", "u v v", "u v w x", "z z", "u", "u v w x y z t"]
BUCKETS = [(2, 3), (4, 5), (6, 8), (10, 12)]


def _share(hypotheses: list[str], references: list[str]) -> float:
    """Matching words for each word of the references: a corpus score, no mean of sentences."""
    pairs = [(h.split(), r.split()) for h, r in zip(hypotheses, references, strict=True)]
    same = sum(a == b for h, r in pairs for a, b in zip(h, r, strict=False))
    return round(100 * same / sum(len(r) for _, r in pairs), 3)


def _buckets(lengths: list[int], *, top: int = 1, keep: Callable = lambda rows: rows) -> dict:
    """The score of each bucket whose rows are chosen by `lengths`; `top` 1 counts the upper end."""
    found = {}
    for low, high in BUCKETS:
        rows = keep([i for i, n in enumerate(lengths) if low <= n < high + top])
        if rows:
            found[low, high] = _share([HYPOTHESES[i] for i in rows], [REFERENCES[i] for i in rows])
    return found


def _means() -> dict:
    rows = {
        bucket: [i for i, s in enumerate(SOURCES) if bucket[0] <= len(s.split()) <= bucket[1]]
        for bucket in BUCKETS
    }
    single = [_share([h], [r]) for h, r in zip(HYPOTHESES, REFERENCES, strict=True)]
    return {b: sum(single[i] for i in found) / len(found) for b, found in rows.items() if found}


@exercise(
    "06.6",
    title="a score for each length",
    minutes=15,
    hint="For each bucket first list the numbers of its sentences: "
    "`[i for i, words in enumerate(sources) if low <= len(words) <= high]`. If there are any, call "
    "`score` once, with these hypotheses and these references.",
)
def check_by_length(function) -> None:
    """Lengths of source and reference differ; one bucket is empty, one sentence in none."""
    sources = [words.split() for words in SOURCES]
    want = _buckets([len(words) for words in sources])
    got = function(sources, HYPOTHESES, REFERENCES, BUCKETS, _share)
    mistake_if(not isinstance(got, dict), f"expected a dict, got {type(got).__name__}")
    mistake_if(
        any(isinstance(bucket, int) for bucket in got),
        "the keys are the buckets themselves, (low, high)",
    )
    mistake_if(
        set(got) - set(want) == {(10, 12)},
        "a bucket without sentences has no score: leave it out",
    )
    known = {
        "the sentences are sorted by the length of the reference; a model is asked to read a "
        "source, so its length decides": _buckets([len(r.split()) for r in REFERENCES]),
        "the sentences are sorted by the length of the hypothesis, which the model chose "
        "itself": _buckets([len(h.split()) for h in HYPOTHESES]),
        "the upper end is left out: (2, 3) holds sentences of 2 and of 3 words": _buckets(
            [len(words) for words in sources], top=0
        ),
        "this is the mean of the sentences' scores; BLEU counts over all sentences of the bucket "
        "and divides once": _means(),
        "lengths are counted in letters; the sources are lists of words": _buckets(
            [len(words) for words in SOURCES]
        ),
    }
    for message, wrong in known.items():
        mistake_if(_alike(got, wrong) and not _alike(wrong, want), message)
    expect_equal(sorted(got), sorted(want), "the buckets")
    for bucket, score in want.items():
        expect_close(got[bucket], score, f"the score of bucket {bucket}")


def _alike(got: dict, want: dict) -> bool:
    return set(got) == set(want) and all(resembles(got[key], want[key]) for key in want)


def _digits(vocabulary: int, length: int, levels: int) -> int:
    """The smallest width with levels^width ≥ vocabulary^length, in whole numbers."""
    width = 0
    while levels**width < vocabulary**length:
        width += 1
    return width


@exercise(
    "06.7",
    title="how wide must a vector be to copy twelve words?",
    minutes=15,
    hint="There are vocabulary^length sentences and levels^width states. Two sentences in one "
    "state cannot both be copied. Python's whole numbers are exact at any size: count up from "
    "width 0 until there are states enough.",
)
def check_width(function) -> None:
    """Small cases, exact powers (where logarithms round the wrong way), and a large one."""
    cases = [(26, 12, 256), (8, 12, 2), (125, 1, 5), (10, 3, 2), (7, 1, 2), (1200, 12, 16)]
    got = [function(*case) for case in cases]
    for answer in got:
        mistake_if(
            isinstance(answer, float),
            "a width is a whole number; got a float, is it rounded up?",
        )
    want = [_digits(*case) for case in cases]
    mistake_if(
        got == [_digits(v * n, 1, levels) for v, n, levels in cases],
        "vocabulary × length counts the choices side by side; each further word multiplies the "
        "sentences, so there are vocabulary^length",
    )
    mistake_if(
        got == [_digits(v, n, 2) for v, n, _ in cases],
        "this is the number of bits: it takes every entry for 0 or 1, and forgets `levels`",
    )
    mistake_if(
        all(isinstance(g, int) and g in (w, w - 1) for g, w in zip(got, want, strict=True))
        and got != want,
        "rounded down: the last sentences would find no state of their own",
    )
    mistake_if(
        all(isinstance(g, int) and g in (w, w + 1) for g, w in zip(got, want, strict=True))
        and got != want,
        "one too wide where the states fit exactly: log(125)/log(5) comes out a little above 3, "
        "or the comparison is > where ≥ is enough; compare whole numbers",
    )
    for case, answer, right in zip(cases, got, want, strict=True):
        what = "vocabulary {}, length {}, levels {}".format(*case)
        expect_close(answer, right, f"the width for {what}")


@exercise(
    "06.8",
    title="count the parameters",
    minutes=15,
    hint="Two embeddings; two GRUs, each with three gates, each gate with a matrix for the input, "
    "one for the state and (in torch) two biases; one output layer with its bias. The first state "
    "is handed over as it is, which costs nothing.",
)
def check_parameters(function) -> None:
    """Four sizes that differ, against the library's model itself."""
    for source, target, embedding, width in ((11, 13, 5, 7), (20, 9, 4, 6)):
        config = RecurrentConfig(
            source_size=source, target_size=target, embedding=embedding, width=width
        )
        want = parameters(build(config, torch.Generator().manual_seed(0)))
        got = function(source, target, embedding, width)
        gate = width * (embedding + width + 2)
        known = {
            "each gate has two biases in torch, one beside each matrix": want - 6 * width,
            "the output layer's bias is missing": want - target,
            "a GRU has three gates; four is the LSTM": want + 2 * gate,
            "the decoder embeds its words too, from a table of its own": want - target * embedding,
            "the encoder embeds the source, from a table of its own": want - source * embedding,
            "there are two GRUs, one to read and one to write": want - 3 * gate,
            "the output layer, from state to vocabulary, is missing": want - target * (width + 1),
            "the GRU is counted with one gate": want - 4 * gate,
        }
        for message, wrong in known.items():
            mistake_if(resembles(got, wrong), message)
        expect_close(got, want, f"the parameters for sizes {(source, target, embedding, width)}")
