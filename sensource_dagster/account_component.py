"""A SenSource account as a component of Dagster, so that a project can have several of them."""

from __future__ import annotations

import re

from dagster import Component, ComponentLoadContext, Definitions, Model, Resolvable
from dagster.components import Scaffolder, ScaffoldRequest, scaffold_component, scaffold_with
from pydantic import Field

from sensource_dagster.account_definitions import account_definitions
from sensource_dagster.automation.upkeep import lake_upkeep_job
from sensource_dagster.config.account_settings import own_variables, read_account
from sensource_dagster.config.settings import VARIABLES


class AccountParams(Model):
    """What `dg scaffold defs` takes as options."""

    timezone: str = Field(description="IANA name of the zone, such as America/Denver.")
    start_date: str = Field(default=VARIABLES["SENSOURCE_START_DATE"]["default"], description="The first day.")


class AccountScaffolder(Scaffolder[AccountParams]):
    """Writes the `defs.yaml` of an account. The name of its folder becomes the prefix."""

    @classmethod
    def get_scaffold_params(cls) -> type[AccountParams]:
        return AccountParams

    def scaffold(self, request: ScaffoldRequest[AccountParams]) -> None:
        prefix = re.sub(r"\W", "_", request.target_path.name.lower())
        scaffold_component(
            request,
            {
                "prefix": prefix,
                "timezone": request.params.timezone,
                "start_date": request.params.start_date,
                "variables": own_variables(prefix),
            },
        )


@scaffold_with(AccountScaffolder)
class SenSourceAccount(Component, Model, Resolvable):
    """A SenSource Vea account: its assets, checks, jobs, schedules and sensors, all named after its prefix.

    `variables` says which variables of the environment the account has instead of those of the project, such as
    `SENSOURCE_CLIENT_ID: WEST_CLIENT_ID`. All other settings are shared.
    """

    prefix: str = Field(description="The account's schema, and the first part of its assets' keys.")
    timezone: str = Field(
        default="", description="IANA name of the zone whose local days are the partitions. Default: shared."
    )
    start_date: str = Field(default="", description="YYYY-MM-DD, the first partition. Default: shared.")
    variables: dict[str, str] = Field(
        default={}, description="For a variable of docs/settings.md, the account's own variable instead of it."
    )

    def build_defs(self, context: ComponentLoadContext) -> Definitions:
        """All of the account.

        Raises:
            SettingsError: something in the YAML, or in the environment, cannot be used.
        """
        values = {"timezone": self.timezone, "start_date": self.start_date}
        given = {name: value for name, value in values.items() if value}
        settings = read_account(self.prefix, self.variables, given, context.project_root)
        return account_definitions(settings, lake_upkeep_job(settings))
