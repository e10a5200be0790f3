"""Steps about a registry with its interface, behind a fault proxy."""

from behave import given, then, when

from support.centralized.served_shop import ServedShop
from support.centralized.shops import Shops


@given('the registry "{name}" is served, behind a fault proxy')
def step_served(context, name):
    context.shop = ServedShop(context.world, name)
    context.shops = Shops.over(context.world, name, context.shop.proxy)


@given('the registry "{name}" is served with "{options}", behind a fault proxy')
@given('the registry "{name}" is served with "", behind a fault proxy')
def step_served_with(context, name, options=""):
    context.shop = ServedShop(context.world, name, options)
    context.shops = Shops.over(context.world, name, context.shop.proxy)


@given('the package {id_} {version} with "{files}"')
def step_package(context, id_, version, files):
    context.shop.write_package(id_, version, files)


@given('the token for "{_name}" is one for "{namespace}"')
def step_token(context, _name, namespace):
    context.shop.take_token(namespace)


@given("the signature of {spec} is another one on the way")
def step_forge(context, spec):
    context.shop.forge_signature(spec.partition("@")[0])


@then('"{name}" received exactly')
@then('"{name}" received these')
def step_received(context, name):
    found = context.shops.received(name, context.table.headings)
    assert found == [tuple(row.cells) for row in context.table], found


@given("the fetched copy of {path} of {spec} is lost")
def step_lose_copy(context, path, spec):
    context.shop.lose_copy(path, spec)


@when('the server of "{_name}" is killed, and started again')
def step_restart(context, _name):
    context.shop.kill_and_start()


@then('the log of "{_name}" is sound and has {count:d} entries')
def step_log(context, _name, count):
    context.shop.check_log(count)


@then("fewer than {size:d} bytes came for the last batch")
def step_fewer(context, size):
    assert context.shop.batches()[-1] < size, context.shop.batches()


@given("the registry has lost the file {path} of {spec}")
def step_lose_file(context, path, spec):
    context.shop.lose_file(path, spec)


@then("{count:d} batches came, the last with fewer than {size:d} bytes")
def step_batches(context, count, size):
    found = context.shop.batches()
    assert len(found) == count and found[-1] < size, found


@then("two batches came, the second with fewer than {size:d} bytes")
def step_two(context, size):
    first, second = context.shop.batches()
    assert second < size, (first, second)
