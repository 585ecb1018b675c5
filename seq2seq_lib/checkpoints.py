"""A model in one file: weights, configuration, vocabularies, and a digest that vouches for them.

The file is a safetensors file. All that is not a tensor is JSON in its header, so nothing in it is
ever executed. It is written under a temporary name and then renamed: a reader finds the old
checkpoint or the new one, never half of one.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor

from seq2seq_lib.config import from_dict
from seq2seq_lib.models import Model, build
from seq2seq_lib.subwords import from_plain
from seq2seq_lib.vocabulary import Vocabularies

FORMAT = "seq2seq-book checkpoint"
VERSION = 1
KEY = "checkpoint"
LONGEST_HEADER = 100_000_000


class CheckpointError(ValueError):
    """A file that is no checkpoint, a damaged one, or one of something else."""


@dataclass(frozen=True)
class Saved:
    """A model in `eval` mode, and its vocabularies if they were saved with it."""

    model: Model
    vocabularies: Vocabularies | None


def save(path: str | Path, model: Model, vocabularies: Vocabularies | None = None) -> None:
    """Write `model` (its weights and `model.config`) and its vocabularies to `path`."""
    write(path, model.state_dict(), describe(model, vocabularies))


def describe(model: Model, vocabularies: Vocabularies | None = None) -> dict:
    """What a checkpoint says of a model beside its weights."""
    named = None
    if vocabularies is not None:
        named = {
            "source": vocabularies.source.to_plain(),
            "target": vocabularies.target.to_plain(),
        }
    return {"kind": "model", "config": model.config.to_dict(), "vocabularies": named}


def load(path: str | Path) -> Saved:
    """The model of this checkpoint, in `eval` mode on the CPU, and its vocabularies.

    Raises FileNotFoundError where there is no file, CheckpointError where there is no model in it.
    """
    tensors, content = read(path, kind="model")
    config = from_dict(content["config"])
    # What is drawn here is overwritten at once; every parameter is checked to be in the file.
    model = build(config, torch.Generator())
    model.to(next(iter(tensors.values())).dtype)
    fill(model, tensors, path)
    named = content["vocabularies"]
    vocabularies = named and Vocabularies(from_plain(named["source"]), from_plain(named["target"]))
    return Saved(model.eval(), vocabularies)


def load_weights(path: str | Path, model: Model) -> None:
    """Put the weights of a checkpoint into `model`, which must be of the same configuration.

    Raises CheckpointError naming the first setting or tensor that differs; `model` is then as it
    was.
    """
    tensors, content = read(path, kind="model")
    compare(content["config"], model.config.to_dict(), f"{path}: another model's checkpoint")
    fill(model, tensors, path)


def compare(saved: Mapping, given: Mapping, what: str) -> None:
    """Raise CheckpointError naming the first setting that is not the same in both."""
    nothing = "nothing"
    for name in sorted({*saved, *given}):
        if saved.get(name, nothing) != given.get(name, nothing):
            raise CheckpointError(
                f"{what}: {name}: wanted {given.get(name, nothing)!r}, "
                f"got {saved.get(name, nothing)!r} in the file"
            )


@torch.no_grad()
def fill(model: Model, tensors: Mapping[str, Tensor], path: str | Path) -> None:
    """Copy `tensors` into the model's state. Raises CheckpointError, before any copy, on a misfit.

    Weights that two layers share are in the file twice and stay shared in the model.
    """
    own = model.state_dict()
    for name in sorted({*own, *tensors}):
        wanted = tuple(own[name].shape) if name in own else "no such tensor"
        came = tuple(tensors[name].shape) if name in tensors else "no such tensor"
        if wanted != came:
            raise CheckpointError(
                f"{path}: another model's checkpoint: {name}: wanted {wanted}, got {came}"
            )
    for name, tensor in own.items():
        tensor.copy_(tensors[name])


def write(path: str | Path, tensors: Mapping[str, Tensor], content: dict) -> None:
    """Write tensors and JSON `content` to `path` in one stroke, with a digest over both."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # A copy each: safetensors refuses tensors that share memory, as tied weights do.
    tensors = {
        name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()
    }
    header = {
        "format": FORMAT,
        "version": VERSION,
        "digest": _digest(tensors, content),
        "content": content,
    }
    data = safetensors.torch.save(tensors, {KEY: json.dumps(header, ensure_ascii=False)})
    replace_file(path, data)


def replace_file(path: Path, data: bytes) -> None:
    """Write the whole of `data` beside `path`, then give it that name."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold an interrupt back until the block is done: weights and counts change together."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came = []
    previous = signal.signal(signal.SIGINT, lambda *_: came.append(True))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
    if came:
        signal.raise_signal(signal.SIGINT)


def chance(device: torch.device) -> dict[str, Tensor]:
    """The state of torch's own generators, which dropout draws from."""
    state = {"cpu": torch.get_rng_state()}
    if device.type != "cpu":
        state["device"] = torch.get_device_module(device).get_rng_state()
    return state


def set_chance(state: Mapping[str, Tensor], device: torch.device) -> None:
    """Put torch's own generators back into this state."""
    torch.set_rng_state(state["cpu"])
    if device.type != "cpu":
        torch.get_device_module(device).set_rng_state(state["device"])


def read(path: str | Path, *, kind: str) -> tuple[dict[str, Tensor], dict]:
    """Tensors and content of a checkpoint of this kind, after every check.

    Raises FileNotFoundError, or CheckpointError if the file is none of the book's checkpoints, is
    truncated, was changed since it was written, or is of another version or kind.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: wanted a checkpoint, there is no such file")
    data = path.read_bytes()
    header = _header(data, path)
    if header["version"] != VERSION:
        raise CheckpointError(
            f"{path}: wanted a checkpoint of version {VERSION}, got version {header['version']}"
        )
    tensors = safetensors.torch.load(data)
    digest = _digest(tensors, header["content"])
    if digest != header["digest"]:
        raise CheckpointError(
            f"{path}: changed since it was written: wanted digest {str(header['digest'])[:12]}…, "
            f"got {digest[:12]}…"
        )
    if header["content"]["kind"] != kind:
        raise CheckpointError(
            f"{path}: wanted a checkpoint of a {kind}, got one of a {header['content']['kind']}"
        )
    return tensors, header["content"]


def _header(data: bytes, path: Path) -> dict:
    """The book's own part of the header, once the file is known to be whole.

    A safetensors file is eight bytes with the header's length, the header in JSON, the tensors.
    """
    length = int.from_bytes(data[:8], "little")
    if len(data) < 9 or not 2 <= length <= LONGEST_HEADER or data[8:9] != b"{":
        raise CheckpointError(
            f"{path}: not a checkpoint: wanted a safetensors file, got {len(data)} bytes of "
            f"something else"
        )
    if len(data) < 8 + length:
        raise CheckpointError(
            f"{path}: truncated: wanted at least {8 + length} bytes, got {len(data)}"
        )
    try:
        outer = json.loads(data[8 : 8 + length])
        header = json.loads(outer.pop("__metadata__")[KEY])
        known = header["format"] == FORMAT and {"version", "digest", "content"} <= set(header)
        size = 8 + length + max((entry["data_offsets"][1] for entry in outer.values()), default=0)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        known = False
    if not known:
        raise CheckpointError(f"{path}: not a checkpoint: wanted one of {FORMAT!r} in its header")
    if len(data) != size:
        word = "truncated" if len(data) < size else "too long"
        raise CheckpointError(f"{path}: {word}: wanted {size} bytes, got {len(data)}")
    return header


def _digest(tensors: Mapping[str, Tensor], content: dict) -> str:
    """SHA-256 over the content and over each tensor's name, type, shape and bytes."""
    total = hashlib.sha256(json.dumps(content, sort_keys=True).encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        total.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        total.update(tensor.contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return total.hexdigest()
