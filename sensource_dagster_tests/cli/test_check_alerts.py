"""`sensource check` says where alerts go and what is silenced; with --alert it sends a test."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result
from pytest_httpserver import HTTPServer

from sensource_dagster.cli import main
from sensource_dagster.simulator import serving
from sensource_dagster.views.refresh import refresh
from sensource_dagster.warehouse.file_warehouse import FileWarehouse
from sensource_dagster_tests.automation.mail_server import mail_server
from sensource_dagster_tests.end_to_end.sync import variables_of

Check = Callable[..., Result]
SECRET = "/services/T0/sEcReT"
ENTRY = '[[quiet]]\nzone = "{}"\ncheck = "hours_are_complete"\nuntil = {}\nreason = "Rebuilt."\n'


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Runs the command in an empty folder; without an account, for these steps need none."""
    monkeypatch.chdir(tmp_path)
    with serving() as simulator:
        account = variables_of(simulator, tmp_path)
    account |= {"SENSOURCE_CLIENT_ID": "", "SENSOURCE_CLIENT_SECRET": ""}

    def run(*options: str, **variables: str) -> Result:
        return CliRunner().invoke(main, ["check", *options], env={**account, **variables})

    return run


def test_a_test_alert_goes_to_the_webhook_and_by_e_mail(check: Check, httpserver: HTTPServer) -> None:
    httpserver.expect_request(SECRET).respond_with_data("ok")
    with mail_server() as mailbox:
        result = check(
            "--alert",
            SENSOURCE_ALERT_WEBHOOK=httpserver.url_for(SECRET),
            SENSOURCE_ALERT_EMAIL="ops@library.org",
            SENSOURCE_ALERT_SMTP=f"smtp://127.0.0.1:{mailbox.port}",
        )
    assert "ok      test alert, webhook: sent" in result.output
    assert "ok      test alert, e-mail to ops@library.org: sent" in result.output
    assert "sEcReT" not in result.output
    assert len(httpserver.log) == len(mailbox.taken) == 1


def test_a_test_alert_that_fails_is_a_failed_step_without_the_secret(check: Check, httpserver: HTTPServer) -> None:
    httpserver.expect_request(SECRET).respond_with_data("no_service", 404)
    result = check("--alert", SENSOURCE_ALERT_WEBHOOK=httpserver.url_for(SECRET))
    assert result.exit_code == 1
    assert "FAILED  test alert, webhook" in result.output
    assert "HTTP 404 (no_service)" in result.output
    assert "sEcReT" not in result.output


def test_without_a_way_a_test_alert_fails_and_says_which_variables_to_set(check: Check) -> None:
    result = check("--alert")
    assert "FAILED  test alert" in result.output
    assert "Neither SENSOURCE_ALERT_WEBHOOK nor SENSOURCE_ALERT_EMAIL is set" in result.output


def test_it_says_where_alerts_go_and_sends_nothing_unasked(check: Check, httpserver: HTTPServer) -> None:
    result = check(SENSOURCE_ALERT_WEBHOOK=httpserver.url_for(SECRET), SENSOURCE_ALERT_EMAIL="ops@library.org")
    assert f"alerts: webhook at {httpserver.host} and e-mail to ops@library.org by localhost" in result.output
    assert "sEcReT" not in result.output
    assert "alerts: in the log of the sensors alone" in check().output
    assert httpserver.log == []


def test_an_entry_that_has_ended_is_a_warning_and_one_that_cannot_be_used_a_failure(
    check: Check, tmp_path: Path
) -> None:
    file = tmp_path / "alarms.toml"
    file.write_text(ENTRY.format("North", "2020-01-01"))
    result = check(SENSOURCE_ALARMS=str(file))
    assert "WARN    alarms: entry 1 (North, hours_are_complete) ended on 2020-01-01." in result.output
    file.write_text(ENTRY.format("North", '"soon"'))
    result = check(SENSOURCE_ALARMS=str(file))
    assert "FAILED  alarms" in result.output
    file.write_text(ENTRY.format("North", "2026-03-31").replace("hours_are_complete", "key_is_unique"))
    assert "there is no check 'key_is_unique' that names zones" in check(SENSOURCE_ALARMS=str(file)).output
    file.write_text(ENTRY.format("North", '"soon"'))
    result = check(SENSOURCE_ALARMS=str(file))
    assert "entry 1 of [[quiet]]: until = 'soon'" in result.output


def test_an_entry_may_name_a_door_of_any_account(check: Check, tmp_path: Path) -> None:
    for prefix in ("sensource", "west"):
        with FileWarehouse(tmp_path / "warehouse.duckdb", 5, {}, schema=prefix).open() as connection:
            refresh(connection, ZoneInfo("UTC"))
            connection.execute(
                f"INSERT INTO {prefix}.zone (zone_id, _synced_at, _deleted) VALUES ('of {prefix}', now(), false)"
            )
    file = tmp_path / "alarms.toml"
    until = datetime.now(timezone.utc).date() + timedelta(days=9)
    file.write_text("".join(ENTRY.format(f"of {prefix}", until) for prefix in ("sensource", "west", "nobody")))
    said = check(SENSOURCE_ALARMS=str(file)).output
    assert "no zone or space has the name or id 'of nobody'" in said
    assert "has the name or id 'of west'" not in said
    assert "has the name or id 'of sensource'" not in said
