"""Steps about registries that lie about packages."""

from behave import given, then, when

from support.centralized import lying_documents
from support.centralized.lying_documents import OtherHistory


@given('for {id_} "{name}" {lie}')
def step_lie(context, id_, name, lie):
    lying_documents.tell(context.shops.shelves[name].documents, id_, lie, context.world.root / "publisher")


@given("the publisher takes the yank of {spec} back")
def step_unyank(context, spec):
    context.shops.unyank(spec)


@given('"{name}" shows a history in which Mallory has published {packages}')
def step_history(context, name, packages):
    history = OtherHistory(context.world, context.world.root / "publisher")
    history.publish(packages.split(" and "))
    history.show(context.shops.shelves[name].documents)


@given("the project is on a new machine")
def step_new_machine(context):
    lying_documents.elsewhere(context.world, context.shops.addresses(), "corp | honest")


@when('somebody else with a new home runs "{command}" in a project of their own')
def step_somebody(context, command):
    with lying_documents.somebody_else(context.world, context.shops.addresses(), "corp | honest") as project:
        context.world.run(command)
    context.other_project = project


@then("they have installed what Mallory has published")
def step_deceived(context):
    found = list((context.other_project / ".ggen" / "packages").glob("*/mallory.txt"))
    assert len(found) == 1, found


@then('the error names the registry "{name}"')
def step_named(context, name):
    error = context.world.outcome().error()
    assert error["registry"] == name and name in error["message"], error


@then("the project is as empty as it was")
def step_empty(context):
    found = [path.name for path in context.world.project.iterdir() if path.name != ".ggen"]
    assert not found and not list((context.world.project / ".ggen").glob("packages/*")), found
