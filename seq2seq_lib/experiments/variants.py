"""Which models each chapter compares, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field

from seq2seq_lib.config import SCORES

TRAINING = {"steps": 2000, "tokens": 256, "learning_rate": 4e-3, "validate_every": 400}


@dataclass(frozen=True)
class Variant:
    """One model of a comparison, and how it is trained.

    model: settings of a configuration beside the vocabularies' sizes, with its "kind" if it is not
    `RecurrentConfig`. training: settings of `TrainingConfig`. joint: whether both languages share
    one vocabulary, as a language model needs.
    """

    name: str
    model: dict = field(default_factory=dict)
    training: dict = field(default_factory=lambda: dict(TRAINING))
    joint: bool = False


def _fixed(name: str, width: int = 128, **settings) -> Variant:
    return Variant(name, {"embedding": 64, "width": width, "direction": "backward", **settings})


def _attending(name: str, context: str, score: str) -> Variant:
    model = {"embedding": 64, "width": 128, "direction": "both", "context": context}
    return Variant(name, {**model, "score": score})


CHAPTERS: dict[str, tuple[Variant, ...]] = {
    "06": (
        _fixed("fixed 32", 32),
        _fixed("fixed 64", 64),
        _fixed("fixed 128", 128),
        _fixed("fixed 128, forward", 128, direction="forward"),
        _fixed("fixed 128, every step", 128, context="every step"),
    ),
    "09": (
        _fixed("fixed", 144),
        *(_attending(f"bahdanau, {score}", "bahdanau", score) for score in SCORES[1:]),
        *(_attending(f"luong, {score}", "luong", score) for score in SCORES[1:]),
        _attending("bahdanau, additive", "bahdanau", "additive"),
    ),
}


def variants(chapter: str) -> dict[str, Variant]:
    """A chapter's variants by name. Raises ValueError for a chapter without experiments."""
    if chapter not in CHAPTERS:
        raise ValueError(f"chapter: wanted one of {', '.join(CHAPTERS)}, got {chapter!r}")
    return {variant.name: variant for variant in CHAPTERS[chapter]}
