"""Probes: what a linear reader finds in a model's context, the model's weights left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from seq2seq_lib.batching import pad
from seq2seq_lib.models import EncoderDecoder, Model
from seq2seq_lib.training import evaluating
from seq2seq_lib.vocabulary import EOS, Vocabularies

SENTENCES = 500
RIDGE = 0.01


@dataclass(frozen=True)
class Probe:
    """A linear classifier of contexts: weights `(width, classes)`, offset `(classes,)`."""

    weights: Tensor
    offset: Tensor

    def guess(self, contexts: Tensor) -> Tensor:
        """The likeliest class `(sentences,)` of each of `contexts (sentences, width)`."""
        return (contexts.double() @ self.weights + self.offset).argmax(dim=1)


def contexts(model: Model, pairs: Sequence, vocabularies: Vocabularies) -> Tensor:
    """The context `(sentences, width)` of each pair's source, in the pairs' order.

    Raises ValueError for a model that keeps no context, and for no pairs.
    """
    if not pairs:
        raise ValueError("contexts: wanted at least one pair, got none")
    numbers = [(*vocabularies.source.encode(pair.source), EOS) for pair in pairs]
    order = sorted(range(len(numbers)), key=lambda place: len(numbers[place]))
    parts = []
    with evaluating(model):
        for start in range(0, len(order), SENTENCES):
            source, mask = pad([numbers[row] for row in order[start : start + SENTENCES]])
            context = model.encode(source, mask)[0].context
            if context is None:
                raise ValueError("contexts: wanted a model that keeps one, this one has none")
            parts.append(context)
    found = torch.cat(parts)
    found[order] = found.clone()
    return found


def discriminant(contexts: Tensor, classes: Tensor, *, ridge: float = RIDGE) -> Probe:
    """Fisher's (1936) linear discriminant of `contexts (sentences, width)`.

    Takes the contexts of each class `(sentences,)` for a normal cloud around their mean, all
    clouds of one shape: the likeliest class is then linear in the context, and its weights are
    the solution of one linear system, without training. `ridge` is added to the clouds'
    covariance, as a share of its mean variance. Raises ValueError if the two differ in number.
    """
    if contexts.ndim != 2 or classes.shape != contexts.shape[:1]:
        raise ValueError(
            f"discriminant: wanted contexts (sentences, width) and a class for each, "
            f"got shapes {tuple(contexts.shape)} and {tuple(classes.shape)}"
        )
    rows, counts = contexts.double(), torch.bincount(classes).double()
    sums = rows.new_zeros(len(counts), rows.shape[1]).index_add(0, classes, rows)
    means = sums / counts.clamp(min=1)[:, None]
    spread = rows - means[classes]
    covariance = spread.T @ spread / len(rows)
    eye = torch.eye(len(covariance), dtype=covariance.dtype)
    covariance += ridge * covariance.diagonal().mean().clamp(min=1e-12) * eye
    weights = torch.linalg.solve(covariance, means.T)
    offset = (counts / len(rows)).log() - (means.T * weights).sum(0) / 2
    return Probe(weights, offset)


def readable(
    model: Model,
    training: Sequence,
    test: Sequence,
    vocabularies: Vocabularies,
    *,
    places: int = 25,
) -> Tensor:
    """Which words of the test sources a probe can read from their context.

    Gives `(sentences, places)`: 1 where the probe for that place, fitted on the training pairs
    that have a word there, names the test word; 0 where it names another; NaN beyond the end.
    """
    seen, asked = (contexts(model, pairs, vocabularies) for pairs in (training, test))
    words, real = (_words(pairs, vocabularies, places) for pairs in (training, test))
    right = torch.full((len(test), places), torch.nan)
    for place in range(places):
        known, there = words[1][:, place], real[1][:, place]
        if known.any() and there.any():
            probe = discriminant(seen[known], words[0][known, place])
            right[there, place] = (probe.guess(asked[there]) == real[0][there, place]).float()
    return right


def majority(
    training: Sequence, test: Sequence, vocabularies: Vocabularies, *, places: int = 25
) -> Tensor:
    """The baseline of `readable` that never looks: the commonest training word of each place."""
    words, real = (_words(pairs, vocabularies, places) for pairs in (training, test))
    right = torch.full((len(test), places), torch.nan)
    for place in range(places):
        known, there = words[1][:, place], real[1][:, place]
        if known.any() and there.any():
            commonest = torch.bincount(words[0][known, place]).argmax()
            right[there, place] = (real[0][there, place] == commonest).float()
    return right


def influence(
    model: EncoderDecoder,
    pairs: Sequence,
    vocabularies: Vocabularies,
    *,
    distance: int,
    generator: torch.Generator,
) -> Tensor:
    """How far each source token moves what the reader says at the end of the sentence.

    Gives `(distance + 1,)` by distance from the last token, from 0: the root mean square, over the
    pairs, of the slope of the reader's last vector, along a random direction drawn from
    `generator`, with respect to the token's vector; divided by its value at distance 0. Sources
    must have more tokens than `distance`. Raises ValueError where one has not.
    """
    curves = []
    for pair in pairs:
        numbers = (*vocabularies.source.encode(pair.source), EOS)
        if len(numbers) <= distance:
            raise ValueError(f"wanted sources of over {distance} tokens, got one of {len(numbers)}")
        source, mask = pad([numbers])
        vectors = model.embedding(source).detach().requires_grad_()
        last = model.reader(vectors, mask).outputs[0, -1]
        way = torch.randn(last.shape, generator=generator)
        (slopes,) = torch.autograd.grad(last @ way, vectors)
        curves.append(slopes[0].norm(dim=-1).flip(0)[: distance + 1])
    found = torch.stack(curves).square().mean(0).sqrt()
    return found / found[0]


def _words(pairs: Sequence, vocabularies: Vocabularies, places: int) -> tuple[Tensor, Tensor]:
    """The sources' words and which are there, both `(sentences, places)`, without `<eos>`."""
    words, there = pad([vocabularies.source.encode(pair.source) for pair in pairs])
    missing = max(0, places - words.shape[1])
    pads = (0, missing)
    words, there = (nn.functional.pad(part, pads) for part in (words, there))
    return words[:, :places], there[:, :places]
