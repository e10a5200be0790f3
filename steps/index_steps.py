"""Steps about the local index: damage, backups, clocks."""

from datetime import UTC, datetime

from behave import given, then, when

from support.market import concurrency
from support.market.troubles import index_damage


@given("the index suffers: {kind}")
def step_suffers(context, kind):
    index_damage.suffer(context.world.home, kind)


@given('the backup "{name}" is cut in half')
def step_cut(context, name):
    path = context.world.project / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@when("the index is backed up under a name of {count:d} letters")
def step_backup_name(context, count):
    context.world.attempt(f"ggen market index backup {'x' * count}")


@then('the project has only the folders "{one}" and "{two}"')
def step_only(context, one, two):
    assert {path.name for path in context.world.project.iterdir()} == {one, two}


@given("the clock stands at {year:d}")
def step_clock(context, year):
    context.world.now = datetime(year, 1, 1, tzinfo=UTC)


@given('the version of "{name}" is raised to "{version}"')
def step_raise(context, name, version):
    path = context.world.project / name / "package.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("0.1.0", version), encoding="utf-8")


@then('the index refuses "{statement}", since "{why}"')
def step_append_only(context, statement, why):
    assert why in index_damage.refusal(context.world.home, statement)


@then("{count:d} damaged index is kept aside")
def step_kept(context, count):
    kept = [path for path in index_damage.set_aside(context.world.home) if path.stat().st_size]
    assert len(kept) == count, kept


@when("{count:d} packages are published at the same moment, while the index is backed up {times:d} times")
def step_backup_race(context, count, times):
    context.publishing = concurrency.publish_and_back_up(context.world, count, times)


@when("every backup is restored with --force and verified")
def step_restore_all(context):
    context.sizes = concurrency.restore_each(context.world, context.publishing.backups)


@then("all publishers succeeded and the backups had from {least:d} to {most:d} entries, never fewer than before")
def step_backup_sizes(context, least, most):
    assert set(context.publishing.codes) == {0}, context.publishing.codes
    sizes = context.sizes
    assert sizes == sorted(sizes) and least <= sizes[0] and sizes[-1] <= most, sizes


@when("{count:d} processes publish a package each, while {readers:d} processes search, fetch and verify what they find")
def step_publish_and_search(context, count, readers):
    context.publishing = concurrency.publish_while_reading(context.world, count, readers)


@when("{count:d} processes publish a package each, while garbage is collected again and again")
def step_publish_and_collect(context, count):
    context.publishing = concurrency.publish_while(context.world, count, "ggen market cache gc")


@when("{count:d} processes publish a package each, while the index is repaired again and again")
def step_publish_and_repair(context, count):
    context.publishing = concurrency.publish_while(context.world, count, "ggen market index repair")


@then("every publisher found its own package at once, and at the end all {count:d} are there")
def step_all_there(context, count):
    assert set(context.publishing.codes) == {0}, context.publishing
    total = context.world.run("ggen market search '' --json --limit 100").json()["total"]
    assert total == count, total


@then("no reader ever saw a half state, in more than {least:d} looks")
def step_no_half(context, least):
    assert not context.publishing.wrong, context.publishing.wrong
    assert context.publishing.looks > least, context.publishing.looks


@then("what ran beside them never failed, in more than {least:d} runs")
def step_beside(context, least):
    assert not context.publishing.wrong, context.publishing.wrong
    assert context.publishing.looks > least, context.publishing.looks
