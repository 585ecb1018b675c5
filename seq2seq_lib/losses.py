"""What training makes small."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from seq2seq_lib.memory import check_mask


def cross_entropy(
    logits: Tensor,
    targets: Tensor,
    mask: Tensor,
    *,
    smoothing: float = 0.0,
    reduction: str = "mean",
) -> Tensor:
    """Surprise at the targets, in nats, over real tokens alone.

    `logits (batch, target, vocabulary)`, `targets (batch, target)`, `mask (batch, target)`. "mean"
    is per real token, whatever the batch holds beside it; "sum" adds them up; "none" gives
    `(batch, target)` with zeros at the padding. `smoothing` moves that share of the probability
    from the target evenly to the whole vocabulary (Szegedy et al. 2016). Raises ValueError on
    shapes that do not fit and on a batch without a real token.
    """
    check_mask(mask, tuple(logits.shape[:2]), "cross_entropy")
    if targets.shape != mask.shape:
        raise ValueError(
            f"cross_entropy: wanted targets of shape {tuple(mask.shape)}, "
            f"got {tuple(targets.shape)}"
        )
    if not mask.any():
        raise ValueError("cross_entropy: wanted at least one real token, the mask has none")
    if reduction == "none":
        losses = F.cross_entropy(
            logits.transpose(1, 2), targets, label_smoothing=smoothing, reduction="none"
        )
        return losses * mask
    if reduction not in ("mean", "sum"):
        raise ValueError(f"reduction: wanted mean, sum or none, got {reduction!r}")
    return F.cross_entropy(
        logits[mask], targets[mask], label_smoothing=smoothing, reduction=reduction
    )
