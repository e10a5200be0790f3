"""Steps about importing a catalog of the older shape."""

import json
from collections import Counter

from behave import given, then, when

from marketplace.importer import read_catalog
from marketplace.model.manifest import Manifest
from support.market.catalogs import legacy_catalog
from support.market.catalogs.catalog import shared_catalog
from support.market.catalogs.legacy_catalog import SOUND, LegacyCatalog
from support.market.laws.vectors import unescape
from support.market.signing import code_of


@given('a catalog of the older shape with the sound entry "{name}"')
def step_catalog(context, name):
    context.catalog = LegacyCatalog(context.world.root / "catalog")
    context.catalog.add_sound(name)


@given('its entry "{name}" has the manifest')
def step_entry(context, name):
    context.catalog.add(name, context.text.encode())


@given('its entry "{name}" has the manifest in one line: {manifest}')
def step_entry_line(context, name, manifest):
    context.catalog.add(name, unescape(manifest).encode("latin-1"))


@given('its entry "{name}" has a sound manifest with: {lines}')
def step_entry_lines(context, name, lines):
    context.catalog.add(name, (SOUND.format(name=name) + unescape(lines) + "\n").encode())


@given('its entry "{name}" is sound but for its name')
def step_entry_name(context, name):
    context.catalog.add_sound(name)


@given('its entry "{name}" is sound but not in the index')
def step_entry_unlisted(context, name):
    context.catalog.add(name, SOUND.format(name=name).encode(), listed=False)


@given('its entry "{name}" has the manifest and the index says {fields}')
def step_entry_index(context, name, fields):
    context.catalog.add(name, context.text.encode(), **json.loads(fields))


@given('its entry "{name}" has {something} for a manifest')
def step_entry_unsafe(context, name, something):
    context.catalog.add_sound(name)
    legacy_catalog.make_in_place(context.catalog.manifest_of(name), something)


@given('its entry "{name}" has a manifest of {size:d} bytes')
def step_entry_size(context, name, size):
    context.catalog.add(name, SOUND.format(name=name).encode().ljust(size, b"\n"))


@given("its index also lists {entry}")
def step_index_entry(context, entry):
    context.catalog.list_entry(json.loads(entry))


@given('its index is "{content}"')
def step_index(context, content):
    context.catalog.set_index(unescape(content).encode("latin-1"))


@given("its index is {count:d} brackets")
def step_index_deep(context, count):
    context.catalog.set_index(b"[" * count)


@given("it has no index at all")
def step_no_index(context):
    context.plan_folder = context.catalog.folder


@given("the catalog is written")
def step_written(context):
    context.catalog.write()


@given("the real catalog is imported from the command line")
@when("the real catalog is imported from the command line")
def step_real_import(context):
    context.world.run(f"ggen market import {shared_catalog()}")


@given("a folder that holds no catalog")
def step_no_catalog(context):
    context.plan_folder = context.world.root / "nothing"
    context.plan_folder.mkdir()


@given("the real catalog")
def step_real(context):
    context.plan_folder = shared_catalog()


@when("the catalog is read")
def step_read(context):
    folder = context.plan_folder if "plan_folder" in context else context.catalog.write()
    context.plan = read_catalog(folder)


@then('the entry "{name}" is accepted')
def step_accepted(context, name):
    legacy_catalog.accepted(context.plan, name)


@then('the entry "{name}" is accepted with')
def step_accepted_with(context, name):
    context.package = legacy_catalog.accepted(context.plan, name)
    found = {row["field"]: legacy_catalog.shown(context.package.manifest, row["field"]) for row in context.table}
    assert found == {row["field"]: row["value"] for row in context.table}, found


@then('the entry "{name}" is refused as "{code}" in the field "{field}" with a hint')
def step_refused(context, name, code, field):
    context.problem = legacy_catalog.refusal(context.plan, name)
    assert (context.problem.code, context.problem.field) == (code, unescape(field)), context.problem
    assert context.problem.hint


@then('the reason has "{text}"')
def step_reason(context, text):
    assert text in context.problem.message, context.problem


@then('it is noted on "{name}" as "{code}": {text}')
def step_noted(context, name, code, text):
    found = legacy_catalog.notes(context.plan, name, code)
    assert any(text in note.message for note in found), context.plan.notes


@then('it is noted on "{name}" what was left out: {text}')
def step_left_out(context, name, text):
    found = " ".join(note.message for note in legacy_catalog.notes(context.plan, name, "dependency-left-out"))
    why, _, names = unescape(text).rpartition(": ")
    assert (names in found and why in found) if names else not found, found


@then('the packages are to be published in the order "{ids}"')
def step_order(context, ids):
    wanted = ids.split(", ")
    assert [str(package.id) for package in context.plan.accepted if str(package.id) in wanted] == wanted


@then("its folder holds the original manifest byte for byte, a README and a package.toml that says the same")
def step_folder(context):
    folder = context.package.write(context.world.root / "written")
    original = context.catalog.manifest_of(context.package.entry).read_bytes()
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "origin.package.toml", "package.toml"]
    assert (folder / "origin.package.toml").read_bytes() == original
    assert Manifest.parse((folder / "package.toml").read_bytes()) == context.package.manifest
    assert context.package.manifest.description in (folder / "README.md").read_text()


@then("any manifest and any index entry give a package or a reason")
def step_any_manifest(context):
    legacy_catalog.check_any_manifest()


@then('reading it is refused as "{code}" with exit code {exit_code:d}')
def step_not_read(context, code, exit_code):
    error = code_of(lambda: read_catalog(context.plan_folder))
    assert (error.code, error.exit_code) == (code, exit_code)


@then("{accepted:d} entries are accepted and {refused:d} is refused")
def step_counts(context, accepted, refused):
    assert (len(context.plan.accepted), len(context.plan.refused)) == (accepted, refused)


@then("the notes count")
def step_note_counts(context):
    found = Counter(note.code for note in context.plan.notes)
    assert found == {row["code"]: int(row["notes"]) for row in context.table}, found
