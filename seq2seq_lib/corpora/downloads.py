"""Corpora that are fetched once, checked, and kept; nothing of them is part of the book.

The variable SEQ2SEQ_DATA names a folder to read instead, for machines without a network. It holds
a folder for each corpus, named as in `REMOTES`, with the files that are listed there.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pooch
import requests

VARIABLE = "SEQ2SEQ_DATA"
SECONDS = 30  # without a word from the server
RETRIES = 2


@dataclass(frozen=True)
class Remote:
    """Files at a versioned address.

    folder: the name of their folder. address: what stands before each file's name, its slash
    included. files: the SHA-256 of each, or None where its publisher gives none: then the sum of
    the first download is noted beside the file, and from then on another one is refused.
    """

    folder: str
    address: str
    files: Mapping[str, str | None]


REMOTES = {
    # Elliott et al. 2016, 2017. The sums are those of the files at this commit.
    "multi30k": Remote(
        "multi30k_en_fr",
        "https://raw.githubusercontent.com/multi30k/dataset/"
        "a3d2e0d26b56f3846f66a952536ffed4e401d05a/data/task1/raw/",
        {
            "train.en.gz": "d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f",
            "train.fr.gz": "622e75069e9f4c577425c4f277116ce66e63a2401c0a2312d90073cb12379a3c",
            "val.en.gz": "14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28",
            "val.fr.gz": "ca3106f1a72390591d25f6c45cb4cd39dec4cd3f123e099748a3ce5256c160e9",
            "test_2016_flickr.en.gz":
                "611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9",
            "test_2016_flickr.fr.gz":
                "6d326e188d259fb1d04ac19eae3af956559b3a0b93d7635e56c90987c40c8b90",
        },
    ),
    # Tiedemann 2012: release of 2023-04-12 of the sentences of tatoeba.org.
    "tatoeba": Remote(
        "tatoeba_en_fr",
        "https://object.pouta.csc.fi/OPUS-Tatoeba/v2023-04-12/moses/",
        {"en-fr.txt.zip": None},
    ),
}


def folder(name: str) -> Path | None:
    """The corpus's folder within the one that SEQ2SEQ_DATA names, or None if it names none.

    Raises ValueError if there is no such folder.
    """
    local = os.environ.get(VARIABLE)
    if not local:
        return None
    path = Path(local).expanduser() / REMOTES[name].folder
    if not path.is_dir():
        raise ValueError(
            f"{VARIABLE}: wanted the folder {REMOTES[name].folder!r} in {local!r}; it has none"
        )
    return path


def kept(name: str) -> Path:
    """Where a corpus is kept once it is fetched: the system's place for caches."""
    return Path(pooch.os_cache("seq2seq-book")) / REMOTES[name].folder


def fetch(
    remote: Remote, place: Path, *, progress: bool = True, retries: int = RETRIES
) -> dict[str, Path]:
    """The files of a corpus by name, fetched into the folder `place` if they are not yet there.

    A file is put there whole and with the right SHA-256, or not at all. Raises ConnectionError,
    saying what to do, if the network or the server fails, and ValueError for a wrong sum.
    """
    sums = {name: known or _noted(place / name) for name, known in remote.files.items()}
    store = pooch.create(
        path=place, base_url=remote.address, registry=sums, retry_if_failed=retries
    )
    pooch.get_logger().setLevel(logging.ERROR)
    downloader = pooch.HTTPDownloader(progressbar=progress, timeout=SECONDS)
    found = {}
    for name in remote.files:
        try:
            found[name] = Path(store.fetch(name, downloader=downloader))
        except requests.RequestException as error:
            raise ConnectionError(_refused(remote, name, error)) from None
        except ValueError as error:
            raise ValueError(
                f"{remote.address}{name}: wanted a file with the SHA-256 {sums[name]}, got "
                f"another one; nothing of it is kept ({error})"
            ) from None
        if sums[name] is None:
            note(found[name])
    return found


def _noted(path: Path) -> str | None:
    """The SHA-256 that the first download of this file had."""
    beside = path.with_name(path.name + ".sha256")
    return beside.read_text(encoding="utf-8").strip() if beside.is_file() else None


def note(path: Path) -> None:
    """Write a file's SHA-256 beside it, for later downloads to be held to."""
    beside = path.with_name(path.name + ".sha256")
    beside.write_text(pooch.file_hash(str(path)) + "\n", encoding="utf-8")


def _refused(remote: Remote, name: str, error: requests.RequestException) -> str:
    answer = error.response
    if answer is not None:
        reason = f"the server answered {answer.status_code} {answer.reason}"
    elif isinstance(error, requests.Timeout):
        reason = f"no answer within {SECONDS} seconds"
    elif isinstance(error, requests.ConnectionError):
        reason = "no connection: is there a network?"
    else:
        reason = f"the transfer broke off ({type(error).__name__})"
    return (
        f"{remote.address}{name}: {reason}. Nothing is kept of it; call again to try again. "
        f"Or put {', '.join(remote.files)} into a folder {remote.folder!r} by other means, and "
        f"let the variable {VARIABLE} name the folder that holds it"
    )
