"""Steps about making the local index."""

from behave import then, when

from support.market.index_made import open_together


@when("{programs:d} programs open the index of a new home in the same moment, for each of {homes:d} homes")
def step_impl(context, programs, homes):
    context.troubles = open_together(context.world.root, programs, homes)


@then("every one of them has an index that it can write to")
def step_impl(context):
    assert not context.troubles, f"{len(context.troubles)} failed: {context.troubles[0]}"
