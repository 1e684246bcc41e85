"""`sensource check --deep` against simulators whose API does, and does not, what the project assumes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sensource_dagster.cli import main
from sensource_dagster.cli.deep_check import write
from sensource_dagster.cli.deep_check_requests import MOST_REQUESTS
from sensource_dagster.contract.tables import TABLES
from sensource_dagster.errors import ExportError
from sensource_dagster.simulator import Options, RunningSimulator, fault_kinds
from sensource_dagster_tests.cli.deep_checks import EVERYTHING, NEEDED, Deep, run


def known_fields_only(simulator: RunningSimulator) -> None:
    for name in ("location", "sensor"):
        rows = simulator.entities(name)
        fields = TABLES[name].fields
        simulator.override_list(name, [{key: row[key] for key in row if key in fields} for row in rows])


@cache
def as_assumed() -> Deep:
    options = Options(instant_end_inclusive=False, closed_hours_noise=2, day_groups="account")
    return run(options, "--mint", prepare=known_fields_only)


@cache
def otherwise() -> Deep:
    """All but what rows depend on is other than assumed."""
    options = Options(
        filters_first=True,
        excludes_closed_hours=True,
        closed_hours_noise=2,
        location_doors="all",
        wrap_lists=True,
        one_live_token=False,
        further_lists={"floor": [{"floorId": "1"}]},
    )

    def prepare(simulator: RunningSimulator) -> None:
        simulator.faults.next(fault_kinds.status(413), path="/api/data/traffic")
        simulator.faults.next(fault_kinds.envelope({"colour": "red"}), path="/api/data/occupancy")
        more = {"Denver": 1, "b1c2d3e4-0000": 2, "colour": 3, "Hall 1": 4}
        simulator.faults.next(fault_kinds.rows(lambda rows: [{**row, **more} for row in rows]), path="/api/site")

    return run(options, "--mint", prepare=prepare)


@cache
def broken() -> Deep:
    """What rows depend on is other than assumed."""

    def prepare(simulator: RunningSimulator) -> None:
        simulator.faults.next(fault_kinds.rows(lambda rows: rows[::2] + rows[1::4]), path="/api/data/traffic")
        simulator.faults.next(fault_kinds.rows(seven_hours_later), path="/api/data/traffic")
        simulator.faults.next(fault_kinds.rows(lambda rows: [*rows, rows[0], {"name": "x"}]), path="/api/zone")
        simulator.faults.next(fault_kinds.head(200, {"X-Total-Count": "5000"}), path="/api/sensor")
        simulator.faults.next(fault_kinds.envelope({"total": 5000, "messages": ["partial"]}), path="/api/space")

    return run(Options(), prepare=prepare)


def seven_hours_later(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    def later(stamp: str) -> str:
        moment = datetime.fromisoformat(stamp.replace("Z", "+00:00")) + timedelta(hours=7)
        return f"{moment:%Y-%m-%dT%H}:00:00.000Z"

    return [{**row, "recordDate_hour_1": later(row["recordDate_hour_1"])} for row in rows]


@pytest.mark.parametrize("assumption", sorted(EVERYTHING))
def test_each_assumption_is_seen_to_hold_where_it_holds(assumption: str) -> None:
    assert assumption in as_assumed().lines("held")
    assert assumption in as_assumed().written_lines("held")


@pytest.mark.parametrize("assumption", sorted(EVERYTHING))
def test_each_assumption_is_seen_not_to_hold_where_it_does_not(assumption: str) -> None:
    deep = broken() if assumption in NEEDED else otherwise()
    assert assumption in deep.lines("not held")
    assert assumption in deep.written_lines("not held")


def test_a_header_that_says_that_rows_are_missing_is_seen_like_a_key() -> None:
    seen = broken().lines("not held")["A response has all rows in one page"]
    assert "space: 'total' is 5000" in seen
    assert "sensor: its header x-total-count is '5000'" in seen


@pytest.mark.parametrize("deep", [as_assumed, otherwise, broken])
def test_it_only_reads_in_at_most_30_requests(deep: Callable[[], Deep]) -> None:
    assert len(deep().requests) <= MOST_REQUESTS == 30
    assert {request.path for request in deep().requests if request.method != "GET"} == {"/oauth/token"}


def test_a_second_token_is_minted_only_if_that_is_asked_for() -> None:
    assert (as_assumed().mints, broken().mints) == (2, 1)
    assert broken().lines("not known")["A second token ends the first one"] == "only with --mint"


def test_the_exit_status_is_1_only_if_rows_depend_on_what_does_not_hold() -> None:
    assert (as_assumed().status, otherwise().status, broken().status) == (0, 0, 1)
    assert "The sync relies on what does not hold here: Instants with Z" in broken().output


@pytest.mark.parametrize("deep", [as_assumed, otherwise, broken])
def test_the_file_tells_nothing_about_the_account(deep: Callable[[], Deep]) -> None:
    written = deep().written
    assert written
    assert not [text for text in deep().private if text in written]
    assert "127.0.0.1" not in written
    assert "client" not in written
    # Its numbers are days, seconds, a status, a version.
    rest = re.sub(r"\d+ days?|in \d+\.\d s|HTTP \d{3}|sensource-dagster [\d.]+", "", written)
    assert not re.search(r"\d", rest), rest


def test_a_window_that_vea_does_not_answer_is_shown_beside_those_that_it_answers() -> None:
    [seen] = [text for name, text in otherwise().written_lines("not held").items() if "30 days" in name]
    assert re.fullmatch(
        r"1 day in \d+\.\d s; 7 days in \d+\.\d s; 30 days not: a request failed \(HTTP 413\); "
        r"90 days in \d+\.\d s",
        seen,
    )


def test_a_field_whose_name_may_be_a_name_in_the_account_is_not_in_the_file() -> None:
    fields = "Rows have only the fields of the contract"
    assert "site: Denver, Hall 1, b1c2d3e4-0000, colour;" in otherwise().lines("not held")[fields]
    assert "site: (not shown), (not shown), (not shown), colour;" in otherwise().written_lines("not held")[fields]


def test_a_request_that_fails_leaves_its_line_not_known_in_the_words_of_vea_and_the_others_go_on() -> None:
    def prepare(simulator: RunningSimulator) -> None:
        words = '{"message": "client 4711 may not read sites"}'
        simulator.faults.next(fault_kinds.status(403, body=words), path="/api/site")
        secret = fault_kinds.error_in_200(f"{simulator.client_secret} may not read spaces")
        simulator.faults.next(secret, path="/api/space")

    deep = run(Options(zones=1), prepare=prepare)
    [(name, seen)] = [(name, seen) for name, seen in deep.lines("not known").items() if "location" in name]
    assert "client 4711 may not read sites" in seen
    assert deep.written_lines("not known")[name] == "a request failed (HTTP 403)"
    assert "Lists are bare arrays" in deep.lines("held")
    assert deep.status == 1
    assert "The sync cannot read everything. site: GET" in deep.output
    assert "*** may not read spaces" in deep.output
    assert "demo-secret" not in deep.output


def test_without_counts_the_lines_about_counts_are_not_known() -> None:
    def prepare(simulator: RunningSimulator) -> None:
        no_rows = fault_kinds.rows(lambda _: [])
        simulator.faults.next(no_rows, times=99, path="/api/data/traffic")

    deep = run(Options(zones=1), prepare=prepare)
    assert deep.status == 0
    assert set(deep.lines("not known").values()) == {"no counts in the last 30 days", "only with --mint"}
    assert len(deep.lines("not known")) == 8


def test_an_api_that_fails_each_second_time_gets_no_more_than_30_requests() -> None:
    turns = cycle([fault_kinds.status(500), fault_kinds.delay(0)])

    async def each_second_time(*arguments: Any) -> None:
        await next(turns)(*arguments)

    def prepare(simulator: RunningSimulator) -> None:
        simulator.faults.next(each_second_time, times=99, path="/api/")

    deep = run(Options(zones=1), "--mint", prepare=prepare)
    assert len(deep.requests) <= MOST_REQUESTS
    assert deep.lines("held").keys() >= NEEDED
    assert "the limit of 30 requests was reached" in deep.lines("not known").values()


def test_an_api_that_refuses_the_tokens_gets_one_new_token_and_no_further_request() -> None:
    def prepare(simulator: RunningSimulator) -> None:
        simulator.faults.next(fault_kinds.status(401), times=99, path="/api/")

    deep = run(Options(zones=1), "--mint", prepare=prepare)
    assert deep.mints == 2
    assert len([request for request in deep.requests if request.method == "GET"]) == 3
    assert deep.lines("not known").keys() == EVERYTHING


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "deep_check.md").mkdir()
    with pytest.raises(ExportError, match=r"deep_check\.md cannot be written: .*Make its folder writable"):
        write(tmp_path / "deep_check.md", [])


def test_mint_alone_is_refused() -> None:
    result = CliRunner().invoke(main, ["check", "--mint"])
    assert result.exit_code == 2
    assert "--mint needs --deep" in result.output
