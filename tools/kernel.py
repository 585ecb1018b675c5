"""Running a notebook in a fresh kernel of this very Python, cell by cell."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import traitlets
from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from surroundings import prepare

CELL_SECONDS = 300

PEAK = """
try:
    import resource, sys
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak /= 2**20 if sys.platform == "darwin" else 2**10
except ImportError:
    import psutil
    peak = psutil.Process().memory_info().peak_wset / 2**20
print(round(peak))
"""


class Cost(NamedTuple):
    """What a run took: wall-clock seconds, and the kernel's peak memory in MiB."""

    seconds: float
    megabytes: int


class _ThisPython(KernelSpecManager):
    """Knows one kernel, that of the running interpreter, whatever else is registered."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return self.kernel_spec_class(resource_dir=RESOURCES, **get_kernel_dict())


class _Manager(AsyncKernelManager):
    """Starts the kernel of the running interpreter."""

    @traitlets.default("kernel_spec_manager")
    def _this_python(self) -> KernelSpecManager:
        return _ThisPython(parent=self)


def run(
    notebook: NotebookNode, directory: Path, after_cell: Callable[[], object] = lambda: None
) -> Cost:
    """Run every code cell of `notebook` in `directory`, filling in outputs and run counts.

    Calls `after_cell` after each code cell. Raises RuntimeError, naming the cell and the error,
    when a cell fails, takes longer than CELL_SECONDS or kills its kernel.
    """
    client = NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        kernel_manager_class=_Manager,
        record_timing=False,
        extra_arguments=["--log-level=40"],  # errors only, beside a progress bar
        resources={"metadata": {"path": str(directory)}},
    )
    start = time.perf_counter()
    with client.setup_kernel(env=prepare(dict(os.environ))):
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                _run_cell(client, cell, index)
                after_cell()
        seconds = time.perf_counter() - start
        return Cost(seconds, _peak(client))


def _run_cell(client: NotebookClient, cell: NotebookNode, index: int) -> None:
    """Run one cell; an error says which cell it was."""
    try:
        client.execute_cell(cell, index)
    except CellExecutionError as error:
        raise RuntimeError(f"cell {index} fails:\n{error}") from error
    except CellTimeoutError as error:
        raise RuntimeError(f"cell {index} takes longer than {CELL_SECONDS} s") from error
    except DeadKernelError as error:
        raise RuntimeError(f"the kernel dies in cell {index}") from error


def _peak(client: NotebookClient) -> int:
    """Ask the kernel for its peak memory, in a cell that is taken away again."""
    probe = new_code_cell(PEAK)
    client.nb.cells.append(probe)
    try:
        client.execute_cell(probe, len(client.nb.cells) - 1)
    finally:
        client.nb.cells.pop()
    return int(probe.outputs[0].text)
