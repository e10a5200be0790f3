"""Steps about the disk that the home lies on."""

from behave import given, then, when

from support.market.troubles import disks


@given("the home lies on a disk of {size:d} kilobytes")
def step_disk(context, size):
    disks.mount_home(context.world, size)


@given("the disk is filled up to {left:d} kilobytes")
def step_fill(context, left):
    disks.fill(context.world, left)


@when("the disk has room again")
def step_free(context):
    disks.free(context.world)


@given("the home is read-only")
def step_read_only(context):
    disks.set_read_only(context.world, read_only=True)


@when("the home is writable again")
def step_writable(context):
    disks.set_read_only(context.world, read_only=False)


@then("nothing temporary is left in the home")
def step_nothing_temporary(context):
    assert not disks.left_behind(context.world.home), disks.left_behind(context.world.home)
