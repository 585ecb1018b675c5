"""Any parallel text: read with care, cut into splits that no sentence is in twice.

Two files in step ("news.en" and "news.fr"), one file with a tab between the sentences, or an
archive of two files in step; each may be compressed (.gz).
"""

from __future__ import annotations

import gzip
import hashlib
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from seq2seq_lib.corpora.pairs import Pair, Splits
from seq2seq_lib.typography import tokenise

Text = tuple[str, str]
ENGLISH, FRENCH = ".en", ".fr"
# Of a hundred English sentences, these many are kept for validation and as many for the test.
HELD_BACK = 2


def read(path: str | Path) -> list[Text]:
    """The sentence pairs (English, French) of a text, in its order.

    `path` is a tab-separated file, a .zip with one file of each language, or what is common to
    two names: "news" for "news.en" and "news.fr", or for these with ".gz". A pair of which a side
    is empty is passed over: so corpora mark a sentence without translation. Raises ValueError for
    what is missing, cut off, not UTF-8, without a tab or out of step: the message names file and
    line.
    """
    path = Path(path)
    if path.suffix == ".zip":
        texts = _in_step(*_archived(path))
    elif path.is_file():
        texts = _columns(path.name, _lines(path.name, path.read_bytes()))
    else:
        texts = _in_step(*(_side(path, ending) for ending in (ENGLISH, FRENCH)))
    texts = [(english.strip(), french.strip()) for english, french in texts]
    texts = [text for text in texts if all(text)]
    if not texts:
        raise ValueError(f"{path.name}: wanted at least one sentence pair; got an empty corpus")
    return texts


def _side(path: Path, ending: str) -> tuple[str, list[str]]:
    """One of two files in step: its name and lines."""
    for name in (path.name + ending, path.name + ending + ".gz"):
        if (path.parent / name).is_file():
            return name, _lines(name, (path.parent / name).read_bytes())
    raise ValueError(
        f"corpus: wanted the file {path.name}, or {path.name}{ENGLISH} and {path.name}{FRENCH} "
        f"(each may end in .gz), in the folder {path.parent.name!r}; {path.name}{ending} is missing"
    )


def _archived(path: Path) -> list[tuple[str, list[str]]]:
    """The two files in step of an archive, which is read where it lies and never unpacked."""
    found = []
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            for name in names:
                parts = PurePosixPath(name.replace("\\", "/")).parts
                if ".." in parts or name.startswith(("/", "\\")) or name[1:2] == ":":
                    raise ValueError(
                        f"{path.name}: wanted names within the archive; {name!r} climbs out of it"
                    )
            for ending in (ENGLISH, FRENCH):
                matching = [name for name in names if name.endswith(ending)]
                if len(matching) != 1:
                    raise ValueError(
                        f"{path.name}: wanted one file ending in {ending}; got {len(matching)}"
                    )
                found.append((matching[0], _lines(matching[0], archive.read(matching[0]))))
    except (zipfile.BadZipFile, EOFError, zlib.error, OSError) as error:
        raise ValueError(f"{path.name}: wanted a whole .zip archive; {error}") from None
    return found


def _lines(name: str, content: bytes) -> list[str]:
    """The lines of a file's content, which may be compressed."""
    if name.endswith(".gz"):
        try:
            content = gzip.decompress(content)
        except (EOFError, zlib.error, OSError) as error:
            raise ValueError(f"{name}: wanted a whole .gz file; {error}") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{name}, line {line}: wanted UTF-8; got the byte {content[error.start]:#04x}. "
            f"Is it in another encoding, such as Latin-1?"
        ) from None
    # Not splitlines: it also breaks at characters that stand within sentences.
    lines = text.replace("\r\n", "\n").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _columns(name: str, lines: Sequence[str]) -> list[Text]:
    """English and French of lines with a tab between them; further columns are left out."""
    texts = []
    for number, line in enumerate(lines, start=1):
        cells = line.split("\t")
        if len(cells) < 2 and line.strip():
            raise ValueError(
                f"{name}, line {number}: wanted English, a tab and French; got {line[:60]!r}"
            )
        if len(cells) > 1:
            texts.append((cells[0], cells[1]))
    return texts


def _in_step(english: tuple[str, list[str]], french: tuple[str, list[str]]) -> list[Text]:
    if len(english[1]) != len(french[1]):
        raise ValueError(
            f"wanted files in step, line for line; {english[0]} has {len(english[1])} lines and "
            f"{french[0]} has {len(french[1])}"
        )
    return list(zip(english[1], french[1], strict=True))


def split_of(english: str) -> str:
    """The split of an English sentence: by its hash, so the same on every machine for ever.

    Letters' case, spaces and punctuation at the end do not count: "Go." and "Go!" fall together.
    """
    digest = hashlib.sha256(_key(english).encode()).digest()
    place = int.from_bytes(digest[:8], "big") % 100
    return ("test", "valid")[place // HELD_BACK] if place < 2 * HELD_BACK else "train"


def _key(english: str) -> str:
    return " ".join(english.lower().split()).rstrip(" .!?…").replace("’", "'")


def by_hash(texts: Iterable[Text], *, lower: bool = False, longest: int | None = None) -> Splits:
    """A corpus from sentence pairs, split by their English sentences; see `in_splits`."""
    found: dict[str, list[Text]] = {"train": [], "valid": [], "test": []}
    for text in texts:
        found[split_of(text[0])].append(text)
    return in_splits(found, lower=lower, longest=longest)


def in_splits(
    texts: Mapping[str, Sequence[Text]], *, lower: bool = False, longest: int | None = None
) -> Splits:
    """A corpus from sentence pairs whose splits are given: train, valid and test.

    In `train` every translation of a sentence is a pair of its own, once. In `valid` and `test` an
    English sentence is one pair, with all its translations as `references`. An English sentence of
    `test` is in no other split, one of `valid` not in `train`. `lower` puts both sides in small
    letters. `longest` leaves out pairs of `train` with more tokens on a side. Raises ValueError
    for a split without a pair.
    """
    taken: set[str] = set()
    splits = {}
    for name in ("test", "valid", "train"):
        kept = [text for text in texts.get(name, ()) if _key(text[0]) not in taken]
        taken |= {_key(english) for english, _ in kept}
        if lower:
            kept = [(english.lower(), french.lower()) for english, french in kept]
        pairs = _apart(kept) if name == "train" else _gathered(kept)
        if name == "train" and longest is not None:
            pairs = [pair for pair in pairs if max(len(pair.source), len(pair.target)) <= longest]
        if not pairs:
            raise ValueError(
                f"{name}: wanted at least one sentence pair; got none of "
                f"{sum(map(len, texts.values()))} (a small text may need splits of its own)"
            )
        splits[name] = tuple(pairs)
    return Splits(**splits)


def _apart(texts: Sequence[Text]) -> list[Pair]:
    """A pair for each translation; the same pair once."""
    return [
        Pair(tuple(tokenise(english, "en")), tuple(tokenise(french, "fr")))
        for english, french in dict.fromkeys(texts)
    ]


def _gathered(texts: Sequence[Text]) -> list[Pair]:
    """A pair for each English sentence, with all its translations to be scored against."""
    translations: dict[str, dict[str, None]] = {}
    for english, french in texts:
        translations.setdefault(english, {})[french] = None
    return [
        Pair(
            tuple(tokenise(english, "en")),
            tuple(tokenise(next(iter(found)), "fr")),
            references=tuple(found),
        )
        for english, found in translations.items()
    ]
