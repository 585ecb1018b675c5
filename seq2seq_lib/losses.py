"""What training makes small."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from seq2seq_lib.batching import Batch
from seq2seq_lib.memory import Memory, SequenceModel, State, check_mask

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


def scheduled_sampling(
    model: SequenceModel,
    batch: Batch,
    state: State,
    memory: Memory,
    *,
    share: float,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Logits `(batch, target, vocabulary)` of a decoder that is fed its own words now and then.

    At each step after the first a coin decides for each sentence: with probability `share` the
    decoder gets the word that it finds likeliest itself, otherwise the right one (Bengio et al.
    2015). No gradient goes through the choice. 0 is teacher forcing, 1 is running free. Without a
    `generator` the coins are torch's own chance. Raises ValueError for a share outside 0 to 1.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share: wanted one from 0 to 1, got {share}")
    said, logits = batch.inputs[:, :1], []
    for right in (*batch.inputs[:, 1:].split(1, dim=1), None):
        decoded = model.decode(said, state, memory)
        state = decoded.state
        logits.append(decoded.logits)
        if right is not None:
            own = decoded.logits[:, -1:].argmax(dim=-1)
            coins = torch.rand(own.shape, generator=generator, device=own.device)
            said = torch.where(coins < share, own, right)
    return torch.cat(logits, dim=1)


def objective(
    model: SequenceModel,
    batch: Batch,
    *,
    smoothing: float = 0.0,
    kl_weight: float = 1.0,
    own_words: float = 0.0,
    source_weight: float = 0.0,
) -> Tensor:
    """What training makes small, for every model: `elbo`, with teacher forcing unless a share of
    the inputs are the decoder's `own_words`.

    A `source_weight` counts a language model's surprise at the source as well (see
    `source_surprise`), each of the source's tokens for so much of one of the target's.
    """
    memory, state = model.encode(batch.source, batch.source_mask)
    if own_words:
        logits = scheduled_sampling(model, batch, state, memory, share=own_words)
    else:
        logits = model.decode(batch.inputs, state, memory).logits
    loss = elbo(
        logits,
        batch.targets,
        batch.target_mask,
        memory.divergence,
        weight=kl_weight,
        smoothing=smoothing,
    )
    if not source_weight:
        return loss
    counted = source_weight * batch.source_mask[:, 1:].sum()
    whole = batch.tokens + counted
    return (loss * batch.tokens + source_surprise(model, batch) * counted) / whole


def source_surprise(model: SequenceModel, batch: Batch) -> Tensor:
    """Cross-entropy of a language model at the sources themselves, in nats per real token.

    Each token but the first is predicted from those before it, whatever the model's prefix: a
    source that sees itself both ways has nothing left to predict.
    """
    memory, state = model.encode(batch.source[:, :0], batch.source_mask[:, :0])
    logits = model.decode(batch.source[:, :-1], state, memory).logits
    return cross_entropy(logits, batch.source[:, 1:], batch.source_mask[:, 1:])
