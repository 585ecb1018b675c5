"""What a batch four times as large does to a run of the same data: for chapters/scaling.md.

`python -m seq2seq_lib.experiments.batches` trains every setting on three seeds, each for four
epochs of 4,000 pairs of the shipped corpus, and adds to data/results/scaling.json.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import torch

from seq2seq_lib import corpora
from seq2seq_lib.batching import encode_pairs, plan
from seq2seq_lib.config import from_dict
from seq2seq_lib.corpora import Splits
from seq2seq_lib.experiments.results import RESULTS, Result, circumstances, keep
from seq2seq_lib.models import build, parameters
from seq2seq_lib.schedule import TrainingConfig
from seq2seq_lib.training import train
from seq2seq_lib.vocabulary import Vocabularies

FILE = RESULTS / "scaling.json"
PAIRS, EPOCHS = 4000, 4
TOKENS, RATE = 256, 4e-3
SETTINGS = {  # name: how many times the batch, how many times the rate
    "the batch": (1, 1),
    "4 times the batch": (4, 1),
}
MODEL = {"kind": "transformer", "width": 64, "layers": 1, "heads": 4, "feedforward": 128}


def run(name: str, seed: int, corpus: Splits, *, progress: bool = True) -> Result:
    """Train with these multiples. The number of steps follows from the epochs and the batch."""
    times, faster = SETTINGS[name]
    pairs = corpus.train[:PAIRS]
    vocabularies = Vocabularies.build(pairs)
    examples = encode_pairs(pairs, vocabularies)
    steps = EPOCHS * len(plan(examples, times * TOKENS))
    training = TrainingConfig(
        steps=steps, tokens=times * TOKENS, learning_rate=faster * RATE, validate_every=steps
    )
    generator = torch.Generator().manual_seed(seed)
    sizes = {"source_size": len(vocabularies.source), "target_size": len(vocabularies.target)}
    model = build(from_dict({**MODEL, **sizes}), generator)
    validation = encode_pairs(corpus.valid, vocabularies)
    history = train(
        model, examples, validation, training, generator=generator, progress=progress
    )
    last = history.points[-1]
    return Result(
        variant=name,
        seed=seed,
        config=model.config.to_dict(),
        training=training.to_dict(),
        parameters=parameters(model),
        metrics={"valid_loss": round(last.validation_loss, 6)},
        lengths={},
        signatures={},
        tokens=last.tokens,
        seconds=round(last.seconds, 1),
        circumstances=circumstances(),
    )


def main(words: Sequence[str] | None = None) -> int:
    """Run what is asked for; each finished run is kept at once."""
    parser = argparse.ArgumentParser(prog="python -m seq2seq_lib.experiments.batches")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], metavar="SEED")
    asked = parser.parse_args(words)
    torch.set_num_threads(1)
    corpus = corpora.load("grammar")
    for seed in asked.seeds:
        for name in SETTINGS:
            result = run(name, seed, corpus, progress=False)
            keep("scaling", [result], path=FILE)
            print(f"{name}, seed {seed}: {result.metrics}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
