"""What SECURITY.md names."""

from __future__ import annotations

import re

from sensource_dagster_tests.end_to_end.dagster_dev import PROJECT

PACKAGES = ("sensource_dagster", "sensource_dagster_tests")


def test_the_threat_table_names_files_that_exist() -> None:
    text = (PROJECT / "SECURITY.md").read_text()
    named = re.findall(r"`([\w/]+\.py)`", text)
    assert len(named) > 20
    for name in named:
        assert any((PROJECT / package / name).exists() for package in PACKAGES), name
