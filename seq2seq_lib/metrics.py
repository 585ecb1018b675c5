"""Measures of translations as strings, each with its source; sacrebleu computes BLEU and chrF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from sacrebleu.metrics import BLEU, CHRF

BUCKETS = ((3, 6), (7, 10), (11, 15), (16, 20), (21, 25), (26, 45))

# One translation, or all that a corpus has of the sentence.
Reference = str | Sequence[str]


@dataclass(frozen=True)
class Score:
    """value: from 0 to 100. signature: sacrebleu's own account of how it was computed."""

    value: float
    signature: str


@dataclass(frozen=True)
class Share:
    """value: a share from 0 to 1. count: of how many."""

    value: float
    count: int


@dataclass(frozen=True)
class Bucket:
    """The sentences of `shortest` to `longest` source tokens: how many they are, their BLEU."""

    shortest: int
    longest: int
    count: int
    bleu: float

    @property
    def name(self) -> str:
        """As a label: "3–6"."""
        return f"{self.shortest}–{self.longest}"


def bleu(
    hypotheses: Sequence[str], references: Sequence[Reference], *, lower: bool = False
) -> Score:
    """Corpus BLEU (Papineni et al. 2002) of detokenised text, by sacrebleu.

    A sentence has one reference, or several to match any of. `lower` leaves the letters' case out.

    With sacrebleu's default tokeniser, 13a, as in published figures: « l'arbre » and « a-t-il »
    are then one token each, and a narrow no-break space before « ? » counts as any space.
    """
    return _sacrebleu(BLEU(lowercase=lower), hypotheses, references, "bleu")


def tokenised_bleu(
    hypotheses: Sequence[Sequence[str]], references: Sequence[Sequence[Sequence[str]]]
) -> Score:
    """Corpus BLEU of tokens in small letters, taken as they are; a sentence's references in a list.

    So older papers score. It is another number than `bleu`: punctuation and « l' » are words of
    their own, and whoever tokenises otherwise gets other words.
    """
    found = [" ".join(tokens) for tokens in hypotheses]
    wanted = [[" ".join(tokens) for tokens in each] for each in references]
    # force: that the text is tokenised is meant, and no reason for a warning.
    return _sacrebleu(BLEU(lowercase=True, tokenize="none", force=True), found, wanted, "bleu")


def chrf(
    hypotheses: Sequence[str], references: Sequence[Reference], *, lower: bool = False
) -> Score:
    """Corpus chrF (Popović 2015), the F-score of character n-grams, with sacrebleu's defaults."""
    return _sacrebleu(CHRF(lowercase=lower), hypotheses, references, "chrf")


def _sacrebleu(metric: BLEU | CHRF, hypotheses, references, name: str) -> Score:
    paired(name, hypotheses, references)
    texts = [[found] if isinstance(found, str) else list(found) for found in references]
    if not all(texts):
        raise ValueError(f"{name}: wanted at least one reference for each sentence")
    most = max(map(len, texts))
    # sacrebleu wants a list for the first references, one for the second; None where there is none.
    streams = [[found[n] if n < len(found) else None for found in texts] for n in range(most)]
    value = metric.corpus_score(list(hypotheses), cast(Any, streams)).score
    return Score(float(value), str(metric.get_signature()))


def exact_match(hypotheses: Sequence, references: Sequence) -> Share:
    """The share of hypotheses that are their reference, token for token or as strings."""
    paired("exact_match", hypotheses, references)
    same = [found == wanted for found, wanted in zip(hypotheses, references, strict=True)]
    return Share(sum(same) / len(same), len(same))


def by_length(
    lengths: Sequence[int],
    hypotheses: Sequence[str],
    references: Sequence[Reference],
    *,
    buckets: Sequence[tuple[int, int]] = BUCKETS,
    lower: bool = False,
) -> tuple[Bucket, ...]:
    """BLEU by the source's length in tokens; a bucket without a sentence is left out.

    Raises ValueError if a length is in no bucket: no sentence is passed over in silence.
    """
    paired("by_length", hypotheses, references)
    paired("by_length", lengths, references)
    found = []
    for length in lengths:
        if not any(shortest <= length <= longest for shortest, longest in buckets):
            raise ValueError(f"by_length: wanted lengths within {tuple(buckets)}, got {length}")
    for shortest, longest in buckets:
        rows = [row for row, length in enumerate(lengths) if shortest <= length <= longest]
        if rows:
            said, wanted = [hypotheses[row] for row in rows], [references[row] for row in rows]
            value = bleu(said, wanted, lower=lower)
            found.append(Bucket(shortest, longest, len(rows), value.value))
    return tuple(found)


def paired(name: str, hypotheses: Sequence, references: Sequence) -> None:
    """Raise ValueError, naming the measure, unless both are of one length and not empty."""
    if len(hypotheses) != len(references):
        raise ValueError(
            f"{name}: wanted as many hypotheses as references, "
            f"got {len(hypotheses)} and {len(references)}"
        )
    if not references:
        raise ValueError(f"{name}: wanted at least one sentence, got none")
