"""Workers for tests: processes that train together, and what each of them saw.

`together` starts a team of processes that meet through a file (no port is needed), and `launch`
what torchrun would start. Neither leaves a process behind.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 400.0  # seconds, on a machine that has other work
MODULE = "torch.distributed.run"


def at_reading(model, call: int, act: Callable[[], object]) -> None:
    """Let the model do this before its n-th reading."""
    healthy, count = model.encode, 0

    def encode(source, mask):
        nonlocal count
        count += 1
        if count == call:
            act()
        return healthy(source, mask)

    model.encode = encode


def _worker(task: Callable, rank: int, size: int, folder: Path) -> None:
    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo",
        init_method=(folder / "meeting").as_uri(),
        rank=rank,
        world_size=size,
        timeout=timedelta(seconds=PATIENCE),
    )
    try:
        torch.save(task(rank, folder), folder / f"{rank}.pt")
    finally:
        dist.destroy_process_group()


def together(task: Callable, size: int, folder: Path) -> list:
    """What `task(rank, folder)` gave on each of `size` workers, in their order."""
    context = multiprocessing.get_context("spawn")
    work = [(task, rank, size, folder) for rank in range(size)]
    team = [context.Process(target=_worker, args=arguments) for arguments in work]
    try:
        for process in team:
            process.start()
        until = time.monotonic() + PATIENCE
        for process in team:
            process.join(max(0.0, until - time.monotonic()))
        assert [process.exitcode for process in team] == [0] * size
    finally:
        for process in team:
            process.kill()
            process.join()
    return [torch.load(folder / f"{rank}.pt", weights_only=False) for rank in range(size)]


def launch(*words: str, restarts: int = 0) -> subprocess.Popen:
    """torchrun with two workers on `words`: a script or "-m" and a module, and its arguments."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    options = ["--standalone", "--nproc-per-node", "2", "--max-restarts", str(restarts)]
    return subprocess.Popen(
        [sys.executable, "-m", MODULE, *options, *words],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(process: subprocess.Popen) -> tuple[int, str]:
    """How torchrun ended, and what it and its workers said. It ends its workers when it is asked
    to, so it is asked before it is killed."""
    try:
        said, _ = process.communicate(timeout=PATIENCE)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(40)
            finally:
                process.kill()
    return process.returncode, said
