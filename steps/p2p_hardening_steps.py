"""Steps about what the library does with our mends and without."""

from behave import then, when

from support.p2p import read_rows
from support.p2p.hardenings import found


@when('two hosts of the library try "{row}"')
def step_try(context, row):
    context.found = {how: found(how)[row] for how in ("as-is", "mended")}


@then('"{as_is}" without our mends, and "{mended}" with them')
def step_found(context, as_is, mended):
    assert context.found == {"as-is": as_is, "mended": mended}, context.found


@then("the pieces of a stream give what one buffer would, for 5,000 turns of coming and taking")
def step_pieces(_context):
    read_rows.check_pieces(5_000)


@then("100,000 pieces of a single byte are kept as one")
def step_single_bytes(_context):
    read_rows.check_single_bytes(100_000)


@then("messages of all lengths are read in parts of all lengths, and then the connection has ended")
def step_messages(_context):
    read_rows.check_messages(2_000)


@then("a frame of which a part has come is told as broken off")
def step_broken_off(_context):
    read_rows.check_broken_off()
