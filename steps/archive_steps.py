"""Steps about archives and package folders."""

import io
import os
from collections import Counter

from behave import given, then, when

from marketplace.archive import open_archive, unpack, write_archive
from marketplace.model.tree import digest_of
from marketplace.source import FolderSource
from support.market import samples
from support.market.archives import archives, forge
from support.market.archives.archives import ForgedArchive
from support.market.laws.archive_laws import LAWS
from support.market.signing import code_of


@given("an archive with {case}")
def step_forged(context, case):
    context.forged = ForgedArchive(context.world.root, case)


@when("it is published and installed")
def step_doors(context):
    context.refusals = context.forged.refusals()


@then('each door refuses it as "{code}" naming "{entry}"')
def step_refused(context, code, entry):
    for error in context.refusals:
        assert error.code == code and error.exit_code in (2, 3) and error.hint, (error.code, error)
        assert archives.names(error, entry), (error.details, entry)


@then("nothing of it is left and nothing else was touched")
def step_clean(context):
    context.forged.check_nothing_left()


@given("the sample package, written in the order and with the times and modes of seed {seed:d}")
def step_sample(context, seed):
    context.package = archives.write_sample(context.world.root / "package", seed)


@when("it is packed by a process with TZ={zone}, LC_ALL={locale}, PYTHONHASHSEED={seed} and the umask {umask}")
def step_pack_elsewhere(context, zone, locale, seed, umask):
    environ = {"TZ": zone, "LC_ALL": locale, "PYTHONHASHSEED": seed}
    target = context.world.root / "packed.gpack"
    context.archive = archives.pack_elsewhere(context.package, target, umask=umask, environ=environ)


@then("the archive has {size:d} bytes and the digest {digest}")
def step_archive_digest(context, size, digest):
    assert (len(context.archive), digest_of(context.archive)) == (size, digest), digest_of(context.archive)


@when("it is packed")
def step_pack(context):
    context.source = FolderSource.read(context.package)
    context.archive = archives.packed_bytes(context.source)


@then("what the system's tar program unpacks is the same tree")
def step_tar(context):
    assert archives.extract_with_tar(context.archive, context.world.root / "other").tree == context.source.tree


@then('it holds for every archive tried: "{law}"')
def step_archive_law(context, law):
    LAWS[law]()


@given("the sample package has been read")
def step_sample_read(context):
    context.package = archives.write_sample(context.world.root / "package", 1)
    context.source = FolderSource.read(context.package)


@given("an earlier archive in the place of the new one")
def step_earlier(context):
    context.target = context.world.root / "target.gpack"
    context.target.write_bytes(b"earlier")


@when('its file "{name}" is replaced by {how}')
def step_swap(context, name, how):
    archives.swap(context.package, name, how)


@then('packing it is refused as "{code}" naming "{entry}"')
def step_pack_refused(context, code, entry):
    error = archives.refusal(lambda: write_archive(context.source, context.target))
    assert error.code == code and archives.names(error, entry), (error.code, error.details)


@then("the earlier archive is as it was and nothing lies beside it")
def step_target_kept(context):
    assert context.target.read_bytes() == b"earlier"
    assert not list(context.world.root.glob(".ggen-staged-*"))


@given("in place of an archive there is a pipe")
def step_pipe(context):
    os.mkfifo(context.world.root / "odd.gpack")


@then('opening an archive that is gone is refused as "{code}"')
def step_gone(context, code):
    place = context.world.root / "gone.gpack"
    error = code_of(lambda: open_archive(place).__enter__())
    assert error.code == code and str(place) in error.message, error.to_json()


@given("a package folder with {something}")
def step_folder(context, something):
    context.package = archives.write_sample(context.world.root / "package", 1)
    archives.make_in_folder(context.package, something)


@then('reading the folder is refused as "{code}" naming "{entry}"')
def step_folder_refused(context, code, entry):
    error = archives.refusal(lambda: FolderSource.read(context.package))
    assert error.code == code and error.hint and archives.names(error, entry), (error.code, error.details)


@then("reading the folder gives the sample's files alone")
def step_folder_read(context):
    found = FolderSource.read(context.package)
    assert {entry.path for entry in found.tree} == set(archives.SAMPLE), found.tree


@given("an archive is being unpacked and somebody puts a link to another folder in the way")
def step_planted(context):
    context.planted = lambda: archives.unpack_into_a_planted_link(context.world.root)


@then('unpacking is refused as "{code}" and the other folder stays empty')
def step_planted_refused(context, code):
    assert archives.refusal(context.planted).code == code
    assert not any((context.world.root / "outside").iterdir())


@given("a staging folder in which something lies already")
def step_staging_used(context):
    (context.world.root / "staging").mkdir()
    (context.world.root / "staging" / "theirs").write_text("kept")


@then('unpacking a sound archive there is refused as "{code}" and what lies there is kept')
def step_staging_refused(context, code):
    staging = context.world.root / "staging"
    error = archives.refusal(lambda: unpack(io.BytesIO(forge.package()), staging))
    assert error.code == code and (staging / "theirs").read_text() == "kept", error.code


@given("the project's sample catalog")
def step_examples(context):
    context.examples = samples.example_folders()


@then("there are {packages:d} packages in {releases:d} releases, and {several:d} of them have more than one")
def step_examples_count(context, packages, releases, several):
    ids = Counter(folder.parent.name for folder in context.examples)
    found = (len(ids), ids.total(), sum(number > 1 for number in ids.values()))
    assert found == (packages, releases, several), found


@then("each is sound, lies under its own id and version, and has no file that its manifest does not name")
def step_examples_sound(context):
    for folder in context.examples:
        samples.check_example(folder)


@then("every variable that a template uses is declared with a default, and none is declared in vain")
def step_examples_variables(context):
    for folder in context.examples:
        samples.check_variables(folder)


@then("every dependency is met by a release of the catalog")
def step_examples_dependencies(context):
    samples.check_dependencies(context.examples)


@then("the Python, TOML and JSON files that its templates give by default can be parsed")
def step_examples_rendered(context):
    assert sum(samples.check_rendered(folder) for folder in context.examples) > 5


@then('the error\'s entry is "{entry}" and no scratch folder is left in the home')
def step_cli_entry(context, entry):
    assert context.world.outcome().error().get("entry", "-") == entry, context.world.outcome()
    assert not list(context.world.home.glob(".ggen-staged-*"))


@then('the JSON field "content_id" is that of the folder')
def step_cli_content(context):
    assert context.world.json_at("content_id") == FolderSource.read(context.package).tree.content_id
