"""Steps about the content store."""

from behave import given, then, when

from support import stores


@given("a {kind} store")
def step_store(context, kind):
    context.store = stores.make(kind, context.world.root)


@when('the bytes "{text}" are put twice')
def step_put_twice(context, text):
    context.digest = context.store.put_bytes(text.encode())
    assert context.store.put_bytes(text.encode()) == context.digest


@given('the bytes "{text}" were put and their file was changed on disk')
def step_damaged(context, text):
    context.digest = stores.put_damaged(context.store, text.encode())


@given('the bytes "{text}" were put and installed by link')
def step_installed(context, text):
    context.digest = context.store.put_bytes(text.encode())
    context.installed = context.world.root / "installed"
    assert context.store.materialise(context.digest, context.installed, executable=False, copy=False) == "hardlink"


@when("the installed file is edited in place")
def step_edit(context):
    stores.edit_in_place(context.installed)


@when('putting the bytes "{text}" with another digest is tried')
def step_put_wrong(context, text):
    context.code = stores.code_of(lambda: stores.put(context.store, text, expected="sha256:" + "0" * 64))


@when('putting the bytes "{text}" with a limit of {limit:d} bytes is tried')
def step_put_limited(context, text, limit):
    context.code = stores.code_of(lambda: stores.put(context.store, text, limit=limit))


@when('the bytes "{kept}" and "{gone}" are put and garbage is collected but for "{again}"')
def step_gc(context, kept, gone, again):
    context.store.put_bytes(gone.encode())
    context.store.gc([context.store.put_bytes(kept.encode())])


@when("reading their digest is tried")
def step_read_tried(context):
    context.code = stores.code_of(lambda: context.store.read(context.digest, 100))


@then('reading their digest gives "{text}"')
def step_read(context, text):
    assert context.store.read(context.digest, 100) == text.encode()


@then('it is refused with "{code}"')
def step_refused(context, code):
    assert context.code == code, context.code


@then("the store counts {blobs:d} blob of {size:d} bytes")
@then("the store counts {blobs:d} blobs of {size:d} bytes")
def step_stats(context, blobs, size):
    found = context.store.stats()
    assert (found.blobs, found.bytes) == (blobs, size), found


@then('the store\'s verification names the blob as "{kind}"')
def step_verify(context, kind):
    assert [(item.digest, item.kind) for item in context.store.verify()] == [(context.digest, kind)]
