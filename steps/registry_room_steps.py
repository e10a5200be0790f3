"""Steps about a registry's server, its users and what lies between them, each in a container."""

from behave import given, then, when

from support.centralized import registry_room, room_checks
from support.cleanroom.images.services import nginx_image
from support.cleanroom.proxy.schedules import Schedule
from support.cleanroom.web import ContainedProxy, start_nginx
from support.trials import fault_rooms, service_checks
from support.trials.room_checks import open_strictest

MB = 1_000_000


@given("a registry's server in a container on {engine:w}, as strict as that can be")
def step_registry(context, engine):
    context.registry = registry_room.set_up(open_strictest(context, engine))


@given('a registry\'s server in a container on {engine:w} whose network can suffer "{needs}"')
def step_faulty_registry(context, engine, needs):
    if reason := fault_rooms.lacking(needs):
        context.scenario.skip(reason)
        return
    step_registry(context, engine)


@given("its operator has published")
def step_stock(context):
    context.operator = context.registry.operator()
    context.registry.stock(context.operator, {row["package"]: row["needs"] for row in context.table})


@given("an operator in a container of its home")
def step_operator(context):
    context.operator = context.registry.operator()


@given("a publisher with a token for it, in another container")
def step_publisher(context):
    context.publisher = context.registry.publisher()


@given("a publisher with a token for it, in another container that sends {rate:d} MB a second")
def step_slow_publisher(context, rate):
    step_publisher(context)
    context.registry.faults.bandwidth(rate * MB, "publisher")


@given("a user of it in another container")
def step_user(context):
    context.user = context.registry.person("user")


@given("a fault proxy before it, in a container of its own, which answers {ms:d} ± {jitter:d} ms late")
def step_proxy(context, ms, jitter):
    context.room_proxy = ContainedProxy(context.registry.room, context.registry.server)
    context.room_schedule = Schedule().with_latency(ms, jitter)


@given("requests through the proxy meet")
def step_meet(context):
    for row in context.table:
        context.room_schedule = context.room_schedule.on(row["request"], *row["faults"].split(", "))
    context.room_proxy.follow(context.room_schedule)


@given("a user in another container, who knows the proxy as the registry")
def step_proxied_user(context):
    context.user = context.registry.person("user", context.room_proxy.container)


@when("the publisher publishes over HTTP")
def step_publish(context):
    for row in context.table:
        folder = context.publisher.write_package(row["package"], "1.0.0", row["needs"])
        context.publisher.run(f"publish {folder}")


@then('the user\'s search over HTTP for "{words}" finds {id_}')
def step_search(context, words, id_):
    found = [item["id"] for item in context.user.run(f"search {words}")["results"]]
    assert found == [id_], found


@when("the user adds {id_} over HTTP")
def step_add(context, id_):
    context.user.run(f"add {id_}")


@then("the user's project has, verified")
def step_installed(context):
    room_checks.check_installed(context.user, {row["package"]: row["version"] for row in context.table})


@when("the user has lost what was fetched and installed, and installs what the lock file says")
def step_install(context):
    room_checks.install_again(context.user)


@then("the server's processes are all of user {uid:d}, and its root cannot be written")
def step_strict(context, uid):
    found = service_checks.users(context.registry.server)
    assert found and set(found) == {str(uid)}, found


@then("the proxy has recorded exactly")
def step_recorded(context):
    found = context.room_proxy.received(context.table.headings)
    assert found == [tuple(row.cells) for row in context.table], found


@when("the operator writes a mirror with archives to a volume, and nginx serves it in another container")
def step_mirror(context):
    if service_checks.lacks(context, nginx_image()):
        return
    context.registry.server.stop()
    context.operator.run("mirror /mirror --archives")
    context.mirror = context.registry.room.volume("mirror")
    context.nginx = start_nginx(context.registry.room, context.mirror, "/registry.json")


@given("a user in another container, who knows the mirror as the registry")
def step_mirror_user(context):
    context.user = context.registry.person("user", context.nginx)


@then("nginx gives the {count:d} archives of the mirror, byte for byte as the registry's server gives them")
def step_archives(context, count):
    context.registry.server.restart()
    context.registry.ready()
    room_checks.check_same_archives(context.mirror.path, context.nginx, context.registry.server, count)


@when("the publisher publishes {id_} with a file of {size:d} MB, and the server is killed with {least:d} MB of it")
def step_kill(context, id_, size, least):
    context.size = size * MB
    context.publish = f"publish {context.publisher.write_package(id_, '1.0.0', size=size * MB)}"
    context.killed = room_checks.kill_in_upload(context.registry, context.publisher, context.publish, least * MB)


@then('the publisher is told with exit code {code:d}, and "{text}"')
def step_publisher_told(context, code, text):
    done = context.killed.done
    assert done.exit_code == code and text in done.stderr.decode(), done


@when("the server is started again on the same volume")
def step_start_again(context):
    context.registry.server.restart()
    context.registry.ready()


@then("index and store are sound, and {id_} is absent")
def step_sound(context, id_):
    room_checks.check_absent(context.operator, context.user, id_)


@when("the publisher publishes it again, sending less than was missing and {slack:d} KB")
def step_again(context, slack):
    sent = room_checks.publish_the_rest(context.publisher, context.publish)
    assert sent < context.size - context.killed.received + slack * 1000, (sent, context.killed.received)


@when("no way leads from the user to the server")
def step_no_route(context):
    context.cut = context.registry.faults.no_route("user", "registry")


@then('the user\'s "{command}" ends with exit code {code:d} and tells "{text}" and "{next_step}"')
def step_told(context, command, code, text, next_step):
    done = context.user.attempt(command)
    told = done.stderr.decode()
    assert done.exit_code == code and text in told and next_step in told, done


@when("the user has lost what was installed, and installs it offline")
def step_offline(context):
    room_checks.install_again(context.user, offline=True)


@when("the way to the server is there again")
def step_heal(context):
    context.cut.heal()
