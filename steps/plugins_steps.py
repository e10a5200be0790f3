"""Steps about plugins."""

from behave import given, then, when

from marketplace.plugins.found import HOOKS
from support.market import packages, plugin_examples, plugins
from support.market.laws.vectors import unescape


@given('the plugin "{name}" is installed, with the hook "{hook}"')
def step_installed(context, name, hook):
    plugins.install(context.world, name, [hook], context.text)


@when('version "{version}" of the plugin "{name}" is installed, with the hook "{hook}"')
def step_upgraded(context, version, name, hook):
    plugins.install(context.world, name, [hook], context.text, version=version)


@given('the distribution "{distribution}" has the plugin "{name}" too, with the hook "{hook}"')
def step_second(context, distribution, name, hook):
    plugins.install(context.world, name, [hook], context.text, distribution=distribution)


@given('metadata names the plugin "{name}", the hook "{hook}" and the object "{target}"')
def step_with_target(context, name, hook, target):
    plugins.install(context.world, name, [hook], "", target=target)


@when('the plugin "{name}" is removed')
def step_removed(context, name):
    plugins.remove(context.world, name)


@given("a plugin is installed that {what}")
def step_hostile(context, what):
    plugins.install_hostile(context.world, what)


@then("no process that a plugin has started is left")
def step_none_left(context):
    left = [pid for pid in plugins.pids(context.world) if not plugins.is_gone(pid)]
    assert not left, left


@then("plugins have started {count:d} processes, and none is left")
def step_started(context, count):
    found = plugins.pids(context.world)
    assert len(found) == count and all(map(plugins.is_gone, found)), found


@when('"{command}" is killed while a plugin is at work')
def step_killed(context, command):
    plugins.kill_while_asked(context.world, command)


@then('just {count:d} warning of "{who}" is shown: "{text}"')
def step_warned(context, count, who, text):
    lines = [line for line in context.world.outcome().stderr.splitlines() if who in line]
    assert len(lines) == count and all(line.startswith("warning: ") and text in line for line in lines), lines


@given("the decisions about plugins are {state}")
def step_spoiled(context, state):
    plugins.spoil_decisions(context.world.home / "plugins.json", state)


@then("nothing of the plugins was imported")
def step_not_imported(context):
    assert not (plugins.folder(context.world) / "imported").exists()


@then("the error has the findings")
def step_findings(context):
    found = context.world.outcome().error()["findings"]
    assert found == [row.as_dict() for row in context.table], found


@then("{count:d} decisions that are made at the same moment are all kept")
def step_race(context, count):
    assert plugins.block_at_once(context.world, count) == {f"p{number}" for number in range(count)}


@given('the file "{path}" gains the line "{line}"')
def step_gains(context, path, line):
    file = context.world.project / path
    file.write_text(f"{file.read_text()}\n{line}\n")


@given('the file "{path}" is "{text}"')
def step_is(context, path, text):
    file = context.world.project / path
    file.parent.mkdir(exist_ok=True)
    file.write_text(unescape(text))


@given('the example "{name}" is installed by pip, without a network')
def step_example(context, name):
    plugin_examples.install(context.world, name)


@then('"{page}" shows the files of its examples as they are')
def step_shown(context, page):
    context.page = page
    assert not plugin_examples.differences(page), plugin_examples.differences(page)


@then("each hook has a section there, and an example")
def step_each_hook(context):
    assert plugin_examples.hooks_of_examples() == sorted(HOOKS), plugin_examples.hooks_of_examples()
    assert plugin_examples.hooks_with_sections(context.page) == list(HOOKS)


@given('the version of "{name}" is "{version}"')
def step_version(context, name, version):
    plugins.set_version(context.world.project / name, version)


@given('a dangerous version "{version}" of "io.acme.web" is published before the plugin was there')
def step_dangerous(context, version):
    plugins.publish_dangerous(context.world, version)


@given('a dangerous version "{version}" of "io.acme.web" was added before the plugin was there')
def step_dangerous_added(context, version):
    plugins.publish_dangerous(context.world, version)
    with plugins.absent(context.world):
        context.world.run("ggen market add io.acme.web")


@given("the scanner is out of order")
def step_out_of_order(context):
    (plugins.folder(context.world) / "alarm").touch()


@then("nothing is installed")
def step_nothing_installed(context):
    assert not list((context.world.project / ".ggen").glob("packages/*/*"))


@given('an older catalog with the packages "{first}" and "{second}"')
def step_catalog(context, first, second):
    plugins.write_catalog(context.world.project / "old-catalog", first, second)


@given("these packages are described")
def step_described(context):
    for row in context.table:
        packages.publish(context.world, row["id"], "1.0.0", description=row["description"])


@then('searching for "{words}" with plugins gives the same hits in reverse order')
def step_reversed(context, words):
    plain, ranked = plugins.both_searches(context.world, words)
    assert len(plain) > 1 and ranked == plain[::-1], (plain, ranked)


@then('searching for "{words}" with plugins gives the same hits in the same order, and warns "{text}"')
def step_same(context, words, text):
    plain, ranked = plugins.both_searches(context.world, words)
    assert len(plain) > 1 and ranked == plain, (plain, ranked)
    assert f"warning: {text}" in context.world.outcome().stderr, context.world.outcome()


@then('the JSON document has no field "{name}"')
def step_no_field(context, name):
    assert name not in context.world.outcome().json()


@given('the package "{name}" says of itself')
def step_package(context, name):
    (context.world.project / name).mkdir()
    (context.world.project / name / "package.toml").write_text(context.text)


@then('the file "{path}" still says "{text}"')
def step_still_says(context, path, text):
    assert text in (context.world.project / path).read_text()


@then('the installed manifest of "{id_}" says "{text}"')
def step_installed_says(context, id_, text):
    manifest = (context.world.project / ".ggen" / "packages" / id_ / "package.toml").read_text()
    assert text in manifest.splitlines(), manifest


@given('a mirror of them is written to "{name}"')
def step_mirror(context, name):
    context.world.run(f"ggen market mirror {context.world.root / name}")


@given('a mirror of them is packed into "{name}.zip"')
def step_packed(context, name):
    plugins.pack_mirror(context.world, name)


@given("somebody else has a home of their own")
def step_other_home(context):
    plugins.be_somebody_else(context.world)


@given('a version "{version}" of "io.acme.web" with a file of 9,000,001 bytes is in the mirror')
def step_large(context, version):
    plugins.add_large(context.world, version, 9_000_001)


@given('the plugin "{name}" answers "{path}" with {answer}')
def step_answers(context, name, path, answer):
    plugins.lie(context.world, name, path, answer)


@given('the registry "{name}" is at the same folder, by another plugin')
def step_spare(context, name):
    plugins.add_spare(context.world, name)


@given("a distribution of a plugin has {what}")
def step_odd(context, what):
    plugins.install_odd(context.world, what)


@given('the plugin "{name}" answers {answer}, whatever it was asked for')
def step_whatever(context, name, answer):
    plugins.change(context.world, name, "data[start : start + length]", answer)
