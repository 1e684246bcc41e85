"""`alarms.toml` is checked whole when it is read: each problem has its entry and what is allowed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from sensource_dagster.config.alarms_file import Quiet, read_alarms
from sensource_dagster.errors import SettingsError

CHECKS = {"hours_are_complete", "door_is_unusual"}
ENTRY = '[[quiet]]\nzone = "North"\ncheck = "hours_are_complete"\nuntil = 2026-03-31\nreason = "Rebuilt."\n'


def read(folder: Path, text: str) -> tuple[Quiet, ...]:
    (folder / "alarms.toml").write_text(text, encoding="utf-8")
    return read_alarms(folder / "alarms.toml", CHECKS)


def test_entries_are_read_in_order_with_a_date_as_date_or_text(tmp_path: Path) -> None:
    both = read(tmp_path, ENTRY + ENTRY.replace("2026-03-31", '"2026-04-01"').replace("North", "Süd"))
    assert both == (
        Quiet("North", "hours_are_complete", date(2026, 3, 31), "Rebuilt."),
        Quiet("Süd", "hours_are_complete", date(2026, 4, 1), "Rebuilt."),
    )


def test_no_file_and_an_empty_file_silence_nothing(tmp_path: Path) -> None:
    assert read_alarms(tmp_path / "alarms.toml", CHECKS) == ()
    assert read(tmp_path, "# nothing\n") == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ENTRY.replace('"North"', "North"), "alarms.toml is not valid TOML: "),
        (ENTRY.replace("hours_are_complete", "hours_are_compleet"), "Did you mean hours_are_complete?"),
        (ENTRY.replace("hours_are_complete", "xyz"), "Use one of door_is_unusual, hours_are_complete."),
        (ENTRY.replace("2026-03-31", '"soon"'), "until = 'soon': it is not a date; use YYYY-MM-DD"),
        (ENTRY.replace("2026-03-31", "5"), "until = 5: it is not a date; use YYYY-MM-DD"),
        (ENTRY.replace("2026-03-31", "2026-03-31T10:00:00"), "it is not a date; use YYYY-MM-DD"),
        (ENTRY.replace('reason = "Rebuilt."', ""), "reason is missing. An entry has zone, check, until, reason."),
        (ENTRY.replace('"Rebuilt."', '" "'), "reason = ' ' is not a text. Put it in double quotes."),
        (ENTRY.replace("zone", "door"), "'door' is not known."),
        (ENTRY.replace("[[quiet]]", "[quiet]"), "begin each entry with [[quiet]], in double brackets."),
        (ENTRY.replace("quiet", "silent"), "'silent' is not known here. Each entry begins with [[quiet]]."),
    ],
)
def test_what_is_wrong_is_said_with_what_is_allowed(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, text)
    assert said in str(caught.value)
    assert "alarms.toml" in str(caught.value)


def test_each_problem_is_a_line_with_the_number_of_its_entry(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, ENTRY + ENTRY.replace('"North"', "7") + ENTRY.replace("2026-03-31", "7"))
    first, second = str(caught.value).splitlines()
    assert "entry 2 of [[quiet]]: zone = 7" in first
    assert "entry 3 of [[quiet]]: until = 7" in second


def test_a_file_in_another_encoding_or_that_is_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "alarms.toml").write_bytes(b'zone = "h\xefgh"')
    for file in (tmp_path / "alarms.toml", tmp_path):
        with pytest.raises(SettingsError, match=r"cannot be read: .*It must be a UTF-8 text file"):
            read_alarms(file, CHECKS)
