"""Letters to be written backwards: what four kinds of positions are worth, in chapter 11.

The task has nothing but order in it, and a small Transformer learns it in seconds.
`python -m seq2seq_lib.experiments.letters --seeds 0 1 2 3 4` trains every setting and
adds to data/results/chapter11.json. The chapter calls `run`, the same function, for one seed.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from seq2seq_lib.batching import Batch, Example, collate
from seq2seq_lib.config import TransformerConfig
from seq2seq_lib.experiments.commands import to_do
from seq2seq_lib.experiments.results import Result, circumstances, keep
from seq2seq_lib.losses import cross_entropy
from seq2seq_lib.models import Model, build, parameters
from seq2seq_lib.schedule import TrainingConfig, learning_rate
from seq2seq_lib.search import force
from seq2seq_lib.training import evaluating, mean_loss
from seq2seq_lib.vocabulary import EOS

LETTERS, FIRST_LETTER = 12, 4
TRAINED, BEYOND = (3, 8), (9, 12)
BATCH, HELD, LAYERS = 32, 500, 1


@dataclass(frozen=True)
class Setting:
    """A kind of positions, and the name under which its runs are kept."""

    positions: str

    @property
    def name(self) -> str:
        """Such as "letters, rotary"."""
        return f"letters, {self.positions}"


SETTINGS = {
    setting.name: setting for setting in map(Setting, ("sinusoid", "learned", "rotary", "none"))
}
SCHEDULE = TrainingConfig(steps=600, learning_rate=5e-3, warmup=0.1)


def draw(count: int, lengths: tuple[int, int], generator: torch.Generator) -> list[Example]:
    """Words of random letters, from the shorter to the longer of `lengths`, and how they end:
    the target is the source backwards."""
    found = []
    for _ in range(count):
        length = int(torch.randint(lengths[0], lengths[1] + 1, (), generator=generator))
        word = torch.randint(LETTERS, (length,), generator=generator) + FIRST_LETTER
        found.append(Example((*word.tolist(), EOS), tuple(word.flip(0).tolist())))
    return found


def fit(setting: Setting, seed: int) -> Model:
    """Train on fresh words at each step; the model is left in `eval` mode."""
    generator = torch.Generator().manual_seed(seed)
    config = TransformerConfig(
        source_size=LETTERS + FIRST_LETTER, target_size=LETTERS + FIRST_LETTER,
        width=32, layers=LAYERS, heads=4, feedforward=64, positions=setting.positions,
    )  # fmt: skip
    model = build(config, generator)
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    for step in range(1, SCHEDULE.steps + 1):
        batch = collate(draw(BATCH, TRAINED, generator))
        optimizer.param_groups[0]["lr"] = learning_rate(SCHEDULE, step)
        optimizer.zero_grad()
        cross_entropy(force(model, batch).logits, batch.targets, batch.target_mask).backward()
        nn.utils.clip_grad_norm_(model.parameters(), SCHEDULE.clip)
        optimizer.step()
    return model.eval()


def right(model: Model, batch: Batch) -> Tensor:
    """Which words `(batch,)` the model writes backwards without a mistake.

    Greedy search writes the target if, and only if, each of its tokens is the likeliest after
    the right ones; so one forced pass is enough.
    """
    with evaluating(model):
        likeliest = force(model, batch).logits.argmax(dim=-1)
    return ((likeliest == batch.targets) | ~batch.target_mask).all(dim=1)


def held(lengths: tuple[int, int], seed: int) -> Batch:
    """Words that are not trained on (but for chance), the same for every setting."""
    return collate(draw(HELD, lengths, torch.Generator().manual_seed(10_000 + seed)))


def measure(model: Model, setting: Setting, seed: int, *, seconds: float = 0.0) -> Result:
    """Metrics: right and valid_loss on lengths of training, beyond (share right) on longer ones;
    lengths: the share right for each length."""
    near, far = held(TRAINED, seed), held(BEYOND, seed)
    shares: dict[str, dict[str, float]] = {}
    for batch in (near, far):
        correct, sizes = right(model, batch), batch.target_mask.sum(1) - 1
        for length in sorted(set(sizes.tolist())):
            own = correct[sizes == length].float()
            shares[str(length)] = {"right": round(own.mean().item(), 6), "count": len(own)}
    metrics = {
        "right": right(model, near).float().mean().item(),
        "beyond": right(model, far).float().mean().item(),
        "valid_loss": mean_loss(model, [near]),
    }
    return Result(
        variant=setting.name,
        seed=seed,
        config=model.config.to_dict(),
        training=SCHEDULE.to_dict() | {"tokens": BATCH},
        parameters=parameters(model),
        metrics={name: round(value, 6) for name, value in metrics.items()},
        lengths=shares,
        signatures={},
        tokens=0,
        seconds=round(seconds, 1),
        circumstances=circumstances(),
    )


def run(setting: Setting, seed: int) -> Result:
    """Train one model and measure it: what the command does, for a chapter to do live."""
    began = time.process_time()
    model = fit(setting, seed)
    return measure(model, setting, seed, seconds=time.process_time() - began)


def main(words: Sequence[str] | None = None) -> int:
    """Run what is not yet kept; each finished run is kept at once."""
    jobs = to_do("letters", "11", SETTINGS, words, seeds=5, called="settings")
    for setting, seed in jobs:
        result = run(setting, seed)
        keep("11", [result])
        print(f"{setting.name}, seed {seed}: {result.seconds} s, {result.metrics}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
