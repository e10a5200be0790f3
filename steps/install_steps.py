"""Steps about what lies in a project folder, and in what condition."""

from behave import given, then, when

from support.market import packages, places
from support.market.troubles import damage


@given("the content store loses every blob")
def step_lose_blobs(context):
    damage.lose_blobs(context.world.home)


@given('the project loses the folder "{name}"')
def step_lose_folder(context, name):
    damage.remove_folder(context.world.project / name)


@given('the project has a folder "{name}" of the user\'s own')
def step_own_folder(context, name):
    places.make_own_folder(context.world.project / name)


@given('another project has "{id_}" installed with links')
def step_other_project(context, id_):
    places.make_project(context.world, "other", f"ggen market add {id_}")


@given('a third project has "{id_}" installed with copies')
def step_third_project(context, id_):
    places.make_project(context.world, "third", f"ggen market add {id_} --copy")


@given('the project\'s "{name}" is moved elsewhere and replaced by a link to it')
def step_moved(context, name):
    context.elsewhere = places.replace_by_link(context.world.project / name, context.world.root / "elsewhere")


@then("the folder that was moved elsewhere has all its files")
def step_elsewhere_kept(context):
    folder, before = context.elsewhere
    assert places.files_of(folder) == before


@given('the project is called "{name}"')
def step_called(context, name):
    context.world.project = context.world.project.rename(context.world.root / name)


@given('the project has the folder "{name}"')
def step_folder(context, name):
    (context.world.project / name).mkdir(parents=True)


@given("a ggen.toml with comments, odd spacing and {ends} line ends")
def step_odd_toml(context, ends):
    context.toml = places.write_odd_toml(context.world.project, ends)


@then("the ggen.toml is the same to the byte")
def step_same_toml(context):
    assert (context.world.project / "ggen.toml").read_bytes() == context.toml


@when('I try "{command}" with the project mounted read-only')
def step_read_only(context, command):
    context.read_only = places.attempt_read_only(context.world, command)


@then('that run ends with exit code {code:d} and says "{text}"')
def step_read_only_ended(context, code, text):
    outcome = context.read_only
    assert outcome.exit_code == code and text in outcome.stdout + outcome.stderr, outcome


@when('"{command}" runs in {count:d} processes at once')
def step_at_once(context, command, count):
    context.exit_codes = context.world.race(*[command] * count)


@then("all of them succeeded")
def step_all_succeeded(context):
    assert set(context.exit_codes) == {0}, context.exit_codes


@given("{count:d} packages that need each other are published")
def step_many(context, count):
    packages.publish_many(context.world, count)
