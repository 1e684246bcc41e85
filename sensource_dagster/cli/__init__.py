"""The command `sensource`. Each command's work is in a module of its own, imported when it is called."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from sensource_dagster.config.operating_system import refuse_windows
from sensource_dagster.contract.tables import COUNTS
from sensource_dagster.contract.view_columns import VIEWS
from sensource_dagster.errors import SenSourceError


class _Commands(click.Group):
    """Shows an error of this project as its text alone, which says what to do."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SenSourceError as error:
            raise click.ClickException(str(error)) from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sensource-dagster")
def main() -> None:
    """Keeps a DuckDB warehouse in sync with a SenSource Vea account."""
    refuse_windows()


@main.command()
def init() -> None:
    """Write the files of a project folder into the current folder.

    They are .env.example, dagster.yaml and workspace.yaml. A file that is there already stays as it is. A clone
    has them: this command is for those who installed the project as a wheel.
    """
    from sensource_dagster.cli.init import run

    sys.exit(run())


@main.command()
@click.option("--deep", is_flag=True, help="Compare what the project assumes about the API with your account.")
@click.option("--mint", is_flag=True, help="With --deep: also see whether a second token ends the first one.")
@click.option("--alert", is_flag=True, help="Send a test alert to the webhook and by e-mail.")
def check(deep: bool, mint: bool, alert: bool) -> None:
    """Say step by step whether your account and the warehouse work.

    Exit status 1 if a step failed.

    --deep sends at most 30 requests, which only read. It also writes a table that you can attach to an issue.
    """
    from sensource_dagster.cli.check import run

    if mint and not deep:
        raise click.UsageError("--mint needs --deep.")
    sys.exit(run(deep=deep, mint=mint, alert=alert))


@main.command()
@click.option("--accounts", is_flag=True, help="Two accounts in one warehouse, 14 days.")
def demo(accounts: bool) -> None:
    """Sync 90 days of a simulated account, and show them.

    They go into a DuckDB file of the demo's own, in data/demo of the project folder.
    """
    from sensource_dagster.cli import demo_accounts
    from sensource_dagster.cli.demo import run

    sys.exit(demo_accounts.run() if accounts else run())


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the UI. Without it: 3000, or a free one.")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address of the UI, which asks nobody for a password. Change it only in a container.",
)
def dev(port: int | None, host: str) -> None:
    """Serve the Dagster UI and daemon.

    They are those of the configured account. Where no account is configured, they are those of the demo. Ctrl-C,
    SIGTERM and SIGHUP end all processes within ten seconds. Exit status 1 if Dagster ends by itself.
    """
    from sensource_dagster.cli.dev import run

    sys.exit(run(host, port))


@main.command()
@click.option("--from", "first", metavar="YYYY-MM-DD", help="First local day. Without it: SENSOURCE_START_DATE.")
@click.option("--to", "last", metavar="YYYY-MM-DD", help="Last local day. Without it: today.")
@click.option(
    "--only", type=click.Choice([table.name for table in COUNTS]), help="The table to read. Without it: both."
)
@click.option("--again", is_flag=True, help="Also read the days that were read before: Vea corrects its counts.")
def backfill(first: str | None, last: str | None, only: str | None, again: bool) -> None:
    """Read the lists, and the days that are missing or failed.

    Today is read each time, because it is not over.

    Works in the project folder, with its `.env`. The UI shows its runs, and need not run meanwhile. Ctrl-C stops
    it; to go on, run the same command again. Exit status 1 if a day of the range is missing or failed at the end,
    130 if it was stopped.
    """
    from sensource_dagster.cli.stop_signals import noted_signals

    with noted_signals() as stopped:
        from sensource_dagster.cli.backfill import run

        sys.exit(run(first, last, only, again, stopped))


@main.command()
def status() -> None:
    """Show what is there, which days are missing, and the last runs.

    Sends no request to the API. Exit status 1 if something is missing or failed.
    """
    from sensource_dagster.cli.status import run

    sys.exit(run())


@main.command()
@click.option("--yes", is_flag=True, help="Move the rows without a question.")
def rezone(yes: bool) -> None:
    """Move rows to their local days, after a change of time zone.

    Use it after a change of SENSOURCE_TIMEZONE, or after an update of `tzdata`, the rules of time zones.

    Shows first how many rows of how many days move, and asks. Sends no request to the API. At the end it says
    which days you have to read again. Exit status 1 if rows should move and did not.
    """
    from sensource_dagster.cli.rezone import run

    sys.exit(run(yes))


@main.command()
@click.option(
    "--view",
    metavar="VIEW",
    type=click.Choice([view.name for view in VIEWS]),
    help=f"One of {', '.join(view.name for view in VIEWS)}. Without it: traffic_daily; with --libinsight: "
    "traffic_hourly.",
)
@click.option(
    "--from", "first", metavar="YYYY-MM-DD", help="First local day. Without it: the first that there is."
)
@click.option("--to", "last", metavar="YYYY-MM-DD", help="Last local day. Without it: the last that there is.")
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["csv", "parquet", "xlsx"]),
    help="Format of the file. Without it: the ending of the output's name, else csv.",
)
@click.option(
    "--output",
    metavar="FILE|FOLDER|-",
    help="A file; a folder, in which the file is named after its view and days; or - for standard output. "
    "Without it: the current folder.",
)
@click.option(
    "--libinsight", is_flag=True, help="Write the gate counts of one location or door, as LibInsight imports them."
)
@click.option("--location", metavar="NAME", help="With --libinsight: the location (name or id).")
@click.option("--door", metavar="NAME", help="With --libinsight: the door (name or id), in place of a location.")
def export(location: str | None, door: str | None, **options: Any) -> None:
    """Write a view of the published copy as CSV, Parquet or Excel.

    It only reads, so the sync may go on meanwhile. A file that is there already is replaced whole. If the export
    fails, it stays as it was. The last line, on standard error, says what was written.

    \b
    Examples:
      sensource export --from 2026-01-01 --to 2026-01-31 --output january.xlsx
      sensource export --view occupancy_hourly --format parquet --output exports/
      sensource export --view location_daily --output - | head
      sensource export --libinsight --location "Main Library" --to 2026-01-31
    """
    from sensource_dagster.cli.export import Gate, run

    sys.exit(run(gate=Gate(location, door), **options))


@main.command()
@click.option("--from", "first", metavar="YYYY-MM-DD", help="First local day. Without it: the last full month.")
@click.option("--to", "last", metavar="YYYY-MM-DD", help="Last local day. Without it: yesterday.")
@click.option("--location", metavar="NAME", help="The one location to report on. Without it: all.")
@click.option("--output", metavar="FILE", help="Without it: report/index.html beside the published file.")
@click.option("--open", "opens", is_flag=True, help="Open the page in a browser.")
def report(first: str | None, last: str | None, location: str | None, output: str | None, opens: bool) -> None:
    """Write the page that people read, as one HTML file.

    It says how many came and whether that is normal, and needs no network. It is about the last full month that
    has data, or about the days from --from to --to. Reads only the published file; the sync may go on meanwhile.
    A page that is there already is replaced whole, or stays as it was if the report fails.

    \b
    Examples:
      sensource report --open
      sensource report --from 2026-01-01 --to 2026-03-31 --output quarter.html
      sensource report --location "Main Library" --output main.html
    """
    from sensource_dagster.cli.report import run

    sys.exit(run(first, last, location, output, opens))


@main.command()
@click.option("--to", required=True, metavar="PLACE", help="What SENSOURCE_WAREHOUSE is going to be.")
@click.option("--data", default="", metavar="FOLDER", help="For a lake: its SENSOURCE_WAREHOUSE_DATA.")
def migrate(to: str, data: str) -> None:
    """Copy the warehouse into a lake, or a lake into a file.

    Each table is compared on both sides. The source is not changed. If it was interrupted, run it again.
    """
    from sensource_dagster.cli.migrate import run

    sys.exit(run(to, data))


@main.command()
@click.option("--seed", default=0, show_default=True, help="The same seed gives the same values.")
@click.option("--zones", default=5, show_default=True, help="Number of zones, which count ins and outs.")
@click.option("--spaces", default=2, show_default=True, help="Number of spaces, which have an occupancy.")
@click.option("--timezone", default="America/Denver", show_default=True, help="The account's IANA time zone.")
@click.option(
    "--latency", "latency_seconds", default=0.0, show_default=True, help="Seconds that each response waits."
)
@click.option("--port", default=0, help="Port on 127.0.0.1; a free one without it.")
@click.option("--fault-rate", default=0.0, show_default=True, help="Share of API requests that fail, 0 to 1.")
@click.option(
    "--replay",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A recorded traffic response (JSON) to serve in place of generated rows; may be repeated.",
)
def simulate(replay: tuple[Path, ...], **options: Any) -> None:
    """Serve a stand-in for the Vea API on loopback until Ctrl-C."""
    from sensource_dagster.cli.simulate import run

    sys.exit(run(replay, options))
