"""Steps about the registry's log and its mirrors."""

import subprocess
import sys
from functools import partial
from pathlib import Path

from behave import given, then, when

from marketplace.index import merkle
from marketplace.index.tiles import TiledTree
from marketplace.protocol.notes import VerifierKey
from support.centralized import logs, mirrors, witness
from support.centralized.registries import publish_here
from support.market.laws.vectors import unescape
from support.market.signing import code_of


@then("these verifier keys read back")
def step_vkeys(context):
    for row in context.table:
        assert str(VerifierKey.parse(row["key"])) == row["key"]


@then('the verifier key "{key}" is refused as "{code}"')
def step_vkey_refused(context, key, code):
    assert code_of(lambda: VerifierKey.parse(unescape(key))).code == code


@then("a checkpoint reads back, and the witness reads the same in it")
def step_checkpoint(context):
    logs.round_trip()


@then("signatures of others and extension lines do not matter")
def step_checkpoint_others(context):
    logs.accepted_beside_others()


@then('a checkpoint with {what} is refused as "{code}"')
def step_checkpoint_refused(context, what, code):
    assert logs.refusal(what) == code, logs.refusal(what)


@then("logs of these sizes have these tiles")
def step_tiles(context):
    for row in context.table:
        assert logs.counted(int(row["size"])) == unescape(row["tiles"]), logs.counted(int(row["size"]))


@then("trees of {sizes} entries in tiles have the root and the proofs of their definition")
def step_trees(context, sizes):
    for size in sizes.replace(" and ", ", ").split(", "):
        logs.check_tree(int(size.replace(",", "")))


@then("the checkpoint asked for at 1000, 1059, 1061, 1090 and 500 seconds shows the times {times}")
def step_checkpoint_times(context, times):
    context.shown = logs.checkpoints_over_time(context.world)
    assert context.shown[0] == [int(time) for time in times.split(", ")], context.shown


@then('after a longer log was signed it is refused as "{code}"')
def step_log_shrunk(context, code):
    assert context.shown[1] == code, context.shown


@then("the witness verifies the whole log, which holds the records of this home")
def step_witness(context):
    key = logs.vkey(context.server.ask("/registry.json").body)
    context.earlier = getattr(context, "records", [])
    context.records = witness.check_log(context.server.body, key)
    assert context.records == logs.records_here(context.world)


@then("a proof from the server's tiles shows that it extends the one before")
def step_extends(context):
    old, new = ([witness.leaf(record) for record in records] for records in (context.earlier, context.records))
    tree = TiledTree(len(new), context.server.body)
    assert len(new) > len(old) > 0
    proof = tree.consistency(len(old))
    assert merkle.verify_consistency(len(old), witness.mth(old), len(new), witness.mth(new), proof)


@then("no tile or entry is answered beyond the log's end")
def step_no_tile(context):
    size = len(context.records)
    for path in (f"0/000.p/{size + 1}", "0/000", "0/001.p/1", "1/000.p/1", f"entries/000.p/{size + 1}", "entries/000"):
        assert context.server.ask(f"/log/tile/{path}").status == 404, path


@then("the file of the log's key has the mode {mode}")
def step_key_mode(context, mode):
    assert oct((context.world.home / "registry" / "log.key").stat().st_mode)[-4:] == mode


@when("others may read the file of the log's key")
def step_key_open(context):
    (context.world.home / "registry" / "log.key").chmod(0o644)


@when("a folder is where the file of the log's key should be")
def step_key_folder(context):
    path = context.world.home / "registry" / "log.key"
    path.unlink()
    path.mkdir()


@when("the file of the log's key is cut short")
def step_key_cut(context):
    path = context.world.home / "registry" / "log.key"
    path.write_bytes(path.read_bytes()[:-3])
    path.chmod(0o600)


@given("a package that requires 1,000 others by long names")
def step_long(context):
    context.world.run("ggen market key new")
    logs.write_long_package(context.world.root / "long")


# --- mirrors -----------------------------------------------------------------------------------------------------


@then("each file of the mirror is what the server answers for its path")
def step_mirror_equal(context):
    kinds = {
        "registry", "package", "release", "blob", "archive", "checkpoint", "tile", "entries", "yanked", "categories",
        "downloads", "catalog", "quality",
    }  # fmt: skip
    mirrors.check_against(context.server, context.world.root / "public", kinds=kinds)


@then("the witness verifies the whole log of the mirror")
def step_mirror_witness(context):
    public = context.world.root / "public"
    key = logs.vkey((public / "registry.json").read_bytes())
    assert witness.check_log(lambda path: (public / path).read_bytes(), key) == logs.records_here(context.world)


@when('"{spec}" is published here by Alice')
def step_publish_here(context, spec):
    context.offer = publish_here(context.world, spec)


@then('the mirror has the release "{spec}" and all its files')
def step_mirror_has(context, spec):
    found = mirrors.files(context.world.root / "public")
    assert found[f"releases/{spec.replace('@', '/')}.json"] == context.offer.release.encode()
    assert {f"blobs/sha256/{blob.digest[7:]}" for blob in context.offer.blobs()} <= found.keys()


@then("nothing but the registry's files is in the mirror")
def step_mirror_only(context):
    assert not mirrors.leftovers(context.world.root / "public")


@then("the blobs of the mirror take no space of their own, or this file system cannot share")
def step_mirror_shared(context):
    names = mirrors.shared(context.world.root / "public")
    assert names == {2} or mirrors.clones(context.world.root), names


@then("its documents can be read by everybody")
def step_mirror_modes(context):
    assert mirrors.modes(context.world.root / "public") == {0o644}


@when('{count:d} releases of "{id_}" are published here, each mirrored at once, while somebody reads the mirror')
def step_mirror_read(context, count, id_):
    context.watcher = mirrors.Watcher(context.world.root / "public")
    context.world.defer(context.watcher.stop)
    for number in range(count):
        publish_here(context.world, f"{id_}@1.{number}.0")
        context.world.run("ggen market mirror {root}/public")
    context.watcher.stop()


@then("the reader has read whole documents alone, and of each release the tree was there")
def step_mirror_whole(context):
    assert context.watcher.read > 50, context.watcher.read
    assert not context.watcher.broken, context.watcher.broken[:3]


@given('a folder "{name}" that holds {what}')
def step_foreign(context, name, what):
    mirrors.make_foreign(context.world, context.world.root / name, what)
    context.before = mirrors.files(context.world.root / name)


@then('the folder "{name}" is as it was')
def step_foreign_kept(context, name):
    assert mirrors.files(context.world.root / name) == context.before


@given('a file "{name}" of somebody\'s')
def step_file(context, name):
    (context.world.root / name).write_text("mine", encoding="utf-8")


@then('the file "{name}" is as it was')
def step_file_kept(context, name):
    assert (context.world.root / name).read_text(encoding="utf-8") == "mine"


@when('writing a mirror to "{name}" is killed after each of its first renames')
def step_mirror_killed(context, name):
    run = partial(subprocess.run, cwd=Path.cwd(), capture_output=True, check=False)
    for number in (1, 2, 9, 30):
        command = [sys.executable, "-m", "support.centralized.killed_mirror", str(context.world.home)]
        done = run([*command, str(context.world.root / name), str(number)])
        assert done.returncode == -9, (number, done)


@when('writing the mirror "{name}" again is killed before each of its renames')
def step_mirror_each(context, name):
    root, context.states = context.world.root, context.world.root / "states"
    command = [sys.executable, "-m", "support.centralized.killed_mirror", str(context.world.home)]
    subprocess.run([*command, str(root / name), "each", str(context.states)], check=True)


@then("it was killed at least {least:d} times")
def step_mirror_times(context, least):
    assert len(list(context.states.iterdir())) > least  # the last of them came to its end


@then("each time the witness finds every release of the mirror in its log, and its files there")
def step_mirror_covered(context):
    for state in sorted(context.states.iterdir(), key=lambda path: int(path.name)):
        mirrors.check_whole(state)


@when('while the mirror "{name}" is written, "{spec}" is published here')
def step_mirror_between(context, name, spec):
    _publish_during(context, mirrors.write_while, name, spec)


@when('as soon as the mirror "{name}" has its log\'s head, "{spec}" is published here')
def step_mirror_after_head(context, name, spec):
    _publish_during(context, mirrors.write_after_head, name, spec)


def _publish_during(context, write, name, spec):
    world = context.world

    def publish():
        context.offer = publish_here(world, spec)

    write(world.home, world.root / name, publish)


@then("the witness finds every release of the mirror in its log, and its files there")
def step_mirror_believed(context):
    mirrors.check_whole(context.world.root / "public")


@then('the mirror has no release "{spec}"')
def step_mirror_lacks(context, spec):
    assert f"releases/{spec.replace('@', '/')}.json" not in mirrors.files(context.world.root / "public")
