"""Steps about recommendations."""

from behave import given, then

from support.market import recommended


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
