"""The files of a lake may be in S3: here a server of moto on loopback."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sensource_dagster.config.warehouse_place import LakePlace
from sensource_dagster.errors import WarehouseError
from sensource_dagster_tests.lakes import NewLake, on_a_lake
from sensource_dagster_tests.warehouse.samples import Store, count

pytestmark = on_a_lake


@pytest.fixture
def place(new_lake: NewLake, bucket: Any) -> LakePlace:
    return replace(new_lake(), data="s3://footfall/lake/")


def test_rows_are_written_to_s3_corrected_and_read(place: LakePlace, bucket: Any) -> None:
    store = Store(place)
    store.put(count(ins=1), count(at=1, ins=1))
    assert store.put_and_count(count(ins=2), count(at=1, ins=1)) == (0, 1, 1)
    assert [row["sumins"] for row in Store(replace(place, data=None)).rows()] == [2, 1]
    assert all(key.key.startswith("lake/sensource/") for key in bucket.objects.all())
    assert list(bucket.objects.all())


def test_a_new_lake_takes_no_prefix_with_other_files(place: LakePlace, bucket: Any) -> None:
    bucket.put_object(Key="lake/visits.parquet", Body=b"")
    with pytest.raises(WarehouseError, match="The files of a lake need a folder of their own"):
        Store(place).put(count())


def test_without_keys_an_error_says_which_variables_to_set(
    place: LakePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(WarehouseError, match="AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set"):
        Store(place).put(count())


def test_wrong_keys_and_a_store_that_is_gone_are_errors_without_the_key(
    place: LakePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(WarehouseError) as raised:
        Store(place).put(count())
    assert "cannot be made in s3://footfall/lake/" in str(raised.value)
    assert "tiger" not in str(raised.value)
