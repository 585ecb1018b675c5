"""How a model is to be trained, and what is noted on the way: plain values, both."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

from seq2seq_lib.config import later, plain

SCHEDULES = ("linear", "constant", "inverse square root", "cosine")
OWN_WORDS = ("linear", "exponential", "inverse sigmoid", "constant")
PRECISIONS = ("float32", "bfloat16")
OUTPUT_BIASES = ("as built", "frequencies")
CLOCKS = {"wall": time.perf_counter, "processor": time.process_time}
PARTS = 10_000  # of a budget of time


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """How a model is trained.

    steps: updates of the weights. tokens: a batch's budget (see `batches`). learning_rate: Adam's
    at its highest. warmup: share of the steps in which it rises to that. schedule: what follows,
    "linear" or "cosine" down to zero (Loshchilov & Hutter 2017), "inverse square root" (Vaswani et
    al. 2017, equation 3), or "constant". clip: the longest gradient allowed (Pascanu et al. 2013).
    smoothing: of the labels. validate_every: steps between two looks at the validation examples.
    own_words: the share of inputs, at its highest, that are the decoder's own words rather than the
    right ones (scheduled sampling, Bengio et al. 2015), and own_words_schedule: how it rises from
    0: "linear", "exponential", "inverse sigmoid", or "constant" from the first step.
    kl_weight: of a bottleneck's divergence, at its highest, and kl_annealing: the share of the
    steps in which it rises to that from 0 (Bowman et al. 2016).
    source_weight: of the source's own tokens in the loss of a language model, next to 1 for the
    target's: 0 scores the target alone, 1 the whole stream alike.
    output_bias: where the read-out's bias begins: "as built", which is zero in a new model, or
    "frequencies", the logarithm of each word's share in the training targets (Meister et al. 2023;
    see `models.begin_at_frequencies`).
    precision: "float32", or "bfloat16" for autocast in training: faster where the processor has
    instructions for it, many times slower where it has not.
    seconds: a budget of time, if there is one. The run ends when it is used up (validation counts
    too) or after `steps`, whatever comes first, and everything that rises or falls does so over
    the time, not the steps. Two such runs are not the same to the bit.
    clock: whose seconds these are: "wall", or "processor" for the time that the processor worked
    for this process, all its threads together. With one thread on a machine that does nothing else
    both are the same. The processor's do not run while other processes have their turn, so they
    compare runs on a shared machine; they do not see a GPU, nor that threads share the work.
    """

    steps: int
    tokens: int = 1536
    learning_rate: float = 4e-3
    warmup: float = 0.1
    schedule: str = "linear"
    clip: float = 1.0
    smoothing: float = 0.0
    validate_every: int = 100
    own_words: float = later(0.0)
    own_words_schedule: str = later("linear")
    kl_weight: float = later(1.0)
    kl_annealing: float = later(0.0)
    source_weight: float = later(0.0)
    output_bias: str = later("as built")
    precision: str = later("float32")
    seconds: float | None = later(None)
    clock: str = later("wall")

    def to_dict(self) -> dict:
        """As plain values; what came later is left out where it has its default."""
        return plain(self)

    def __post_init__(self) -> None:
        for name in ("steps", "tokens", "validate_every"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name}: wanted a positive whole number, got {value!r}")
        positive = ("learning_rate", "clip", *(() if self.seconds is None else ("seconds",)))
        for name in positive:
            if not getattr(self, name) > 0:
                raise ValueError(f"{name}: wanted more than 0, got {getattr(self, name)!r}")
        for name in ("warmup", "own_words", "kl_annealing"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}: wanted a share from 0 to 1, got {getattr(self, name)!r}")
        for name in ("kl_weight", "source_weight"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name}: wanted 0 or more, got {getattr(self, name)!r}")
        if not 0 <= self.smoothing < 1:
            raise ValueError(f"smoothing: wanted a share from 0 to below 1, got {self.smoothing!r}")
        allowed = {
            "schedule": SCHEDULES, "own_words_schedule": OWN_WORDS, "precision": PRECISIONS,
            "clock": CLOCKS, "output_bias": OUTPUT_BIASES,
        }  # fmt: skip
        for name, values in allowed.items():
            if getattr(self, name) not in values:
                raise ValueError(
                    f"{name}: wanted one of {', '.join(values)}, got {getattr(self, name)!r}"
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


def clock(config: TrainingConfig, step: int, seconds: float) -> tuple[int, int]:
    """Where a run is: the step, counted from 1, and of how many.

    With a budget of time, what is used of it (`seconds`) counts, in parts of a `PARTS`th.
    """
    if config.seconds is None:
        return step, config.steps
    return 1 + min(PARTS - 1, int(PARTS * seconds / config.seconds)), PARTS


def learning_rate(config: TrainingConfig, step: int, seconds: float = 0.0) -> float:
    """The learning rate of this step, counted from 1, before which `seconds` have gone by."""
    step, steps = clock(config, step, seconds)
    rising = math.ceil(config.warmup * steps)
    if step <= rising:
        return config.learning_rate * step / rising
    if config.schedule == "constant":
        return config.learning_rate
    if config.schedule == "inverse square root":
        return config.learning_rate * math.sqrt(max(rising, 1) / step)
    left = (steps - step + 1) / (steps - rising + 1)
    if config.schedule == "cosine":
        return config.learning_rate * (1 - math.cos(math.pi * left)) / 2
    return config.learning_rate * left


def own_words(config: TrainingConfig, step: int, seconds: float = 0.0) -> float:
    """The share of inputs at this step, counted from 1, that are the decoder's own words.

    The curves of Bengio et al. 2015, section 2.4, over the share t of the steps that is done: t,
    1 - e^(-5t), and the sigmoid of 10 t - 5.
    """
    step, steps = clock(config, step, seconds)
    done = step / steps
    curves = {
        "linear": done,
        "exponential": 1 - math.exp(-5 * done),
        "inverse sigmoid": 1 / (1 + math.exp(5 - 10 * done)),
        "constant": 1.0,
    }
    return config.own_words * curves[config.own_words_schedule]


def kl_weight(config: TrainingConfig, step: int, seconds: float = 0.0) -> float:
    """The weight of the divergence at this step, counted from 1."""
    step, steps = clock(config, step, seconds)
    rising = config.kl_annealing * steps
    return config.kl_weight * (min(1.0, step / rising) if rising else 1.0)
