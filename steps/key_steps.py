"""Steps about signing keys: their files, and what the verbs about them print."""

import os
from pathlib import Path

from behave import given, then, when

from marketplace.security.keys import KeyRing
from support.market.laws.vectors import unescape, verdict
from support.market.signing import code_of, signer_of


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
