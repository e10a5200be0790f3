"""Steps about how the command line starts."""

from behave import then, when

from support.market import cold_start
from support.market.laws.vectors import unescape
from support.suite import help_texts


@then("these answers are the same with and without the shortcuts")
def step_both_ways(context):
    for row in context.table:
        short, long = cold_start.both_ways(context.world, unescape(row["arguments"]))
        assert short == long, f"{short}\n{long}"


@then("the help text kept for each verb is the one the parser makes")
def step_help_texts(context):
    made, kept = help_texts.texts(), help_texts.stored()
    different = sorted(name for name in made.keys() | kept.keys() if made.get(name) != kept.get(name))
    assert not different, f"`python -m support.suite.help_texts` must be run again: {different}"


@when('the modules that "{command}" loads are listed')
def step_modules(context, command):
    context.modules = cold_start.modules_of(context.world, command)


@then('none of them belongs to "{names}"')
def step_modules_never(context, names):
    found = {never for never in names.split() if cold_start.has(context.modules, never)}
    assert not found, found


@then('beyond Python\'s own they belong to "{names}"')
def step_modules_only(context, names):
    found = cold_start.owners(context.modules)
    assert found == set(names.split()), found
