"""Parallel text of any kind: what a good file gives, and what is said of a bad one."""

import gzip
import zipfile

import pytest

from seq2seq_lib import corpora
from seq2seq_lib.corpora import parallel

ENGLISH = ["I am cold.", "Go!", "She sees it.", "It's late."]
FRENCH = ["J’ai froid.", "Va !", "Elle le voit.", "Il est tard."]
TEXTS = list(zip(ENGLISH, FRENCH, strict=True))


def text(lines) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


@pytest.fixture
def folder(tmp_path):
    """A folder with the same four pairs in every form that can be read."""
    (tmp_path / "two.en").write_bytes(text(ENGLISH))
    (tmp_path / "two.fr").write_bytes(text(FRENCH))
    (tmp_path / "small.en.gz").write_bytes(gzip.compress(text(ENGLISH)))
    (tmp_path / "small.fr.gz").write_bytes(gzip.compress(text(FRENCH)))
    columns = text(f"{english}\t{french}\tCC-BY" for english, french in TEXTS)
    (tmp_path / "one.tsv").write_bytes(columns)
    (tmp_path / "one.tsv.gz").write_bytes(gzip.compress(columns))
    (tmp_path / "windows.tsv").write_bytes(b"\xef\xbb\xbf" + columns.replace(b"\n", b"\r\n"))
    with zipfile.ZipFile(tmp_path / "moses.zip", "w") as archive:
        archive.writestr("README", "about")
        archive.writestr("Name.en-fr.en", text(ENGLISH))
        archive.writestr("Name.en-fr.fr", text(FRENCH))
    return tmp_path


@pytest.mark.parametrize(
    "name", ["two", "small", "one.tsv", "one.tsv.gz", "windows.tsv", "moses.zip"]
)
def test_every_form_gives_the_same_pairs(folder, name: str) -> None:
    assert parallel.read(folder / name) == TEXTS


def test_a_sentence_without_translation_is_passed_over(tmp_path) -> None:
    (tmp_path / "gaps.tsv").write_bytes(b"Go!\tVa !\n\nWait.\t\n\tOui.\nRun!\tCours !\n")
    assert parallel.read(tmp_path / "gaps.tsv") == [("Go!", "Va !"), ("Run!", "Cours !")]


def bad(folder, name: str):
    """Write a bad text, and give the path to read."""
    whole = gzip.compress(text(ENGLISH * 50))
    contents = {
        "latin.tsv": "Go!\tVa !\nlate\tété\n".encode("latin-1"),
        "tabless.tsv": b"Go!\tVa !\nWait.  Attends.\n",
        "empty.tsv": b"\n\n",
        "cut.tsv.gz": whole[: len(whole) // 2],
        "no.tsv.gz": b"not compressed at all",
        "cut.zip": (folder / "moses.zip").read_bytes()[:150],
    }
    if name in contents:
        (folder / name).write_bytes(contents[name])
    if name == "step":
        (folder / "step.en").write_bytes(text(ENGLISH))
        (folder / "step.fr").write_bytes(text(FRENCH[:3]))
    if name == "half":
        (folder / "half.en").write_bytes(text(ENGLISH))
    if name in ("climbing.zip", "absolute.zip", "three.zip"):
        with zipfile.ZipFile(folder / name, "w") as archive:
            archive.writestr("a.en", text(ENGLISH))
            archive.writestr("a.fr", text(FRENCH))
            other = {"climbing.zip": "../../evil.fr", "absolute.zip": "/evil.fr"}
            archive.writestr(other.get(name, "b.fr"), text(FRENCH))
    return folder / name


BAD = [
    ("latin.tsv", r"latin.tsv, line 2: wanted UTF-8; got the byte 0xe9.*Latin-1"),
    ("tabless.tsv", r"tabless.tsv, line 2: wanted English, a tab and French; got 'Wait. "),
    ("empty.tsv", "empty.tsv: wanted at least one sentence pair; got an empty corpus"),
    ("cut.tsv.gz", "cut.tsv.gz: wanted a whole .gz file"),
    ("no.tsv.gz", "no.tsv.gz: wanted a whole .gz file"),
    ("cut.zip", "cut.zip: wanted a whole .zip archive"),
    ("step", "wanted files in step, line for line; step.en has 4 lines and step.fr has 3"),
    ("half", "half.fr is missing"),
    ("nothing", "wanted the file nothing, or nothing.en and nothing.fr"),
    ("climbing.zip", r"wanted names within the archive; '../../evil.fr' climbs out of it"),
    ("absolute.zip", r"wanted names within the archive; '/evil.fr' climbs out of it"),
    ("three.zip", r"three.zip: wanted one file ending in .fr; got 2"),
]


@pytest.mark.parametrize(("name", "message"), BAD, ids=[name for name, _ in BAD])
def test_a_bad_text_is_refused_by_its_name(folder, name: str, message: str) -> None:
    before = {path.name for path in folder.iterdir()}
    path = bad(folder, name)
    with pytest.raises(ValueError, match=message):
        parallel.read(path)
    made = {path.name for path in folder.iterdir()} - before
    assert not any("evil" in name for name in made), "an archive was unpacked"


def many() -> list[tuple[str, str]]:
    """600 pairs: 300 English sentences, each with two translations."""
    return [
        (f"I see {number} cats.", f"{words} {number} chats.")
        for number in range(300)
        for words in ("Je vois", "J'aperçois")
    ]


def test_no_sentence_is_in_two_splits_and_no_pair_is_lost() -> None:
    splits = parallel.by_hash(many())
    sides = [{pair.source for pair in part} for part in (splits.train, splits.valid, splits.test)]
    assert sum(map(len, sides)) == len(set.union(*sides)) == 300
    held = [*splits.valid, *splits.test]
    assert len(splits.train) + sum(len(pair.references) for pair in held) == 600
    assert all(len(pair.references) == 2 for pair in held)


def test_the_split_is_the_sentence_s_own_for_ever() -> None:
    # Known sums: another hash, or another rule, would move readers' test sentences into training.
    assert parallel.split_of("I see 13 cats.") == parallel.split_of("i  see 13 CATS!")
    found = {number: parallel.split_of(f"I see {number} cats.") for number in range(300)}
    assert [n for n, split in found.items() if split == "test"] == TEST
    assert [n for n, split in found.items() if split == "valid"] == VALID


TEST = [27, 82, 141, 245, 269, 283]
VALID = [22, 113, 249]


def test_a_test_sentence_is_taken_out_of_the_training_half() -> None:
    texts = {
        "train": [("Go.", "Va."), ("Stay here.", "Reste ici."), ("Run!", "Cours !")],
        "valid": [("run", "cours"), ("Sit.", "Assieds-toi.")],
        "test": [("Go!", "Va !"), ("Sit!", "Assis !")],
    }
    splits = parallel.in_splits(texts)
    assert [pair.source for pair in splits.train] == [("stay", "here", ".")]
    assert [pair.source for pair in splits.valid] == [("run",)]
    assert [pair.references for pair in splits.test] == [("Va !",), ("Assis !",)]


def test_small_letters_and_the_longest_pair_are_as_asked() -> None:
    texts = {name: [(f"Tom is {name} now.", f"Tom est {name}.")] for name in ("valid", "test")}
    texts["train"] = [("Tom goes.", "Tom va."), ("Tom goes out now.", "Tom sort."), *texts["test"]]
    splits = parallel.in_splits(texts, lower=True, longest=4)
    assert [pair.source for pair in splits.train] == [("tom", "goes", ".")]
    assert splits.test[0].references == ("tom est test.",)
    with pytest.raises(ValueError, match="train: wanted at least one sentence pair; got none of 5"):
        parallel.in_splits(texts, longest=1)


def test_a_path_is_loaded_and_another_word_is_not(tmp_path) -> None:
    lines = (f"{english}\t{french}" for english, french in many())
    (tmp_path / "cats.tsv").write_bytes(text(lines))
    splits = corpora.load(tmp_path / "cats.tsv")
    assert splits == corpora.load(str(tmp_path / "cats.tsv")) == parallel.by_hash(many())
    with pytest.raises(ValueError, match="wanted one of grammar, multi30k, tatoeba, or the path"):
        corpora.load("europarl")
    with pytest.raises(ValueError, match="is read as it is: wanted no lower, no longest"):
        corpora.load("grammar", lower=True)
