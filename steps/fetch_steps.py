"""Steps about installing over the network from registries of files."""

from pathlib import Path

from behave import given, then, when

from support.centralized.asking import seconds
from support.centralized.shops import Shops
from support.centralized.watched import scratch_folders

STORIES = (
    "tells a history without what it told",
    "shows no log any more",
    "signs its log with another key",
    "lists a release that is not in its log",
)


def shops(context):
    """Return the registries of the scenario."""
    if not hasattr(context, "shops"):
        context.shops = Shops(context.world)
        context.world.defer(context.shops.close)
    return context.shops


@given("a publisher has published {count:d} packages, each of which needs all before it")
def step_published_many(context, count):
    shops(context).publish_many(count)


@given("a publisher has published")
def step_published(context):
    for row in context.table:
        shops(context).publish(row["id"], row["version"], row["needs"])


@given('the publisher publishes {id_} {version} with "{files}"')
def step_publish_files(context, id_, version, files):
    named = [part.split() for part in files.split(", ")]
    shops(context).publish_folder(id_, version, [(name, int(size), f"{name} {size}") for name, size in named])


@given("the publisher yanks {spec}")
def step_yank(context, spec):
    context.shops.yank(spec)


@given('the registry "{name}" has it as files alone')
def step_open(context, name):
    context.shops.open(name)


@given('the registry "{name}" has it as files alone, without archives')
def step_open_bare(context, name):
    context.shops.open(name, archives=False)


@given('the registry "{name}" has {only} alone, and the namespace {namespace} is bound to it')
def step_open_bound(context, name, only, namespace):
    context.shops.open(name, only=only, namespaces=namespace)


@given('the registry "{name}" has {only} alone')
def step_open_part(context, name, only):
    context.shops.open(name, only=only)


@given('the registry "{name}" is brought up to date')
def step_fill(context, name):
    context.shops.fill(name)


@given('requests of "{name}" for "{pattern}" meet "{faults}"')
def step_meet(context, name, pattern, faults):
    context.shops.meet(name, pattern, faults)


@given('"{name}" takes {ms:d} ms to answer for a package')
def step_late(context, name, ms):
    context.shops.delay(name, ms)


@given("the kept answers are {age} old")
def step_age(context, age):
    context.shops.age(seconds(age))


@given('"{name}" sends the archive of {spec} for that of {other}')
def step_other_archive(context, name, spec, other):
    context.shops.swap_archive(name, spec, other)


@given('"{name}" sends {size:d} bytes for {path} of {spec}')
def step_longer_file(context, name, size, path, spec):
    context.shops.send_longer(name, f"({path} of {spec})", size)


@given('"{name}" says that it has an interface, and answers each batch with nothing')
def step_empty_batches(context, name):
    context.shops.send_empty_batches(name)


@given('the registry "{name}" is remembered as it is')
def step_remember(context, name):
    context.shops.remember(name)


@given('the registry "{name}" is again as it was remembered')
def step_go_back(context, name):
    context.shops.go_back(name)


@given('the registry "{name}" {story} told')
@given('the registry "{name}" {story} any more')
@given('the registry "{name}" {story} another key')
@given('the registry "{name}" {story} in its log')
def step_story(context, name, story):
    whole = next(found for found in STORIES if found.startswith(story))
    context.shops.change_story(name, whole)


@then("the proof has two checkpoints that one key has signed")
def step_proof(context):
    proof = Path(context.world.outcome().error()["proof"]).read_bytes()
    assert context.shops.signed_heads("corp", proof) == 2, proof


@then('13 days later its log is taken, and 15 days later it is refused as "{code}"')
def step_frozen(context, code):
    assert [context.shops.log_after("corp", days) for days in (13, 15)] == ["taken", code]


@given("the fetched content is lost")
def step_lost(context):
    context.shops.forget_content()


@given("every fetched copy is {damage}")
def step_damage_copies(context, damage):
    assert context.shops.damage_content(damage) > 3


@given("every fetched copy and answer is {days:d} days old")
def step_age_cache(context, days):
    context.shops.age_cache(days)


@then('an installed file of "{id_}" is the fetched copy itself')
def step_same_file(context, id_):
    assert context.shops.is_linked(context.world.project / ".ggen" / "packages" / id_ / "b.bin")


@given('"{name}" was asked for enough')
def step_enough(context, name):
    context.shops.received(name, ["path"])


@when('I run "{command}" whatever it tells')
def step_run(context, command):
    context.world.attempt(command)
    assert context.world.exit_code() == 0, context.world.outcome()


@when('"{command}" is killed after {size:d} bytes')
def step_killed(context, command, size):
    context.shops.kill_in_transfer(command, size)


@then('"{command}" makes {count:d} folders to unpack in')
def step_unpacked(context, command, count):
    found = scratch_folders(context.world, command)
    assert len(found) == count, found


@then('"{name}" received, in any order')
def step_received(context, name):
    found = context.shops.received(name, context.table.headings)
    assert sorted(found) == sorted(tuple(row.cells) for row in context.table), found


@then('"{name}" received nothing more')
def step_nothing(context, name):
    found = context.shops.received(name, ["method", "path"])
    assert found == [], found


@then('"{name}" received these for packages, in any order, and so many at the same time')
def step_together(context, name):
    found = context.shops.together(name)
    assert sorted(found) == sorted(tuple(row.cells) for row in context.table), found


@then('"{name}" received at most {most:d} requests')
def step_at_most(context, name, most):
    found = context.shops.received(name, ["path"])
    assert len(found) <= most, found


@then('"{name}" received these for archives')
def step_archives(context, name):
    found = context.shops.archives(name, context.table.headings)
    assert found == [tuple(row.cells) for row in context.table], found


@then('the last request for archives to "{name}" had the status {status}')
def step_last(context, name, status):
    assert context.shops.archives(name, ["status"])[-1] == (status,)


@then("no unfinished transfer is left")
def step_no_partial(context):
    assert context.shops.partial() == []


@then('no request that "{name}" received names "{part}"')
def step_never(context, name, part):
    found = [path for (path,) in context.shops.proxies[name].received(["path"]) if part in path]
    assert context.shops.proxies[name].received() and found == [], found
