"""Checks of chapter 02, second part: sweeps over graphs, and the hunt for a wrong derivative."""

from __future__ import annotations

from collections import Counter

import torch
from torch import Tensor

from seq2seq_lib.checks.registry import Mistake, exercise, expect_close, mistake_if

Graph = list[tuple[str, list[tuple[str, float]]]]

# x is used by a (twice at once), by b and by L; nothing uses "unused".
GRAPH: Graph = [
    ("x", []),
    ("unused", []),
    ("w", []),
    ("a", [("x", 3.0), ("x", 3.0)]),
    ("b", [("a", 2.0), ("x", -1.0)]),
    ("c", [("b", 0.5), ("w", 4.0)]),
    ("L", [("c", -2.0), ("a", 1.5), ("x", 7.0)]),
]


def _sweep(
    graph: Graph, *, add=True, upstream=True, turned=True, twice=True, start=1.0
) -> dict[str, float]:
    """The backward sweep, right or with one mistake."""
    blame = {name: 0.0 for name, _ in graph}
    blame[graph[-1][0]] = start
    for name, inputs in reversed(graph) if turned else graph:
        for parent, slope in inputs if twice else dict(inputs).items():
            share = slope * (blame[name] if upstream else 1.0)
            blame[parent] = blame[parent] + share if add else share
    return blame


def _alike(got: dict, want: dict) -> bool:
    return set(got) == set(want) and all(abs(got[k] - want[k]) < 1e-6 for k in want)


@exercise(
    "02.4",
    title="a node that is used twice",
    minutes=15,
    hint="Start with a blame of 0 for every name and 1 for the last. Go through "
    "`reversed(graph)`; for every input add its slope times the step's own blame to the parent's.",
)
def check_sweep(function) -> None:
    """One graph in which a parent is used by several steps and twice by one."""
    want = _sweep(GRAPH)
    got = function(GRAPH)
    mistake_if(got is None, "got None; is the return missing?")
    mistake_if(not isinstance(got, dict), f"expected a dict, got {type(got).__name__}")
    unknown = [name for name in want if name not in got]
    mistake_if(
        unknown == ["unused"],
        "a value that nothing uses has a blame too, 0: the dict lacks it",
    )
    mistake_if(
        bool(unknown) or len(got) > len(want),
        f"expected the names {sorted(want)}, got {sorted(map(str, got))}",
    )
    known = {
        "a later share overwrites an earlier one: blame that arrives on several ways is "
        "added": _sweep(GRAPH, add=False),
        "the slopes are added, but not multiplied by the blame of the step they belong to": _sweep(
            GRAPH, upstream=False
        ),
        "the sweep runs forward: a step hands on its blame before it has any; go through "
        "reversed(graph)": _sweep(GRAPH, turned=False),
        "all blame is 0: the loss itself starts with 1": _sweep(GRAPH, start=0.0),
        "a parent that stands twice in one step was counted once: each of the two brings its "
        "share": _sweep(GRAPH, twice=False),
    }
    for message, wrong in known.items():
        mistake_if(_alike(got, wrong), message)
    for name, blame in want.items():
        expect_close(got[name], blame, f"the blame of {name!r}")
    wide: Graph = [("p", []), ("q", [("p", -0.5)]), ("loss", [("q", 4.0), ("q", 1.0)])]
    for name, blame in _sweep(wide).items():
        expect_close(function(wide)[name], blame, f"another graph, the blame of {name!r}")


class _Patient(dict):
    """A graph that counts how often it is asked, and stops who asks too often."""

    MOST = 20_000
    asked = 0

    def _ask(self) -> None:
        self.asked += 1
        if self.asked > self.MOST:
            raise Mistake(
                "in forty squares in a row the same names are visited again and again, once for "
                "every way that leads to them: remember which are done"
            )

    def __getitem__(self, name: str) -> list[str]:
        self._ask()
        return super().__getitem__(name)

    def get(self, name: str, default: object = None) -> object:
        self._ask()
        return super().get(name, default)


def _behind(parents: dict[str, list[str]], output: str) -> set[str]:
    waiting, found = [output], {output}
    while waiting:
        direct: list[str] = dict.__getitem__(parents, waiting.pop())
        fresh = set(direct) - found
        found |= fresh
        waiting += fresh
    return found


def _none_of(names: list[str], message: str) -> None:
    if names:
        raise Mistake(message.format(repr(names[0])))


def _judge(parents: dict[str, list[str]], output: str, got: object) -> None:
    """Raise Mistake unless `got` lists what is behind the output, parents first."""
    mistake_if(got is None, "got None; is the return missing?")
    if not isinstance(got, list):
        raise Mistake(f"expected a list, got {type(got).__name__}")
    want = _behind(parents, output)
    lost = sorted(want - set(got))
    mistake_if(lost == [output], "the output itself is missing from the list")
    _none_of(sorted(set(got) - want), "the output does not depend on {}: leave it out")
    _none_of(lost, "{} is behind the output, and not in the list")
    counts = Counter(got)
    _none_of([name for name in got if counts[name] > 1], "{} is listed more than once")
    place = {name: number for number, name in enumerate(got)}
    wrong = [
        (name, parent)
        for name in got
        for parent in dict.__getitem__(parents, name)
        if place[parent] > place[name]
    ]
    links = sum(len(dict.__getitem__(parents, name)) for name in got)
    mistake_if(
        bool(links) and len(wrong) == links,
        "every name stands before its parents: turn the list around",
    )
    if wrong:
        name, parent = wrong[0]
        raise Mistake(
            f"{name!r} comes before its parent {parent!r}; a name may be listed only when all its "
            "parents are, however near to the output it stands"
        )


@exercise(
    "02.5",
    title="parents first",
    minutes=20,
    hint="Without recursion: keep a stack of your own. Take the name on top. If one of its parents "
    "is not done, put that one on top; if all are done, list the name and take it off. A set of "
    "names that are done makes the look-up quick.",
)
def check_parents_first(function) -> None:
    """Short and long ways to one node, forty squares in a row, and a chain of 5,000."""
    small = {"x": [], "w": [], "other": ["x"], "a": ["w", "x"], "b": ["a"], "L": ["a", "b", "x"]}
    _judge(small, "L", function(small, "L"))
    late = {"loss": ["e", "y"], "e": ["y"], "y": ["z"], "z": ["y0"], "y0": []}
    _judge(late, "loss", function(late, "loss"))
    squares = _Patient({"0": []})
    for n in range(40):
        squares |= {f"{n}l": [str(n)], f"{n}r": [str(n)], str(n + 1): [f"{n}l", f"{n}r"]}
    _judge(squares, "40", function(squares, "40"))
    chain = {str(n): [str(n - 1)] if n else [] for n in range(5000)}
    try:
        got = function(chain, "4999")
    except RecursionError as error:
        raise Mistake(
            "a chain of 5,000 names is too deep for functions that call themselves: keep a stack "
            "(a list) of your own"
        ) from error
    _judge(chain, "4999", got)


def _somewhere(x: Tensor) -> Tensor:
    """The slope of x³, wrong at the last point alone."""
    slope = 3 * x**2
    slope[-1] *= 1.5
    return slope


FUNCTIONS = {
    "sin": (torch.sin, torch.cos),
    "fast": (lambda x: torch.sin(40 * x), lambda x: 40 * torch.cos(40 * x)),
    "huge": (lambda x: 1e7 * x.exp(), lambda x: 1e7 * x.exp()),
    "tiny": (lambda x: 1e-7 * torch.tanh(x), lambda x: 1e-7 * (1 - torch.tanh(x) ** 2)),
    "constant": (lambda x: 0 * x + 3, lambda x: 0 * x),
    "sign": (torch.cos, torch.sin),
    "per cent": (lambda x: x.exp(), lambda x: 1.01 * x.exp()),
    "tiny, wrong": (lambda x: 1e-7 * x.exp(), lambda x: 2e-7 * x.exp()),
    "negative": (lambda x: x * x, lambda x: 2 * x.abs()),
    "last point": (lambda x: x**3, _somewhere),
}
WRONG = {"sign", "per cent", "tiny, wrong", "negative", "last point"}


@exercise(
    "02.7",
    title="find the wrong derivative",
    minutes=20,
    hint="`(function(points + h) - function(points - h)) / (2 * h)` with h near 1e-5. Compare at "
    "every point, and measure the difference against the largest slope of that function, not "
    "against a fixed number.",
)
def check_find_wrong(function) -> None:
    """Right and wrong derivatives; each wrong way to look misses or accuses certain ones."""
    points = torch.tensor([0.4, -1.3, 0.9, -0.2, 1.7], dtype=torch.float64)
    got = function(FUNCTIONS, points)
    mistake_if(got is None, "got None; is the return missing?")
    mistake_if(not isinstance(got, set), f"expected a set, got {type(got).__name__}")
    right = set(FUNCTIONS) - WRONG
    mistake_if(got == right, "these are the right ones; give the names of the wrong ones")
    accused, missed = got & right, WRONG - got
    mistake_if(
        accused == right - {"constant"} or accused == right,
        "right derivatives are accused, nearly all of them: is h so small that only rounding is "
        "left, or so large that the bend shows? Try 1e-5",
    )
    mistake_if(
        accused == {"constant"},
        "'constant' is accused: its slope is 0 and so is the gap; 0 divided by 0 is no error",
    )
    mistake_if(
        "tiny, wrong" in missed or "huge" in accused,
        "the difference is held against a fixed number: tiny functions pass whatever they do, and "
        "huge ones are accused of rounding; divide by the size of the slope",
    )
    mistake_if(
        "fast" in accused,
        "'fast', sin(40x), is accused: its bend shows. Step to both sides, with h near 1e-5",
    )
    mistake_if(
        bool(missed & {"last point", "negative"}),
        f"{sorted(missed)} slipped through: they are wrong at some points only. Is every point "
        "compared by itself, and the worst one taken?",
    )
    mistake_if(
        missed == {"per cent"},
        "'per cent' slipped through: it is wrong by 1 %, and a good difference has ten right "
        "digits; ask for more",
    )
    mistake_if(bool(accused), f"{sorted(accused)} have right derivatives, and are accused")
    mistake_if(bool(missed), f"{sorted(missed)} have wrong derivatives, and slipped through")
