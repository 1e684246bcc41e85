"""`sensource simulate` in the foreground."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import requests
from click.testing import CliRunner

from sensource_dagster.cli import main

SENSOURCE = [sys.executable, "-c", "from sensource_dagster.cli import main; main()"]


def test_it_serves_an_account_prints_its_settings_and_ends_on_ctrl_c() -> None:
    with subprocess.Popen(
        [*SENSOURCE, "simulate", "--zones", "7", "--timezone", "Asia/Tokyo"],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout
        printed = ""
        while "SENSOURCE_TIMEZONE" not in printed:
            printed += process.stdout.readline()
        variables = dict(re.findall(r"^(SENSOURCE_\w+)=(.*)$", printed, re.MULTILINE))
        assert variables["SENSOURCE_TIMEZONE"] == "Asia/Tokyo"
        token = requests.post(
            variables["SENSOURCE_AUTH_URL"],
            json={
                "grant_type": "client_credentials",
                "client_id": variables["SENSOURCE_CLIENT_ID"],
                "client_secret": variables["SENSOURCE_CLIENT_SECRET"],
            },
            timeout=10,
        ).json()["access_token"]
        zones = requests.get(
            f"{variables['SENSOURCE_API_URL']}/api/zone", headers={"Authorization": f"Bearer {token}"}, timeout=10
        ).json()
        assert len(zones) == 7
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0


def test_a_wrong_option_is_one_clear_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["simulate", "--zones", "0"])
    assert result.exit_code == 1
    assert "zones=0: must be 1 or more" in result.output
    (tmp_path / "x.json").write_text("[1]")
    result = CliRunner().invoke(main, ["simulate", "--replay", str(tmp_path / "x.json")])
    assert result.exit_code == 1
    assert "no recorded response" in result.output
