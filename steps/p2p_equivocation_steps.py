"""Steps about publishers who contradict themselves, on nodes of users on this machine."""

from behave import given, then, when

from support.p2p import equivocation
from support.p2p.homes import User


def user(context, name):
    context.users = getattr(context, "users", None) or {}
    if name not in context.users:
        context.users[name] = User(context.world, name)
        context.world.defer(context.users[name].close)
    return context.users[name]


@given("ben and cat each run a node, and neither knows of the other")
def step_apart(context):
    for name in ("ben", "cat"):
        user(context, name).run_node()


@given("eve signs {id_} {version} twice with different content, as {how}")
def step_signs(context, id_, version, how):
    context.lie = equivocation.LIES[how](id_, version)


@when("the one is published on ben's node, and the other on cat's")
def step_publish(context):
    for name, entries in zip(("ben", "cat"), context.lie.sides, strict=True):
        equivocation.publish(context.users[name], entries)


@then("ben is shown {id_}, and cat is shown {other}")
def step_shown(context, id_, other):
    assert context.users["ben"].knows(id_)
    assert context.users["cat"].knows(id_, 0.0) is (other != "nothing")


@when("dan runs a node that joins by ben's and cat's")
def step_heals(context):
    user(context, "dan").run_node([context.users[name].address for name in ("ben", "cat")])


@then("ben, cat and dan come to quarantine {what}")
def step_quarantined(context, what):
    context.what = context.lie.key if what == "eve's log" else what
    for found in context.users.values():
        equivocation.check_quarantined(found, context.what)


@then("each of them is shown the same proof: two signed {kind} of eve's that differ")
def step_proof(context, kind):
    proofs = [equivocation.proof(found, context.what) for found in context.users.values()]
    assert proofs == proofs[:1] * 3, proofs
    equivocation.check_proof(proofs[0], kind, context.lie.key)


@then("none of them can add {id_}")
def step_hidden(context, id_):
    for found in context.users.values():
        refusal = found.error("add", id_, "--registry", "p2p")[1]
        assert refusal["code"] == "dependency-missing", refusal


@when("ben ends his node, and runs it again")
def step_again(context):
    context.before = equivocation.proof(context.users["ben"], context.what)
    context.users["ben"].stop_node()
    context.users["ben"].run_node()


@then("ben still has it quarantined, with the proof")
def step_still(context):
    assert equivocation.proof(context.users["ben"], context.what) == context.before
