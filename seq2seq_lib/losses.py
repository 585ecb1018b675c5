"""What training makes small."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from seq2seq_lib.memory import check_mask

IGNORED = -100


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
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction: wanted mean, sum or none, got {reduction!r}")
    # Ignoring the padding inside the kernel spares a copy of the logits that `logits[mask]` makes.
    losses = F.cross_entropy(
        logits.flatten(0, 1),
        targets.masked_fill(~mask, IGNORED).flatten(),
        ignore_index=IGNORED,
        label_smoothing=smoothing,
        reduction=reduction,
    )
    return losses.view_as(mask) if reduction == "none" else losses


def elbo(
    logits: Tensor,
    targets: Tensor,
    mask: Tensor,
    divergence: Tensor | None,
    *,
    weight: float = 1.0,
    smoothing: float = 0.0,
) -> Tensor:
    """The negative evidence lower bound, in nats per real token (Kingma & Welling 2014, eq. 3).

    The cross-entropy, and `weight` times what the codes cost: `divergence (batch,)`, one sum for
    each sentence, spread over all tokens. A weight below 1 anneals (Bowman et al. 2016). Without a
    divergence it is the cross-entropy alone, so this is the objective of every model.
    """
    loss = cross_entropy(logits, targets, mask, smoothing=smoothing)
    return loss if divergence is None else loss + weight * divergence.sum() / mask.sum()
