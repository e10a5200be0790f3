"""Steps about what the graph of a served registry recommends."""

from behave import then

from support.centralized import graph_recommended


@then("the recommendations of each are")
def step_each(context):
    expected = [tuple(row.cells[:4]) for row in context.table]
    found = graph_recommended.first_of_each(context.answer["data"]["packages"], context.table)
    assert [told[:4] for told in found] == expected, found
    assert all(told[4].startswith(row.cells[4]) for told, row in zip(found, context.table, strict=True)), found


@then('what GraphQL recommends for "{asked}" is what REST recommends, of the kinds "{kinds}"')
@then('what GraphQL recommends for "" is what REST recommends, of the kinds "{kinds}"')
def step_same(context, kinds, asked=""):
    by_graph, by_rest = graph_recommended.both_ways(context.server, asked.split(", ") if asked else [])
    assert by_graph == by_rest, (by_graph, by_rest)
    assert sorted({told["kind"] for told in by_rest}) == sorted(kinds.split(", ")), by_rest


@then('of "{id_}" nothing that is "{one}" or "{other}" is recommended beside what is near')
def step_near(context, id_, one, other):
    kinds = graph_recommended.kinds_of(context.server, f'package(id: "{id_}")', "")
    assert kinds and not kinds & {one, other}, kinds
    assert graph_recommended.kinds_of(context.server, f'package(id: "{id_}")', f"(kinds: [{one}, {other}])") <= {other}


@then('without a package only what is "{kind}" is recommended when that alone is asked for')
def step_alone(context, kind):
    assert graph_recommended.kinds_of(context.server, "", f"(kinds: [{kind}])") == {kind}
