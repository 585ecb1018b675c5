"""Every model variant of the library, tiny, in float64, with random batches to try it on."""

import torch

from seq2seq_lib.batching import Batch, Example, collate
from seq2seq_lib.config import POSITIONS, SCORES, Config, from_dict
from seq2seq_lib.models import build

SOURCE_SIZE, TARGET_SIZE = 11, 9

BOTH = {"context": "luong", "direction": "both"}
RECURRENT = {
    "first state, GRU": {"context": "first state"},
    "first state, backward": {"context": "first state", "direction": "backward"},
    "first state, LSTM, two layers": {"context": "first state", "cell": "lstm", "layers": 2},
    "first state, both ways": {"context": "first state", "direction": "both", "layers": 2},
    "every step, GRU": {"context": "every step"},
    "every step, LSTM, both ways": {"context": "every step", "cell": "lstm", "direction": "both"},
    "luong, LSTM, two layers": {
        "context": "luong",
        "score": "general",
        "cell": "lstm",
        "layers": 2,
        "direction": "both",
    },
    "bahdanau, LSTM, two layers": {
        "context": "bahdanau",
        "score": "additive",
        "cell": "lstm",
        "layers": 2,
        "direction": "both",
    },
    **{
        f"{context}, {score}": {"context": context, "score": score, "direction": "both"}
        for context in ("bahdanau", "luong")
        for score in SCORES
    },
    "first state, Elman, two layers": {"cell": "rnn", "layers": 2, "direction": "both"},
    "bahdanau, Elman": {"context": "bahdanau", "score": "additive", "cell": "rnn"},
    "luong, spread": {**BOTH, "score": "general", "spread": 0.7},
    "luong, fed": {**BOTH, "score": "general", "feeding": True},
    "luong, fed, LSTM, two layers": {
        **BOTH, "score": "dot", "feeding": True, "cell": "lstm", "layers": 2,
    },
    "luong, monotonic": {**BOTH, "score": "dot", "local": "monotonic", "window": 2},
    "luong, predictive, fed": {
        **BOTH, "score": "general", "local": "predictive", "window": 3, "feeding": True,
    },
    "variational, GRU": {"latent": 3, "direction": "both"},
    "variational, every step, LSTM": {"context": "every step", "latent": 3, "cell": "lstm"},
}  # fmt: skip
TRANSFORMERS = {
    **{f"transformer, pre, {positions}": {"positions": positions} for positions in POSITIONS},
    "transformer, post, one layer": {"norm": "post", "layers": 1},
    "transformer, post, rotary": {"norm": "post", "positions": "rotary"},
    "transformer, tied": {"tied": "output"},
    "transformer, all tied": {"tied": "all", "source_size": TARGET_SIZE},
}
SPEAKERS = {
    "language, GRU": {"kind": "recurrent language", "embedding": 5},
    "language, LSTM, two layers": {"kind": "recurrent language", "cell": "lstm", "layers": 2},
    "language, Elman": {"kind": "recurrent language", "cell": "rnn"},
    "decoder only, sinusoid": {"kind": "transformer language"},
    "decoder only, learned, tied": {
        "kind": "transformer language", "positions": "learned", "tied": "output",
    },
    "decoder only, rotary, post": {
        "kind": "transformer language", "positions": "rotary", "norm": "post",
    },
    "decoder only, full prefix": {"kind": "transformer language", "prefix": "full"},
}  # fmt: skip
TINY = {"heads": 2, "width": 8, "feedforward": 7, "longest": 30}
SETTINGS = {
    **{name: {"embedding": 5, "width": 6, **given} for name, given in RECURRENT.items()},
    **{name: {"kind": "transformer", **TINY, **given} for name, given in TRANSFORMERS.items()},
    **{
        name: {
            **(TINY if "transformer" in given["kind"] else {"embedding": 5, "width": 6}),
            "source_size": TARGET_SIZE,
            **given,
        }
        for name, given in SPEAKERS.items()
    },
}


def configuration(name: str, *, dropout: float = 0.0) -> Config:
    """The configuration of the variant of that name."""
    sizes = {"source_size": SOURCE_SIZE, "target_size": TARGET_SIZE}
    return from_dict({**sizes, "dropout": dropout, **SETTINGS[name]})


def make(name: str, *, seed: int = 0, dropout: float = 0.0):
    """The variant of that name, in float64, with its parameters spread out."""
    config = configuration(name, dropout=dropout)
    model = build(config, torch.Generator().manual_seed(seed)).double().eval()
    # Fresh parameters are gentle: biases are zero and attention nearly even. Laws should hold
    # where gates saturate and attention is sharp, so everything is moved and made larger.
    generator = torch.Generator().manual_seed(seed + 1)
    with torch.no_grad():
        for parameter in model.parameters():
            noise = torch.rand(parameter.shape, generator=generator, dtype=torch.float64)
            parameter.mul_(2.0).add_(noise - 0.5)
    return model


def random_examples(*, rows: int = 4, seed: int = 0, longest: int = 7) -> list[Example]:
    """Ragged sentences; the first is the shortest and the last the longest."""
    generator = torch.Generator().manual_seed(seed)

    def draw(length: int, size: int) -> tuple[int, ...]:
        return tuple(torch.randint(4, size, (length,), generator=generator).tolist())

    lengths = torch.randint(1, longest, (rows, 2), generator=generator)
    lengths[0], lengths[-1] = 1, longest
    return [
        # A language model has one vocabulary: source tokens are such as all variants know.
        Example((*draw(int(source), TARGET_SIZE), 3), draw(int(target), TARGET_SIZE))
        for source, target in lengths
    ]


def random_batch(*, rows: int = 4, seed: int = 0, longest: int = 7) -> Batch:
    """One batch of `random_examples`."""
    return collate(random_examples(rows=rows, seed=seed, longest=longest))


def decode_all(model, batch: Batch):
    """Encode, then decode the whole target at once: memory, first state, decoded."""
    memory, state = model.encode(batch.source, batch.source_mask)
    return memory, state, model.decode(batch.inputs, state, memory)
