"""Steps about the real catalog and the real dependency graph."""

from behave import given, then, when

from support.market.catalogs import real_graph, relevance
from support.market.catalogs.catalog import shared_catalog
from support.market.catalogs.resolving import ask
from support.market.packages import local_registry


@given("the names of the real public packages and of the real dependency graph")
def step_names(context):
    context.names = real_graph.names(shared_catalog())


@then("each has a valid package id, and no two share one")
def step_ids(context):
    assert sum(map(len, context.names.values())) > 30_000
    real_graph.check_ids(context.names)


@then("each name that was not cut is found again from its id")
def step_names_again(context):
    real_graph.check_names(context.names)


@given("a registry of the real dependency graph")
def step_graph(context):
    context.universe = real_graph.universe_of_graph(shared_catalog())


@when("a project requires {count:d} of its packages, drawn with a fixed seed")
def step_roots(context, count):
    context.roots = real_graph.roots_of(context.universe, count)
    context.answer = ask(context.universe, dict.fromkeys(context.roots, "*"))


@then("it gets exactly the packages that these lead to, each listed once")
def step_closure(context):
    expected = real_graph.closure(shared_catalog(), context.roots)
    assert set(context.answer.versions()) == expected, set(context.answer.versions()) ^ expected
    assert set(context.universe.asked) == expected and max(context.universe.asked.values()) == 1


@then(
    "the golden queries find in the local registry what people mean, "
    "with an MRR of at least {mrr:f} and a recall of at least {recall:f}"
)
def step_golden_queries(context, mrr, recall):
    search = local_registry(context.world.home).search
    found = relevance.measure(relevance.read_golden("packages"), relevance.asking(search))
    assert found.queries >= 30 and found.mrr >= mrr and found.recall >= recall, found
