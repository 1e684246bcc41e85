"""Whether people count who pass a door while the location is closed."""

from __future__ import annotations

from datetime import date, datetime, timezone
from pathlib import Path

import pytest
from click.testing import CliRunner

from sensource_dagster.cli import main
from sensource_dagster.simulator import ManualClock, Options, serving
from sensource_dagster.vea import VeaAccount, VeaClient, Window
from sensource_dagster_tests.end_to_end.sync import syncing, variables_of

DAY = date(2025, 12, 9)
CLOCK = ManualClock(datetime(2025, 12, 11, 18, tzinfo=timezone.utc))
NOISE = 3
CLOSED = 11  # hours of each zone on that Tuesday; the zone whose clock is ahead has as many
ZONES = 5


def ins_of_the_day(folder: Path, setting: str) -> int:
    """Where Vea leaves closed hours out if it is not asked."""
    folder.mkdir()
    options = Options(closed_hours_noise=NOISE, excludes_closed_hours=True)
    with syncing(folder, options, CLOCK, SENSOURCE_EXCLUDE_CLOSED_HOURS=setting) as sync:
        assert sync.run("counts", DAY).success
        sent = [request.query for request in sync.simulator.requests if request.path.startswith("/api/data/")]
        assert [query.get("excludeClosedHours", "") for query in sent] == [setting] * 2
        [(ins,)] = sync.query("SELECT sum(sumins) FROM sensource.traffic")
        return int(ins)


def test_the_setting_decides_and_without_it_nothing_is_sent_and_vea_decides(tmp_path: Path) -> None:
    without, with_them = (ins_of_the_day(tmp_path / f"set to {setting}", setting) for setting in ("", "false"))
    assert with_them - without == NOISE * CLOSED * ZONES


@pytest.mark.parametrize("default", [True, False])
def test_a_request_that_says_it_gets_what_it_says_whatever_the_default(tmp_path: Path, default: bool) -> None:
    window = Window(datetime(2025, 12, 9, 8, tzinfo=timezone.utc), datetime(2025, 12, 9, 9, tzinfo=timezone.utc))
    with serving(Options(closed_hours_noise=NOISE, excludes_closed_hours=default), CLOCK) as simulator:
        account = VeaAccount(simulator.api_url, simulator.auth_url, "demo", simulator.client_secret, tmp_path)
        with VeaClient(account) as vea:
            ins = {
                choice: {row["sumins"] for row in vea.counts("traffic", window, ["ins"], choice)}
                for choice in (True, False, None)
            }
    assert ins == {True: {0}, False: {NOISE}, None: {0 if default else NOISE}}


@pytest.fixture(params=[NOISE, 0], ids=["noise", "no noise"])
def checked(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What `sensource check` says about closed hours: with the variable unset, and with it set."""
    monkeypatch.chdir(tmp_path)
    said = []
    with serving(Options(closed_hours_noise=request.param, excludes_closed_hours=True)) as simulator:
        for setting in ("", "false"):
            variables = variables_of(simulator, tmp_path, SENSOURCE_EXCLUDE_CLOSED_HOURS=setting)
            result = CliRunner().invoke(main, ["check"], env=variables)
            assert result.exit_code == 0, result.output
            said.append("\n".join(line for line in result.output.splitlines() if " closed hours: " in line))
    return said


@pytest.mark.parametrize("checked", [NOISE], indirect=True)
def test_check_shows_both_sums_of_yesterday_where_they_differ_and_what_vea_does_by_itself(
    checked: list[str],
) -> None:
    unset, set_to_false = checked
    ok, warning = unset.splitlines()
    [with_them, without] = [int(word.replace(",", "")) for word in ok.split() if word.replace(",", "").isdigit()]
    assert 0 <= without < with_them
    assert warning.startswith("WARN    closed hours: SENSOURCE_EXCLUDE_CLOSED_HOURS is not set, so Vea decides")
    assert f"it gives {without:,}." in warning
    assert set_to_false == f"{ok}. SENSOURCE_EXCLUDE_CLOSED_HOURS=false is set"


@pytest.mark.parametrize("checked", [0], indirect=True)
def test_check_says_that_it_makes_no_difference_where_the_sums_are_the_same(checked: list[str]) -> None:
    for said in checked:
        assert said.startswith("ok      closed hours: ")
        assert said.endswith("ins with and without them")
