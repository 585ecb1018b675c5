"""Who races in chapter 12, and what each is given: four systems and the budgets of the comparison.

`comparison` trains and measures what is declared here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from seq2seq_lib.experiments.variants import Variant

# Half of the tokens of a step of chapters 06, 09 and 11: more steps for the same seconds.
STEPS, TOKENS = 1200, 256
WARMUP = 1 / 6
# "pretrained" is "fixed context", whose encoder has first learned to copy English.
MODELS: dict[str, dict] = {
    "fixed context": {
        "embedding": 64, "width": 128, "context": "every step", "direction": "backward",
    },
    "attention": {
        "embedding": 64, "width": 128, "context": "bahdanau", "score": "additive",
        "direction": "both",
    },
    "transformer": {
        "kind": "transformer", "width": 96, "layers": 2, "heads": 4, "feedforward": 384,
        "norm": "pre", "positions": "sinusoid", "tied": "output",
    },
}  # fmt: skip
MODELS["pretrained"] = MODELS["fixed context"]
RECURRENT = ("fixed context", "attention", "pretrained")
# The highest rate found to be safe for each from zero.
RATES = {"fixed context": 3e-3, "attention": 3e-3, "transformer": 4e-3, "pretrained": 3e-3}
Costs = Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What every system is given that `models` names.

    steps: updates of `tokens` tokens; with `seconds`, as many as the Transformer's seconds for them
    allow. begun: whether the read-out's bias begins at the words' frequencies (see chapter 09), the
    copier's of a pretrained system too. rate: Adam's highest, or None for each system's own.
    warmup: the share of the steps before it is reached. pairs: how many of the training pairs, None
    for all. copying: the steps, of all the English and the full batch, in which the encoder of a
    pretrained system learns to copy; None for half of the budget, which is then on its bill.
    """

    models: Sequence[str] = tuple(MODELS)
    steps: int = STEPS
    tokens: int = TOKENS
    seconds: bool = False
    begun: bool = False
    rate: float | None = None
    warmup: float = WARMUP
    pairs: int | None = None
    copying: int | None = None


# Few pairs are read in smaller batches still, or there would be few steps before they are known by
# heart. What is copied is free there: the question is what English alone is worth.
SHARES = {1000: "5 %", 400: "2 %", 2000: "10 %"}
FEW = Budget(pairs=1000, tokens=128, copying=600)

# Under "equal seconds" the Transformer has its steps, which it has run already. With half of the
# steps and a tenth of them for the warm-up, "hasty", attention never leaves the loss of a unigram
# model. A beginning at the frequencies allows recurrent models a higher rate (chapters 06 and 09);
# rates around its own are for the Transformer alone. With few pairs attention is to show what the
# higher rate is worth there.
BUDGETS = {
    "equal steps": Budget(),
    "equal seconds": Budget(seconds=True, models=RECURRENT),
    "5 %": replace(FEW, models=("attention", "transformer")),
    "hasty": Budget(steps=STEPS // 2, warmup=0.1, models=("attention", "transformer")),
    "frequencies": Budget(begun=True),
    "equal seconds, frequencies": Budget(seconds=True, begun=True, models=RECURRENT),
    "frequencies, 8e-3": Budget(begun=True, rate=8e-3),
    "equal seconds, 8e-3": Budget(
        seconds=True, begun=True, rate=8e-3, models=("fixed context", "attention")
    ),
    "frequencies, 3e-3": Budget(begun=True, rate=3e-3, models=("transformer",)),
    "frequencies, 5.5e-3": Budget(begun=True, rate=5.5e-3, models=("transformer",)),
    **{
        f"{share}, frequencies": replace(FEW, pairs=pairs, begun=True)
        for pairs, share in SHARES.items()
    },
    **{
        f"{share}, 8e-3": replace(FEW, pairs=pairs, begun=True, rate=8e-3, models=("attention",))
        for pairs, share in SHARES.items()
    },
}


@dataclass(frozen=True)
class Entry:
    """One system under the budget of this name: `steps` of translation, after `copying` steps in
    which its encoder learns to copy."""

    model: str
    name: str
    budget: Budget
    steps: int
    copying: int

    @property
    def output_bias(self) -> str:
        """Where the read-out's bias begins: see `TrainingConfig`."""
        return "frequencies" if self.budget.begun else "as built"

    @property
    def rate(self) -> float:
        """Adam's learning rate at its highest."""
        return RATES[self.model] if self.budget.rate is None else self.budget.rate

    @property
    def variant(self) -> Variant:
        """What is trained to translate, and how."""
        training = {
            "steps": self.steps, "tokens": self.budget.tokens, "learning_rate": self.rate,
            "warmup": self.budget.warmup, "output_bias": self.output_bias,
            "validate_every": self.steps if self.budget.pairs is None else 200,
        }  # fmt: skip
        return Variant(f"{self.model}, {self.name}", MODELS[self.model], training)


def entry(model: str, name: str, costs: Costs | None = None) -> Entry:
    """The system under the budget of this name; equal seconds want the `costs` of a step.

    Raises ValueError for an unknown budget, and for one of seconds without costs.
    """
    if name not in BUDGETS or (BUDGETS[name].seconds and costs is None):
        raise ValueError(
            f"budget: wanted one of {', '.join(BUDGETS)}, equal seconds with costs, got {name!r}"
        )
    budget, steps, copying = BUDGETS[name], BUDGETS[name].steps, 0
    if model == "pretrained":
        if budget.copying is None:
            copying = steps // 2
            steps -= copying
        else:
            copying = budget.copying
    if budget.seconds and costs is not None:
        second = costs["transformer"]
        steps = round(steps * second / costs["fixed context" if model == "pretrained" else model])
        copying = round(copying * second / costs["copying"])
    return Entry(model, name, budget, steps, copying)


def entries(costs: Costs) -> list[Entry]:
    """All that is trained, what matters most first."""
    return [
        entry(model, name, costs) for name, budget in BUDGETS.items() for model in budget.models
    ]
