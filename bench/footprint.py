"""What is not a race: padding, the time to import, memory. Each measured in a fresh process but
the padding, which is counted."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.races import OURS, TRAINED
from bench.timing import Row
from bench.work import Settings, Work, training
from seq2seq_lib.batching import Example, plan

ROOT = Path(__file__).resolve().parent.parent
# What a chapter imports, drawing and exercises included.
IMPORTED = ("checkpoints", "checks", "corpora", "evaluation", "models", "plotting", "search",
            "training")  # fmt: skip
WASTE, IMPORTING = 0.05, 1.5
# glibc keeps freed memory for later or not, as it has learned in the run, and two runs of one model
# then differ by a fifth. With a threshold that stays, every tensor goes back once it is freed.
GIVE_BACK = {"MALLOC_MMAP_THRESHOLD_": "65536"}


def waste(examples: Sequence[Example], rows: Sequence[Sequence[int]]) -> float:
    """The share of padding in both sides' rectangles of these batches."""
    real = sum(len(example.source) + len(example.target) + 1 for example in examples)
    padded = sum(
        len(batch)
        * (
            max(len(examples[row].source) for row in batch)
            + max(len(examples[row].target) + 1 for row in batch)
        )
        for batch in rows
    )
    return 1 - real / padded


def padding_row(work: Work) -> Row:
    """The whole corpus in the library's batches, and in the file's order."""
    sorted_rows = plan(work.examples, work.settings.tokens)
    size = -(-len(work.examples) // len(sorted_rows))
    places = range(0, len(work.examples), size)
    unsorted = [list(range(at, min(at + size, len(work.examples)))) for at in places]
    own, other = waste(work.examples, sorted_rows), waste(work.examples, unsorted)
    return Row(
        "padding, share of all positions",
        f"{own:.1%}",
        f"unsorted batches of {size}: {other:.1%}",
        "",
        [own],
        WASTE,
        most=True,
    )


def child(program: str, *words: str) -> str:
    """What a fresh Python says that runs `program`; RuntimeError with its complaint if it fails."""
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=ROOT,
        env=os.environ | GIVE_BACK,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"a measurement failed: {done.stderr.strip().splitlines()[-1]}")
    return done.stdout.strip().splitlines()[-1]


def importing_row(rounds: int) -> Row:
    """Seconds of the processor to import what a chapter does, beyond torch."""
    program = (
        "import time, torch, importlib\n"
        "started = time.process_time()\n"
        f"for name in {IMPORTED!r}:\n"
        "    importlib.import_module('seq2seq_lib.' + name)\n"
        "print(time.process_time() - started)"
    )
    seconds = [float(child(program)) for _ in range(rounds + 1)][1:]
    return Row(
        "import beyond torch, s of processor",
        f"{statistics.median(seconds):.2f}",
        "–",
        "",
        seconds,
        IMPORTING,
        most=True,
    )


def forget_peak() -> bool:
    """Let the process's peak be what it holds now, where the system lets it (Linux), and say if it
    did; elsewhere what was held before and freed since is counted for nobody."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return False
    return True


def highest() -> int:
    """The most bytes that this process has held. Linux has a number for it that begins with the
    process; `getrusage` goes on from what the parent held."""
    import resource  # not on Windows

    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def peak(settings: Settings, name: str, entrant: str) -> int:
    """Bytes that a round of updates adds to what this process holds. Called in a child."""
    work = Work.prepare(settings)
    model, loss, batching = TRAINED[name](work)[entrant]
    go = training(
        model,
        loss,
        work.sorted if batching == "sorted" else work.unsorted,
        fused=entrant == OURS,
    )
    forget_peak()
    before = highest()
    go()
    return highest() - before


def memory_rows(work: Work, name: str) -> list[Row]:
    """What a round of training adds to the peak of a fresh process, ours over each peer's."""
    program = (
        "import sys, json, torch\n"
        "from bench.footprint import peak\n"
        "from bench.work import Settings\n"
        "torch.set_num_threads(1)\n"
        "settings = Settings(**json.loads(sys.argv[1]))\n"
        "print(peak(settings, *sys.argv[2:]))"
    )
    settings = json.dumps(vars(work.settings))
    names = list(TRAINED[name](work))
    bytes_of = {entrant: int(child(program, settings, name, entrant)) for entrant in names}
    best = min((entrant for entrant in names if entrant != OURS), key=bytes_of.__getitem__)
    return [
        Row(
            f"peak memory of training, {name}, MB",
            f"{bytes_of[OURS] / 1e6:.0f}",
            f"{entrant} (best)" if entrant == best else entrant,
            f"{bytes_of[entrant] / 1e6:.0f}",
            [bytes_of[OURS] / bytes_of[entrant]],
            1.0 if entrant == best else None,
            most=True,
        )
        for entrant in sorted(bytes_of.keys() - {OURS}, key=bytes_of.__getitem__)
    ]
