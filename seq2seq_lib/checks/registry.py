"""The register of exercises, and what the checks of a chapter are written with.

A chapter's checks live in `checks/chapterNN.py`, loaded when first asked for:

    @exercise("06.1", title="Encode", minutes=10, hint="Start from the last real token.")
    def check_encode(encode):
        mistake_if(resembles(encode(...), padded), "the context is read after the padding")
        expect_close(encode(...), wanted, "the context")
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"

_exercises: dict[str, Exercise] = {}


class Mistake(Exception):  # noqa: N818
    """What is wrong with an answer, in words the learner can act on."""


@dataclass(frozen=True)
class Exercise:
    """One exercise: number ("06.1"), title, expected minutes, hint, and its check."""

    number: str
    title: str
    minutes: int
    hint: str
    check: Callable[[Callable], None]

    @property
    def chapter(self) -> str:
        """The chapter's two digits."""
        return self.number[:2]


def exercise(number: str, *, title: str, minutes: int, hint: str) -> Callable:
    """Register the decorated check under `number` (chapter.exercise, such as "06.1").

    The check takes the learner's function and raises `Mistake` on a wrong answer. `hint` is
    Markdown. Raises ValueError when the number is malformed or registered to another check.
    """
    _split(number)

    def register(check: Callable[[Callable], None]) -> Callable[[Callable], None]:
        known = _exercises.get(number)
        if known is not None and known.check.__qualname__ != check.__qualname__:
            raise ValueError(f"exercise {number} is registered twice")
        _exercises[number] = Exercise(number, title, minutes, hint, check)
        return check

    return register


def find(number: str) -> Exercise:
    """The exercise of that number; ValueError names the known ones when there is none."""
    known = {found.number: found for found in of_chapter(_split(number)[0])}
    if number not in known:
        raise ValueError(f"there is no exercise {number}; this chapter has {sorted(known)}")
    return known[number]


def of_chapter(chapter: str) -> list[Exercise]:
    """The exercises of a chapter ("06") in order; none when it has no checks."""
    name = f"{__package__}.chapter{chapter}"
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
    found = [known for known in _exercises.values() if known.chapter == chapter]
    return sorted(found, key=lambda known: int(_split(known.number)[1]))


def solution_file(chapter: str) -> Path:
    """The chapter's one file of worked solutions; ValueError unless there is exactly one."""
    found = sorted((CHAPTERS / "solutions").glob(f"{chapter}_*.py"))
    if len(found) != 1:
        raise ValueError(f"wanted one file chapters/solutions/{chapter}_*.py, got {len(found)}")
    return found[0]


def mistake_if(wrong: bool | Tensor, message: str) -> None:
    """Raise `Mistake(message)` when `wrong` holds."""
    if bool(wrong):
        raise Mistake(message)


def resembles(got: object, want: object, *, tolerance: float = 1e-4) -> bool:
    """Whether `got` is the tensor or number `want`, shape and values: to know a mistake by."""
    if isinstance(want, Tensor) and isinstance(got, Tensor):
        if got.shape != want.shape:
            return False
        near = {"rtol": tolerance, "atol": tolerance}
        return torch.allclose(_real(got), _real(want), **near, equal_nan=True)
    if isinstance(want, Tensor) or isinstance(got, Tensor):
        return False
    if isinstance(got, bool | int | float) and isinstance(want, bool | int | float):
        return bool(abs(got - want) <= tolerance)
    return got == want


def expect_tensor(got: object, what: str) -> Tensor:
    """Give `got` back if it is a tensor; raise `Mistake` on the common other things by name."""
    if isinstance(got, Tensor):
        return got
    if got is None:
        raise Mistake(f"{what}: expected a tensor, got None; is the return missing?")
    if isinstance(got, tuple):
        raise Mistake(f"{what}: expected one tensor, got a tuple of {len(got)}")
    if type(got).__module__ == "numpy":
        raise Mistake(f"{what}: expected a torch tensor, got a numpy array")
    raise Mistake(f"{what}: expected a tensor, got {type(got).__name__}")


def draw(*shape: int, seed: int) -> Tensor:
    """Normal numbers of this shape, the same for the same seed."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def expect_shape(got: object, shape: Sequence[int], what: str, *, axes: str = "") -> Tensor:
    """Give `got` back if it is a tensor of that shape, or `Mistake`; `axes` says it in words."""
    tensor = expect_tensor(got, what)
    came, wanted = tuple(tensor.shape), tuple(shape)
    if came == wanted:
        return tensor
    named = f" {axes}" if axes else ""
    message = f"{what}: expected shape {wanted}{named}, got {came}"
    if sorted(came) == sorted(wanted):
        message += ": the same axes in another order"
    elif [size for size in came if size != 1] == [size for size in wanted if size != 1]:
        message += ": an axis of size 1 too many or too few"
    raise Mistake(message)


def expect_close(
    got: object, want: float | Tensor, what: str, *, tolerance: float = 1e-4, axes: str = ""
) -> None:
    """Raise `Mistake` unless `got` equals the tensor or number `want` within `tolerance`."""
    if not isinstance(want, Tensor):
        return _expect_number(got, want, what, tolerance)
    got = expect_shape(got, want.shape, what, axes=axes)
    if want.is_floating_point() and not got.is_floating_point():
        raise Mistake(f"{what}: expected real numbers, got {str(got.dtype).removeprefix('torch.')}")
    have, need = _real(got), _real(want)
    if have.isnan().any() and not need.isnan().any():
        raise Mistake(f"{what}: there is NaN in it; is a row all masked, or 0 divided by 0?")
    close = torch.isclose(have, need, rtol=tolerance, atol=tolerance, equal_nan=True)
    if close.all():
        return None
    place = tuple(int(index) for index in (~close).nonzero()[0])
    where = f" at {list(place)}" if place else ""
    raise Mistake(f"{what}{where}: expected {_say(need[place])}, got {_say(have[place])}")


def expect_equal(got: object, want: object, what: str) -> None:
    """Raise `Mistake` unless `got == want`, for words, lists and truth values."""
    if got is None and want is not None:
        raise Mistake(f"{what}: expected {want!r}, got None; is the return missing?")
    if isinstance(got, Tensor) or type(got) is not type(want):
        raise Mistake(f"{what}: expected {type(want).__name__}, got {type(got).__name__}")
    if got != want:
        raise Mistake(f"{what}: expected {want!r}, got {got!r}")


def _expect_number(got: object, want: float, what: str, tolerance: float) -> None:
    if got is None:
        raise Mistake(f"{what}: expected {_say(want)}, got None; is the return missing?")
    if isinstance(got, Tensor) and got.numel() == 1:
        got = got.item()
    if not isinstance(got, bool | int | float):
        raise Mistake(f"{what}: expected a number, got {type(got).__name__}")
    if not abs(got - want) <= tolerance * (1 + abs(want)):
        raise Mistake(f"{what}: expected {_say(want)}, got {_say(got)}")


def _real(tensor: Tensor) -> Tensor:
    return tensor.detach().to(device="cpu", dtype=torch.float64)


def _say(number: float | Tensor) -> str:
    return f"{float(number):.4g}"


def _split(number: str) -> tuple[str, str]:
    found = re.fullmatch(r"(\d\d)\.([1-9]\d?)", number)
    if not found:
        raise ValueError(f'an exercise number wants the form "06.1", got {number!r}')
    return found[1], found[2]


def compare(got: object, want: Tensor, what: str, known: dict[str, Tensor]) -> None:
    """Pass if `got` is `want`; otherwise name the mistake whose answer it is, if it is known."""
    for message, wrong in known.items():
        mistake_if(resembles(got, wrong) and not resembles(wrong, want), message)
    expect_close(got, want, what)
