"""A lake is made by its first write. Writers take turns; readers wait for nobody and see one moment."""

from __future__ import annotations

import re
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from sensource_dagster.config.warehouse_place import LakePlace
from sensource_dagster.errors import WarehouseError, WarehouseHeldError
from sensource_dagster.warehouse import extensions
from sensource_dagster.warehouse.transaction import transaction
from sensource_dagster.warehouse.warehouse_of import warehouse_of
from sensource_dagster_tests.documentation import text_of
from sensource_dagster_tests.lakes import NewLake, on_a_lake
from sensource_dagster_tests.views.accounts import Account
from sensource_dagster_tests.warehouse.processes import line, running
from sensource_dagster_tests.warehouse.samples import Store, count

pytestmark = on_a_lake

HOLDING = """
import sys
from sensource_dagster.config.warehouse_place import LakePlace
from sensource_dagster.warehouse import extensions
from sensource_dagster.warehouse.transaction import transaction
from sensource_dagster.warehouse.warehouse_of import warehouse_of
with warehouse_of(LakePlace(*sys.argv[1:]), 60).open() as connection:
    connection.execute("BEGIN TRANSACTION")
    connection.execute("UPDATE sensource.traffic SET sumins = 99")
    print("held", flush=True)
    sys.stdin.read()
"""
WRITING = """
import sys
from sensource_dagster.config.warehouse_place import LakePlace
from sensource_dagster_tests.warehouse.samples import Store, count
store = Store(LakePlace(*sys.argv[2:]), wait_seconds=120)
for number in range(4):
    store.put(*(count(at=hour, ins=100 * number + int(sys.argv[1])) for hour in range(24 * number + 24)))
"""


@pytest.fixture
def place(new_lake: NewLake) -> LakePlace:
    return new_lake()


@pytest.fixture
def store(place: LakePlace) -> Store:
    return Store(place)


def test_the_first_write_makes_the_lake_and_the_catalogue_remembers_its_folder(place: LakePlace) -> None:
    warehouse = warehouse_of(place, 5)
    assert (warehouse.exists(), warehouse.version(), warehouse.size()) == (False, None, 0)
    Store(place).put(count())
    assert warehouse.exists()
    assert warehouse.size() > 0
    later = Store(replace(place, data=None))
    later.put(count(at=1))
    assert len(later.rows()) == 2
    assert all(file.suffix == ".parquet" for file in Path(str(place.data)).rglob("*") if file.is_file())


def test_the_version_changes_with_a_new_row_and_not_with_known_ones(store: Store) -> None:
    store.put(count())
    before = store.warehouse.version()
    store.put(count())
    assert store.warehouse.version() == before
    store.put(count(ins=9))
    assert store.warehouse.version() != before


def test_reading_a_lake_that_is_not_there_says_to_materialize_and_makes_none(store: Store) -> None:
    with pytest.raises(WarehouseError, match="does not exist yet: materialize an asset first"), store.reading():
        pass
    assert not store.warehouse.exists()


def test_a_new_lake_without_a_folder_says_which_variable_is_missing(place: LakePlace) -> None:
    with pytest.raises(WarehouseError, match=r"nothing says where its files go. Set SENSOURCE_WAREHOUSE_DATA"):
        Store(replace(place, data=None)).put(count())


def test_a_new_lake_takes_no_folder_with_other_files(place: LakePlace, tmp_path: Path) -> None:
    """Upkeep would delete them."""
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "visits.parquet").touch()
    with pytest.raises(WarehouseError, match=r"something is there, .*visits\.parquet\. The files of a lake need"):
        Store(replace(place, data=f"{tmp_path}/reports/")).put(count())
    assert not warehouse_of(place, 5).exists()


def test_another_folder_than_the_catalogue_s_is_refused(place: LakePlace, tmp_path: Path) -> None:
    Store(place).put(count())
    with pytest.raises(WarehouseError, match=r"cannot be opened: .* does not match existing data path"):
        Store(replace(place, data=f"{tmp_path}/other/")).put(count(at=1))


def test_a_reader_sees_the_moment_at_which_it_opened_the_lake(store: Store) -> None:
    store.put(count(ins=1))
    with store.reading() as reader:
        store.put(count(ins=2), count(at=1, ins=2))
        assert reader.execute("SELECT sumins FROM sensource.traffic").fetchall() == [(1,)]
        with pytest.raises(duckdb.Error, match="read-only"):
            reader.execute("DELETE FROM sensource.traffic")
    assert [row["sumins"] for row in store.rows()] == [2, 2]


def test_while_a_process_writes_others_read_and_a_writer_is_told_whom_it_waits_for(place: LakePlace) -> None:
    store = Store(place)
    store.put(count(ins=1))
    with running(HOLDING, place.libpq, str(place.data)) as writer:
        assert line(writer) == "held"
        with store.reading() as reader:
            assert reader.execute("SELECT sumins FROM sensource.traffic").fetchall() == [(1,)]
        told: list[str] = []
        with pytest.raises(WarehouseHeldError) as raised, warehouse_of(place, 0, log=told.append).open():
            pytest.fail("two write")
    assert f"sensource, process {writer.pid} on " in raised.value.holder
    assert "is held by sensource" in str(raised.value)
    assert len(told) == 1


def test_a_killed_writer_leaves_nothing_and_its_turn_is_free(place: LakePlace) -> None:
    store = Store(place)
    store.put(count(ins=1))
    with running(HOLDING, place.libpq, str(place.data)) as writer:
        assert line(writer) == "held"
        writer.kill()
        store.put(count(at=1, ins=3))
    assert [row["sumins"] for row in store.rows()] == [1, 3]


def test_four_processes_that_write_the_same_new_rows_write_each_once(place: LakePlace) -> None:
    Store(place).put(count(zone="other"))
    with ExitStack() as stack:
        writers = [
            stack.enter_context(running(WRITING, str(number), place.libpq, str(place.data))) for number in range(4)
        ]
        assert [writer.wait() for writer in writers] == [0] * 4
    query = "SELECT count(*), count(DISTINCT record_date_hour_1) FROM {s}.traffic WHERE zone_id = 'z1'"
    assert Store(place).sql(query) == [(96, 96)]


def test_a_writer_without_the_lock_is_named_as_a_conflict(place: LakePlace) -> None:
    """Somebody's own program, which does not wait for its turn."""
    store = Store(place)
    store.put(count(ins=1))
    with duckdb.connect() as theirs, store.warehouse.open() as ours:
        extensions.load(theirs, "ducklake", "postgres_scanner")
        theirs.execute(f"ATTACH '{place}' AS lake")
        written = transaction(ours, "Table traffic: ", "Nothing was written.")
        written.__enter__()
        ours.execute("UPDATE sensource.traffic SET sumins = 2")
        theirs.execute("UPDATE lake.sensource.traffic SET sumins = 3")
        with pytest.raises(WarehouseError, match=r"DuckLake transaction\. .*[Cc]onflict"):
            written.__exit__(None, None, None)
    assert [row["sumins"] for row in store.rows()] == [3]


def test_a_copy_has_all_rows_and_views_in_a_file(place: LakePlace, tmp_path: Path) -> None:
    account = Account(place)
    account.door("a", site="1")
    account.hours("a", "2026-01-05T07:00", 24)
    with account.views() as connection:
        connection.execute("CREATE VIEW sensource.mine AS SELECT sum(ins) AS ins FROM sensource.traffic_daily")
    version = account.warehouse.copy_to(tmp_path / "copy.duckdb")
    assert version == account.warehouse.version()
    with duckdb.connect(str(tmp_path / "copy.duckdb"), read_only=True) as copy:
        assert copy.execute("FROM sensource.mine").fetchall() == [(24,)]
        assert copy.execute("SELECT count(*) FROM sensource.traffic").fetchall() == [(24,)]


def test_a_wrong_password_is_an_error_that_does_not_show_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put(count())
    monkeypatch.setenv("PGPASSWORD", "wrong tiger")
    for act in (store.rows, store.warehouse.exists, lambda: store.put(count())):
        with pytest.raises(WarehouseError, match="password authentication failed") as raised:
            act()
        assert "tiger" not in str(raised.value)


def test_the_queries_of_the_document_run(place: LakePlace, capsys: pytest.CaptureFixture[str]) -> None:
    account = Account(place)
    account.door("a", site="1")
    account.hours("a", "2026-01-05T07:00", 24)
    with account.views() as connection:
        blocks = re.findall(r"^```(sql|python)\n(.*?)^```", text_of("docs/lake.md"), re.DOTALL | re.MULTILINE)
        queries = [block.replace("now() - INTERVAL 7 DAY", "now()") for kind, block in blocks if kind == "sql"]
        queries.remove(next(query for query in queries if "pg_advisory_lock" in query))  # PostgreSQL's own
        assert len(queries) == 2
        for query in queries:
            assert connection.execute(query).fetchall()
    [program] = [block for kind, block in blocks if kind == "python"]
    with duckdb.connect() as lake:
        extensions.load(lake, "ducklake", "postgres_scanner")
        program = program.replace("host=db.example.org dbname=footfall", place.libpq)
        shown = [text for text in program.split("\n") if text.startswith("lake.") and "INSTALL" not in text]
        exec("\n".join(shown), {"lake": lake})
    assert "Library" in capsys.readouterr().out
