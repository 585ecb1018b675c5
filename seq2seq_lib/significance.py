"""How sure a BLEU is: the bootstrap, for one system and for two on the same sentences.

BLEU is a function of sums over sentences, so that a test set of other sentences needs no new
translations: it is another way of adding up the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from sacrebleu.metrics import BLEU
from torch import Tensor

from seq2seq_lib.metrics import Reference, paired

ORDERS = 4


@dataclass(frozen=True)
class Difference:
    """How much better the first of two systems is, in BLEU.

    value: on all sentences. low, high: the interval that holds the middle `level` of the samples.
    wins: the share of samples in which the first is ahead.
    """

    value: float
    low: float
    high: float
    wins: float

    @property
    def distinguishable(self) -> bool:
        """Whether the whole interval lies on one side of zero."""
        return self.low > 0 or self.high < 0


def counts(hypotheses: Sequence[str], references: Sequence[Reference]) -> Tensor:
    """What BLEU adds up, a row `(10,)` a sentence, by sacrebleu.

    Length of the translation, length of its closest reference, matching n-grams of 1 to 4 tokens,
    n-grams of 1 to 4 tokens.
    """
    paired("counts", hypotheses, references)
    metric = BLEU(effective_order=True)  # silences a warning; counts do not depend on it
    rows = []
    for said, wanted in zip(hypotheses, references, strict=True):
        texts = [wanted] if isinstance(wanted, str) else list(wanted)
        found = metric.sentence_score(said, texts)
        rows.append([found.sys_len, found.ref_len, *found.counts, *found.totals])
    return torch.tensor(rows, dtype=torch.float64)


def bleu(sums: Tensor) -> Tensor:
    """BLEU `(…)` of sums of `counts (…, 10)`, as sacrebleu smooths it (Chen & Cherry 2014).

    An order without a match counts as half a match, the next one as a quarter, and so on.
    """
    said, wanted = sums[..., 0], sums[..., 1]
    matches, totals = sums[..., 2 : 2 + ORDERS], sums[..., 2 + ORDERS :]
    missing = (matches == 0).cumsum(-1).double()
    shares = torch.where(matches > 0, matches, 0.5**missing) / totals.clamp(min=1)
    penalty = (1 - wanted / said.clamp(min=1)).clamp(max=0).exp()
    value = 100 * penalty * shares.log().mean(-1).exp()
    return torch.where((totals > 0).all(-1) & (matches > 0).any(-1), value, 0.0)


def draws(sentences: int, samples: int, generator: torch.Generator) -> Tensor:
    """For each sample, how often each sentence is drawn, with replacement: (samples, sentences)."""
    if sentences < 1 or samples < 1:
        raise ValueError(f"draws: wanted at least one of both, got {sentences} and {samples}")
    drawn = torch.randint(sentences, (samples, sentences), generator=generator)
    times = torch.zeros(samples, sentences, dtype=torch.float64)
    return times.scatter_add_(1, drawn, torch.ones_like(times))


def middle(values: Tensor, level: float = 0.95) -> tuple[float, float]:
    """The bounds between which the middle `level` of the values lie."""
    if not 0 < level < 1:
        raise ValueError(f"middle: wanted a level between 0 and 1, got {level}")
    tail = (1 - level) / 2
    low, high = values.double().quantile(torch.tensor([tail, 1 - tail], dtype=torch.float64))
    return low.item(), high.item()


def interval(rows: Tensor, times: Tensor, level: float = 0.95) -> tuple[float, float]:
    """The bootstrap interval of BLEU (Koehn 2004, section 4): `rows` are `counts`, `times` draws.

    Raises ValueError if they are not of the same sentences.
    """
    return middle(bleu(_summed(rows, times)), level)


def difference(
    first: Tensor, second: Tensor, times: Tensor, level: float = 0.95
) -> Difference:
    """Paired bootstrap (Koehn 2004, section 5): both systems on each sample of the same sentences.

    Raises ValueError if rows and draws are not of the same sentences.
    """
    gaps = bleu(_summed(first, times)) - bleu(_summed(second, times))
    low, high = middle(gaps, level)
    value = bleu(first.sum(0)) - bleu(second.sum(0))
    return Difference(value.item(), low, high, (gaps > 0).double().mean().item())


def _summed(rows: Tensor, times: Tensor) -> Tensor:
    if rows.ndim != 2 or rows.shape[0] != times.shape[1]:
        raise ValueError(
            f"bootstrap: wanted counts of {times.shape[1]} sentences, got {tuple(rows.shape)}"
        )
    return times @ rows
