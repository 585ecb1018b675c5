"""What torchrun starts in a test: `seq2seq`, but worker 1 is killed in the middle of a step."""

import os
import signal
import sys

from seq2seq_lib import cli, training

STEP = 7  # after the first checkpoint


def main() -> int:
    """Do what the command line says; on the first start, not to the end."""
    loss = training._Run.loss

    def dying(run, batch):
        if run.step == STEP and run.workers.rank == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return loss(run, batch)

    if os.environ["TORCHELASTIC_RESTART_COUNT"] == "0":
        training._Run.loss = dying
    return cli.main(sys.argv[1:])


if __name__ == "__main__":
    raise SystemExit(main())
