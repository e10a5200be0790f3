"""Steps about clients that check a registry's log."""

from pathlib import Path

from behave import given, then, when

from support.centralized import evidence, lying_logs
from support.centralized.lying_logs import Liar


@given('"{name}" is copied')
def step_copied(context, name):
    context.copy = dict(context.shops.shelves[name].documents)


@given('"{name}" shows {lie} instead')
def step_lies(context, name, lie):
    Liar(context.shops.shelves[name].documents, context.world.root / "publisher", context.copy).tell(lie)
    context.locked = (context.world.project / "ggen.lock").read_bytes()


@given('"{name}" has never had a log')
def step_no_log(context, name):
    Liar(context.shops.shelves[name].documents, context.world.root / "publisher", context.copy).tell("no log")


@then("the lock file is as it was")
def step_lock(context):
    assert (context.world.project / "ggen.lock").read_bytes() == context.locked


@when("nobody can be asked any more")
def step_alone(context):
    context.proof = Path(context.world.outcome().error()["proof"])
    context.world.environ["GGEN_OFFLINE"] = "1"
    context.shops.close()


@then('the proof that was left says "{verdict}" to everybody')
def step_proof(context, verdict):
    outcome = context.world.run(f"ggen market registry proof {context.proof} --json")
    assert outcome.json()["proves"] == verdict, outcome
    lying_logs.check_by_witness(context.proof)
    lying_logs.check_spoilt(context.proof)


@then("the hashes of a proof give both roots, for all pairs of sizes up to {sizes:d}")
def step_paths(context, sizes):
    lying_logs.check_paths(sizes)


@given("what is known of the log is {trouble}")
def step_trouble(context, trouble):
    (path,) = (context.world.home / "logs").glob("*.json")
    lying_logs.spoil_state(path, trouble)


@given("a hash in the kept tile is another one")
def step_kept_tile(context):
    lying_logs.spoil_kept_tile(context.world.home / "cache")


@given("a file for a proof that has {what}")
def step_evidence(context, what):
    evidence.write(context.world.root / "proof.json", what)


@then("nothing is known of its log")
def step_no_state(context):
    assert not list((context.world.home / "logs").glob("*.json"))


@then('"{name}" received no request for its log')
def step_no_log_request(context, name):
    found = [path for (path,) in context.shops.received(name, ["path"])]
    assert found and not [path for path in found if path.startswith("/log")], found


@given("the cache is emptied")
def step_no_cache(context):
    for file in (context.world.home / "cache" / "registries").glob("*/answers/*"):
        file.unlink()


@given('the registry "{name}" is removed and added again')
def step_again(context, name):
    context.world.run(f"ggen market registry remove {name}")
    context.world.run(f"ggen market registry add {name} {context.shops.proxies[name].url}")
