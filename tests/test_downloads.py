"""Fetching a corpus: from a server of the tests' own, which does all that servers do wrong."""

import hashlib
import http.server
import os
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest

from seq2seq_lib import corpora
from seq2seq_lib.corpora import downloads
from seq2seq_lib.corpora.downloads import Remote, fetch

CONTENT = b"Go!\tVa !\n" * 5000
SUM = hashlib.sha256(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """Serve CONTENT as `good.tsv`, cut off as `cut.tsv`, and an error as `error.tsv`."""

    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path == "/error.tsv":
            self.send_error(503)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[:1000] if self.path == "/cut.tsv" else CONTENT)

    def log_message(self, format: str, *values: object) -> None:
        """Say nothing."""


@contextmanager
def serving():
    """The address of a server on this machine."""
    Handler.asked.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


@pytest.fixture
def address():
    """The address of a server that stays up for the test."""
    with serving() as found:
        yield found


def test_a_good_file_is_fetched_once(address: str, tmp_path, capfd) -> None:
    remote = Remote("small", address, {"good.tsv": SUM})
    for _ in range(2):
        found = fetch(remote, tmp_path / "small", progress=False)
        assert found["good.tsv"].read_bytes() == CONTENT
    assert Handler.asked == ["/good.tsv"]
    assert capfd.readouterr() == ("", "")


def test_progress_is_shown(address: str, tmp_path) -> None:
    script = (
        "from pathlib import Path; from seq2seq_lib.corpora.downloads import Remote, fetch; "
        f"fetch(Remote('small', {address!r}, {{'good.tsv': {SUM!r}}}), Path({str(tmp_path)!r}))"
    )
    # The tests run without progress bars; a reader does not.
    surroundings = {name: value for name, value in os.environ.items() if name != "TQDM_DISABLE"}
    command = [sys.executable, "-c", script]
    ran = subprocess.run(command, env=surroundings, capture_output=True, text=True, check=True)
    assert "100%" in ran.stderr and ran.stdout == ""


WRONG = [
    ("good.tsv", "0" * 64, ValueError, f"good.tsv: wanted a file with the SHA-256 {'0' * 64}"),
    ("cut.tsv", SUM, ConnectionError, "cut.tsv: .*(broke off|no connection).* Nothing is kept"),
    ("error.tsv", SUM, ConnectionError, "the server answered 503.*call again to try again"),
]


@pytest.mark.parametrize(("name", "total", "kind", "message"), WRONG, ids=lambda value: str(value))
def test_what_goes_wrong_is_said_and_nothing_is_kept(
    address: str, tmp_path, name: str, total: str, kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        fetch(Remote("small", address, {name: total}), tmp_path, progress=False, retries=0)
    assert list(tmp_path.iterdir()) == []


def test_it_tries_again(address: str, tmp_path) -> None:
    with pytest.raises(ConnectionError):
        fetch(Remote("small", address, {"error.tsv": SUM}), tmp_path, progress=False, retries=1)
    assert Handler.asked == ["/error.tsv"] * 2


def test_without_a_network_the_message_says_what_to_do(tmp_path) -> None:
    with serving() as closed:
        pass
    remote = Remote("small_en_fr", closed, {"good.tsv": SUM})
    message = "is there a network.*put good.tsv into a folder 'small_en_fr'.*SEQ2SEQ_DATA"
    with pytest.raises(ConnectionError, match=message):
        fetch(remote, tmp_path, progress=False, retries=0)


def test_a_sum_that_nobody_gave_is_noted_and_held_to(address: str, tmp_path) -> None:
    remote = Remote("small", address, {"good.tsv": None})
    found = fetch(remote, tmp_path, progress=False)["good.tsv"]
    assert (tmp_path / "good.tsv.sha256").read_text(encoding="utf-8").strip() == SUM
    found.write_bytes(b"changed on the way")
    # It is fetched again, and is the file that was noted.
    assert fetch(remote, tmp_path, progress=False)["good.tsv"].read_bytes() == CONTENT
    (tmp_path / "good.tsv.sha256").write_text("1" * 64, encoding="utf-8")
    with pytest.raises(ValueError, match=f"wanted a file with the SHA-256 {'1' * 64}"):
        fetch(remote, tmp_path, progress=False, retries=0)


def test_every_published_address_is_a_version_and_every_sum_a_sum() -> None:
    for name, remote in downloads.REMOTES.items():
        assert remote.address.startswith("https://") and remote.address.endswith("/"), name
        for total in filter(None, remote.files.values()):
            assert len(total) == 64 and int(total, 16)
    multi30k = downloads.REMOTES["multi30k"].files
    assert set(multi30k) == {
        f"{name}.{side}.gz" for name in corpora.MULTI30K.values() for side in ("en", "fr")
    }
    assert all(multi30k.values())


def test_a_local_folder_is_read_instead(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv(downloads.VARIABLE, str(tmp_path))
    with pytest.raises(ValueError, match="SEQ2SEQ_DATA: wanted the folder 'tatoeba_en_fr'"):
        corpora.load("tatoeba")
    (tmp_path / "tatoeba_en_fr").mkdir()
    with pytest.raises(ValueError, match="wanted en-fr.txt.zip or fra.txt in 'tatoeba_en_fr'"):
        corpora.load("tatoeba")
    lines = "".join(f"I see {n} cats.\tJe vois {n} chats.\n" for n in range(300))
    (tmp_path / "tatoeba_en_fr" / "fra.txt").write_text(lines, encoding="utf-8")
    assert sum(len(part) for part in vars(corpora.load("tatoeba")).values()) == 300
    (tmp_path / "multi30k_en_fr").mkdir()
    with pytest.raises(ValueError, match="test_2016_flickr.en is missing|train.en is missing"):
        corpora.load("multi30k")


def test_a_corpus_is_fetched_into_the_cache_when_no_folder_is_named(
    address: str, tmp_path, monkeypatch
) -> None:
    lines = "".join(f"I see {n} cats.\tJe vois {n} chats.\n" for n in range(300))
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "fra.txt").write_text(lines, encoding="utf-8")
    monkeypatch.delenv(downloads.VARIABLE, raising=False)
    monkeypatch.setattr(downloads, "kept", lambda name: tmp_path / "kept")
    remote = Remote("tatoeba_en_fr", address, {"good.tsv": SUM})
    monkeypatch.setitem(downloads.REMOTES, "tatoeba", remote)
    assert len(corpora.load("tatoeba", progress=False).train) > 250
    assert (tmp_path / "kept" / "good.tsv").read_bytes() == CONTENT
