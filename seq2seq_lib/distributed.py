"""One training run on several processes, each of which reads its share of every batch.

`torchrun` starts the processes, here called workers, and tells each its number and how many they
are. All hold the same weights and the same order of batches. Of each batch a worker reads its
share; PyTorch's DistributedDataParallel (Li et al. 2020) averages their gradients, and all take the
same step. Without torchrun there is one worker, and nothing here does anything.
"""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from seq2seq_lib.batching import Batch, Example, collate
from seq2seq_lib.losses import objective
from seq2seq_lib.models import Model
from seq2seq_lib.schedule import TrainingConfig, kl_weight, own_words


class Objective(nn.Module):
    """What training makes small, as one module: only in `forward` do workers hear of gradients."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, batch: Batch, config: TrainingConfig, step: int, seconds: float
    ) -> Tensor:
        """The mean over this batch's real tokens at this step of a run: see `losses.objective`."""
        return objective(
            self.model,
            batch,
            smoothing=config.smoothing,
            kl_weight=kl_weight(config, step, seconds),
            own_words=own_words(config, step, seconds),
            source_weight=config.source_weight,
        )


@contextmanager
def joined(device: str) -> Iterator[str]:
    """Within it this process is one of torchrun's workers, if torchrun has started it.

    Gives the device to train on: of "cuda", the GPU that has the worker's number on its machine.
    Raises ValueError for a device that workers cannot share the work on.
    """
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        yield device
        return
    kind = torch.device(device).type
    if kind not in ("cpu", "cuda"):
        raise ValueError(f"torchrun: wanted the device cpu or cuda, got {device!r}")
    if kind == "cuda":
        device = f"cuda:{os.environ['LOCAL_RANK']}"
        torch.cuda.set_device(device)
    store, rank, size = next(dist.rendezvous("env://"))
    if os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True":
        # After a restart, what the workers of the start before have left there is still there.
        store = dist.PrefixStore(f"start {os.environ['TORCHELASTIC_RESTART_COUNT']}", store)
    backend = "gloo" if kind == "cpu" else "nccl"
    dist.init_process_group(backend, store=store, rank=rank, world_size=size)
    try:
        yield device
    finally:
        dist.destroy_process_group()


def workers(device: str | torch.device = "cpu") -> Workers:
    """This process among those that were joined; alone, if none were."""
    if not (dist.is_available() and dist.is_initialized()):
        return Workers()
    return Workers(dist.get_rank(), dist.get_world_size(), device)


class Workers:
    """This process among the workers of a run.

    rank: its number, from 0. size: how many there are. What is called on one must be called on
    all, in the same order: each waits for the others there.
    """

    def __init__(self, rank: int = 0, size: int = 1, device: str | torch.device = "cpu") -> None:
        self.rank, self.size, self.device = rank, size, device
        self.stopping = False

    def spread(self, module: nn.Module) -> nn.Module:
        """The module, whose gradients are from now on the average of all workers'."""
        if self.size == 1:
            return module
        return DistributedDataParallel(module)

    def share(self, examples: Sequence[Example]) -> tuple[Batch, float, int]:
        """This worker's part of a batch, which share of the batch's target tokens is in it, and how
        many those are in all.

        The loss is a mean over tokens, and the parts have unequal numbers of them. So it is the
        tokens that weigh a worker's gradient: an average by workers would be of another loss.
        Where there are fewer examples than workers, who gets none reads the first, at weight 0.
        """
        mine = examples[self.rank :: self.size]
        batch = collate(mine or examples[:1])
        tokens = sum(len(example.target) + 1 for example in examples)
        return batch, (batch.tokens / tokens if mine else 0.0), tokens

    def sum(self, *values: float) -> tuple[float, ...]:
        """The sums of all workers' values, the same for all."""
        if self.size == 1:
            return values
        totals = torch.tensor(values, dtype=torch.float64, device=self.device)
        dist.all_reduce(totals)
        return tuple(totals.tolist())

    def first(self, value: float) -> float:
        """The value that worker 0 has: where clocks differ, its clock counts."""
        return self.sum(value if self.rank == 0 else 0.0)[0]

    def agree(self, terms: Mapping[str, object]) -> None:
        """Raise ValueError, naming the first of the terms that some worker has otherwise."""
        if self.size == 1:
            return
        everyone: list[Mapping[str, object]] = [{}] * self.size
        dist.all_gather_object(everyone, terms)
        for rank, theirs in enumerate(everyone):
            for name, value in everyone[0].items():
                if theirs[name] != value:
                    raise ValueError(
                        f"worker {rank}: {name}: wanted what worker 0 has, {value!r}; "
                        f"got {theirs[name]!r}"
                    )

    def wait(self) -> None:
        """Go on when all workers are here."""
        self.sum(0.0)

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        """Worker 0 does the block first; the others find done what is done only once."""
        if self.rank > 0:
            self.wait()
        yield
        if self.rank == 0:
            self.wait()

    def reseed(self, generator: torch.Generator, step: int) -> None:
        """Let torch's chance for this step depend on the run's seed, the step and the worker alone.

        Workers must not all draw the same dropout, and there is no state of it to be kept.
        """
        if self.size > 1:
            torch.manual_seed(_number(generator.initial_seed(), step, self.rank))

    @contextmanager
    def together(self) -> Iterator[None]:
        """Within it an interrupt only sets `stopping`, so that all can stop at the same step, and
        a worker that is lost is a ConnectionError. One worker alone is interrupted at once."""
        if self.size == 1:
            yield
            return
        previous = signal.signal(signal.SIGINT, self._note)
        try:
            yield
        except RuntimeError as error:
            if "gloo" not in str(error) and not isinstance(error, dist.DistError):
                raise
            raise ConnectionError(
                "another worker is lost; the same command goes on from the last checkpoint "
                f"({str(error).split('. ')[0]})"
            ) from error
        finally:
            signal.signal(signal.SIGINT, previous)

    def _note(self, *_: object) -> None:
        self.stopping = True


ALONE = Workers()


def _number(*parts: int) -> int:
    """One seed for all of these: near numbers give seeds far apart."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:4], "big")
