"""Steps about the structure of the code."""

from behave import then

from support.cleanroom import measuring
from support.suite import coverage_map, floors


@then("every room of the product stands on a floor, and imports only from lower ones")
def step_floors(context):
    placed = frozenset().union(*floors.FLOORS)
    assert placed == floors.rooms(), placed ^ floors.rooms()
    assert not floors.upward(), floors.upward()


@then("the cleanroom imports nothing of the product")
def step_liftable(context):
    assert not floors.not_liftable(), floors.not_liftable()


@then("the table of the coverage map has a component for every file, and names functions that are there")
def step_table(context):
    table = coverage_map.Table.read()
    try:
        coverage_map.make_map(measuring.nothing(table.package), table, context.world.root / "coverage.json")
    except coverage_map.TableError as error:
        raise AssertionError(error) from error
