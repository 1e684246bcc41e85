from __future__ import annotations

import fcntl
import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from sensource_dagster.errors import VeaUnavailableError
from sensource_dagster.vea.token_file import TokenFile
from sensource_dagster.vea.token_store import Token

LOG = logging.getLogger("test")
TOKEN = Token("token-1", 1000.0, 2000.0)


@pytest.fixture(autouse=True)
def _forget_process_tokens() -> Iterator[None]:
    yield
    TokenFile._process_tokens.clear()
    TokenFile._warned.clear()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "a" / "tokens"


@pytest.fixture
def file(folder: Path) -> Path:
    return folder / "vea-key.json"


def cache_in(folder: Path) -> TokenFile:
    return TokenFile(folder, "key", 0.2, LOG)


def write(folder: Path, token: Token = TOKEN) -> None:
    cache = cache_in(folder)
    with cache.locked():
        cache.write(token)


def test_the_next_process_reads_the_token(folder: Path) -> None:
    write(folder)
    assert cache_in(folder).read() == TOKEN


def test_a_cache_that_was_never_written_holds_no_token(folder: Path) -> None:
    assert cache_in(folder).read() is None


def test_folder_and_files_are_private_whatever_the_umask(folder: Path, file: Path) -> None:
    mask = os.umask(0)
    try:
        write(folder)
    finally:
        os.umask(mask)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(made.stat().st_mode) for made in folder.iterdir()} == {0o600}


def test_the_file_is_private_before_it_holds_a_byte(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modes: list[int] = []
    fdopen = os.fdopen

    def noting(descriptor: int, mode: str) -> object:
        if mode == "wb":
            status = os.fstat(descriptor)
            modes.append(stat.S_IMODE(status.st_mode))
            assert status.st_size == 0
        return fdopen(descriptor, mode)

    mask = os.umask(0)
    try:
        monkeypatch.setattr("sensource_dagster.vea.token_file.os.fdopen", noting)
        write(folder)
    finally:
        os.umask(mask)
    assert modes == [0o600]


def test_the_token_is_not_in_the_repr() -> None:
    assert "token-1" not in repr(TOKEN)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (("two words", 1.0, 2.0), "not a bearer token"),
        (("token", float("inf"), 2.0), "not a time"),
        (("token", 1.0, float("nan")), "not a time"),
    ],
)
def test_what_is_not_a_token_is_said_to_be_none(given: tuple[str, float, float], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Token(*given)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff",
        b"[]",
        b"null",
        b'"token"',
        b"{}",
        b'{"token": "token-1"}',
        b'{"token": "token-1", "minted_at": 1000, "renew_at": nul',
        b'{"token": "token-1", "minted_at": null, "renew_at": 2000}',
        b'{"token": "token-1", "minted_at": "nan", "renew_at": 2000}',
        b'{"token": "", "minted_at": 1000, "renew_at": 2000}',
        b'{"token": "a\\r\\nX-Header: b", "minted_at": 1000, "renew_at": 2000}',
        b" " * 100_000 + b'{"token": "token-1", "minted_at": 1000, "renew_at": 2000, "after_refusal": false}',
    ],
)
def test_a_damaged_file_counts_as_no_token_and_is_replaced(content: bytes, folder: Path, file: Path) -> None:
    write(folder)
    file.write_bytes(content)
    assert cache_in(folder).read() is None
    write(folder)
    assert cache_in(folder).read() == TOKEN


def test_a_file_that_others_may_read_counts_as_no_token_and_is_replaced(folder: Path, file: Path) -> None:
    write(folder)
    file.chmod(0o640)
    assert cache_in(folder).read() is None
    write(folder)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_of_another_user_counts_as_no_token(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder)
    monkeypatch.setattr(os, "getuid", lambda: os.geteuid() + 1)
    assert cache_in(folder).read() is None


def test_a_link_counts_as_no_token_and_is_replaced_but_its_target_is_not(
    folder: Path, file: Path, tmp_path: Path
) -> None:
    write(folder)
    target = tmp_path / "target"
    file.rename(target)
    file.symlink_to(target)
    assert cache_in(folder).read() is None
    write(folder, Token("token-2", 1.0, 2.0))
    assert not file.is_symlink()
    assert orjson.loads(target.read_bytes())["token"] == "token-1"


def test_a_pipe_does_not_hang_the_reader(folder: Path, file: Path) -> None:
    folder.mkdir(parents=True)
    os.mkfifo(file, 0o600)
    assert cache_in(folder).read() is None


def test_the_file_that_a_killed_writer_left_does_not_stop_the_next_writer(
    folder: Path, file: Path, tmp_path: Path
) -> None:
    write(folder)
    file.with_suffix(".tmp").symlink_to(tmp_path / "elsewhere")
    write(folder, Token("token-2", 1.0, 2.0))
    assert sorted(made.suffix for made in folder.iterdir()) == [".json", ".lock"]
    assert not (tmp_path / "elsewhere").exists()


def test_a_link_that_somebody_makes_just_before_the_file_is_opened_is_not_followed(
    folder: Path, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder)
    file.with_suffix(".tmp").symlink_to(tmp_path / "elsewhere")
    with monkeypatch.context() as too_late:
        too_late.setattr(Path, "unlink", lambda *_, **__: None)
        write(folder, Token("token-2", 1.0, 2.0))
    assert not (tmp_path / "elsewhere").exists()


def test_a_share_that_does_not_keep_what_is_written_is_named_in_a_warning(
    folder: Path, file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(TokenFile, "_stored", lambda _: Token("another", 1.0, 2.0))
    write(folder)
    (warning,) = caplog.messages
    assert f"in {folder} (OSError: the file does not hold what was written)" in warning
    assert not file.exists()
    assert cache_in(folder).read() == TOKEN


def test_if_the_folder_cannot_be_made_the_process_keeps_its_token_and_logs_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    cache = cache_in(in_the_way / "tokens")
    for token in (TOKEN, Token("token-2", 1.0, 2.0)):
        with cache.locked():
            cache.write(token)
    (warning,) = caplog.messages
    assert f"in {in_the_way / 'tokens'} (NotADirectoryError: [Errno " in warning
    assert "Make the folder writable" in warning
    assert "token-" not in warning
    found = cache_in(in_the_way / "tokens").read()
    assert found is not None
    assert found.text == "token-2"


def test_a_token_is_written_to_the_file_again_as_soon_as_that_is_possible(folder: Path, file: Path) -> None:
    file.mkdir(parents=True)
    write(folder)
    assert cache_in(folder).read() == TOKEN
    file.rmdir()
    write(folder, Token("token-2", 1.0, 2.0))
    assert orjson.loads(file.read_bytes())["token"] == "token-2"
    assert TokenFile._process_tokens == {}


def test_waiting_for_the_lock_ends_after_the_lock_wait(folder: Path) -> None:
    write(folder)
    with (folder / "vea-key.lock").open("r+b") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with (
            pytest.raises(VeaUnavailableError, match=r"vea-key\.lock for 0\.2 s"),
            cache_in(folder).locked(),
        ):
            pytest.fail("the lock is not held")


def test_the_lock_is_released_after_an_error(folder: Path) -> None:
    with pytest.raises(ZeroDivisionError), cache_in(folder).locked():
        raise ZeroDivisionError
    with cache_in(folder).locked():
        pass
