"""Steps about errors that end a command."""

from behave import then, when

from support.market.troubles.mishaps import ended_by


@when("a command ends by {what}")
def step_ended(context, what):
    context.told = ended_by(what)


@then('it is told on stderr with "{says}", the code "{code}" and exit code {exit_code:d}')
def step_told(context, says, code, exit_code):
    found = context.told
    assert found.exit_code == exit_code and found.stdout == "", found
    assert says in found.stderr and f"[{code}]" in found.stderr, found


@then('it is told on stderr with "{says}", no code and exit code {exit_code:d}')
def step_told_plainly(context, says, exit_code):
    found = context.told
    assert (found.exit_code, found.stdout, found.stderr) == (exit_code, "", f"{says}\n"), found
