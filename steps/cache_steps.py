"""Steps about what is kept of a registry's answers."""

from behave import given, then, when

from support.centralized import keeping
from support.centralized.asking import seconds


@given("the document was asked for")
def step_asked(context):
    assert context.asking.ask() == "first"


@given("the registry does not have the document")
def step_absent(context):
    context.asking.shelf.documents.clear()


@when('it changes in the registry to "{text}"')
def step_changes(context, text):
    context.asking.publish(text)


@when("{age} pass")
def step_pass(context, age):
    context.asking.time.sleep(seconds(age))


@when("the clock goes back by {age}")
def step_back(context, age):
    context.asking.time.sleep(-seconds(age))


@when("this machine publishes something")
def step_own_change(context):
    context.asking.client().cache.invalidate()


@when('every request meets "{fault}"')
def step_fault(context, fault):
    context.asking.fail_always(fault)


@when("the registry answers again")
def step_heal(context):
    context.asking.heal()


@when("the document is asked for in the mode {mode}")
def step_mode(context, mode):
    context.answer = context.asking.ask(mode)


@when("the cache is removed")
def step_remove(context):
    keeping.remove(context.asking)


@then('the user was told "{text}"')
def step_told(context, text):
    assert any(text in note for note in context.asking.notes), context.asking.notes


@then("the answer is called old")
def step_old(context):
    assert context.asking.oldest and context.asking.oldest > 300, context.asking.oldest


@then('the error\'s hint is "{hint}"')
def step_hint(context, hint):
    assert context.asking.error.hint == hint, context.asking.error.hint


@given("the registry holds its answers back")
def step_hold(context):
    context.asking.shelf.gate.clear()


@when("{count:d} threads ask for the document at the same moment")
def step_threads(context, count):
    context.answers = keeping.threads(context.asking, count)


@when("{count:d} processes ask for the document at the same moment")
def step_processes(context, count):
    context.answers = keeping.processes(context.asking, count)


@when("{count:d} processes ask for the document, and the one who asks is killed")
def step_killed(context, count):
    context.answers = keeping.processes(context.asking, count, kill=True)


@then('all of them got "{answer}"')
def step_all(context, answer):
    assert set(context.answers) == {answer}, context.answers


@then('the {count:d} others got "{answer}"')
def step_others(context, count, answer):
    assert context.answers == [answer] * count, context.answers


@when("the kept answer {damage}")
def step_damage(context, damage):
    keeping.damage(context.asking, damage)


@when("the folder of kept answers can be written by others")
def step_open_folder(context):
    (context.asking.folder / "cache" / "answers").chmod(0o777)


@given("the cache's folder is a file")
def step_no_folder(context):
    (context.asking.folder / "cache").write_text("in the way")
