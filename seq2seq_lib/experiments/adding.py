"""The adding problem (Hochreiter & Schmidhuber 1997): the experiment of chapter 04.

`python -m seq2seq_lib.experiments.adding --seeds 0 1 2 3 4` trains every cell at every length and
adds to data/results/chapter04.json. The chapter calls `run`, the same function, for one seed at
the shorter lengths, and holds what comes out against the `stored` runs with `disagreements`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

from seq2seq_lib.experiments import results
from seq2seq_lib.experiments.commands import to_do
from seq2seq_lib.experiments.results import Result, circumstances, keep

CELLS = {"RNN": nn.RNN, "GRU": nn.GRU, "LSTM": nn.LSTM}
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
# Widths at which the three have as many parameters as one another, within two in a hundred.
WIDTHS = {"RNN": 50, "GRU": 28, "LSTM": 24}
# Of 0.01, 0.003 and 0.001 the best one for each at length 20.
RATES = {"RNN": 3e-3, "GRU": 1e-2, "LSTM": 1e-2}
LENGTHS = (20, 50, 100, 150)
BIASES = (-2.0, 0.0, 1.0, 3.0, 5.0)
STEPS, BATCH, CHECK_EVERY, SOLVED = 1200, 32, 100, 1e-3
# A sum is right if it is within four hundredths of its range, as in the paper: it runs from 0 to 2.
TOLERANCE = 0.08
# How far a live run may lie beyond the range of the stored ones.
BANDS = {"right": 0.1, "batches": 500}


@dataclass(frozen=True)
class Setting:
    """A cell, the length of its sequences, and where an LSTM's forget gate starts."""

    cell: str
    length: int
    forget_bias: float = 1.0

    @property
    def name(self) -> str:
        """The name under which its runs are kept, such as "LSTM 50, bias -2"."""
        other = "" if self.forget_bias == 1.0 else f", bias {self.forget_bias:g}"
        return f"{self.cell} {self.length}{other}"


SETTINGS = (
    *(Setting(cell, length) for length in LENGTHS for cell in CELLS),
    *(Setting("LSTM", 50, bias) for bias in BIASES if bias != 1.0),
)


class Adder(nn.Module):
    """A recurrent layer, and one number read off its last state."""

    def __init__(self, setting: Setting, generator: torch.Generator) -> None:
        super().__init__()
        width = WIDTHS[setting.cell]
        self.layer = CELLS[setting.cell](2, width, batch_first=True)
        self.output = nn.Linear(width, 1)
        initialise(self.layer, GATES[setting.cell], setting.forget_bias, generator)
        nn.init.xavier_uniform_(self.output.weight, generator=generator)
        nn.init.zeros_(self.output.bias)

    def forward(self, sequences: Tensor) -> Tensor:
        """The sums `(batch,)` guessed for sequences `(batch, length, 2)`."""
        states, _ = self.layer(sequences)
        return self.output(states[:, -1])[:, 0]


def initialise(layer: nn.Module, gates: int, bias: float, generator: torch.Generator) -> None:
    """Start all cells alike: orthogonal recurrent matrices, Glorot's uniform, biases zero.

    An LSTM's forget gate starts at `bias`, in one of PyTorch's two bias vectors.
    """
    with torch.no_grad():
        for name, parameter in layer.named_parameters():
            if name.startswith("bias"):
                parameter.zero_()
                continue
            for gate in parameter.chunk(gates):
                if name.startswith("weight_hh"):
                    nn.init.orthogonal_(gate, generator=generator)
                else:
                    nn.init.xavier_uniform_(gate, generator=generator)
        if gates == 4:
            layer.get_parameter("bias_ih_l0").chunk(4)[1].fill_(bias)


def draw(batch: int, length: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Sequences `(batch, length, 2)` of a number from 0 to 1 and a mark, and their sums `(batch,)`.

    One mark stands in the first half and one in the second; the sum is that of the marked numbers.
    """
    numbers = torch.rand(batch, length, generator=generator)
    marks = torch.zeros(batch, length)
    for low, high in ((0, length // 2), (length // 2, length)):
        marks.scatter_(1, torch.randint(low, high, (batch, 1), generator=generator), 1.0)
    return torch.stack([numbers, marks], dim=-1), (numbers * marks).sum(dim=1)


def train(
    model: nn.Module, setting: Setting, held: tuple[Tensor, Tensor], generator: torch.Generator
) -> int:
    """Train on fresh batches until the sequences `held` back are solved or the steps are used up.

    Gives the number of batches that the model was shown.
    """
    optimiser = torch.optim.Adam(model.parameters(), lr=RATES[setting.cell])
    for step in range(1, STEPS + 1):
        sequences, sums = draw(BATCH, setting.length, generator)
        loss = (model(sequences) - sums).square().mean()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if step % CHECK_EVERY == 0 and errors(model, *held).square().mean() < SOLVED:
            break
    return step


def fit(setting: Setting, seed: int) -> tuple[Adder, int]:
    """A trained adder, and the number of batches that it was shown."""
    generator = torch.Generator().manual_seed(seed)
    held = draw(500, setting.length, generator)
    model = Adder(setting, generator)
    return model, train(model, setting, held, generator)


@torch.no_grad()
def errors(model: nn.Module, sequences: Tensor, sums: Tensor) -> Tensor:
    """Guess minus sum, `(batch,)`."""
    return model(sequences) - sums


def run(setting: Setting, seed: int) -> Result:
    """Train one adder and measure it: what the command does, for a chapter to do live."""
    began = time.process_time()
    model, batches = fit(setting, seed)
    return measure(model, batches, setting, seed, seconds=time.process_time() - began)


def measure(
    model: Adder, batches: int, setting: Setting, seed: int, *, seconds: float = 0.0
) -> Result:
    """What a trained adder does on 1,000 sequences that it has not seen.

    Its metrics: right (share of the sums within TOLERANCE), error (mean square), batches (shown).
    """
    test = draw(1000, setting.length, torch.Generator().manual_seed(10_000 + seed))
    off = errors(model, *test)
    right, error = (off.abs() < TOLERANCE).float().mean(), off.square().mean()
    found = {"right": float(right), "error": float(error), "batches": float(batches)}
    return Result(
        variant=setting.name,
        seed=seed,
        config={**asdict(setting), "width": WIDTHS[setting.cell]},
        training={"steps": STEPS, "batch": BATCH, "rate": RATES[setting.cell], "solved": SOLVED},
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        metrics={name: round(value, 6) for name, value in found.items()},
        lengths={},
        signatures={},
        tokens=batches * BATCH * setting.length,
        seconds=round(seconds, 1),
        circumstances=circumstances(),
    )


def stored() -> dict[str, list[Result]]:
    """The kept runs: for each setting's name its runs, by seed.

    Raises FileNotFoundError, saying the command that makes them, if there are none.
    """
    return results.stored("04", command="seq2seq_lib.experiments.adding")


def disagreements(live: Result, runs: Sequence[Result]) -> list[str]:
    """Where a live run differs from the stored ones of its setting: empty if it agrees.

    Settings and size must be theirs; the metrics may lie outside their range by BANDS.
    """
    return results.disagreements(live, runs) + results.outside(live, runs, BANDS)


def main(words: Sequence[str] | None = None) -> int:
    """Run what is not yet kept; each finished run is kept at once."""
    settings = {setting.name: setting for setting in SETTINGS}
    jobs = to_do("adding", "04", settings, words, seeds=5, called="settings")
    for setting, seed in jobs:
        result = run(setting, seed)
        keep("04", [result])
        print(f"{setting.name}, seed {seed}: {result.seconds} s, {result.metrics}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
