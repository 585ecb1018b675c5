"""What every test run shares: one thread a kernel, pictures inline, long scopes first."""

import json
import os
import signal
from functools import cache
from pathlib import Path

from surroundings import prepare

# Notebooks' kernels inherit these, so they must be set before torch is imported anywhere.
prepare()

import matplotlib  # noqa: E402
import pytest  # noqa: E402

matplotlib.use("Agg")

WORKERS = 2
NOTEBOOK_SECONDS = 60.0


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Give the number of workers: one for each core this process may use, at most two."""
    if hasattr(os, "sched_getaffinity"):
        return min(WORKERS, len(os.sched_getaffinity(0)))
    return min(WORKERS, os.cpu_count() or 1)


def pytest_configure(config: pytest.Config) -> None:
    """Let an interrupt interrupt, even where a shell has started the tests in the background and
    told them to ignore it: some of them interrupt themselves."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@cache
def notebook_seconds(path: Path) -> float:
    """Give the seconds a chapter says it takes (``book.seconds`` in its metadata)."""
    metadata = json.loads(path.read_text(encoding="utf-8")).get("metadata", {})
    return float(metadata.get("book", {}).get("seconds", NOTEBOOK_SECONDS))


def expected_seconds(item: pytest.Item) -> float:
    """Give the seconds expected for the whole scope (notebook or test module) of a test.

    A test module that takes long says so with a constant ``SECONDS`` of its own.
    """
    if item.path.suffix == ".ipynb":
        return notebook_seconds(item.path)
    return float(getattr(getattr(item, "module", None), "SECONDS", 1.0))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the longest scopes first, so that two workers end at about the same time."""
    items.sort(key=expected_seconds, reverse=True)
