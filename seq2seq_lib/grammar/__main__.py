"""Writes the shipped corpus: python -m seq2seq_lib.grammar --out data/grammar"""

import argparse
from pathlib import Path

from .corpus import generate, write

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write the bilingual grammar's corpus.")
    parser.add_argument("--out", type=Path, required=True, help="folder for the five files")
    parser.add_argument("--seed", type=int, default=2017)
    arguments = parser.parse_args()
    write(arguments.out, generate(arguments.seed))
