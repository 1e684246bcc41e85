"""When the checks of freshness run, and what the UI says of them."""

from __future__ import annotations

from dagster import AssetCheckKey, AssetKey, DefaultScheduleStatus

from sensource_dagster.config.settings import read_settings
from sensource_dagster.definitions import build_definitions


def test_each_morning_at_half_past_six_local_time_the_schedule_starts_the_checks_alone() -> None:
    made = build_definitions(read_settings({"SENSOURCE_TIMEZONE": "America/Denver"}))
    schedule = made.resolve_schedule_def("freshness")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 6 * * *", "America/Denver")
    assert schedule.default_status is DefaultScheduleStatus.RUNNING
    assert schedule.description == (
        "Each morning: reports how many days traffic and occupancy are behind. It needs no other run."
    )
    assert schedule.job_name == "freshness"
    assert made.resolve_job_def("freshness").description == (
        "Reports how many days traffic and occupancy are behind. It sends no request to Vea."
    )
    for table in ("traffic", "occupancy"):
        key = AssetCheckKey(AssetKey(["sensource", table]), "fresh")
        assert made.resolve_asset_graph().get_check_spec(key).description == (
            "The newest whole day is yesterday. Before 06:00 the day before yesterday is enough. A day is whole "
            "if it was read after it was over. Reading an older day again makes no difference. It is an ERROR if "
            "the newest whole day is more than 3 days behind."
        )
