"""The exhibit of the bug museum: a small translator of six parts, each of which can be exchanged.

Its languages have letters for words. Each of the source's eight letters may be written in two ways
in the target, and a coin decides which. So no honest model's loss goes below that of the coins,
`floor`, and a translation is right whichever way each letter is written.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seq2seq_lib import attention, losses
from seq2seq_lib.batching import Example, pad
from seq2seq_lib.training import evaluating
from seq2seq_lib.vocabulary import BOS, EOS

LETTERS, WIDTH, PLACES, DROPOUT = 8, 32, 40, 0.2
STEPS, BATCH, RATE = 200, 32, 4e-3
SHORTEST, LONGEST = 2, 8


def draw(
    count: int, generator: torch.Generator, *, shortest: int = SHORTEST, longest: int = LONGEST
) -> list[Example]:
    """Sentences of `shortest` to `longest` letters, each letter written in one of its two ways."""
    lengths = torch.randint(shortest, longest + 1, (count,), generator=generator).tolist()
    letters = torch.randint(LETTERS, (count, longest), generator=generator)
    coins = torch.randint(2, (count, longest), generator=generator)
    sources, targets = (4 + letters).tolist(), (4 + 2 * letters + coins).tolist()
    return [
        Example((*source[:length], EOS), tuple(target[:length]))
        for source, target, length in zip(sources, targets, lengths, strict=True)
    ]


def floor(examples: Sequence[Example]) -> float:
    """The entropy of the coins, in nats per token, `<eos>` included: no loss can be lower."""
    coins = sum(len(example.target) for example in examples)
    return coins * math.log(2) / (coins + len(examples))


def shift(targets: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor, Tensor]:
    """Inputs, targets and mask `(batch, target)`: each target is what follows its input."""
    inputs, mask = pad([(BOS, *target) for target in targets])
    return inputs, pad([(*target, EOS) for target in targets])[0], mask


def last(outputs: Tensor, mask: Tensor) -> Tensor:
    """The state `(batch, width)` after the last real token, of `outputs (batch, source, width)`."""
    return outputs[torch.arange(len(mask)), mask.sum(1) - 1]


def attend(scores: Tensor, values: Tensor, mask: Tensor) -> Tensor:
    """The mean `(batch, target, width)` of the real tokens' values by their scores."""
    return attention.attend(scores, values, mask)[0]


def visible(steps: int) -> Tensor:
    """What each place may look at, `(steps, steps)`: itself and what stands before it."""
    return torch.ones(steps, steps, dtype=torch.bool).tril()


def noise(vectors: Tensor, training: bool) -> Tensor:
    """Dropout, in training alone."""
    return F.dropout(vectors, DROPOUT, training=training)


@dataclass(frozen=True)
class Parts:
    """What the translator is made of; by default all is right."""

    shift: Callable = shift
    last: Callable = last
    attend: Callable = attend
    visible: Callable = visible
    noise: Callable = noise
    loss: Callable = losses.cross_entropy


class Translator(nn.Module):
    """A recurrent reader, and a block of masked attention that writes.

    The writer looks back at the source or, if it does not, has the reader's last state beside
    every input.
    """

    def __init__(self, parts: Parts, *, looks: bool = True) -> None:
        super().__init__()
        self.parts, self.looks = parts, looks
        self.source = nn.Embedding(4 + LETTERS, WIDTH)
        self.target = nn.Embedding(4 + 2 * LETTERS, WIDTH)
        self.places = nn.Embedding(PLACES, WIDTH)
        self.reader = nn.GRU(WIDTH, WIDTH, batch_first=True)
        self.own = nn.Linear(WIDTH, 3 * WIDTH)
        self.query = nn.Linear(WIDTH, WIDTH)
        self.network = nn.Sequential(
            nn.Linear(WIDTH, 2 * WIDTH), nn.ReLU(), nn.Linear(2 * WIDTH, WIDTH)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(3))
        self.output = nn.Linear(WIDTH, 4 + 2 * LETTERS)

    def forward(self, source: Tensor, mask: Tensor, inputs: Tensor) -> Tensor:
        """Logits `(batch, target, vocabulary)` of what follows each of `inputs (batch, target)`."""
        outputs, _ = self.reader(self.placed(self.source, source))
        x = self.placed(self.target, inputs)
        if not self.looks:
            x = x + self.parts.last(outputs, mask)[:, None]
        query, key, value = self.own(x).chunk(3, dim=-1)
        seen = self.parts.visible(inputs.shape[1])
        scores = (query @ key.mT / WIDTH**0.5).masked_fill(~seen, -math.inf)
        x = self.norms[0](x + self.parts.noise(scores.softmax(-1) @ value, self.training))
        if self.looks:
            scores = self.query(x) @ outputs.mT / WIDTH**0.5
            found = self.parts.attend(scores, outputs, mask)
            x = self.norms[1](x + self.parts.noise(found, self.training))
        x = self.norms[2](x + self.parts.noise(self.network(x), self.training))
        return self.output(x)

    def placed(self, embedding: nn.Embedding, tokens: Tensor) -> Tensor:
        """Vectors of tokens `(batch, steps)` and of where they stand, with noise."""
        vectors = embedding(tokens) + self.places.weight[: tokens.shape[1]]
        return self.parts.noise(vectors, self.training)


def objective(model: Translator, examples: Sequence[Example]) -> Tensor:
    """The loss of one batch, as the model's own parts tell it."""
    source, source_mask = pad([example.source for example in examples])
    inputs, targets, mask = model.parts.shift([example.target for example in examples])
    return model.parts.loss(model(source, source_mask, inputs), targets, mask)


def train(
    parts: Parts, seed: int, *, looks: bool = True, longest: int = LONGEST, steps: int = STEPS
) -> tuple[Translator, list[float]]:
    """A translator trained on fresh sentences, and its loss at every step, as it tells it."""
    generator = torch.Generator().manual_seed(seed)
    told = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(torch.randint(2**62, (), generator=generator)))
        model = Translator(parts, looks=looks)
        optimiser = torch.optim.Adam(model.parameters(), lr=RATE, fused=True)
        for _ in range(steps):
            loss = objective(model, draw(BATCH, generator, longest=longest))
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            told.append(loss.item())
    return model.eval(), told


def unseen(count: int = 200, *, longest: int = LONGEST) -> list[Example]:
    """Sentences to try a translator on, the same for all."""
    return draw(count, torch.Generator().manual_seed(99), longest=longest)


def told_loss(model: Translator, examples: Sequence[Example], *, batch: int = BATCH) -> float:
    """The mean over batches of the loss that the model's own parts tell, in `eval` mode."""
    with evaluating(model):
        return float(torch.stack([objective(model, some) for some in cut(examples, batch)]).mean())


@torch.no_grad()
def write(model: Translator, examples: Sequence[Example]) -> list[tuple[int, ...]]:
    """What the model writes by itself, the likeliest token each time, all in one batch."""
    source, mask = pad([example.source for example in examples])
    said = torch.full((len(examples), 1), BOS)
    for _ in range(source.shape[1] + 1):
        following = model(source, mask, said)[:, -1].argmax(-1, keepdim=True)
        said = torch.cat([said, following], dim=1)
    rows = [tuple(row) for row in said[:, 1:].tolist()]
    return [row[: row.index(EOS)] if EOS in row else row for row in rows]


def right(model: Translator, examples: Sequence[Example], *, batch: int = BATCH) -> float:
    """The share of sentences written rightly, up to the coins, in batches of that size."""
    found = [word for some in cut(examples, batch) for word in write(model, some)]
    good = [
        letters(said) == letters(example.target)
        for said, example in zip(found, examples, strict=True)
    ]
    return sum(good) / len(good)


def letters(target: Sequence[int]) -> list[int]:
    """The source's letters that these target tokens stand for."""
    return [(token - 4) // 2 for token in target]


def cut(examples: Sequence[Example], batch: int) -> Iterator[Sequence[Example]]:
    """Pieces of at most `batch` examples."""
    for first in range(0, len(examples), batch):
        yield examples[first : first + batch]
