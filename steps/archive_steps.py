"""Steps about archives and package folders."""

from behave import given, then, when

from support import archives
from support.archives import ForgedArchive


@given("an archive with {case}")
def step_forged(context, case):
    context.forged = ForgedArchive(context.world.root, case)


@when("it is published and installed")
def step_doors(context):
    context.refusals = context.forged.refusals()


@then('each door refuses it as "{code}" naming "{entry}"')
def step_refused(context, code, entry):
    for error in context.refusals:
        assert error.code == code and error.exit_code in (2, 3) and error.hint, (error.code, error)
        assert archives.names(error, entry), (error.details, entry)


@then("nothing of it is left and nothing else was touched")
def step_clean(context):
    context.forged.check_nothing_left()
