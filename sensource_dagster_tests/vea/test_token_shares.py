"""Token files on shares that show another mode or another owner than those that were asked for."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from sensource_dagster.vea import VeaAccount
from sensource_dagster.vea.token_file import TokenFile
from sensource_dagster_tests.vea.conftest import MakeClient
from sensource_dagster_tests.vea.fake_vea import FakeVea

FSTAT = os.fstat
NOBODY = 65534


@pytest.fixture(autouse=True)
def _forget_what_the_process_knows() -> Iterator[None]:
    yield
    TokenFile._process_tokens.clear()
    TokenFile._warned.clear()


def shown_as(monkeypatch: pytest.MonkeyPatch, mode: int = 0o600, owner: int | None = None) -> None:
    """Each file is shown with this mode and owner, whatever was asked for."""

    def fstat(descriptor: int) -> os.stat_result:
        real = FSTAT(descriptor)
        shown = [stat.S_IFMT(real.st_mode) | mode, *real[1:]]
        shown[stat.ST_UID] = os.getuid() if owner is None else owner
        return os.stat_result(shown)

    monkeypatch.setattr(os, "fstat", fstat)


@pytest.mark.parametrize(
    ("mode", "owner", "reason"),
    [(0o777, None, "its mode is 0777, not 0600"), (0o600, NOBODY, f"the file belongs to user {NOBODY}")],
    ids=["CIFS", "NFS"],
)
def test_a_token_file_that_does_not_count_costs_one_token_and_one_warning_in_a_process(
    mode: int,
    owner: int | None,
    reason: str,
    new_client: MakeClient,
    account: VeaAccount,
    vea: FakeVea,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    shown_as(monkeypatch, mode, owner)
    for client in (new_client(), new_client()):
        for _ in range(3):
            client.entities("location")
    assert vea.minted == 1
    [warning] = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert reason in warning
    assert "SENSOURCE_TOKEN_CACHE" in warning
    assert "token-1" not in warning
    assert not list(account.token_dir.glob("*.json"))  # others could read it
    assert not list(account.token_dir.glob("*.tmp"))


def test_a_file_that_changes_its_mode_when_it_gets_its_name_does_not_count_either(
    new_client: MakeClient, account: VeaAccount, vea: FakeVea, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = Path.replace

    def replace_and_open(file: Path, target: Path) -> Path:
        replace(file, target).chmod(0o777)
        return target

    monkeypatch.setattr(Path, "replace", replace_and_open)
    client = new_client()
    for _ in range(3):
        client.entities("location")
    assert vea.minted == 1
    assert not list(account.token_dir.glob("*.json"))


def test_the_token_is_shared_again_as_soon_as_the_file_counts(
    new_client: MakeClient, account: VeaAccount, vea: FakeVea, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as on_a_share:
        shown_as(on_a_share, 0o777)
        new_client().entities("location")
    vea.ended.add("token-1")
    new_client().entities("location")
    [file] = account.token_dir.glob("*.json")
    assert "token-2" in file.read_text()
