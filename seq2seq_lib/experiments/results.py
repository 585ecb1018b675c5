"""Results as values: kept in one file a chapter, read back, compared with a live run."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch

from seq2seq_lib import checkpoints, corpora

RESULTS = corpora.DATA / "results"
# How far a run may lie beyond the range of the stored ones and still be called the same. BLEU and
# chrF are in points, losses in nats per token, the others are shares.
BANDS = {
    "bleu": 5.0,
    "chrf": 4.0,
    "exact": 0.08,
    "valid_loss": 0.08,
    "long_bleu": 5.0,
    "novel_bleu": 6.0,
    "aer": 0.08,
    "agreement": 0.04,
}


@dataclass(frozen=True)
class Result:
    """What one run gave.

    metrics: single numbers by name: bleu, chrf, exact (test); long_bleu, novel_bleu; valid_loss
    (nats per token, the least); agreement (share); and what `insights.inside` finds of a model
    that attends or keeps a context. lengths: {"3–6": {"bleu": …, "count": …}} over test and long
    together. circumstances: where and with what it ran.
    """

    variant: str
    seed: int
    config: dict
    training: dict
    parameters: int
    metrics: dict[str, float]
    lengths: dict[str, dict[str, float]]
    signatures: dict[str, str]
    tokens: int
    seconds: float = field(compare=False)
    circumstances: dict = field(compare=False)


def circumstances() -> dict:
    """What a result may depend on that is not in its settings."""
    return {
        "torch": torch.__version__.split("+")[0],
        "python": platform.python_version(),
        "threads": torch.get_num_threads(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "processor": processor(),
    }


def processor() -> str:
    """The processor's model, as the system names it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def results_file(chapter: str) -> Path:
    """Where a chapter's results are kept."""
    return RESULTS / f"chapter{chapter}.json"


def stored(
    chapter: str,
    *,
    path: Path | None = None,
    command: str | None = None,
    names: Iterable[str] | None = None,
) -> dict[str, list[Result]]:
    """The kept results of a chapter: for each variant its runs, by seed; of `names`, if given,
    those that are there.

    Raises FileNotFoundError, saying the `command` that makes them, if there are none.
    """
    path = path or results_file(chapter)
    results: dict[str, list[Result]] = {}
    kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    for values in kept:
        results.setdefault(values["variant"], []).append(Result(**values))
    if names is not None:
        results = {name: results[name] for name in names if name in results}
    if not results:
        command = command or f"seq2seq_lib.experiments {chapter}"
        raise FileNotFoundError(f"{path}: no such results yet; make them with python -m {command}")
    return results


def finished(chapter: str) -> set[tuple[str, int]]:
    """Variant and seed of every run that a chapter's file keeps; none if there is no file."""
    if not results_file(chapter).is_file():
        return set()
    return {(found.variant, found.seed) for runs in stored(chapter).values() for found in runs}


def keep(chapter: str, results: Iterable[Result], *, path: Path | None = None) -> None:
    """Add results to a chapter's file; one of the same variant and seed is replaced."""
    path = path or results_file(chapter)
    known = stored(chapter, path=path) if path.is_file() else {}
    merged = {(found.variant, found.seed): found for runs in known.values() for found in runs}
    merged |= {(found.variant, found.seed): found for found in results}
    values = [asdict(merged[key]) for key in sorted(merged)]
    text = json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    checkpoints.replace_file(path, text.encode())


def disagreements(live: Result, runs: Sequence[Result]) -> list[str]:
    """Where a live run differs from the stored runs of its variant: empty if it agrees.

    Its settings and its number of parameters must be theirs; a metric may lie outside the range
    of theirs by its entry in BANDS, or by as much as they differ among themselves. Raises
    ValueError if there is no stored run of the variant.
    """
    runs = [found for found in runs if found.variant == live.variant]
    if not runs:
        raise ValueError(f"wanted stored runs of {live.variant!r} to compare with, got none")
    found = []
    for name in ("config", "training", "parameters"):
        if getattr(live, name) != getattr(runs[0], name):
            found.append(f"{name}: stored {getattr(runs[0], name)}, live {getattr(live, name)}")
    for name, band in BANDS.items():
        if (name in live.metrics) != (name in runs[0].metrics):
            found.append(f"{name}: measured in one of the two only")
        elif name in live.metrics:
            values = [run.metrics[name] for run in runs]
            found += outside(live, runs, {name: max(band, max(values) - min(values))})
    return found


def outside(live: Result, runs: Sequence[Result], bands: Mapping[str, float]) -> list[str]:
    """The metrics of a live run that lie outside the range of the runs' by more than their band."""
    found = []
    for name, band in bands.items():
        values = [run.metrics[name] for run in runs]
        low, high = min(values) - band, max(values) + band
        if not low <= live.metrics[name] <= high:
            found.append(f"{name}: wanted {low:.3f} to {high:.3f}, got {live.metrics[name]:.3f}")
    return found


def agrees(live: Result, runs: Sequence[Result]) -> bool:
    """Whether a live run is one like the stored runs of its variant."""
    return not disagreements(live, runs)
