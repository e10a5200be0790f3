"""Steps about choosing versions."""

from behave import given, then, when

from support.market.catalogs.resolving import ask, contested, pairs, universe_of
from support.market.laws.resolver_laws import LAWS


@then('it holds for every universe tried: "{law}"')
def step_law(context, law):
    LAWS[law]()


@given("the releases")
def step_releases(context):
    context.universe = universe_of(context.table)


@given("seven packages that fight for six places")
def step_contested(context):
    context.universe = contested()


@when('a project requires "{requires}"')
def step_requires(context, requires):
    context.answer = ask(context.universe, pairs(requires))


@when('a project requires "{requires}" and allows pre-releases')
def step_requires_pre(context, requires):
    context.answer = ask(context.universe, pairs(requires), prereleases=True)


@when('a project that has locked "{locked}" requires "{requires}"')
def step_requires_locked(context, locked, requires):
    context.answer = ask(context.universe, pairs(requires), pairs(locked))


@when("a project requires each of the seven, searching for {rounds:d} steps")
def step_requires_all(context, rounds):
    claims = [id_ for id_ in context.universe.packages if id_.startswith("claim.")]
    context.answer = ask(context.universe, dict.fromkeys(claims, "*"), max_rounds=rounds)


@then('it gets "{gets}"')
def step_gets(context, gets):
    assert context.answer.versions() == pairs(gets, ","), context.answer


@then('it is told that "{id_}" is yanked: "{reason}"')
def step_told_yanked(context, id_, reason):
    assert context.answer.yanked == {id_: reason}, context.answer


@then('there is no choice: "{code}", since "{message}"')
def step_no_choice(context, code, message):
    error = context.answer.refusal()
    assert (error.code, error.message) == (code, message), error.to_json()


@then('it is proposed: "{hint}"')
def step_proposed(context, hint):
    assert context.answer.refusal().hint == hint, context.answer.refusal().to_json()
