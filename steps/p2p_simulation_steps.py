"""Steps about simulated networks of peers."""

from behave import then, when

from support.p2p import simulations

CLIMATES = {
    "nobody hostile": {},
    "leaving and enemies": {"churn": 0.5, "enemies": 0.2},
    "all joined to the first": {"star": True},
    "joined as nodes do": {},
    "half of them leaving a minute": {"churn": 0.5},
    "half of the gossip lost": {"loss": 0.5, "settle": 25},
    "everything of the gossip lost": {"loss": 1.0, "settle": 25},
}


@then("{count:d} simulated peers with {kind} give the same figures twice with seed 7, and others with seed 8")
def step_same(context, count, kind):
    first, again, other = (simulations.simulated(peers=count, seed=seed, **CLIMATES[kind]) for seed in (7, 7, 8))
    assert first == again and first != other, (first, again, other)


@when("a network of {count:d} peers is simulated, {how}, with seed {seed:d}")
def step_hostile(context, count, how, seed):
    assert how == "a fifth of them hostile"
    context.figures = simulations.figures(peers=count, enemies=0.2, seed=seed, settle=12.0)


@when("a network of {count:d} peers is simulated, {how}")
def step_simulate(context, count, how):
    context.figures = simulations.figures(peers=count, **CLIMATES[how])


@then("every publication was known by all that were there within {seconds:d} seconds")
def step_known(context, seconds):
    assert context.figures["lost"] == 0 and context.figures["seconds"][-1] <= seconds, context.figures


@then(
    "the honest have no connection with a forger, at most {most:d} with flooders, "
    "and at most {meshed:d} enemies in their meshes"
)
def step_shaken(context, most, meshed):
    left, mesh = context.figures["left"], context.figures["mesh"]
    assert left.get("forger", 0) == 0 and left.get("flooder", 0) <= most, context.figures
    assert sum(mesh.values()) <= meshed, context.figures


@when("{publications:d} publications are made on one of {count:d} real nodes, and in a simulated network of 5 peers")
def step_compare(context, publications, count):
    context.compared = simulations.compared(count, publications)


@then("the copies by gossip, the syncs and their messages, a node and publication, agree within a factor of 2")
def step_alike(context):
    apart = {name: pair for name, pair in context.compared.items() if not 0.5 <= pair[0] / pair[1] <= 2.0}
    assert not apart, context.compared
