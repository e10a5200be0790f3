"""Steps that run `ggen` and look at what it said."""

from behave import given, then, when


@given('I run "{command}"')
@when('I run "{command}"')
def step_run(context, command):
    context.world.run(command)


@when('I try "{command}"')
def step_try(context, command):
    context.world.attempt(command)


@then("the exit code is {code:d}")
def step_exit(context, code):
    assert context.world.exit_code() == code, context.world.outcome()


@then('the output contains "{text}"')
def step_output(context, text):
    assert text in context.world.outcome().stdout, context.world.outcome()


@then('the error output contains "{text}"')
def step_error_output(context, text):
    assert text in context.world.outcome().stderr, context.world.outcome()


@then("nothing is written on stderr")
def step_no_stderr(context):
    assert context.world.outcome().stderr == "", context.world.outcome()


@then('the error code is "{code}"')
def step_error_code(context, code):
    assert context.world.outcome().error()["code"] == code, context.world.outcome()


@then('the JSON field "{path}" is "{value}"')
def step_json(context, path, value):
    assert str(context.world.json_at(path)) == value, context.world.outcome()


@then('the project has the file "{name}"')
def step_file(context, name):
    assert (context.world.project / name).is_file(), name


@then('it fails with exit code {exit_code:d} and the code "{code}", and suggests "{hint}"')
def step_fails(context, exit_code, code, hint):
    assert context.world.exit_code() == exit_code, context.world.outcome()
    stderr = context.world.outcome().stderr
    assert f"[{code}]" in stderr and hint in stderr.partition("hint: ")[2], stderr


@then('it prints the line "{line}"')
def step_line(context, line):
    assert line in context.world.outcome().stdout.splitlines(), context.world.outcome()
