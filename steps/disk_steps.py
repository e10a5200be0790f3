"""Steps about the disk that the home lies on."""

from behave import given, then, when

from support.market.troubles import disks


@given("the home lies on a disk of {size:d} kilobytes")
def step_disk(context, size):
    disks.mount_home(context.world, size)


@given("the home is moved to a disk of {size:d} kilobytes")
def step_move(context, size):
    disks.move_home(context.world, size)


@given("a killed command has left an unpacked archive in the cache")
def step_unpacked(context):
    disks.leave_unpacked(context.world.home)


@given("what was left behind is {minutes:d} min old")
def step_old(context, minutes):
    disks.age_left_behind(context.world.home, minutes)


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
