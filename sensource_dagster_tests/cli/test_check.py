"""`sensource check` against a running simulator: what it says, and its exit status."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from sensource_dagster.cli import main
from sensource_dagster.simulator import RunningSimulator, fault_kinds, serving
from sensource_dagster_tests.end_to_end.sync import variables_of

Check = Callable[..., Result]


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    with serving() as running:
        yield running


@pytest.fixture
def check(simulator: RunningSimulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Runs the command in an empty folder; other variables may be given."""
    monkeypatch.chdir(tmp_path)

    def run(*options: str, **variables: str) -> Result:
        return CliRunner().invoke(main, ["check", *options], env=variables_of(simulator, tmp_path, **variables))

    return run


def test_a_working_account_is_told_step_by_step(check: Check, simulator: RunningSimulator) -> None:
    result = check()
    assert result.exit_code == 0, result.output
    assert "FAILED" not in result.output
    for name in ("location", "site", "zone", "space", "sensor"):
        assert f"/api/{name}: {len(simulator.entities(name))} entries" in result.output
    assert "/api/data/traffic: " in result.output
    assert "hours of 5 zones on" in result.output
    assert "hours of 2 spaces on" in result.output
    assert "is writable, and was made" in result.output
    assert "Everything works." in result.output


def test_without_credentials_it_says_which_variables_to_set_and_asks_the_api_nothing(
    check: Check, simulator: RunningSimulator
) -> None:
    result = check(SENSOURCE_CLIENT_ID="", SENSOURCE_CLIENT_SECRET="")
    assert result.exit_code == 1
    assert "SENSOURCE_CLIENT_ID and SENSOURCE_CLIENT_SECRET" in result.output
    assert not simulator.requests


def test_credentials_are_read_from_the_env_file_of_the_folder(check: Check, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SENSOURCE_CLIENT_ID=demo\n")
    assert check(SENSOURCE_CLIENT_ID="").exit_code == 0


def test_an_empty_line_of_the_env_file_does_not_hide_a_variable_of_the_environment(
    check: Check, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("SENSOURCE_CLIENT_ID=\nSENSOURCE_CLIENT_SECRET=\n")
    assert check().exit_code == 0


def test_a_variable_that_does_not_exist_is_a_warning_with_the_nearest_name(check: Check) -> None:
    result = check(SENSOURCE_TIME_ZONE="America/Denver")
    assert result.exit_code == 0
    assert "WARN    settings: SENSOURCE_TIME_ZONE is not a variable" in result.output
    assert "Did you mean SENSOURCE_TIMEZONE?" in result.output
    assert "Everything works." not in result.output


def test_the_token_is_in_the_folder_that_the_setting_names(check: Check, tmp_path: Path) -> None:
    result = check(SENSOURCE_TOKEN_CACHE=str(tmp_path / "tokens"))
    assert result.exit_code == 0
    assert f", in {tmp_path / 'tokens'}" in result.output
    assert list((tmp_path / "tokens").glob("vea-*.json"))
    assert not (tmp_path / "cache").exists()


def test_what_the_log_warns_of_is_a_warning_of_its_step(check: Check, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = check(SENSOURCE_TOKEN_CACHE=str(tmp_path / "file" / "tokens"))
    assert result.exit_code == 0
    assert result.output.count("WARN    token: The Vea token cannot be shared in") == 1
    assert "SENSOURCE_TOKEN_CACHE" in result.output
    assert "Everything works." not in result.output


def test_a_database_for_the_token_that_cannot_be_reached_is_a_warning(check: Check, tmp_path: Path) -> None:
    result = check(SENSOURCE_TOKEN_CACHE=f"postgres:host={tmp_path} dbname=footfall")
    assert result.exit_code == 0, result.output
    said = f"WARN    token: The Vea token cannot be shared in PostgreSQL's database footfall at {tmp_path} ("
    assert result.output.count(said) == 1


def test_a_row_that_does_not_fit_is_a_warning_of_its_step(check: Check, simulator: RunningSimulator) -> None:
    def send_bad(path: str, field: str) -> None:
        simulator.faults.next(fault_kinds.rows(lambda rows: [{**rows[0], field: ["a"]}, *rows[1:]]), path=path)

    send_bad("/api/zone", "zoneId")
    send_bad("/api/data/traffic", "sumins")
    result = check()
    assert result.exit_code == 0
    for name, column in (("zone", "zone_id (VARCHAR)"), ("data/traffic", "sumins (BIGINT)")):
        table = name.removeprefix("data/")
        assert f"WARN    /api/{name}: 1 rows do not fit the table {table}. A sync sets them aside" in result.output
        assert column in result.output


def test_an_id_without_a_secret_is_refused_and_the_api_is_asked_nothing(
    check: Check, simulator: RunningSimulator
) -> None:
    result = check(SENSOURCE_CLIENT_SECRET="")
    assert result.exit_code == 1
    assert "SENSOURCE_CLIENT_ID is set, and SENSOURCE_CLIENT_SECRET is missing or empty" in result.output
    assert not simulator.requests


def test_an_env_file_in_another_encoding_is_named(check: Check, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"SENSOURCE_CLIENT_ID=h\xefgh\n")
    result = check()
    assert result.exit_code == 1
    assert ".env cannot be read" in result.output
    assert "UTF-8" in result.output


def test_a_wrong_secret_is_reported_without_the_secret_and_ends_the_requests(
    check: Check, simulator: RunningSimulator
) -> None:
    result = check(SENSOURCE_CLIENT_SECRET="wrong-secret-77")
    assert result.exit_code == 1
    assert "FAILED  token" in result.output
    assert "SENSOURCE_CLIENT_SECRET" in result.output
    assert "wrong-secret-77" not in result.output
    assert [request.path for request in simulator.requests] == ["/oauth/token"]


def test_one_failing_endpoint_is_named_and_the_others_are_still_asked(
    check: Check, simulator: RunningSimulator
) -> None:
    simulator.faults.next(fault_kinds.status(404), times=9, path="/api/space")
    result = check()
    assert result.exit_code == 1
    assert "FAILED  /api/space" in result.output
    assert "1 of the steps failed" in result.output
    assert result.output.count("ok      /api/") == 6


def test_every_wrong_setting_is_named_with_what_is_allowed(check: Check, simulator: RunningSimulator) -> None:
    result = check(SENSOURCE_TIMEZONE="Mars/Olympus", SENSOURCE_OCCUPANCY_METRICS="occupancy(max")
    assert result.exit_code == 1
    assert "SENSOURCE_TIMEZONE='Mars/Olympus'" in result.output
    assert "SENSOURCE_OCCUPANCY_METRICS='occupancy(max'" in result.output
    assert "Traceback" not in result.output
    assert not simulator.requests


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize(
    ("unreachable", "url"),
    [("SENSOURCE_AUTH_URL", "http://127.0.0.1:9/oauth/token"), ("SENSOURCE_API_URL", "http://127.0.0.1:9")],
)
def test_an_address_without_a_connection_is_named_once_with_what_to_look_at(
    check: Check, unreachable: str, url: str, deep: bool
) -> None:
    result = check(*(["--deep"] if deep else []), **{unreachable: url})
    assert result.exit_code == 1
    assert len(re.findall(rf"{url}\S* .*failed after", result.output)) == 1
    assert "Check the URL (SENSOURCE_API_URL, SENSOURCE_AUTH_URL), DNS, the firewall" in result.output
    assert "transient" not in result.output
    assert "1 of the steps failed" in result.output
    assert "Traceback" not in result.output


def test_a_file_that_is_no_database_is_named(check: Check, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database")
    result = check(SENSOURCE_WAREHOUSE=str(tmp_path / "notes.txt"))
    assert result.exit_code == 1
    assert "FAILED  warehouse" in result.output
    assert "notes.txt" in result.output
    assert (tmp_path / "notes.txt").read_text() == "not a database"


def test_it_leaves_nothing_behind_in_the_warehouse(check: Check, tmp_path: Path) -> None:
    assert check().exit_code == 0
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        assert connection.execute("SELECT count(*) FROM duckdb_tables()").fetchall() == [(0,)]
