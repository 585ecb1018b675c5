"""The corpora: the one shipped with the book, real ones fetched once, and any parallel text.

`load("grammar")` needs nothing. `load("tatoeba")` and `load("multi30k")` fetch, check and keep
their files, or read the folder that the variable SEQ2SEQ_DATA names. `load("talks/news")` reads a
text of the reader's own.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from seq2seq_lib.corpora import downloads, parallel
from seq2seq_lib.corpora.pairs import Agreement, Pair, Splits
from seq2seq_lib.corpora.shipped import COLUMNS, SPLITS, parse_pair, read_pairs, read_splits

__all__ = [
    "COLUMNS",
    "DATA",
    "LOADERS",
    "SPLITS",
    "Agreement",
    "Pair",
    "Splits",
    "load",
    "parse_pair",
    "read_pairs",
]

DATA = Path(__file__).resolve().parents[2] / "data"
MULTI30K = {"train": "train", "valid": "val", "test": "test_2016_flickr"}


def _grammar(*, lower: bool, longest: int | None, progress: bool) -> Splits:
    if lower or longest is not None:
        raise ValueError('the corpus "grammar" is read as it is: wanted no lower, no longest')
    return read_splits(DATA / "grammar")


def _multi30k(*, lower: bool, longest: int | None, progress: bool) -> Splits:
    place = _place("multi30k", progress)
    texts = {split: parallel.read(place / name) for split, name in MULTI30K.items()}
    return parallel.in_splits(texts, lower=lower, longest=longest)


def _tatoeba(*, lower: bool, longest: int | None, progress: bool) -> Splits:
    place = _place("tatoeba", progress)
    # The Moses archive of the release, or the tab-separated form in which ManyThings.org has it.
    names = ("en-fr.txt.zip", "fra.txt")
    for name in names:
        if (place / name).is_file():
            texts = parallel.read(place / name)
            return parallel.by_hash(texts, lower=lower, longest=longest)
    raise ValueError(f"tatoeba: wanted {' or '.join(names)} in {place.name!r}; got neither")


def _place(name: str, progress: bool) -> Path:
    """The folder with the corpus's files, which are fetched if need be."""
    local = downloads.folder(name)
    if local is not None:
        return local
    place = downloads.kept(name)
    downloads.fetch(downloads.REMOTES[name], place, progress=progress)
    return place


LOADERS: dict[str, Callable[..., Splits]] = {
    "grammar": _grammar,
    "multi30k": _multi30k,
    "tatoeba": _tatoeba,
}


def load(
    name: str | Path, *, lower: bool = False, longest: int | None = None, progress: bool = True
) -> Splits:
    """A corpus by name, or the parallel text at a path (see `parallel.read`).

    "grammar" is shipped with the book; "tatoeba" (split by its English sentences) and "multi30k"
    (test_2016_flickr) are fetched once. `lower` puts a real text in small letters; `longest`
    leaves out its training pairs with more tokens on a side. Raises ValueError for an unknown
    name, listing those there are, and for a bad file; ConnectionError if a corpus cannot be
    fetched: the message says what to do.
    """
    if name in LOADERS:
        return LOADERS[str(name)](lower=lower, longest=longest, progress=progress)
    if isinstance(name, str) and not _like_a_path(name):
        raise ValueError(
            f"corpus: wanted one of {', '.join(sorted(LOADERS))}, or the path of a parallel text; "
            f"got {name!r}"
        )
    return parallel.by_hash(parallel.read(name), lower=lower, longest=longest)


def _like_a_path(name: str) -> bool:
    path = Path(name)
    return len(path.parts) > 1 or bool(path.suffix) or path.with_name(name + ".en").exists()
