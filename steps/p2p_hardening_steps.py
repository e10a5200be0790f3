"""Steps about what the library does with our mends and without."""

from behave import then, when

from support.p2p.hardenings import found


@when('two hosts of the library try "{row}"')
def step_try(context, row):
    context.found = {how: found(how)[row] for how in ("as-is", "mended")}


@then('"{as_is}" without our mends, and "{mended}" with them')
def step_found(context, as_is, mended):
    assert context.found == {"as-is": as_is, "mended": mended}, context.found
