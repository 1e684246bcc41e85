from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sensource_dagster.vea import VeaAccount
from sensource_dagster.vea.window_sizes import WindowSizes
from sensource_dagster_tests.vea.conftest import Clock


@pytest.fixture
def account(tmp_path: Path) -> VeaAccount:
    (tmp_path / "tokens").mkdir()
    return VeaAccount("https://vea.invalid", "https://auth.invalid", "client-1", "secret", tmp_path / "tokens")


def test_a_size_is_kept_for_the_other_processes_of_the_deployment(account: VeaAccount, clock: Clock) -> None:
    sizes = WindowSizes(account, clock)
    assert sizes.read("traffic") == 30
    sizes.write("traffic", 7)
    sizes.write("occupancy", 15)
    assert [WindowSizes(account, clock).read(kind) for kind in ("traffic", "occupancy")] == [7, 15]
    assert WindowSizes(replace(account, client_id="client-2"), clock).read("traffic") == 30


def test_after_a_day_the_whole_thirty_days_are_requested_again(account: VeaAccount, clock: Clock) -> None:
    sizes = WindowSizes(account, clock)
    sizes.write("traffic", 7)
    clock.now += 86_399
    assert sizes.read("traffic") == 7
    clock.now += 1
    assert sizes.read("traffic") == 30


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"[]", b"nonsense", b"{}", b'{"traffic": 7}', b'{"traffic": {"days": 7}}', b"\xff"),
        b'{"traffic": {"days": 0, "at": 1750000000}}',
        b'{"traffic": {"days": 31, "at": 1750000000}}',
        b'{"traffic": {"days": 7, "at": 1750000001}}',
        b'{"traffic": {"days": "many", "at": 1750000000}}',
        b'{"traffic": {"days": null, "at": null}}',
        b'{"traffic": {"days": 1e999, "at": 1750000000}}',
    ],
)
def test_a_file_that_cannot_be_used_is_as_none_and_is_replaced(
    account: VeaAccount, clock: Clock, content: bytes
) -> None:
    sizes = WindowSizes(account, clock)
    sizes.write("traffic", 7)
    [file] = account.token_dir.iterdir()
    file.write_bytes(content)
    assert sizes.read("traffic") == 30
    sizes.write("traffic", 3)
    assert sizes.read("traffic") == 3


def test_a_single_day_is_a_size(account: VeaAccount, clock: Clock) -> None:
    sizes = WindowSizes(account, clock)
    sizes.write("traffic", 1)
    assert sizes.read("traffic") == 1


def test_a_folder_that_cannot_be_written_is_no_error(account: VeaAccount, clock: Clock) -> None:
    sizes = WindowSizes(replace(account, token_dir=account.token_dir / "missing"), clock)
    sizes.write("traffic", 7)
    assert sizes.read("traffic") == 30
