"""What a model is, as a value: enough to build it anew and to know a stranger's checkpoint."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

CELLS = ("gru", "lstm")
DIRECTIONS = ("forward", "backward", "both")
CONTEXTS = ("first state", "every step", "bahdanau", "luong")
SCORES = ("additive", "concat", "dot", "general", "scaled dot")
ATTENDING = ("bahdanau", "luong")


@dataclass(frozen=True, kw_only=True)
class RecurrentConfig:
    """A recurrent encoder–decoder.

    source_size, target_size: entries of the two vocabularies.
    embedding: width of a token's vector. width: width of the state, of encoder and decoder alike
    (a reader of both directions gives half of it to each).
    layers: how many recurrent layers, the same on both sides.
    cell: "gru" (Cho et al. 2014) or "lstm" (Hochreiter & Schmidhuber 1997).
    direction: how the source is read; "backward" is Sutskever's reversed source.
    context: how the decoder gets at the source. "first state" (Sutskever et al. 2014) and
    "every step" (Cho et al. 2014) pass one vector; "bahdanau" (2015) looks back before each step,
    "luong" (2015) after it.
    score: how attention compares, for the two that attend: one of SCORES; otherwise None.
    dropout: share of the embedding and of the read-out set to zero in training.
    """

    source_size: int
    target_size: int
    embedding: int = 128
    width: int = 128
    layers: int = 1
    cell: str = "gru"
    direction: str = "forward"
    context: str = "first state"
    score: str | None = None
    dropout: float = 0.0

    def __post_init__(self) -> None:
        for name in ("source_size", "target_size", "embedding", "width", "layers"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name}: wanted a positive whole number, got {value!r}")
        _one_of("cell", self.cell, CELLS)
        _one_of("direction", self.direction, DIRECTIONS)
        _one_of("context", self.context, CONTEXTS)
        if self.context in ATTENDING:
            _one_of("score", self.score, SCORES)
        elif self.score is not None:
            raise ValueError(f"score: {self.context!r} does not attend, got {self.score!r}")
        if self.direction == "both" and self.width % 2:
            raise ValueError(f"width: wanted an even one for two directions, got {self.width}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout: wanted a share from 0 to below 1, got {self.dropout}")

    def to_dict(self) -> dict:
        """The configuration as plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> RecurrentConfig:
        """The configuration of these values. An unknown or missing key is a ValueError."""
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ValueError(f"unknown setting {unknown[0]!r}: wanted some of {sorted(known)}")
        missing = sorted({"source_size", "target_size"} - set(values))
        if missing:
            raise ValueError(f"setting {missing[0]!r} is missing")
        return cls(**values)


def _one_of(name: str, value: str | None, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name}: wanted one of {', '.join(allowed)}, got {value!r}")
