"""Steps about the doctor."""

from pathlib import Path

from behave import given, then

from support.market.troubles import ailments


@given("the home has this trouble: {trouble}")
def step_trouble(context, trouble):
    ailments.AILMENTS[trouble](context.world)


@then('the doctor finds "{name}" to be "{status}", and says "{hint}"')
def step_finds(context, name, status, hint):
    checks = context.world.outcome().json()["checks"]
    found = [check for check in checks if check["name"] == name]
    assert any(check["status"] == status and hint in check["hint"] for check in found), checks
    others = {check["name"] for check in checks if check["status"] == "fail"} - {name}
    assert not others, f"healthy parts are called ill: {others}"


@then('the doctor has checked "{names}"')
def step_checked(context, names):
    found = [check["name"] for check in context.world.outcome().json()["checks"]]
    assert found == names.split(), found


@then('the doctor calls a disk with {free:d} bytes free "{status}"')
def step_disk(context, free, status):
    found = ailments.verdict_on_disk(context.world, free)
    assert found == status, found


@then('the file "{path}" is still not there')
def step_not_there(context, path):
    assert not Path(path.format(root=context.world.root)).exists(), path
