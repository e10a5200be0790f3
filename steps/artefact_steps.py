"""Steps about what a red scenario with a room leaves for its reader."""

from fnmatch import fnmatch

from behave import given, then, when

from support.suite.kept_rooms import KeptRoom


@given("it has steps that go wrong in rooms")
def step_room_steps(context):
    context.suite.add_odd_steps("room")


@then('there are artefacts of "{name}", in its folder and in Allure')
def step_artefacts(context, name):
    written, attached = context.suite.artefacts(name), context.suite.attachments(name)
    assert written and written.items() <= attached.items(), (sorted(written), sorted(attached))
    for file, tells in context.table.rows:
        found = {path: text for path, text in written.items() if fnmatch(path, file)}
        assert len(found) == 1 and tells in next(iter(found.values())), (file, found or sorted(written))


@then('Allure shows of "{name}" only "{file}", and it has no folder')
def step_green(context, name, file):
    assert set(context.suite.attachments(name)) == {file}, context.suite.attachments(name)
    assert context.suite.artefacts(name) == {}


@then("behave by itself ends with")
def step_behave(context):
    runs = context.suite.run_each("features/rooms.feature", [row["scenario"] for row in context.table])
    for (_, code, counts), ran in zip(context.table, runs, strict=True):
        assert ran.returncode == int(code) and counts in ran.stdout, ran


@then("its output has each of")
def step_each(context):
    for row in context.table:
        assert row["text"] in context.ran.stdout, (row["text"], context.ran.stdout)


@then("it told how to enter one kept room and how to remove it")
def step_kept(context):
    context.kept = KeptRoom.told_in(context.ran.stdout)
    context.add_cleanup(lambda: context.kept.is_gone() or context.kept.remove())


@when('"{command}" is run by the command that enters the room')
def step_enter(context, command):
    context.printed = context.kept.ask(command)


@then('it prints "{text}"')
def step_prints(context, text):
    assert context.printed == text, context.printed


@when("the kept room is removed as it was told")
def step_remove(context):
    context.kept.remove()


@then("the engine knows of nothing of the kept room's run, and its folder is gone")
def step_gone(context):
    assert context.kept.is_gone()
