"""Checks of chapter 01, second half: layers, what they lose and how they begin."""

from __future__ import annotations

import torch
from torch import Tensor

from seq2seq_lib.checks.registry import (
    Mistake,
    exercise,
    expect_close,
    expect_shape,
    mistake_if,
    resembles,
)


def _draw(*shape: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


@exercise(
    "01.4",
    title="count the dead",
    minutes=10,
    hint="`inputs @ W.T + b` is (examples, units). A unit is dead when its whole column is at or "
    "below 0: `.all(dim=0)` looks down the columns.",
)
def check_dead(function) -> None:
    """Nine units for six examples: three dead, one of them by exactly 0; a dead example too."""
    inputs = torch.tensor([[1.0, 0], [0, 1], [-1, 0], [0, -1], [0.5, 0.5], [0, 0]])
    W = torch.tensor(
        [[1.0, 0], [0, 1], [1, 1], [0, 0], [2, 1], [1, -1], [-1, 0], [0, -1], [1, 0.5]]
    )
    b = torch.tensor([0.0, 0.5, -5, 0, -4, -0.5, -0.5, -0.5, -0.25])
    sums = inputs @ W.T + b
    off = sums <= 0
    want = int(off.all(0).sum())
    known = {
        "these are the units that are off for at least one example; a dead one is off for all of "
        "them": int(off.any(0).sum()),
        "these are the examples that leave every unit off; count units, down the columns": int(
            off.all(1).sum()
        ),
        "these are all the zeros after ReLU, unit by unit and example by example; a unit that is "
        "off only now and then is alive and well": int(off.sum()),
        "these are the living; the dead were wanted": len(b) - want,
        "the bias is forgotten": int((inputs @ W.T <= 0).all(0).sum()),
        "a unit whose weighted sum is exactly 0 everywhere gives 0 too, and has no gradient: count "
        "it, with ≤": int((sums < 0).all(0).sum()),
        "only the mean of each unit is looked at; one example above 0 is enough to be alive": int(
            (sums.mean(0) <= 0).sum()
        ),
    }
    got = function(inputs, W, b)
    mistake_if(
        isinstance(got, Tensor) and got.shape == b.shape,
        "this says of each unit whether it is dead; count them, with .sum()",
    )
    got = got.item() if isinstance(got, Tensor) and got.numel() == 1 else got
    for message, wrong in known.items():
        mistake_if(resembles(got, wrong) and wrong != want, message)
    expect_close(got, want, "the number of dead units")
    few = function(inputs[:1], W, b)
    expect_close(few, int(off[:1].all(0).sum()), "the number of dead units for a single example")


@exercise(
    "01.5",
    title="the same spread, drawn evenly",
    minutes=10,
    hint="Numbers spread evenly between −a and a have variance a²/3. Set that equal to the "
    "scheme's variance, 2/(fan_in + fan_out) or 2/fan_in, and solve for a. The old rule is a check "
    "of the first step: its bound 1/√n has variance 1/(3n).",
)
def check_bound(function) -> None:
    """Three shapes whose fans differ."""
    for fan_in, fan_out in ((100, 50), (30, 90), (256, 10)):
        for scheme, fans in (("glorot", fan_in + fan_out), ("he", fan_in)):
            known = {
                "this is the deviation; the bound of an even spread is √3 times that": 2 / fans,
                "you divided by √3 where you must multiply: the bound is wider than the "
                "deviation": 2 / (3 * fans),
                "the 2 is missing from the variance": 3 / fans,
                "this is the bound of the old rule, 1/√fan_in": 1 / fan_in,
                "the variance is over 2 fans, not 2 over the fans": fans * 1.5,
                "the width of the interval is 2a; wanted a": 24 / fans,
            }
            others = {
                "this is the variance, no bound": 2 / fans,
                "this is the square of the bound: the root is missing": 6 / fans,
                "a forward sum has fan_in terms; you divided by fan_out": (6 / fan_out) ** 0.5,
                "this is the other scheme's bound": (
                    6 / (fan_in if scheme == "glorot" else fan_in + fan_out)
                )
                ** 0.5,
            }
            known = {message: square**0.5 for message, square in known.items()} | others
            got = function(fan_in, fan_out, scheme)
            got = got.item() if isinstance(got, Tensor) and got.numel() == 1 else got
            for message, wrong in known.items():
                mistake_if(resembles(got, wrong, tolerance=1e-9), f"{scheme}: {message}")
            what = f"the {scheme} bound for fan_in {fan_in}, fan_out {fan_out}"
            expect_close(got, (6 / fans) ** 0.5, what, tolerance=1e-6)


def _stack(weights: list[Tensor], biases: list[Tensor], *, carried=True) -> tuple[Tensor, Tensor]:
    W, b = weights[0], biases[0]
    for weight, bias in zip(weights[1:], biases[1:], strict=True):
        W, b = weight @ W, (weight @ b if carried else b) + bias
    return W, b


@exercise(
    "01.6",
    title="collapse a linear stack",
    minutes=15,
    hint="Begin with the first layer's W and b. A further layer makes W₂(W x + b) + b₂ of "
    "W x + b. Multiply out: what stands before x, and what stands alone?",
)
def check_collapse(function) -> None:
    """Three square layers, then three of different widths, then a single one."""
    square = [[_draw(3, 3, seed=n) for n in range(3)], [_draw(3, seed=9 + n) for n in range(3)]]
    sizes = [(4, 2), (3, 4), (5, 3)]
    ragged = [
        [_draw(*s, seed=n) for n, s in enumerate(sizes)],
        [_draw(s[0], seed=5) for s in sizes],
    ]
    single = [[_draw(3, 2, seed=1)], [_draw(3, seed=2)]]
    for name, (weights, biases) in (("3", square), ("3 (2→4→3→5)", ragged), ("1", single)):
        answer = function(weights, biases)
        mistake_if(
            not isinstance(answer, tuple | list) or len(answer) != 2,
            f"expected two tensors, W and b, got {type(answer).__name__}",
        )
        got_W, got_b = answer
        W, b = _stack(weights, biases)
        if name == "3":
            _name_collapse(got_W, got_b, weights, biases)
        expect_shape(got_W, W.shape, f"W for {name} layers", axes="(out, in)")
        expect_close(got_W, W, f"W for {name} layers")
        expect_shape(got_b, b.shape, f"b for {name} layers", axes="(out,)")
        expect_close(got_b, b, f"b for {name} layers")


def _name_collapse(got_W, got_b, weights, biases) -> None:
    W, b = _stack(weights, biases)
    wrong_W = {
        "the matrices are multiplied in the wrong order: the first layer touches x first, so its "
        "matrix stands on the right": weights[0] @ weights[1] @ weights[2],
        "W is transposed: the layers are W x + b": W.T,
        "W is the sum of the matrices; one layer after the other multiplies": sum(weights),
        "these are entry-by-entry products; layers multiply with @": weights[2]
        * weights[1]
        * weights[0],
        "the last matrix is missing": weights[1] @ weights[0],
    }
    wrong_b = {
        "the biases are added as they are; an earlier bias passes through the later matrices "
        "too": _stack(weights, biases, carried=False)[1],
        "this is the last bias alone; the earlier ones are lost": biases[-1],
        "the last bias is missing": weights[2] @ (weights[1] @ biases[0] + biases[1]),
        "the first bias passed through its own matrix; it is added after it": W @ biases[0]
        + weights[2] @ weights[1] @ biases[1]
        + weights[2] @ biases[2],
    }
    for got, right, known in ((got_W, W, wrong_W), (got_b, b, wrong_b)):
        for message, wrong in known.items():
            mistake_if(resembles(got, wrong) and not resembles(wrong, right), message)


SENTENCES = [[a, b, c] for a in (0.0, 1.0) for b in (0.0, 1.0) for c in (0.0, 1.0)]


@exercise(
    "01.7",
    title="three negations",
    minutes=20,
    hint="All that matters is how many negations there are: 0, 1, 2 or 3. So let each unit count "
    "them, and start later than the one before: with biases 0, −1 and −2 ReLU gives three ramps. "
    "Mix the ramps so that the sum goes up, down, up.",
)
def check_parity(function) -> None:
    """Any weights that give the right sign on the eight sentences."""
    answer = function()
    mistake_if(
        not isinstance(answer, tuple | list) or len(answer) != 4,
        f"expected four things, W, b, v and c, got {type(answer).__name__}",
    )
    W, b, v, c = (torch.as_tensor(part, dtype=torch.float64) for part in answer)
    for name, part, shape in (("W", W, (3, 3)), ("b", b, (3,)), ("v", v, (3,))):
        expect_shape(part, shape, name)
    mistake_if(c.numel() != 1, f"c is one number, got shape {tuple(c.shape)}")
    sentences = torch.tensor(SENTENCES, dtype=torch.float64)
    scores = torch.relu(sentences @ W.T + b) @ v + c.reshape(())
    odd = sentences.sum(1) % 2 == 1
    right = (scores > 0) == odd
    if right.all():
        return
    mistake_if(
        bool((scores > 0).eq(~odd).all()),
        "every sentence is judged the wrong way round: the score is above 0 when the number of "
        "negations is odd; turn the signs of v and c",
    )
    counts = sorted({int(count) for count in sentences[~right].sum(1)})
    mistake_if(
        counts == [3],
        "right up to two negations, wrong for three: this is XOR stretched. A third unit must turn "
        "the slope once more",
    )
    mistake_if(
        bool((scores - c == 0).all()),
        "ReLU gives 0 for every sentence: all units are dead; is each weighted sum below 0?",
    )
    wrong = next(sentence for sentence, fine in zip(SENTENCES, right, strict=True) if not fine)
    place = SENTENCES.index(wrong)
    side = "above 0, for the number is odd" if odd[place] else "not above 0, for it is even"
    which = "/".join(map(str, counts))
    raise Mistake(
        f"with {which} negations the score is wrong: {[int(n) for n in wrong]} gives "
        f"{scores[place]:.3g}, wanted {side}. Print the score for 0, 1, 2 and 3 negations"
    )


@exercise(
    "01.8",
    title="the slope of a chain",
    minutes=15,
    hint="Keep two numbers while you walk from x upwards: the value h, and the slope so far, 1 at "
    "the start. A layer makes σ(w h) of h. By the chain rule it multiplies the slope by σ′(w h), "
    "which is h′(1 − h′) with the new value h′, and by w.",
)
def check_chain(function) -> None:
    """Chains of one, three and twelve layers, held to torch's own gradient."""
    x = torch.tensor([-1.0, 0.2, 2.0], dtype=torch.float64)
    for weights in ([1.5], [2.0, -3.0, 0.5], [1.0, 2.0] * 6):
        values = [x]
        for w in weights:
            values.append(torch.sigmoid(w * values[-1]))
        slopes = [h * (1 - h) for h in values[1:]]
        bare = torch.stack(slopes).prod(0)
        factor = torch.tensor(weights, dtype=torch.float64)
        want = bare * factor.prod()
        inner = [s * (1 - s) for s in map(torch.sigmoid, values[1:])]
        late = [s * (1 - s) for s in map(torch.sigmoid, values[:-1])]
        known = {
            "the weights are missing: w h has slope w, so each layer multiplies by its w too": bare,
            "the slope is taken at the layer's output: σ(h)(1 − σ(h)) with h = σ(w·) already; "
            "it is h (1 − h)": torch.stack(inner).prod(0) * factor.prod(),
            "the slope is taken at h, not at w·h": torch.stack(late).prod(0) * factor.prod(),
            "this is the value of the chain; wanted its slope": values[-1],
            "the first layer's factor is missing": want / (slopes[0] * factor[0]),
            "the last layer's factor is missing": want / (slopes[-1] * factor[-1]),
            "the layers' slopes are added; the chain rule multiplies them": sum(
                s * w for s, w in zip(slopes, weights, strict=True)
            ),
        }
        got = function(weights, x)
        expect_shape(got, x.shape, "the slopes")
        # Slopes of long chains are tiny: compare them as shares of the right ones.
        for message, wrong in known.items():
            alike = resembles(got / want, wrong / want) and not resembles(wrong / want, want / want)
            mistake_if(alike, message)
        expect_close(got / want, torch.ones_like(x), f"slope / right slope, {len(weights)} layers")
