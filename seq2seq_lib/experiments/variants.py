"""Which models each chapter compares, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field

# Not quite twice through the training split. Small batches learn most in a second of one core.
TRAINING = {
    "steps": 1200, "tokens": 384, "learning_rate": 8e-3, "validate_every": 300,
    "output_bias": "frequencies",
}  # fmt: skip
# With the read-out's bias at zero more words and a lower rate are needed: at 5e-3 the fixed context
# sticks at the loss of a unigram model with some seeds.
FROM_ZERO = {"steps": 2000, "tokens": 512, "learning_rate": 3e-3, "validate_every": 500}


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


def _fixed(name: str, width: int, *, training: dict = TRAINING, **settings) -> Variant:
    model = {"embedding": 64, "width": width, "context": "every step", "direction": "backward"}
    return Variant(name, {**model, **settings}, training)


def _attending(context: str, score: str, training: dict) -> Variant:
    model = {"embedding": 64, "width": 128, "direction": "both", "context": context}
    return Variant(f"{context}, {score}", {**model, "score": score}, training)


def _all_attending(training: dict) -> tuple[Variant, ...]:
    return (
        _attending("luong", "scaled dot", training),
        _attending("bahdanau", "additive", training),
        _attending("luong", "concat", training),
        _attending("luong", "dot", training),
        _attending("luong", "general", training),
    )


CHAPTERS: dict[str, tuple[Variant, ...]] = {
    "06": (
        _fixed("fixed 128", 128),
        _fixed("fixed 64", 64),
        _fixed("fixed 256", 256),
        _fixed("fixed 128, forward", 128, direction="forward"),
        _fixed("fixed 128, first state", 128, context="first state"),
        _fixed("fixed 128, twice as long", 128, training=TRAINING | {"steps": 2400}),
        _fixed("fixed 128, from zero", 128, training=TRAINING | {"output_bias": "as built"}),
    ),
    # The fixed context beside them is chapter 06's "fixed 128".
    "09": _all_attending(TRAINING),
    "09_zero": _all_attending(FROM_ZERO),
}


def variants(chapter: str) -> dict[str, Variant]:
    """A chapter's variants by name. Raises ValueError for a chapter without experiments."""
    if chapter not in CHAPTERS:
        raise ValueError(f"chapter: wanted one of {', '.join(CHAPTERS)}, got {chapter!r}")
    return {variant.name: variant for variant in CHAPTERS[chapter]}
