"""How a model is to be trained, and what is noted on the way: plain values, both."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

SCHEDULES = ("linear", "constant")


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How a model is trained.

    steps: updates of the weights. tokens: a batch's budget (see `batches`). learning_rate: Adam's
    at its highest. warmup: share of the steps in which it rises to that. schedule: what follows,
    "linear" down to zero or "constant". clip: the longest gradient allowed (Pascanu et al. 2013).
    smoothing: of the labels. validate_every: steps between two looks at the validation examples.
    """

    steps: int
    tokens: int = 1536
    learning_rate: float = 4e-3
    warmup: float = 0.1
    schedule: str = "linear"
    clip: float = 1.0
    smoothing: float = 0.0
    validate_every: int = 100

    def __post_init__(self) -> None:
        for name in ("steps", "tokens", "validate_every"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name}: wanted a positive whole number, got {value!r}")
        for name in ("learning_rate", "clip"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name}: wanted more than 0, got {getattr(self, name)!r}")
        if not 0 <= self.warmup <= 1:
            raise ValueError(f"warmup: wanted a share from 0 to 1, got {self.warmup!r}")
        if not 0 <= self.smoothing < 1:
            raise ValueError(f"smoothing: wanted a share from 0 to below 1, got {self.smoothing!r}")
        if self.schedule not in SCHEDULES:
            raise ValueError(
                f"schedule: wanted one of {', '.join(SCHEDULES)}, got {self.schedule!r}"
            )


@dataclass(frozen=True)
class Point:
    """One look at the validation examples, after `step` updates.

    Losses are in nats per token, `training_loss` over the steps since the point before (with
    smoothing, if there is any). tokens: target tokens trained on so far. seconds: so far.
    """

    step: int
    training_loss: float
    validation_loss: float
    learning_rate: float
    tokens: int
    seconds: float = field(compare=False)


@dataclass(frozen=True)
class History:
    """The points of a run, the earliest first."""

    points: tuple[Point, ...]

    @property
    def best(self) -> Point:
        """The point of the least validation loss, whose weights the model was left with."""
        return min(self.points, key=lambda point: point.validation_loss)


def learning_rate(config: TrainingConfig, step: int) -> float:
    """The learning rate of this step, counted from 1."""
    rising = math.ceil(config.warmup * config.steps)
    if step <= rising:
        return config.learning_rate * step / rising
    if config.schedule == "constant":
        return config.learning_rate
    return config.learning_rate * (config.steps - step + 1) / (config.steps - rising + 1)
