"""Examples for autoencoders and language models: the target is the source, or what it was before
something happened to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch

from seq2seq_lib.batching import Example
from seq2seq_lib.vocabulary import EOS, UNK, Numbering


def autoencoding(sentences: Iterable[Sequence[str]], vocabulary: Numbering) -> list[Example]:
    """Each tokenised sentence as its own translation. Raises ValueError for an empty one."""
    return [Example((*said, EOS), said) for said in _numbers(sentences, vocabulary)]


def speaking(sentences: Iterable[Sequence[str]], vocabulary: Numbering) -> list[Example]:
    """Each tokenised sentence as what a language model should say after nothing: its source is
    empty. Raises ValueError for an empty sentence."""
    return [Example((), said) for said in _numbers(sentences, vocabulary)]


def _numbers(sentences, vocabulary: Numbering) -> list[tuple[int, ...]]:
    said = [tuple(vocabulary.encode(sentence)) for sentence in sentences]
    for place, numbers in enumerate(said):
        if not numbers:
            raise ValueError(f"wanted sentences of at least one token, sentence {place} has none")
    return said


def corrupt(
    tokens: Sequence[int],
    *,
    generator: torch.Generator,
    drop: float = 0.1,
    blank: float = 0.1,
    shuffle: int = 3,
) -> tuple[int, ...]:
    """The tokens after something happened to them (Lample et al. 2018, section 2.3).

    Each is dropped with probability `drop`, else blanked, made `<unk>`, with probability `blank`;
    the rest changes places, none by `shuffle` or more (0 or 1: none). At least one token is left.
    Raises ValueError for shares outside 0 to 1, a negative `shuffle`, and no tokens.
    """
    for name, share in (("drop", drop), ("blank", blank)):
        if not 0 <= share <= 1:
            raise ValueError(f"{name}: wanted a share from 0 to 1, got {share}")
    if shuffle < 0 or not tokens:
        wish = "a shuffle of 0 or more" if shuffle < 0 else "at least one token"
        raise ValueError(f"corrupt: wanted {wish}, got {shuffle if shuffle < 0 else 'none'}")
    count = len(tokens)
    kept = torch.rand(count, generator=generator) >= drop
    if not kept.any():
        kept[int(torch.randint(count, (), generator=generator))] = True
    blanked = torch.rand(count, generator=generator) < blank
    left = [
        UNK if blanked[place] else token for place, token in enumerate(tokens) if kept[place]
    ]
    # Each place moves by less than `shuffle`: sorting by place + noise keeps what is further apart.
    keys = torch.arange(len(left)) + shuffle * torch.rand(len(left), generator=generator)
    return tuple(left[place] for place in keys.argsort(stable=True).tolist())


def denoising(
    examples: Iterable[Example],
    *,
    generator: torch.Generator,
    drop: float = 0.1,
    blank: float = 0.1,
    shuffle: int = 3,
) -> list[Example]:
    """The same targets, each source the target after `corrupt` (Vincent et al. 2008; Hill et al.
    2016). Call it again for other noise."""
    made = []
    for example in examples:
        noisy = corrupt(
            example.target, generator=generator, drop=drop, blank=blank, shuffle=shuffle
        )
        made.append(Example((*noisy, EOS), example.target))
    return made
