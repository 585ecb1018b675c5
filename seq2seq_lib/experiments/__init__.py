"""The experiments behind the chapters: declared, run, and their results kept with the data.

`python -m seq2seq_lib.experiments 06 --seeds 0 1 2` trains every variant of chapter 06 on the
shipped corpus and adds to data/results/chapter06.json. A chapter that has time for one seed calls
`run`, the very same function, and holds the result against the `stored` ones with `agrees`.
"""

from seq2seq_lib.experiments.results import Result, agrees, disagreements, keep, stored
from seq2seq_lib.experiments.running import Fitted, configuration, fit, measure, run
from seq2seq_lib.experiments.variants import CHAPTERS, Variant, variants

__all__ = [
    "CHAPTERS",
    "Fitted",
    "Result",
    "Variant",
    "agrees",
    "configuration",
    "disagreements",
    "fit",
    "keep",
    "measure",
    "run",
    "stored",
    "variants",
]
