"""One training loop for every model: it knows `encode` and `decode` and nothing else.

A run is a function of its arguments. Given a directory it can be interrupted at any moment and
gone on with, and ends at the same weights bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import torch
from torch import nn
from tqdm import tqdm

from seq2seq_lib import checkpoints
from seq2seq_lib.batching import Batch, Example, batches, digest, plan
from seq2seq_lib.distributed import ALONE, Objective, Workers, workers
from seq2seq_lib.losses import objective
from seq2seq_lib.models import Model, begin_at_frequencies
from seq2seq_lib.schedule import CLOCKS, History, Point, TrainingConfig, learning_rate

COUNTS = ("step", "place", "tokens", "seconds", "loss_sum", "loss_tokens")


@contextmanager
def evaluating(model: Model) -> Iterator[None]:
    """The model in `eval` mode and without gradients; afterwards it is as it was."""
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train(training)


def mean_loss(
    model: Model, ready: Sequence[Batch], *, kl_weight: float = 1.0, among: Workers = ALONE
) -> float:
    """Cross-entropy (for a model with a bottleneck: `elbo`, at the code's mean) in nats per real
    token over all batches, those of the other workers too, the model in `eval` mode."""
    total, tokens = 0.0, 0
    with evaluating(model):
        for batch in ready:
            total += objective(model, batch, kl_weight=kl_weight).item() * batch.tokens
            tokens += batch.tokens
    total, count = among.sum(total, tokens)
    return total / count


def train(
    model: Model,
    training: Sequence[Example],
    validation: Sequence[Example],
    config: TrainingConfig,
    *,
    generator: torch.Generator,
    directory: str | Path | None = None,
    progress: bool = True,
    device: str | torch.device = "cpu",
) -> History:
    """Train `model` with Adam; leave it in `eval` mode, at its least validation loss.

    All chance (the order of the batches, dropout) comes from `generator`; torch's own generator
    is left as it was. With a `directory`, `last.safetensors` in it holds the whole state of the
    run and `best.safetensors` the best weights; calling `train` again with the same arguments
    goes on where the run stopped. Under torchrun the workers share each batch (`distributed`).

    Raises ValueError on an empty corpus or if the directory holds a run with other settings,
    FloatingPointError as soon as a loss or gradient is not finite (the last checkpoint stays),
    and KeyboardInterrupt, after saving, when interrupted.
    """
    for name, examples in (("training", training), ("validation", validation)):
        if not examples:
            raise ValueError(f"train: wanted at least one {name} example, got none")
    device = torch.device(device)
    among = workers(device)
    if among.size > 1 and config.source_weight:
        raise ValueError(
            "source_weight: several workers weigh a step by its target tokens; wanted 0 or one "
            f"worker, got {config.source_weight} and {among.size}"
        )
    with torch.random.fork_rng(), among.together():
        run = _Run(model, training, validation, config, generator, directory, device, among)
        try:
            run.go(progress)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(run.stop()) from None
    checkpoints.fill(model.eval(), run.best, "the best weights")
    return History(tuple(run.points))


class _Run:
    """The state of one call of `train`: what `last.safetensors` holds, and how it moves on."""

    def __init__(
        self, model, training, validation, config, generator, directory, device, among
    ) -> None:
        self.model, self.config, self.generator, self.device = model, config, generator, device
        self.training, self.directory = training, None if directory is None else Path(directory)
        self.workers, self.now = among, CLOCKS[config.clock]
        self.model.to(device).train()
        looks = batches(validation, tokens=config.tokens)[among.rank :: among.size]
        self.validation = [batch.to(device) for batch in looks]
        self.optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate, fused=True)
        self.terms = {
            "training": config.to_dict(),
            "model": model.config.to_dict(),
            "data": {"examples": digest(training), "validation examples": digest(validation)},
            "generator": {"seed": generator.initial_seed()},
        }
        self.step, self.tokens, self.seconds = 0, 0, 0.0
        self.loss_sum, self.loss_tokens = 0.0, 0
        self.points: list[Point] = []
        self.best: dict[str, torch.Tensor] = {}
        if self.directory is not None and (self.directory / "last.safetensors").exists():
            self.resume(self.directory / "last.safetensors")
        else:
            if config.output_bias == "frequencies":
                begin_at_frequencies(model, training, source_weight=config.source_weight)
            torch.manual_seed(int(torch.randint(2**62, (), generator=generator)))
            self.begin_epoch()
        self.noise = checkpoints.chance(self.device)
        among.agree({**self.terms, "steps done, in its directory": self.step})
        self.objective = among.spread(Objective(model))

    def go(self, progress: bool) -> None:
        """Step and validate until both are done."""
        quiet = not progress or self.workers.rank > 0
        bar = tqdm(
            total=None if self.config.seconds else self.config.steps,
            initial=self.step, unit="step", desc="training", leave=False, disable=quiet,
        )  # fmt: skip
        with bar:
            while True:
                started = self.now()
                if self.due():
                    self.validate(started)
                if self.over():
                    return
                loss = self.advance(started)
                bar.set_postfix(loss=f"{loss:.3f}", seconds=f"{self.seconds:.0f}", refresh=False)
                bar.update()

    def begin_epoch(self) -> None:
        """Order all examples anew; the generator's state before that is enough to do it again."""
        with checkpoints.uninterrupted():
            self.order_state = self.generator.get_state()
            self.order = plan(self.training, self.config.tokens, self.generator)
            self.place = 0

    def advance(self, started: float) -> float:
        """One update of the weights. Give its loss."""
        if self.place == len(self.order):
            self.begin_epoch()
        whole = [self.training[i] for i in self.order[self.place]]
        batch, share, tokens = self.workers.share(whole)
        rate = learning_rate(self.config, self.step + 1, self.seconds)
        self.optimizer.param_groups[0]["lr"] = rate
        self.optimizer.zero_grad()
        self.workers.reseed(self.generator, self.step)
        loss = self.loss(batch.to(self.device)) * share
        (loss * self.workers.size).backward()  # since workers' gradients are averaged
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip)
        value, stopping = self.workers.sum(loss.item(), self.workers.stopping)
        if stopping:
            raise KeyboardInterrupt
        self.check_finite("training loss", value)
        self.check_finite("gradient's length", norm.item())
        with checkpoints.uninterrupted():
            self.optimizer.step()
            # Dropout moves the generator in the forward pass; a step cut off there starts over.
            self.noise = checkpoints.chance(self.device)
            self.step, self.place = self.step + 1, self.place + 1
            self.tokens += tokens
            self.loss_sum += value * tokens
            self.loss_tokens += tokens
            self.seconds += self.workers.first(self.now() - started)
        return value

    def loss(self, batch: Batch) -> torch.Tensor:
        """The objective of the next step."""
        narrow = self.config.precision == "bfloat16"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=narrow):
            return self.objective(batch, self.config, self.step + 1, self.seconds)

    def over(self) -> bool:
        """Whether the steps are done, or the time for them is used up."""
        return self.step == self.config.steps or self.seconds >= (self.config.seconds or math.inf)

    def due(self) -> bool:
        """Whether the validation examples are to be looked at, and have not yet been."""
        last = self.points[-1].step if self.points else 0
        on_time = self.step % self.config.validate_every == 0 or self.over()
        return on_time and self.step > last

    def validate(self, started: float) -> None:
        """Add a point, keep the best weights, save."""
        weight, among = self.config.kl_weight, self.workers
        loss = mean_loss(self.model, self.validation, kl_weight=weight, among=among)
        self.check_finite("validation loss", loss)
        better = not self.points or loss < min(point.validation_loss for point in self.points)
        with checkpoints.uninterrupted():
            self.seconds += self.workers.first(self.now() - started)
            mean = self.loss_sum / self.loss_tokens
            rate = learning_rate(self.config, self.step, self.seconds)
            self.points.append(Point(self.step, mean, loss, rate, self.tokens, self.seconds))
            self.loss_sum, self.loss_tokens = 0.0, 0
            if better:
                state = self.model.state_dict()
                self.best = {name: tensor.detach().clone() for name, tensor in state.items()}
        self.save()

    def check_finite(self, what: str, value: float) -> None:
        if not math.isfinite(value):
            kept = "" if self.directory is None else f"; {self.directory} keeps its last state"
            raise FloatingPointError(
                f"step {self.step + (what != 'validation loss')}: the {what} is {value}: "
                f"try a lower learning rate than {self.config.learning_rate}{kept}"
            )

    def save(self) -> None:
        """Write the state into the directory, if there is one; worker 0 does, the others wait."""
        if self.directory is not None and self.workers.rank == 0:
            self.write(self.directory)
        self.workers.wait()

    def write(self, directory: Path) -> None:
        """Write the whole state to `last.safetensors`, the best weights beside it."""
        if self.best:
            content = checkpoints.describe(self.model)
            checkpoints.write(directory / "best.safetensors", self.best, content)
        moments = self.optimizer.state_dict()["state"]
        groups = {
            "model": self.model.state_dict(),
            "best": self.best,
            "noise": self.noise,
            "order": {"state": self.order_state},
            "optimizer": {
                f"{number} {name}": value
                for number, values in moments.items()
                for name, value in values.items()
            },
        }
        tensors = {
            f"{group}/{name}": tensor
            for group, named in groups.items()
            for name, tensor in named.items()
        }
        content = {"kind": "run", **self.terms, "points": [asdict(point) for point in self.points]}
        content["state"] = {name: getattr(self, name) for name in COUNTS}
        checkpoints.write(directory / "last.safetensors", tensors, content)

    def resume(self, path: Path) -> None:
        """Take up the state in this file, if it is of a run with the same terms."""
        tensors, content = checkpoints.read(path, kind="run")
        for name, terms in self.terms.items():
            checkpoints.compare(content[name], terms, f"{path}: a run with another {name} setting")
        groups: dict[str, dict] = {"best": {}, "optimizer": {}}
        for name, tensor in tensors.items():
            group, rest = name.split("/", 1)
            groups.setdefault(group, {})[rest] = tensor
        checkpoints.fill(self.model, groups["model"], path)
        self.best = groups["best"]
        state = self.optimizer.state_dict()
        for name, tensor in groups["optimizer"].items():
            number, key = name.split(" ")
            state["state"].setdefault(int(number), {})[key] = tensor
        self.optimizer.load_state_dict(state)
        for name, value in content["state"].items():
            setattr(self, name, value)
        self.points = [Point(**point) for point in content["points"]]
        place = self.place
        self.generator.set_state(groups["order"]["state"])
        self.begin_epoch()
        self.place = place
        checkpoints.set_chance(groups["noise"], self.device)

    def stop(self) -> str:
        """Save after an interrupt, and say how to go on."""
        where = f"interrupted after step {self.step} of {self.config.steps}"
        self.save()
        if self.directory is None:
            return f"{where}; nothing is saved: train with a directory to be able to go on"
        return (
            f"{where}; to go on, call train again with the same arguments and "
            f"directory={str(self.directory)!r}"
        )
