"""Steps about the structure of the code."""

from behave import then

from support.suite import floors


@then("every room of the product stands on a floor, and imports only from lower ones")
def step_floors(context):
    placed = frozenset().union(*floors.FLOORS)
    assert placed == floors.rooms(), placed ^ floors.rooms()
    assert not floors.upward(), floors.upward()


@then("the cleanroom imports nothing of the product")
def step_liftable(context):
    assert not floors.not_liftable(), floors.not_liftable()
