"""Types fit together, as mypy sees them (settings in pyproject.toml)."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 25.0  # the first time; with its cache, 4


def test_types_fit_together() -> None:
    run = [sys.executable, "-m", "mypy", "--no-error-summary"]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr
