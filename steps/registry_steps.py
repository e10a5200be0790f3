"""Steps about the local registry as the command line shows it."""

from behave import given, then, when

from support.market.troubles import damage


@then('searching for these finds the package "{id_}" first')
def step_search_first(context, id_):
    for row in context.table:
        found = context.world.run(f"ggen market search '{row['query']}' --json").json()["results"]
        assert found and found[0]["id"] == id_, (row["query"], found)


@given('the package "{name}" has a link to "{target}"')
def step_link(context, name, target):
    (context.world.project / name / "link").symlink_to(target)


@given("the files of the search index are overwritten")
def step_search_damaged(context):
    damage.overwrite_search_index(context.world.home)


@given("a log entry of the index is changed on disk")
def step_log_damaged(context):
    damage.change_log_entry(context.world.home)


@given("the index's list of releases is emptied on disk")
def step_view_damaged(context):
    damage.empty_releases(context.world.home)


@given("a blob of the store is changed on disk")
def step_blob_damaged(context):
    damage.change_a_blob(context.world.home)


@when('{count:d} processes publish "{name}" at the same moment')
def step_race(context, count, name):
    context.codes = context.world.race(*[f"ggen market publish {name}"] * count)


@when("{count:d} processes publish a package each at the same moment")
def step_race_of_packages(context, count):
    names = [f"package-{number}" for number in range(count)]
    for name in names:
        context.world.run(f"ggen market init {name} --id io.ggen.{name}")
    context.exit_codes = context.world.race(*(f"ggen market publish {name}" for name in names))


@then("the registry's log has {count:d} entry")
@then("the registry's log has {count:d} entries")
def step_log_size(context, count):
    assert context.world.log_size() == count, context.world.log_size()


@then("{winners:d} of them succeeds and {losers:d} end with exit code {code:d}")
def step_race_result(context, winners, losers, code):
    assert sorted(context.codes) == [0] * winners + [code] * losers, context.codes
