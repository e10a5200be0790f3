"""behave's hooks: each scenario gets a world of its own, and loses it again."""

from typing import Any

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
