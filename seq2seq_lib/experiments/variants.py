"""Which models each chapter compares, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field

# About four times through the training split. Small batches learn most in a second of one core.
# At a rate of 5e-3 the fixed context sticks at the loss of a unigram model with some seeds.
TRAINING = {"steps": 2000, "tokens": 512, "learning_rate": 3e-3, "validate_every": 500}


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


def _fixed(name: str, width: int, *, context: str = "every step", **settings) -> Variant:
    model = {"embedding": 64, "width": width, "context": context, "direction": "backward"}
    return Variant(name, {**model, **settings})


def _attending(context: str, score: str) -> Variant:
    model = {"embedding": 64, "width": 128, "direction": "both", "context": context}
    return Variant(f"{context}, {score}", {**model, "score": score})


CHAPTERS: dict[str, tuple[Variant, ...]] = {
    "06": (
        _fixed("fixed 128", 128),
        _fixed("fixed 64", 64),
        _fixed("fixed 256", 256),
        _fixed("fixed 128, forward", 128, direction="forward"),
        _fixed("fixed 128, first state", 128, context="first state"),
    ),
    # The fixed context beside them is chapter 06's "fixed 128".
    "09": (
        _attending("luong", "scaled dot"),
        _attending("bahdanau", "additive"),
        _attending("luong", "concat"),
        _attending("luong", "dot"),
        _attending("luong", "general"),
    ),
}


def variants(chapter: str) -> dict[str, Variant]:
    """A chapter's variants by name. Raises ValueError for a chapter without experiments."""
    if chapter not in CHAPTERS:
        raise ValueError(f"chapter: wanted one of {', '.join(CHAPTERS)}, got {chapter!r}")
    return {variant.name: variant for variant in CHAPTERS[chapter]}
