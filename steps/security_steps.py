"""Steps about signatures, signing keys and trust."""

import os
from pathlib import Path

from behave import given, then, when

from marketplace.model.release import YankRecord
from marketplace.security.keys import KeyRing, Signer
from marketplace.security.trust import TrustStore
from support.market.laws.model_laws import check_flipped_bits
from support.market.laws.vectors import public_key, unescape, verdict
from support.market.signing import code_of, forged, overtaken, race, release_by, signer_of, yank_by

# --- published vectors -------------------------------------------------------------------------------------------


@given("the signing key of the seed {seed}")
def step_seed(context, seed):
    context.signer = Signer.from_seed("vector", bytes.fromhex(seed))


@given("the message in hexadecimal")
def step_message(context):
    context.message = bytes.fromhex("".join(context.text.split()))


@then("its public key is {public}")
def step_public(context, public):
    assert context.signer.public == public_key(public), context.signer.public


@then("it signs the message {message} as {signature}")
def step_signs(context, message, signature):
    assert context.signer.sign(bytes.fromhex(unescape(message))) == signature


@then("it signs that message as {signature}")
def step_signs_that(context, signature):
    assert context.signer.sign(context.message) == signature
    assert verdict(context.signer.public, signature, context.message) == "accepted"


@then('the signature {signature} of the key {key} over the message {message} is "{expected}"')
def step_verdict(context, signature, key, message, expected):
    found = verdict(public_key(key), unescape(signature), bytes.fromhex(unescape(message)))
    assert found == expected, found


@then('the signature {signature} of the key written "{key}" over nothing is "{expected}"')
def step_key_spelling(context, signature, key, expected):
    found = verdict(unescape(key), signature, b"")
    assert found == expected, found


@then('the signature written "{signature}" of the key {key} over nothing is "{expected}"')
def step_signature_spelling(context, signature, key, expected):
    found = verdict(public_key(key), unescape(signature), b"")
    assert found == expected, found


@then("for any key and message a flipped bit of the {part} is refused")
def step_flipped(context, part):
    check_flipped_bits(part)


# --- pins --------------------------------------------------------------------------------------------------------


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


# --- key files ---------------------------------------------------------------------------------------------------


@given("an empty folder for keys")
def step_key_folder(context):
    context.key_folder = context.world.home / "keys"
    context.keys = KeyRing(context.key_folder)


@given('the signing key "{name}"')
@when('the signing key "{name}" is made')
def step_make_key(context, name):
    context.signer = context.keys.create(name, context.world.clock())


@when('the signing key "{name}" is made while the umask is {umask}')
def step_make_key_umask(context, name, umask):
    before = os.umask(int(umask, 8))
    try:
        context.keys.create(name, context.world.clock())
    finally:
        os.umask(before)


@then('the file of the key "{name}" has the mode {mode}, its folder {folder_mode}')
def step_modes(context, name, mode, folder_mode):
    path = context.keys.path_of(name)
    found = [f"{target.stat().st_mode & 0o7777:04o}" for target in (path, path.parent)]
    assert found == [mode, folder_mode], found


@then("the folder for keys holds only {names}")
def step_folder_holds(context, names):
    assert sorted(path.name for path in context.key_folder.iterdir()) == sorted(names.split(", "))


@given('the file of the key "{name}" has been given the mode {mode}')
def step_chmod(context, name, mode):
    context.keys.path_of(name).chmod(int(mode, 8))


@given("the folder for keys has been given the mode {mode}")
def step_chmod_folder(context, mode):
    context.key_folder.chmod(int(mode, 8))


@given('the file of the key "{name}" is {something}')
def step_key_file_is(context, name, something):
    path = context.keys.path_of(name)
    moved = path.rename(context.world.root / "moved.key")
    make = {"a link to it": lambda: path.symlink_to(moved), "a folder": path.mkdir, "a fifo": lambda: os.mkfifo(path)}
    make[something]()


@given('the key "{name}" is rewritten by: {rewrite}')
def step_rewrite(context, name, rewrite):
    path = context.keys.path_of(name)
    lines = path.read_text().split("\n")
    changed = {
        "nothing left": list,
        "the first line alone": lambda: lines[:1],
        "another format": lambda: ["ggen-market-key-v2", *lines[1:]],
        "another public key": lambda: [lines[0], signer_of("Mallory").public, *lines[2:]],
        "another secret": lambda: [*lines[:3], "00" * 32, ""],
        "capital digits": lambda: [*lines[:3], lines[3].upper(), ""],
        "a line more": lambda: [*lines[:4], "more", ""],
        "bytes that are no text": lambda: [*lines[:3], "é" * 64, ""],
    }[rewrite]()
    path.write_text("\n".join(changed))


@given('somebody has placed a link named "{name}.key" that leads elsewhere')
def step_planted(context, name):
    context.key_folder.mkdir(mode=0o700, parents=True)
    context.elsewhere = context.world.root / "elsewhere"
    context.keys.path_of(name).symlink_to(context.elsewhere)


@then("nothing was written elsewhere")
def step_nothing_elsewhere(context):
    assert not Path(context.elsewhere).exists()


@then('making the signing key "{name}" is refused as "{code}" with exit code {exit_code:d}')
def step_make_refused(context, name, code, exit_code):
    error = code_of(lambda: context.keys.create(unescape(name), context.world.clock()))
    assert (error.code, error.exit_code) == (code, exit_code), error.to_json()


@then('using the signing key "{name}" is refused as "{code}" with exit code {exit_code:d}')
def step_load_refused(context, name, code, exit_code):
    context.error = code_of(lambda: context.keys.load(None if name == "any" else name))
    assert (context.error.code, context.error.exit_code) == (code, exit_code), context.error.to_json()


@then('without naming a key, "{name}" is used')
def step_default_key(context, name):
    assert context.keys.load().name == name


@then("the key read back signs as the key that was made")
def step_round_trip(context):
    loaded = KeyRing(context.key_folder).load(context.signer.name)
    assert verdict(context.signer.public, loaded.sign(b"message"), b"message") == "accepted"


@then("exporting it gives the public half, and nothing shown holds the secret half")
def step_export(context):
    secret = context.keys.path_of(context.signer.name).read_text().split("\n")[3]
    exported = context.keys.export(context.signer.name)
    assert exported == context.signer.public
    assert secret not in f"{exported} {context.signer!r} {context.keys.list()!r}"


@then("the keys are listed with the times of their creation")
def step_listed(context):
    found = [{"name": key.name, "created": key.created} for key in context.keys.list()]
    assert found == [row.as_dict() for row in context.table], found


# --- the key verbs -----------------------------------------------------------------------------------------------


@given('I remember the JSON field "{path}"')
def step_remember(context, path):
    context.remembered = context.world.json_at(path)


@then('the JSON field "{path}" is what I remember, and not "{other}"')
def step_as_remembered(context, path, other):
    found = context.world.json_at(path)
    assert found == context.remembered and str(found) != other, (found, context.remembered)


@then("it prints the line that I remember")
def step_prints_remembered(context):
    assert context.world.outcome().stdout == f"{context.remembered}\n", context.world.outcome()


@given('the key file "{name}" of the home has been given the mode {mode}')
def step_home_key_mode(context, name, mode):
    (context.world.home / "keys" / f"{name}.key").chmod(int(mode, 8))


@given("the home's trust store is damaged")
def step_home_trust_damaged(context):
    path = context.world.home / "keys" / "trust.json"
    path.write_text('{"format": 1, "pins"')
    path.chmod(0o600)


@then("the home has no trust store")
def step_home_no_trust(context):
    assert not (context.world.home / "keys" / "trust.json").exists()
