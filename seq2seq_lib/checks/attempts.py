"""One attempt at an exercise: the learner's function, watched while its check runs."""

from __future__ import annotations

import contextlib
import dataclasses
import dis
import functools
import inspect
import linecache
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from types import FrameType

import numpy as np
import torch
from torch import Tensor

from seq2seq_lib.checks.registry import Exercise, Mistake

SECONDS = 10.0
CORRECT, WRONG, UNTRIED = "correct", "wrong", "not attempted"


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What a check found: `outcome` is correct, wrong or not attempted; `line` says it."""

    number: str
    outcome: str
    message: str = ""

    @property
    def line(self) -> str:
        """The one line the learner reads."""
        if self.outcome == UNTRIED:
            return f"{self.number} not attempted yet"
        if self.outcome == CORRECT:
            return f"{self.number} ✓ correct"
        return f"{self.number} ✗ {_one_line(self.message)}"


class OutOfTime(BaseException):
    """Raised in a function that runs past its time; no `except Exception` catches it."""


class Watched:
    """The learner's function, which keeps what it was last called with.

    Calling it passes the call on, and raises `Mistake` when the function changed one of its
    arguments in place.
    """

    __wrapped__: Callable  # these two from the function
    __name__: str

    def __init__(self, function: Callable) -> None:
        functools.update_wrapper(self, function, updated=())
        self.called = ""

    def __call__(self, *args: object, **named: object) -> object:
        """Call the learner's function, and hold it to leaving its arguments alone."""
        given = _by_name(self.__wrapped__, args, named)
        self.called = ", ".join(f"{name}={_describe(value)}" for name, value in given.items())
        before = {name: _snapshot(value) for name, value in given.items()}
        result = self.__wrapped__(*args, **named)
        for name, value in given.items():
            if not _same(value, before[name]):
                raise Mistake(f"the function changes its argument {name} in place; make a new one")
        return result


WATCHED_CALL = Watched.__call__.__code__


def attempt(exercise: Exercise, function: Callable, *, seconds: float = SECONDS) -> Verdict:
    """Run the exercise's check on the learner's function, and say what came of it.

    No exception of the learner's gets out, random numbers outside are left as they were, and
    after `seconds` (where the system has alarm signals) the function is stopped.
    """
    number = exercise.number
    if not callable(function):
        message = f"check wants your function itself, got {type(function).__name__}"
        return Verdict(number, WRONG, message)
    watched = Watched(function)
    try:
        with torch.random.fork_rng(devices=[]), _time_limit(seconds):
            torch.manual_seed(0)
            exercise.check(watched)
    except Mistake as mistake:
        return Verdict(number, WRONG, str(mistake))
    except OutOfTime:
        message = f"stopped after {seconds:g} seconds; is there a loop that never ends?"
        return Verdict(number, WRONG, message)
    except (Exception, SystemExit) as error:
        if isinstance(error, NotImplementedError) and _raised_by(error, function):
            return Verdict(number, UNTRIED)
        return Verdict(number, WRONG, _failure(error, watched))
    return Verdict(number, CORRECT)


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    main = threading.current_thread() is threading.main_thread()
    if not main or not hasattr(signal, "setitimer"):
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise OutOfTime

    former = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)


def _failure(error: BaseException, watched: Watched) -> str:
    """Where the learner's code raised what, and what it had been called with."""
    kind = type(error).__name__
    said = f"{kind}: {error}" if str(error) else kind
    name, tried = watched.__name__, f"called with {watched.called}"
    frames = _learners_frames(error, watched.__wrapped__)
    if not frames:
        return f"the check cannot use what {name} returns: {said}; {tried}"
    frame, line = frames[-1]
    code = frame.f_code
    # Cells that share one name ("<cell>", when a chapter runs headless) have no text to show.
    named = not code.co_filename.startswith("<")
    text = linecache.getline(code.co_filename, line).strip() if named else ""
    shown = f" (`{text}`)" if text else ""
    return f"line {line - code.co_firstlineno + 1} of {code.co_name}{shown} raised {said}; {tried}"


def _learners_frames(error: BaseException, function: Callable) -> list[tuple[FrameType, int]]:
    """The frames, outermost first, of the learner's code that the watched call reached."""
    walk = list(traceback.walk_tb(error.__traceback__))
    calls = [place for place, (frame, _) in enumerate(walk) if frame.f_code is WATCHED_CALL]
    reached = walk[calls[0] + 1 :] if calls else []
    learners = _file(function)
    return [
        (frame, line)
        for frame, line in reached
        if frame.f_code.co_filename == learners or "ipykernel_" in frame.f_code.co_filename
    ]


def _raised_by(error: BaseException, function: Callable) -> bool:
    """Whether a raise statement of the learner's raised it, and not something it called."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    frames = _learners_frames(error, function)
    if last is None or not frames or frames[-1][0] is not last.tb_frame:
        return False
    return dis.opname[last.tb_frame.f_code.co_code[last.tb_lasti]] == "RAISE_VARARGS"


def _file(function: Callable) -> str:
    plain = inspect.unwrap(function)
    written = getattr(plain, "__init__", None) if isinstance(plain, type) else plain
    code = getattr(written, "__code__", None)
    return code.co_filename if code else ""


def _by_name(function: Callable, args: tuple, named: dict) -> dict[str, object]:
    plain = {f"argument {place}": value for place, value in enumerate(args, 1)} | named
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return plain
    try:
        return dict(signature.bind(*args, **named).arguments)
    except TypeError as error:
        given = ", ".join(f"{name} ({_describe(value)})" for name, value in plain.items())
        message = f"the function must take what the exercise gives it: {given}; {error}"
        raise Mistake(message) from error


def _snapshot(value: object) -> object:
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, list | tuple):
        return [_snapshot(item) for item in value]
    if isinstance(value, dict):
        return {key: _snapshot(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return {name: _snapshot(getattr(value, name)) for name in names}
    return value


def _same(value: object, before: object) -> bool:
    if isinstance(value, Tensor):
        if not isinstance(before, Tensor) or value.shape != before.shape:
            return False
        have, had = value.detach().double(), before.double()
        return torch.allclose(have, had, rtol=0, atol=0, equal_nan=True)
    if isinstance(value, np.ndarray):
        if not isinstance(before, np.ndarray) or value.shape != before.shape:
            return False
        return value.tobytes() == before.tobytes()
    if isinstance(value, list | tuple):
        if not isinstance(before, list) or len(value) != len(before):
            return False
        return all(map(_same, value, before))
    if isinstance(value, dict):
        if not isinstance(before, dict) or list(value) != list(before):
            return False
        return all(_same(value[key], before[key]) for key in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        return isinstance(before, dict) and all(
            _same(getattr(value, name), before[name]) for name in names
        )
    if isinstance(value, str | int | float | bool | None):
        return value == before or value != value  # NaN is the one value unlike itself
    return True


def _describe(value: object) -> str:
    if isinstance(value, Tensor | np.ndarray):
        return f"{type(value).__name__} {tuple(value.shape)}"
    text = repr(value) if isinstance(value, int | float | str | list | tuple) else ""
    return text if text and len(text) <= 40 else type(value).__name__


def _one_line(message: str, most: int = 300) -> str:
    text = " ".join(message.split())
    return text if len(text) <= most else text[: most - 1] + "…"
