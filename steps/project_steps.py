"""Steps about a project and its installed packages."""

from behave import given, then, when

from support.market import packages
from support.market.troubles import damage


@given("these packages are published")
@when("these packages are published")
def step_published(context):
    for row in context.table:
        packages.publish(context.world, row["id"], row["version"], row["needs"])


@given("the lock file is remembered")
def step_remember_lock(context):
    context.lock = (context.world.project / "ggen.lock").read_bytes()


@then("the lock file is the same to the byte")
def step_same_lock(context):
    assert (context.world.project / "ggen.lock").read_bytes() == context.lock


@given("the installed packages are removed by hand")
@when("the installed packages are removed by hand")
def step_remove_installed(context):
    damage.remove_installed(context.world.project)


@given('an installed file of "{id_}" is made {kind}')
def step_change_installed(context, id_, kind):
    damage.change_installed(context.world.project / ".ggen" / "packages" / id_, kind)


@given('an installed file of "{id_}" is modified')
def step_edit_installed(context, id_):
    damage.edit_installed(context.world.project / ".ggen" / "packages" / id_)


@given("the content id in the lock file is changed")
def step_change_lock(context):
    damage.change_lock(context.world.project / "ggen.lock")


@given("the blobs of the store are changed on disk")
def step_change_blobs(context):
    damage.change_blobs(context.world.home)


@then('the project has no file "{name}"')
def step_no_file(context, name):
    assert not (context.world.project / name).exists(), name
