"""What a decoder says after a given beginning: the reference's words, wrong ones, or its own.

Steps are counted from 0, as in a `Batch`: step t is fed `inputs[:, t]` and should say
`targets[:, t]`. So the word said at step t is the input of step t + 1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from seq2seq_lib.batching import Batch
from seq2seq_lib.memory import SequenceModel
from seq2seq_lib.vocabulary import BOS, EOS, PAD, SPECIALS


def likeliest(logits: Tensor) -> Tensor:
    """The word `(batch, target)` that each step finds likeliest, neither padding nor `<bos>`."""
    scores = logits.clone()
    scores[..., [PAD, BOS]] = -torch.inf
    return scores.argmax(dim=-1)


@torch.no_grad()
def say(model: SequenceModel, batch: Batch, inputs: Tensor | None = None) -> Tensor:
    """The likeliest word `(batch, target)` of each step, fed `inputs` (by default the right ones).

    All of them are given, so this is one call of `decode`: teacher forcing, or the same with some
    of the teacher's words changed.
    """
    memory, state = model.encode(batch.source, batch.source_mask)
    given = batch.inputs if inputs is None else inputs
    return likeliest(model.decode(given, state, memory).logits)


@torch.no_grad()
def free_run(model: SequenceModel, batch: Batch, given: Tensor, *, steps: int) -> Tensor:
    """The words `(batch, steps)` of a decoder that is fed `given (batch, first)`, then its own.

    Step t < first is fed `given[:, t]`, every later one the word said before it. What follows the
    first `<eos>` that was said at step first - 1 or later is padding. Raises ValueError if nothing
    is given or there are fewer steps than given words.
    """
    first = given.shape[1]
    if not 1 <= first <= steps:
        raise ValueError(f"given: wanted 1 to {steps} words, as many as steps, got {first}")
    memory, state = model.encode(batch.source, batch.source_mask)
    decoded = model.decode(given, state, memory)
    said = [likeliest(decoded.logits)]
    word, ended = said[0][:, -1:], said[0][:, -1:] == EOS
    for _ in range(steps - first):
        decoded = model.decode(word, decoded.state, memory)
        word = likeliest(decoded.logits).masked_fill(ended, PAD)
        said.append(word)
        ended = ended | (word == EOS)
    return torch.cat(said, dim=1)


def hits(said: Tensor, batch: Batch) -> Tensor:
    """Booleans `(batch, target)`: the right word at the right step, and not padding."""
    return (said[:, : batch.targets.shape[1]] == batch.targets) & batch.target_mask


@torch.no_grad()
def tempting(model: SequenceModel, batch: Batch, step: int) -> Tensor:
    """The likeliest wrong word `(batch,)` at this step, the right ones forced before it.

    Neither padding nor `<bos>` nor `<eos>`: a word that can be fed and gone on from.
    """
    memory, state = model.encode(batch.source, batch.source_mask)
    scores = model.decode(batch.inputs[:, : step + 1], state, memory).logits[:, -1].clone()
    scores[:, [PAD, BOS, EOS]] = -torch.inf
    return scores.scatter(1, batch.targets[:, step, None], -torch.inf).argmax(dim=1)


def planted(batch: Batch, step: int, words: Tensor) -> Tensor:
    """The inputs `(batch, target)` as if `words (batch,)` had been said at this step.

    They are fed one step later; all others stay right. Raises ValueError for a step whose word
    nobody is fed.
    """
    if not 0 <= step < batch.inputs.shape[1] - 1:
        raise ValueError(f"step: wanted 0 to {batch.inputs.shape[1] - 2}, got {step}")
    inputs = batch.inputs.clone()
    inputs[:, step + 1] = words
    return inputs


def edits(said: Sequence[int], wanted: Sequence[int]) -> int:
    """How many words must be put in, left out or exchanged to make one sequence of the other
    (Levenshtein 1966)."""
    row = list(range(len(wanted) + 1))
    for i, word in enumerate(said, start=1):
        above, row[0] = row[0], i
        for j, other in enumerate(wanted, start=1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (word != other))
    return row[-1]


def rest_edits(said: Tensor, batch: Batch, first: int) -> tuple[int, int]:
    """Edits between what was said from step `first` on and what the reference has there.

    Gives their sum over the batch, and how many words the references have there, `<eos>` left out.
    """
    total, words = 0, 0
    pairs = zip(said[:, first:].tolist(), batch.targets[:, first:].tolist(), strict=True)
    for mine, reference in pairs:
        wanted = until_end(reference)
        total, words = total + edits(until_end(mine), wanted), words + len(wanted)
    return total, words


def until_end(tokens: Sequence[int]) -> list[int]:
    """The tokens before the first `<eos>` or padding."""
    stops = [place for place, token in enumerate(tokens) if token in (EOS, PAD)]
    return list(tokens[: stops[0]] if stops else tokens)


def neighbours(sentences: Iterable[Sequence[str]]) -> list[tuple[str, str]]:
    """All pairs of words that stand side by side, the two ends of a sentence being words too."""
    ends = (SPECIALS[BOS],), (SPECIALS[EOS],)
    framed = [(*ends[0], *words, *ends[1]) for words in sentences]
    return [pair for words in framed for pair in pairwise(words)]


def familiar(said: Iterable[Sequence[str]], known: Iterable[Sequence[str]]) -> float:
    """The share of neighbours in what was said that are neighbours somewhere in `known`.

    A plain measure of whether sentences hang together, whatever they are to mean.
    """
    there, found = set(neighbours(known)), neighbours(said)
    return sum(pair in there for pair in found) / len(found)


def in_common(said: Iterable[Sequence[str]], wanted: Iterable[Sequence[str]]) -> float:
    """The share of the words said that the reference has too, wherever they stand, each counted
    at most as often as there (the 1-gram precision of BLEU, in tokens)."""
    shared, total = 0, 0
    for mine, theirs in zip(said, wanted, strict=True):
        shared += sum((Counter(mine) & Counter(theirs)).values())
        total += len(mine)
    return shared / total if total else 0.0
