"""The exhibit of the bug museum: a small translator of six parts, each of which can be exchanged.

Its languages have letters for words. Each of the source's eight letters may be written in two ways
in the target, and a coin decides which. So no honest model's loss goes below that of the coins,
`floor`, and a translation is right whichever way each letter is written.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seq2seq_lib import attention, losses
from seq2seq_lib.batching import Example, pad
from seq2seq_lib.vocabulary import BOS, EOS

LETTERS, WIDTH, PLACES, DROPOUT = 8, 32, 40, 0.1
STEPS, BATCH, RATE = 150, 32, 4e-3
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


RIGHT = Parts()


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
    losses_told = []
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
            losses_told.append(loss.item())
    return model.eval(), losses_told


def unseen(count: int = 200, *, longest: int = LONGEST) -> list[Example]:
    """Sentences to try a translator on, the same for all."""
    return draw(count, torch.Generator().manual_seed(99), longest=longest)


def mixed(examples: Sequence[Example], size: int = BATCH) -> list[list[Example]]:
    """Batches of sentences as they come, short beside long, so that there is padding."""
    return [list(examples[first : first + size]) for first in range(0, len(examples), size)]


def alike(examples: Sequence[Example]) -> list[list[Example]]:
    """Batches of sentences of one length each: without any padding."""
    lengths = sorted({len(example.source) for example in examples})
    return [[found for found in examples if len(found.source) == length] for length in lengths]


@torch.no_grad()
def logits(model: Translator, examples: Sequence[Example]) -> Tensor:
    """What a model says with the right letters forced, `(batch, target, vocabulary)`."""
    source, mask = pad([example.source for example in examples])
    return model(source, mask, model.parts.shift([example.target for example in examples])[0])


@torch.no_grad()
def told(model: Translator, batches: Sequence[Sequence[Example]]) -> float:
    """The loss as the model's own parts tell it: the batches' mean, by their real tokens."""
    total, tokens = 0.0, 0
    for examples in batches:
        count = sum(len(example.target) + 1 for example in examples)
        total += objective(model, examples).item() * count
        tokens += count
    return total / tokens


@torch.no_grad()
def write(model: Translator, examples: Sequence[Example]) -> list[list[int]]:
    """What the model writes by itself, the likeliest token each time, all in one batch."""
    source, mask = pad([example.source for example in examples])
    said = torch.full((len(examples), 1), BOS)
    for _ in range(source.shape[1] + 1):
        following = model(source, mask, said)[:, -1].argmax(-1, keepdim=True)
        said = torch.cat([said, following], dim=1)
    rows = said[:, 1:].tolist()
    return [row[: row.index(EOS)] if EOS in row else row for row in rows]


def right(
    model: Translator, batches: Sequence[Sequence[Example]], *, guests: Sequence[Example] = ()
) -> float:
    """The share of sentences that a model writes rightly by itself, up to the coins.

    `guests` stand beside each batch, and are not counted.
    """
    found = [
        letters(said) == letters(example.target)
        for examples in batches
        for said, example in zip(write(model, [*examples, *guests]), examples, strict=False)
    ]
    return sum(found) / len(found)


def letters(target: Sequence[int]) -> list[int]:
    """The source's letters that these target tokens stand for."""
    return [(token - 4) // 2 for token in target]
