"""Steps of a small suite with rooms: each goes wrong in a way of its own, and leaves what its name says."""

import socket
import urllib.request

from behave import given, then

from support.cleanroom.engine.choice import choose
from support.cleanroom.proxy.running import FaultProxy
from support.cleanroom.waiting import ForPort

KEPT = []


@given("a server in a room on {engine:w}")
def step_impl(context, engine):
    context.room = context.session.rooms.builder(engine).build()
    context.add_cleanup(context.room.close)
    context.server = context.room.start_http({"hello.txt": b"hello"})


@given("something is asked of it through a proxy")
def step_impl(context):
    proxy = FaultProxy(context.world.root, "{}:{}".format(*context.server.endpoint(context.server.port)))
    context.add_cleanup(proxy.close)
    urllib.request.urlopen(f"{proxy.url}/hello.txt").close()  # noqa: S310 - the proxy is our own


@given('"{command}" is run in it')
def step_impl(context, command):
    context.server.run(*command.split())


@given("a harness that waits for what never comes")
def step_impl(context):
    context.server.wait(ForPort(9), seconds=0.2)


@then("the product is wrong")
def step_impl(context):
    assert context.server.get("/hello.txt") == (200, b"bye"), "hello is not bye"


@then("the product is right")
def step_impl(context):
    assert context.server.get("/hello.txt") == (200, b"hello")


@given("a room on {engine:w} in which a step itself finds the product wrong")
def step_impl(context, engine):
    with context.session.rooms.builder(engine).build() as room:
        room.start_http({"inner.txt": b"hello"})
        assert not room.containers, "there are containers"


@given("a room that cannot be cleaned")
def step_impl(context):
    context.room.on_close("a broom", lambda: 1 / 0)


@given("a room on {engine:w} that nobody closes")
def step_impl(context, engine):
    KEPT.append(context.session.rooms.builder(engine).build())
    KEPT[-1].start_generic()


@given("an image that nobody removes")
def step_impl(context):
    choose("docker").client.commit(context.server.engine_container.id)


@given("a connection that nobody closes")
def step_impl(context):
    KEPT.append(socket.create_connection(context.server.endpoint(context.server.port)))


@given("a datagram socket that nobody closes")
def step_impl(context):
    KEPT.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    KEPT[-1].bind(("127.0.0.1", 0))
