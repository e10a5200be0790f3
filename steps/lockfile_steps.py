"""Steps about `ggen.lock`."""

from behave import given, then, when

from support.market import places
from support.market.laws import lock_laws


@then('it holds for every lock tried: "{law}"')
def step_law(context, law):
    lock_laws.LAWS[law]()


@given("the lock file is made one {how}")
def step_spoil(context, how):
    lock_laws.spoil(context.world.project / "ggen.lock", how)


@given("the lock file and the installed packages are lost")
def step_lose(context):
    lock_laws.lose(context.world.project)


@when('another project adds "{first}", then "{second}", on a machine whose caches were cleared')
def step_other_order(context, first, second):
    context.world.run("ggen market cache clear")
    places.make_project(context.world, "other", f"ggen market add {first}")
    context.world.run(f"ggen market add {second} -C {{root}}/other")


@then("its lock file is the same to the byte")
def step_same(context):
    assert (context.world.root / "other" / "ggen.lock").read_bytes() == context.lock


@given('the home\'s pins are forgotten and another key is pinned for "{namespace}"')
def step_other_pin(context, namespace):
    (context.world.home / "keys" / "trust.json").unlink()
    context.world.run("ggen market key new --name other")
    key = context.world.run("ggen market key export other").stdout.strip()
    context.world.run(f"ggen market key trust {namespace} {key}")
