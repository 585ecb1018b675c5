"""The environment variables a chapter runs under, in the build and in the tests alike."""

import os
from collections.abc import MutableMapping

# A thread a kernel: small models are slower on several. The reader's own choice stands.
DEFAULTS = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
# Paths in warnings do not name a process, and progress bars are for those who watch.
FIXED = {"IPYKERNEL_CELL_NAME": "<cell>", "TQDM_DISABLE": "1"}


def prepare(environment: MutableMapping[str, str] = os.environ) -> MutableMapping[str, str]:
    """Set in `environment` what a chapter's kernel inherits, and give it back.

    The name of a matplotlib backend is taken out: a kernel draws inline only without one.
    """
    for name, value in DEFAULTS.items():
        environment.setdefault(name, value)
    environment.update(FIXED)
    environment.pop("MPLBACKEND", None)
    return environment
