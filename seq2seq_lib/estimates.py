"""What a training run needs, before it is begun: memory and arithmetic, counted, and hours.

Memory of a step: weights, gradients and Adam's two means (4 numbers a parameter, Kingma & Ba 2015),
and what the forward pass keeps for the backward pass. Arithmetic: about 6 operations for each
weight that multiplies and each token, 2 forward and 4 backward (Kaplan et al. 2020, section 2.1).
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.flop_counter import FlopCounterMode

from seq2seq_lib.batching import Batch
from seq2seq_lib.losses import objective
from seq2seq_lib.models import Model

OPERATIONS = 6  # for a weight and a token


@dataclass(frozen=True)
class Step:
    """What one step on one batch costs.

    weights, gradients, moments: bytes, whatever the batch is. kept: bytes that the forward pass
    keeps for the backward pass. operations: multiplications and additions of both passes, in
    matrix products alone (and not in an LSTM's, which one kernel does out of the counter's sight).
    """

    weights: int
    gradients: int
    moments: int
    kept: int
    operations: int

    @property
    def bytes(self) -> int:
        """The memory of the step, but for what is held for a moment only."""
        return self.weights + self.gradients + self.moments + self.kept


def count(model: Model, batch: Batch) -> Step:
    """Count a step of `model`, which must be in training mode, on `batch`; leave no gradients."""
    mine = {parameter.data_ptr() for parameter in model.parameters()}
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in mine:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with FlopCounterMode(display=False) as counter, saved_tensors_hooks(keep, lambda kept: kept):
        objective(model, batch).backward()
    model.zero_grad()
    size = sum(parameter.numel() * parameter.element_size() for parameter in model.parameters())
    return Step(size, size, 2 * size, sum(kept.values()), counter.get_total_flops())


def multiplying(model: nn.Module) -> int:
    """How many weights every token is multiplied by: all but tables that are only looked up in."""
    weights = {
        id(parameter): parameter.numel()
        for module in model.modules()
        if not isinstance(module, nn.Embedding)
        for parameter in module.parameters(recurse=False)
        if parameter.ndim > 1
    }
    return sum(weights.values())


def side(batch: Batch) -> float:
    """Tokens of one side of a batch, padding included, as both are on average."""
    return (batch.source.numel() + batch.inputs.numel()) / 2


def speed(model: Model, batch: Batch, *, tries: int = 3) -> float:
    """Operations in a second of the processor's time, at its best of some tries; leave no
    gradients. With one thread, that is a second of a machine that does nothing else."""
    seconds = []
    for _ in range(tries):
        started = time.process_time()
        objective(model, batch).backward()
        seconds.append(time.process_time() - started)
        model.zero_grad()
    return OPERATIONS * multiplying(model) * side(batch) / min(seconds)


def hours(weights: int, tokens: float, *, peak: float, utilisation: float) -> float:
    """Hours to train on so many tokens, at that share of `peak` operations a second.

    `weights` as `multiplying` counts them. Of an encoder–decoder each half reads its own side, so
    `tokens` are those of one side, on average. Raises ValueError for a share outside 0 to 1.
    """
    if not 0 < utilisation <= 1:
        raise ValueError(f"utilisation: wanted a share above 0, up to 1; got {utilisation}")
    return OPERATIONS * weights * tokens / (peak * utilisation) / 3600
