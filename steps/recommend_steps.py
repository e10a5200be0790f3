"""Steps about recommendations."""

from behave import given, then

from support.market import recommended
from support.market.packages import publish_many


@given("a registry of packages with these texts")
def step_texts(context):
    recommended.publish_texts(context.world, context.table)


@given("the index is one of an earlier version, which kept no requirements")
def step_earlier(context):
    recommended.forget_requirements(context.world)


@given('somebody writes into the index that "{dependent}" requires "{dependency}"')
def step_forged(context, dependent, dependency):
    recommended.forge_requirement(context.world, dependent, dependency)


@then("the packages recommended as used together are")
def step_together(context):
    expected = [(row["package"], row["because"], row["reason"]) for row in context.table]
    assert recommended.told(context.world.outcome().json()) == expected, recommended.told(
        context.world.outcome().json()
    )


@then("no package is recommended as used together")
def step_none_together(context):
    assert not recommended.told(context.world.outcome().json()), context.world.outcome().json()


@then('the only package recommended is {id_}, as similar, which has in common "{first}", "{second}" and "{third}"')
def step_only_similar(context, id_, first, second, third):
    results = context.world.outcome().json()["results"]
    assert [(item["id"], item["kind"]) for item in results] == [(id_, "similar")], results
    assert all(f"'{word}'" in results[0]["reason"] for word in (first, second, third)), results


@then("what is recommended is, in this order")
def step_in_order(context):
    expected = [(row["kind"], row["package"], row["reason"]) for row in context.table]
    found = [(item["kind"], item["id"], item["reason"]) for item in context.world.outcome().json()["results"]]
    assert found == expected, found


@then("of these downloads in the last three days, the days before and how many days these were, these are trends")
def step_trends(context):
    found = recommended.places_of_trends(context.table)
    expected = {row["what"]: int(row["place"]) for row in context.table if row["place"]}
    assert found == expected, found


@then("of three packages that speak for one the one that speaks most is named, in whatever order they are found")
def step_any_order(_context):
    found = recommended.told_in_each_order({"io.a": 0.3, "io.b": 0.2, "io.c": 0.4})
    assert [beside for beside, _ in found] == ["io.c"], found


@given("these projects on this machine")
def step_projects(context):
    for row in context.table:
        recommended.add_in(context.world, row["project"], row["adds"], row["then adds"])


@given("{count:d} packages that nothing needs are published")
def step_free(context, count):
    publish_many(context.world, count, needs=0)
    context.free = [f"many.lib.p{number}" for number in range(count)]


@given("I add the first {count:d} of them to a project, and the others to another one of all")
def step_large(context, count):
    recommended.add_in(context.world, "small", " ".join(context.free[:count]), "")
    recommended.add_in(context.world, "large", " ".join(context.free[: count + 1]), " ".join(context.free[count + 1 :]))


@given("the numbers are those of an earlier version, which did not count what is chosen together")
def step_earlier_numbers(context):
    recommended.forget_chosen(context.world)


@then("{count:d} packages are recommended as used together, each in the 1 project of up to 50")
def step_each_in(context, count):
    found = recommended.told(context.world.outcome().json())
    reason = "was chosen too the one time that a project here chose"
    assert len(found) == count and all(told.startswith(reason) for _, _, told in found), found


@then('neither REST, GraphQL nor a page tells that "{id_}" was chosen with anything')
def step_private(context, id_):
    assert not recommended.chosen_as_served(context.server, id_)
    told = recommended.told(context.world.run(f"ggen market recommend --based-on {id_} --json").json())
    assert told and all("was chosen too" in reason for _, _, reason in told), told
