"""Steps about the content stores."""

import os

from behave import given, then, when

from marketplace.model.tree import digest_of
from marketplace.storage.files import STAGED_PREFIX
from marketplace.storage.memory import MemoryStore
from support.market import carrying, stores
from support.market.laws import store_laws


@given("a memory store of {size:d} bytes")
def step_small_store(context, size):
    context.store = MemoryStore(size)


@given("a {kind} store")
def step_store(context, kind):
    context.told = []
    context.store = stores.make(kind, context.world.root, context.told.append)


@when('the bytes "{text}" are put twice')
@when('the bytes "" are put twice')
def step_put_twice(context, text=""):
    context.digest = context.store.put_bytes(text.encode())
    assert context.store.put_bytes(text.encode()) == context.digest


@when('the bytes "{text}" are put under the umask {umask}')
def step_put_umask(context, text, umask):
    before = os.umask(int(umask, 8))
    try:
        context.digest = context.store.put_bytes(text.encode())
    finally:
        os.umask(before)


@when("{size:d} made-up bytes are put")
def step_put_made_up(context, size):
    context.data = stores.made_up(size)
    context.digest = stores.put(context.store, context.data)


@when('the bytes "{text}" are put with their digest and a limit of {limit:d} bytes')
def step_put_exactly(context, text, limit):
    data = text.encode()
    context.digest = stores.put(context.store, data, expected=digest_of(data), limit=limit)


@when("{count:d} threads put the same {size:d} made-up bytes at the same moment")
def step_put_in_threads(context, count, size):
    context.data = stores.made_up(size)
    context.digest = stores.put_in_threads(context.store, count, context.data)


@when("a stream that breaks after {size:d} bytes is put")
def step_put_breaking(context, size):
    stores.put_breaking(context.store, size)


@when('a file with the bytes "{text}" is taken over from {where}')
def step_adopt(context, text, where):
    folder = context.world.root if where == "beside the store" else stores.folder_elsewhere(context.world)
    context.installed = folder / "arrived"
    context.digest = stores.adopt(context.store, context.installed, text.encode())


@then("the file is no longer where it was")
def step_moved(context):
    assert not context.installed.exists()


@given('the bytes "{text}" were put and their file was changed on disk')
def step_damaged(context, text):
    context.digest = stores.put_damaged(context.store, text.encode())


@given('the bytes "{text}" were put and their file was replaced by a link to the same bytes')
def step_replaced(context, text):
    context.digest = stores.put_linked(context.store, text.encode())


@when('the bytes "{text}" are put and installed on another file system')
def step_installed_elsewhere(context, text):
    context.digest = context.store.put_bytes(text.encode())
    context.installed = stores.folder_elsewhere(context.world) / "installed"
    if context.installed.parent.stat().st_dev == context.world.root.stat().st_dev:
        context.scenario.skip("there is one file system only")
        return
    context.how = context.store.materialise(context.digest, context.installed, executable=False, copy=False)


@when("a package is laid out and another project edits its file {times:d} time")
@when("a package is laid out and another project edits its file {times:d} times")
def step_laid_out(context, times):
    context.folder = context.world.root / "laid-out"
    context.code = carrying.lay_out_amid_edits(context.store, context.folder, times)


@then("it is laid out with the bytes that were published")
def step_whole(context):
    assert (context.code, (context.folder / "a.txt").read_bytes()) == ("", carrying.PUBLISHED), context.code


@then('the installed file is a file of its own with the bytes "{text}"')
def step_own_file(context, text):
    assert context.how != "hardlink" and context.installed.stat().st_nlink == 1, context.how
    assert context.installed.read_bytes() == text.encode()


@given('the bytes "{text}" were put and installed by link')
def step_installed(context, text):
    context.digest = context.store.put_bytes(text.encode())
    context.installed = context.world.root / "installed"
    assert context.store.materialise(context.digest, context.installed, executable=False, copy=False) == "hardlink"


@given('the folder for the bytes "{text}" is a link to another folder')
def step_linked_shard(context, text):
    context.other = context.world.root / "other"
    stores.link_shard(context.store, text.encode(), context.other)


@given("a staged file was left by a killed process")
def step_left(context):
    (context.store.root / "staging").mkdir(parents=True)
    (context.store.root / "staging" / ".ggen-staged-0123456789ab").write_bytes(b"half")


@given("a file of somebody else lies among the blobs")
def step_stranger(context):
    (context.store.root / "blobs" / "00").mkdir(parents=True)
    (context.store.root / "blobs" / "00" / "notes.txt").write_bytes(b"mine")


@when("the installed file is edited in place")
def step_edit(context):
    stores.edit_in_place(context.installed)


@when('putting the bytes "{text}" with another digest is tried')
def step_put_wrong(context, text):
    context.code = stores.code_of(lambda: stores.put(context.store, text.encode(), expected="sha256:" + "0" * 64))


@when('putting the bytes "{text}" with a limit of {limit:d} bytes is tried')
def step_put_limited(context, text, limit):
    context.code = stores.code_of(lambda: stores.put(context.store, text.encode(), limit=limit))


@when('putting the bytes "{text}" is tried')
def step_put_tried(context, text):
    context.code = stores.code_of(lambda: stores.put(context.store, text.encode()))


@when('the bytes "{text}" are put and somebody swaps the staged file')
def step_put_swapped(context, text):
    context.code = stores.code_of(lambda: stores.put_swapped(context.store, text.encode()))


@when("{count:d} blobs are put and the names of their staged files are noted")
def step_names(context, count):
    context.names = stores.staged_names(context.store, count)
    assert len(context.names) == count, context.names


@then("all names differ, and each has at least {bits:d} random bits")
def step_names_differ(context, bits):
    assert len(set(context.names)) == len(context.names)
    assert all(len(name.rpartition("-")[2]) * 4 >= bits for name in context.names), context.names[0]


@when('the bytes "{one}" and "{other}" are put')
def step_put_two(context, one, other):
    context.kept = context.store.put_bytes(one.encode())
    context.store.put_bytes(other.encode())


@when("{count:d} different blobs are put together, each twice over, and one of them was there")
def step_put_together(context, count):
    context.contents = stores.many(count)
    context.store.put_bytes(context.contents[0])
    context.stored, context.opened = stores.put_together(context.store, context.contents)


@then("{count:d} were stored, and the one that was there was not opened")
def step_stored_together(context, count):
    wanted = context.contents[-count:]
    assert sorted(context.opened) == sorted(wanted), len(context.opened)
    assert context.stored == {digest_of(data): len(data) for data in wanted}, context.stored


@then("reading each of them gives what was put")
def step_read_each(context):
    assert all(context.store.read(digest_of(data), 100) == data for data in context.contents)


@when("{count:d} different blobs are put together, and of the last {trouble}")
def step_put_together_wrong(context, count, trouble):
    context.contents = stores.many(count)
    context.code = stores.put_together_with_trouble(context.store, context.contents, trouble)


@then("the last of them is not there, nor a staged file")
def step_last_not_there(context):
    assert not context.store.has(digest_of(context.contents[-1]))
    assert not list(context.world.root.rglob(f"{STAGED_PREFIX}*"))


@when("garbage is collected by a list that breaks in the middle")
def step_gc_breaking(context):
    stores.collect_by_breaking_list(context.store, context.kept)


@when("all garbage is collected")
def step_gc_all(context):
    context.store.gc([])


@then('a dry run of collecting garbage but for "{kept}" would free {blobs:d} blob of {size:d} bytes')
def step_gc_dry(context, kept, blobs, size):
    freed = context.store.gc([digest_of(kept.encode())], dry_run=True)
    assert (freed.blobs, freed.bytes) == (blobs, size), freed


@then('collecting garbage but for "{kept}" frees {blobs:d} blob of {size:d} bytes')
def step_gc(context, kept, blobs, size):
    freed = context.store.gc([digest_of(kept.encode())])
    assert (freed.blobs, freed.bytes) == (blobs, size), freed


@when("reading their digest is tried")
def step_read_tried(context):
    context.code = stores.code_of(lambda: context.store.read(context.digest, 100))


@when("reading their digest with a limit of {limit:d} bytes is tried")
def step_read_limited(context, limit):
    context.code = stores.code_of(lambda: context.store.read(context.digest, limit))


@when('to {action} the digest of "{text}" is tried')
def step_ask_missing(context, action, text):
    context.code = stores.code_of(lambda: stores.ask(context.store, action, digest_of(text.encode())))


@when('to {action} the digest "{digest}" is tried')
def step_ask_malformed(context, action, digest):
    context.code = stores.code_of(lambda: stores.ask(context.store, action, digest))


@then('the store has no digest of "{text}"')
def step_has_not(context, text):
    assert not context.store.has(digest_of(text.encode()))


@then('reading their digest gives "{text}"')
@then('reading their digest gives ""')
def step_read(context, text=""):
    assert context.store.read(context.digest, 100) == text.encode()


@then('streaming their digest gives "{text}"')
def step_streamed(context, text):
    assert stores.streamed(context.store, context.digest) == text.encode()


@then("streaming their digest gives those bytes again")
def step_streamed_again(context):
    assert stores.streamed(context.store, context.digest) == context.data


@then('it is refused with "{code}"')
def step_refused(context, code):
    assert context.code == code, context.code


@then("the store counts {blobs:d} blob of {size:d} bytes")
@then("the store counts {blobs:d} blobs of {size:d} bytes")
def step_stats(context, blobs, size):
    found = context.store.stats()
    assert (found.blobs, found.bytes) == (blobs, size), found


@then("the store counts {blobs:d} blobs")
def step_count(context, blobs):
    assert context.store.stats().blobs == blobs, context.store.stats()


@then("the store lists just that digest")
def step_lists(context):
    assert list(context.store.digests()) == [context.digest]


@then("the store's verification finds nothing")
def step_verify_sound(context):
    assert list(context.store.verify()) == []


@then('the store\'s verification names the blob as "{kind}"')
def step_verify(context, kind):
    assert [(item.digest, item.kind) for item in context.store.verify()] == [(context.digest, kind)]


@then("the store's verification names the stranger's file as \"{kind}\"")
def step_verify_stranger(context, kind):
    assert [(item.digest, item.kind) for item in context.store.verify()] == [("blobs/00/notes.txt", kind)]


@then("nothing is left of it in the scenario's folder")
def step_nothing_left(context):
    left = [path for path in context.world.root.rglob("*") if path.is_file() and path.name != "gc.lock"]
    assert not left, left


@then("no staged file is left")
def step_no_staged(context):
    assert not stores.staged(context.store), stores.staged(context.store)


@then("the other folder is empty")
def step_other_empty(context):
    assert not list(context.other.iterdir())


@then("the store has put {count:d} damaged file aside, and said so")
def step_buried(context, count):
    assert len(list(context.store.root.glob("damaged/*"))) == count
    assert [text for text in context.told if context.digest in text and "damaged" in text], context.told


@then("the blob's file is read-only and was written once")
def step_read_only(context):
    found = context.store.path_of(context.digest).stat()
    assert found.st_mode & 0o777 == 0o444 and found.st_nlink == 1, oct(found.st_mode)
    context.store.put_bytes(b"hello")
    after = context.store.path_of(context.digest).stat()
    assert (after.st_ino, after.st_mtime_ns, after.st_mode) == (found.st_ino, found.st_mtime_ns, found.st_mode)


@then("any sequence of operations on a {kind} store gives what a plain dictionary gives")
def step_laws(context, kind):
    store_laws.holds_like_a_dictionary(kind)


@when("a process of its own puts and reads a stream of {size:d} bytes")
def step_pass_through(context, size):
    (grown,) = stores.finish([stores.worker(context.store, "pass-through", str(size))])
    context.grown = int(grown)


@then("its memory has grown by less than {megabytes:d} MB")
def step_grown(context, megabytes):
    assert context.grown < megabytes * 1_000_000, context.grown


@when("{count:d} processes put the same {blobs:d} blobs at the same moment")
def step_put_in_processes(context, count, blobs):
    workers = [stores.worker(context.store, "put-many", str(blobs)) for _ in range(count)]
    assert stores.finish(workers) == [str(blobs)] * count
