"""behave's hooks: each scenario gets a world of its own, and loses it again."""

import sys
from typing import Any

from behave.model_type import Status

from support.catalog_folder import shared_catalog
from support.world import World


def before_feature(_context: Any, feature: Any) -> None:
    """Skip what needs the real catalog when it is not beside the project."""
    if shared_catalog() is None:
        for scenario in feature.walk_scenarios():
            if "needs_shared" in scenario.effective_tags:
                scenario.skip("../shared/catalog is not there")


def before_scenario(context: Any, _scenario: Any) -> None:
    """Make the scenario's world."""
    context.world = World()
    context.add_cleanup(context.world.close)


def after_scenario(context: Any, scenario: Any) -> None:
    """Fail a scenario in which a command failed and nobody asked for its exit code."""
    ignored = context.world.ignored_failure()
    if ignored and scenario.status == Status.passed:
        print(f"a failing command was not asserted: {ignored}", file=sys.stderr)  # noqa: T201 - the report of a failure
        scenario.set_status(Status.failed)
