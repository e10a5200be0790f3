"""Steps about releases that are taken over into other stores and logs."""

from behave import given, then, when

from support.market import carrying, stores


@when("the release {spec} is fetched into the store")
def step_fetch(context, spec):
    context.fetched = carrying.carry(context.world.home, spec, context.store)


@when("fetching the release {spec} into the store is tried")
def step_fetch_tried(context, spec):
    context.code = stores.code_of(lambda: carrying.carry(context.world.home, spec, context.store))


@when("a release that its publisher has signed with another {field} comes to {door}")
def step_wrong(context, field, door):
    context.world.run("ggen market init axum --id io.ggen.rust.axum")
    context.code = carrying.come_to(door, context.world, context.world.project / "axum", field)


@given("another user has a copy of the registry")
def step_other_user(context):
    carrying.move_to_another_user(context.world)


@then("{count:d} blobs were fetched")
def step_fetched(context, count):
    assert context.fetched.files == count, context.fetched


@then("the store has all of {spec}")
def step_whole(context, spec):
    assert carrying.is_whole(context.world.home, spec, context.store)


@then('a yank of {spec} that comes straight to the log is refused with "{code}"')
def step_yank(context, spec, code):
    assert carrying.yank_in_log(context.world.home, spec) == code
