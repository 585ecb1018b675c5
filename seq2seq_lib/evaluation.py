"""How good a translation is, and how good an attention: measures with their sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from seq2seq_lib import typography
from seq2seq_lib.batching import Example, collate, encode_pairs, plan
from seq2seq_lib.metrics import (
    BUCKETS,
    Bucket,
    Score,
    Share,
    bleu,
    by_length,
    chrf,
    exact_match,
    paired,
)
from seq2seq_lib.models import Model
from seq2seq_lib.search import force, translate
from seq2seq_lib.training import evaluating
from seq2seq_lib.vocabulary import EOS, UNK, Vocabularies

Links = Set[tuple[int, int]]
BATCH_TOKENS = 4000


@dataclass(frozen=True)
class Report:
    """What `evaluate` found. hypotheses: the translations, tokenised, in the pairs' order."""

    bleu: Score
    chrf: Score
    exact: Share
    buckets: tuple[Bucket, ...]
    hypotheses: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Alignment:
    """Alignment error rates: of attention, of attention moved, and of two baselines.

    early, late: every row of attention taken for the target word before it, or after it.
    diagonal knows only the lengths; shuffled has the same rows, dealt to the words at random.
    """

    attention: float
    early: float
    late: float
    diagonal: float
    shuffled: float


def evaluate(
    model: Model,
    pairs: Sequence,
    vocabularies: Vocabularies,
    *,
    width: int = 1,
    language: str = "fr",
    lengths: Sequence[tuple[int, int]] = BUCKETS,
    lower: bool = False,
) -> Report:
    """Translate the pairs' sources (greedily, or with a beam of `width`) and compare."""
    if not pairs:
        raise ValueError("evaluate: wanted at least one pair, got none")
    sources = [pair.source for pair in pairs]
    with evaluating(model):
        found = translate(model, sources, vocabularies, width=width, tokens=BATCH_TOKENS)
    return compare(pairs, found, language=language, lengths=lengths, lower=lower)


def compare(
    pairs: Sequence,
    hypotheses: Sequence[Sequence[str]],
    *,
    language: str = "fr",
    lengths: Sequence[tuple[int, int]] = BUCKETS,
    lower: bool = False,
) -> Report:
    """Hold tokenised translations, in the pairs' order, against the pairs' translations.

    These are a pair's `references`, as its corpus prints them, or else its target as it would be
    printed. `lengths` are the buckets of source lengths. A hypothesis is exact if it is the target.
    `lower` leaves the letters' case out of BLEU and chrF.
    """
    found = [typography.detokenise(tuple(tokens), language) for tokens in hypotheses]
    wanted = [
        getattr(pair, "references", ()) or (typography.detokenise(pair.target, language),)
        for pair in pairs
    ]
    said = tuple(tuple(tokens) for tokens in hypotheses)
    return Report(
        bleu=bleu(found, wanted, lower=lower),
        chrf=chrf(found, wanted, lower=lower),
        exact=exact_match(said, [tuple(pair.target) for pair in pairs]),
        buckets=by_length(
            [len(pair.source) for pair in pairs], found, wanted, buckets=lengths, lower=lower
        ),
        hypotheses=said,
    )


def alignment_error_rate(links: Sequence[Links], gold: Sequence[Links]) -> float:
    """Och & Ney's (2003) rate over a corpus, from 0 (the gold links) to 1 (none of them).

    AER = 1 - (|A∩S| + |A∩P|) / (|A| + |S|), where the sure links S and the possible links P are
    both `gold`. A set of (source position, target position) for each sentence.
    """
    paired("alignment_error_rate", links, gold)
    both = sum(len(found & wanted) for found, wanted in zip(links, gold, strict=True))
    size = sum(map(len, links)) + sum(map(len, gold))
    if not size:
        raise ValueError("alignment_error_rate: wanted at least one link, got none")
    return 1 - 2 * both / size


def hard_links(attention: Tensor, source: int, target: int) -> frozenset[tuple[int, int]]:
    """For each target word the source word it attends to most, the leftmost of equals.

    `attention (target, source)` is one sentence's; `source` and `target` are its lengths in
    words. What lies beyond them, `<eos>` and padding, is left out on both sides.
    """
    if attention.ndim != 2 or attention.shape[0] < target or attention.shape[1] < source:
        raise ValueError(
            f"hard_links: wanted attention (target, source) of at least {(target, source)}, "
            f"got shape {tuple(attention.shape)}"
        )
    if source < 1 or target < 1:
        raise ValueError(f"hard_links: wanted words on both sides, got {source} and {target}")
    weights = attention[:target, :source].detach().cpu().numpy()
    # numpy promises the first of equals, torch promises none in particular.
    return frozenset((int(place), row) for row, place in enumerate(weights.argmax(axis=1)))


def moved_links(links: Links, shift: int, target: int) -> Links:
    """The links, each moved by `shift` target words; what leaves the sentence is dropped."""
    return frozenset((place, row + shift) for place, row in links if 0 <= row + shift < target)


def diagonal_links(source: int, target: int) -> frozenset[tuple[int, int]]:
    """A baseline that knows only the lengths: each target word goes with its place's share."""
    if source < 1 or target < 1:
        raise ValueError(f"diagonal_links: wanted words on both sides, got {source} and {target}")
    return frozenset(((2 * row + 1) * source // (2 * target), row) for row in range(target))


def attends(model: Model) -> bool:
    """Whether the model gives attention, found out by asking it for one word of one sentence."""
    device = next(model.parameters()).device
    with evaluating(model):
        return force(model, collate([Example((EOS,), ())]).to(device)).attention is not None


def alignment(
    model: Model,
    pairs: Sequence,
    vocabularies: Vocabularies,
    *,
    generator: torch.Generator,
) -> Alignment:
    """Error rates against the pairs' gold links, with the reference translation forced.

    The shuffled control has the very same rows of attention, in each sentence dealt to its target
    words at random by `generator`. Raises ValueError for a model that does not attend.
    """
    kinds: dict[str, list[Links]] = {field.name: [] for field in fields(Alignment)}
    gold = []
    for pair, attention in forced(model, pairs, vocabularies, "attention"):
        source, target = len(pair.source), len(pair.target)
        found = hard_links(attention, source, target)
        dealt = attention[torch.randperm(target, generator=generator)]
        kinds["attention"].append(found)
        kinds["early"].append(moved_links(found, -1, target))
        kinds["late"].append(moved_links(found, 1, target))
        kinds["diagonal"].append(diagonal_links(source, target))
        kinds["shuffled"].append(hard_links(dealt, source, target))
        gold.append(frozenset(pair.alignment))
    return Alignment(**{name: alignment_error_rate(links, gold) for name, links in kinds.items()})


def forced(
    model: Model, pairs: Sequence, vocabularies: Vocabularies, part: str
) -> Iterator[tuple]:
    """Each pair with its own row of a part of `Decoded`, the reference forced.

    `part` is "logits" or "attention"; a row is `(target, …)` with padding behind the pair's own
    tokens and `<eos>`. The pairs come batch by batch, not in their order. Raises ValueError for a
    model that does not give this part.
    """
    examples = encode_pairs(pairs, vocabularies)
    for pair, example in zip(pairs, examples, strict=True):
        if (len(pair.source) + 1, len(pair.target)) != (len(example.source), len(example.target)):
            raise ValueError("wanted vocabularies of words for what is measured at single words")
    for place, row in forced_rows(model, examples, part):
        yield pairs[place], row


def forced_rows(
    model: Model, examples: Sequence[Example], part: str
) -> Iterator[tuple[int, Tensor]]:
    """As `forced`, for examples: each one's number among them and its row."""
    device = next(model.parameters()).device
    for places in plan(examples, BATCH_TOKENS):
        batch = collate([examples[place] for place in places]).to(device)
        with evaluating(model):
            value = getattr(force(model, batch), part)
        if value is None:
            raise ValueError(f"wanted a model that gives {part}, this one gives none")
        yield from zip(places, value.cpu(), strict=True)


def agreement_accuracy(model: Model, pairs: Sequence, vocabularies: Vocabularies) -> Share:
    """How often the form that agrees is likelier than every other form of its word.

    A contrastive measure (Linzen et al. 2016; Sennrich 2017): the reference is forced, and at
    each place of `pair.agreement` the right form must outscore all its rivals. Rivals outside
    the vocabulary are passed over; a place where none is left, or whose right form is unknown, is
    not counted. Raises ValueError if that leaves nothing to count.
    """
    target = vocabularies.target
    right, count = 0, 0
    for pair, scores in forced(model, pairs, vocabularies, "logits"):
        for site in pair.agreement:
            own = target.encode([pair.target[site.position]])[0]
            rivals = {*target.encode(site.rivals)} - {UNK, own}
            if own != UNK and rivals:
                rival = scores[site.position, sorted(rivals)].max()
                right += bool(scores[site.position, own] > rival)
                count += 1
    if not count:
        raise ValueError("agreement_accuracy: wanted at least one place with a known rival")
    return Share(right / count, count)
