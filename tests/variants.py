"""Every model variant of the library, tiny, in float64, with random batches to try it on."""

import torch

from seq2seq_lib.batching import Batch, Example, collate
from seq2seq_lib.config import SCORES, RecurrentConfig
from seq2seq_lib.models import EncoderDecoder, build

SOURCE_SIZE, TARGET_SIZE = 11, 9

SETTINGS = {
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
}


def make(name: str, *, seed: int = 0, dropout: float = 0.0) -> EncoderDecoder:
    """The variant of that name, in float64, with its parameters spread out."""
    settings = {"embedding": 5, "width": 6, **SETTINGS[name]}
    config = RecurrentConfig(
        source_size=SOURCE_SIZE, target_size=TARGET_SIZE, dropout=dropout, **settings
    )
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
        Example((*draw(int(source), SOURCE_SIZE), 3), draw(int(target), TARGET_SIZE))
        for source, target in lengths
    ]


def random_batch(*, rows: int = 4, seed: int = 0, longest: int = 7) -> Batch:
    """One batch of `random_examples`."""
    return collate(random_examples(rows=rows, seed=seed, longest=longest))


def decode_all(model: EncoderDecoder, batch: Batch):
    """Encode, then decode the whole target at once: memory, first state, decoded."""
    memory, state = model.encode(batch.source, batch.source_mask)
    return memory, state, model.decode(batch.inputs, state, memory)
