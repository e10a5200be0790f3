"""Steps about trust: whose key is pinned for a namespace, and whose is revoked."""

import os

from behave import given, then, when

from marketplace.model.release import YankRecord
from marketplace.security.trust import TrustStore
from support.market.laws.vectors import unescape
from support.market.signing import code_of, forged, overtaken, race, release_by, signer_of, yank_by


@given("a home that trusts nobody yet")
def step_no_trust(context):
    context.trust_file = context.world.home / "keys" / "trust.json"
    context.trust = TrustStore(context.trust_file)


@given("{person:w}'s release {spec:S} has been checked")
@when("{person:w}'s release {spec:S} is checked")
def step_check(context, person, spec):
    context.pinned = context.trust.check_release(release_by(person, spec))


@when("{person:w}'s release {spec:S} is checked while {faster:w}'s release {first:S} makes the pin")
def step_overtaken(context, person, spec, faster, first):
    context.told = overtaken(context.trust_file, release_by(person, spec), release_by(faster, first))


@then('the check says "{told}"')
def step_overtaken_told(context, told):
    assert context.told == told, context.told


@given('the namespace "{namespace}" is trusted to {person:w}')
@when('the namespace "{namespace}" is trusted to {person:w}')
def step_trust(context, namespace, person):
    context.trust.trust(namespace, signer_of(person).public)


@when('the namespace "{namespace}" is trusted to {person:w} and what was signed before is kept')
def step_trust_keep(context, namespace, person):
    context.trust.trust(namespace, signer_of(person).public, keep=True)


@given('{person:w}\'s key is revoked because "{reason}"')
@when('{person:w}\'s key is revoked because "{reason}"')
def step_revoke(context, person, reason):
    context.trust.revoke(signer_of(person).public, reason)


@then("the check says that it pinned the namespace on first use")
def step_pinned(context):
    assert context.pinned is True


@then("the check says that nothing new was pinned")
def step_not_pinned(context):
    assert context.pinned is False


@then('the namespace "{namespace}" is pinned to {person:w}')
def step_pinned_to(context, namespace, person):
    assert TrustStore(context.trust_file).pin_of(namespace) == signer_of(person).public


@then('the namespace "{namespace}" is not pinned')
def step_no_pin(context, namespace):
    assert TrustStore(context.trust_file).pin_of(namespace) is None


@then("{person:w}'s release {spec:S} is accepted")
def step_accepted(context, person, spec):
    assert context.trust.check_release(release_by(person, spec)) in (True, False)


@then('{person:w}\'s release {spec:S} is refused as "{code}"')
def step_refused(context, person, spec, code):
    context.error = code_of(lambda: context.trust.check_release(release_by(person, spec)))
    assert (context.error.code, context.error.exit_code) == (code, 3), context.error.code


@then('the refusal names both keys and the command that trusts {person:w} for "{namespace}"')
def step_names_command(context, person, namespace):
    command = f"ggen market key trust {namespace} {signer_of(person).public}"
    assert command in context.error.hint, context.error.hint
    assert context.error.details["pinned"] in context.error.message
    assert context.error.details["offered"] == signer_of(person).public


@then('the refusal says "{text}"')
def step_refusal_says(context, text):
    assert text in f"{context.error.message} {context.error.hint}", context.error.to_json()


@then('{person:w}\'s release {spec:S} without its signature is refused as "{code}"')
def step_stripped(context, person, spec, code):
    release = release_by(person, spec).signed("")
    assert code_of(lambda: context.trust.check_release(release)).code == code


@then('{person:w}\'s release {spec:S} with another {what} is refused as "{code}"')
def step_forged(context, person, spec, what, code):
    release = forged(release_by(person, spec), what)
    assert code_of(lambda: context.trust.check_release(release)).code == code


@then('trusting {person:w} for "{namespace}" is refused as "{code}"')
def step_trust_refused(context, person, namespace, code):
    assert code_of(lambda: context.trust.trust(namespace, signer_of(person).public)).code == code


@then('trusting the key "{key}" for "{namespace}" is refused as "{code}"')
def step_trust_key_refused(context, key, namespace, code):
    assert code_of(lambda: context.trust.trust(unescape(namespace), key)).code == code


@then("{person:w}'s yank of {spec:S}, published by {publisher:w}, is accepted")
def step_yank(context, person, spec, publisher):
    context.trust.check_yank(yank_by(person, spec), signer_of(publisher).public)


@then('{person:w}\'s yank of {spec:S}, published by {publisher:w}, is refused as "{code}"')
def step_yank_refused(context, person, spec, publisher, code):
    record, key = yank_by(person, spec), signer_of(publisher).public
    assert code_of(lambda: context.trust.check_yank(record, key)).code == code


@then('{person:w}\'s signature of the release {spec:S} on a yank of it is refused as "{code}"')
def step_yank_domain(context, person, spec, code):
    release = release_by(person, spec)
    yank = YankRecord("yank", release.id, release.version, "", release.published_at, release.key, release.signature)
    assert code_of(lambda: context.trust.check_yank(yank, release.key)).code == code


@given("the trust store holds what the table's cell says: {content}")
def step_trust_content(context, content):
    context.trust_file.parent.mkdir(parents=True, exist_ok=True)
    context.damage = unescape(content).replace("{key}", signer_of("Alice").public).encode()
    context.trust_file.write_bytes(context.damage)
    context.trust_file.chmod(0o600)


@then("the trust store is as it was")
def step_trust_untouched(context):
    assert context.trust_file.read_bytes() == context.damage


@given("the trust store can be written by others")
def step_trust_loose(context):
    context.trust_file.chmod(0o666)


@given("the trust store is a pipe without writers")
def step_trust_pipe(context):
    context.trust_file.unlink()
    os.mkfifo(context.trust_file, 0o600)


@given("the trust store belongs to another user")
def step_trust_foreign(context):
    os.chown(context.trust_file, 10001, 10001)


@when("these people publish {spec:S} at the same moment, each from a process of its own")
def step_race(context, spec):
    people = [row["person"] for row in context.table]
    context.outcomes = dict(zip(people, race(context.trust_file, people, spec), strict=True))


@then('exactly one of them pinned the namespace and the others were refused as "{code}"')
def step_race_outcome(context, code):
    outcomes = sorted(context.outcomes.values())
    assert outcomes == sorted([code] * (len(outcomes) - 1) + ["pinned"]), context.outcomes


@then('the namespace "{namespace}" is pinned to the one who was told so')
def step_race_winner(context, namespace):
    winner = next(person for person, outcome in context.outcomes.items() if outcome == "pinned")
    assert TrustStore(context.trust_file).pin_of(namespace) == signer_of(winner).public
