"""A run of training so small that it can be repeated many times."""

import torch

from seq2seq_lib.schedule import History, TrainingConfig
from seq2seq_lib.training import train
from tests.variants import make, random_examples

NAME = "luong, dot"
CONFIG = TrainingConfig(steps=24, tokens=60, validate_every=9)
TRAINING = random_examples(rows=60)
VALIDATION = random_examples(rows=12, seed=7)


def run(model, directory=None, *, config=CONFIG, seed=3, **other) -> History:
    generator = torch.Generator().manual_seed(seed)
    return train(
        model,
        other.pop("training", TRAINING),
        VALIDATION,
        config,
        generator=generator,
        directory=directory,
        progress=False,
        **other,
    )


def fresh(name: str = NAME, dropout: float = 0.3):
    return make(name, dropout=dropout)


def same_weights(one, other) -> bool:
    return all(
        torch.equal(value, other.state_dict()[name]) for name, value in one.state_dict().items()
    )
