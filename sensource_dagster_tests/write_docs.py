"""`make docs`: writes the tables of docs/questions.md, and docs/dbt/sources.yml, as they are now."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

from sensource_dagster_tests import dbt_sources
from sensource_dagster_tests.published_demo import TODAY, make_demo
from sensource_dagster_tests.question_tables import DOCUMENT, rewritten


def main() -> None:
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        DOCUMENT.write_text(rewritten(make_demo(Path(folder)).file, TODAY))
    dbt_sources.FILE.parent.mkdir(exist_ok=True)
    dbt_sources.FILE.write_text(dbt_sources.sources())


if __name__ == "__main__":
    main()
