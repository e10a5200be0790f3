"""Steps about what a client sees through the fault proxy, and what the proxy recorded."""

from behave import given, then, when

from support.cleanroom.proxy.schedules import Rule, Schedule, ScheduleError
from support.trials import proxy_laws
from support.trials.proxy_laws import Wire
from support.trials.wire import look


@given("a fault proxy before a web server")
def step_proxy(context):
    context.wire = Wire(context.world.root)
    context.world.defer(context.wire.close)


@when('a request meets the fault "{fault}"')
def step_meets(context, fault):
    context.sight = context.wire.see(fault)


@when('a request with "{header}" meets the fault "{fault}"')
def step_meets_with(context, header, fault):
    context.sight = context.wire.see(fault, header)


@then("a request that meets the fault gives")
def step_each(context):
    found = [(fault, proxy_laws.brief(context.wire.see(fault)), context.wire.status()) for fault, *_ in context.table]
    assert found == [tuple(row.cells) for row in context.table], found


@then("a request for the first 100 bytes that meets the fault gives")
def step_each_range(context):
    for fault, status, header, value in context.table:
        sight = context.wire.see(fault, "Range: bytes=0-99")
        assert (str(sight.status), sight.header(header)) == (status, value), (fault, sight.head)


@when('an upload of {size:d} bytes meets the fault "{fault}"')
def step_upload(context, size, fault):
    context.sight = context.wire.see(fault, method="PUT", body=b"u" * size)


@when('a client that takes {piece:d} bytes at a time asks for {size:d} bytes and meets the fault "{fault}"')
def step_slow(context, piece, size, fault):
    context.sight = context.wire.see_slowly(fault, size, piece)


@when("a request is sent")
def step_sent(context):
    context.sight = look(context.wire.proxy.netloc, proxy_laws.TARGET)


@then('the client sees "{seen}"')
def step_sees(context, seen):
    assert str(context.sight) == seen, context.sight


@then('a request sees "{seen}"')
def step_request_sees(context, seen):
    sight = look(context.wire.proxy.netloc, proxy_laws.TARGET)
    assert str(sight) == seen, sight


@then('the record says "{text}" for its end')
def step_recorded_end(context, text):
    ((ended,),) = context.wire.proxy.received(["ended"])
    assert text in ended, ended


@then("1 bit of the body is wrong, in the byte {place:d}")
def step_bit(context, place):
    expected = proxy_laws.content(len(context.sight.body))
    wrong = [(at, a ^ b) for at, (a, b) in enumerate(zip(context.sight.body, expected, strict=True)) if a != b]
    assert [(at, bits.bit_count()) for at, bits in wrong] == [(place, 1)], wrong


@when("connections are refused")
def step_refuse(context):
    context.wire.proxy.follow(Schedule().refusing())


@when("connections are accepted again")
def step_accept(context):
    context.wire.proxy.follow(Schedule())


@then("the server has received {size:d} bytes of the upload")
def step_uploaded(context, size):
    assert context.wire.uploaded() == size, context.wire.origin.received


@given("the requests meet")
def step_schedule(context):
    schedule = Schedule()
    for row in context.table:
        schedule = schedule.on(row["request"], *row["faults"].split(", "))
    context.wire.proxy.follow(schedule)


@when("a client asks for")
def step_asks(context):
    for row in context.table:
        for _ in range(int(row["times"])):
            look(context.wire.proxy.netloc, row["path"])


@then("the registry received exactly")
def step_received(context):
    found = context.wire.proxy.received(context.table.headings)
    assert found == [tuple(row.cells) for row in context.table], found


@then('the record has no "{secret}" but "{shown}"')
def step_secret(context, secret, shown):
    text = context.wire.proxy.record.read_text()
    assert secret not in text and shown in text, text


@given('the seed {seed:d} and half of the requests failing by "{faults}"')
def step_rate(context, seed, faults):
    context.schedule = Schedule(seed).with_failure_rate(0.5, *faults.split(", "))


@given('the seed {seed:d} and documents that fail 0, 1, 2 or 3 times with "{fault}"')
def step_fails(context, seed, fault):
    context.schedule = Schedule(seed).with_failures(0, 1, 2, 3, faults=[fault])


@when("{targets:d} documents are asked for 4 times each over 1 and over {connections:d} connections")
def step_asked(context, targets, connections):
    context.targets = targets
    context.one, context.many = (context.wire.outcomes(context.schedule, n, targets) for n in (1, connections))


@then("each attempt had the same outcome both times")
def step_same(context):
    assert context.one == context.many, set(context.one.items()) ^ set(context.many.items())
    assert len(context.one) == 4 * context.targets, len(context.one)


@then("another seed gives other outcomes")
def step_other_seed(context):
    other = context.wire.outcomes(context.schedule.with_seed(context.schedule.seed + 1), 1, context.targets)
    assert other != context.one


@then("between {least:d} and {most:d} of the {total:d} attempts failed")
def step_rate_kept(context, least, most, total):
    failed = sum(not text.startswith("200") for text in context.one.values())
    assert len(context.one) == total and least <= failed <= most, failed


@then("at least {least:d} documents each failed 0, 1, 2 and 3 times before they answered")
def step_counts(context, least):
    counts = proxy_laws.failures_before_success(context.one)
    assert set(counts) == {0, 1, 2, 3} and min(counts.values()) >= least, counts


@when("{count:d} clients ask at the same moment")
def step_together(context, count):
    seen = proxy_laws.together(count, lambda: look(context.wire.proxy.netloc, proxy_laws.TARGET))
    assert {str(sight) for sight in seen} == {"200, 1000 of 1000 bytes, closed"}, seen


@then("the record has {count:d} requests over {same:d} connections, numbered 1 to {last:d}")
def step_numbered(context, count, same, last):
    found = context.wire.proxy.exchanges()
    assert [exchange["number"] for exchange in found] == list(range(1, last + 1)), found
    assert len(found) == count and len({exchange["connection"] for exchange in found}) == same, found


@given("a latency of {ms:d} ms with a jitter of {jitter:d} ms")
def step_latency(context, ms, jitter):
    context.wire.proxy.follow(Schedule(1).with_latency(ms, jitter))


@when("{count:d} documents are asked for one after another")
def step_one_after_another(context, count):
    context.sights = [look(context.wire.proxy.netloc, f"/packages/p{number}?size=10") for number in range(count)]


@then("each head took at least {ms:d} ms, and the longest {spread:d} ms more than the shortest")
def step_took(context, ms, spread):
    took = [sight.first for sight in context.sights]
    assert min(took) >= ms / 1000 and max(took) - min(took) >= spread / 1000, took
    assert all(sight.status == 200 for sight in context.sights), context.sights


@given("a bandwidth of {rate:d} bytes a second")
def step_bandwidth(context, rate):
    context.wire.proxy.follow(Schedule().with_bandwidth(rate))


@given("a bandwidth of {rate:d} bytes a second that starts at {start:d}")
def step_slow_start(context, rate, start):
    context.wire.proxy.follow(Schedule().with_bandwidth(rate, start))


@when("a body of {size:d} bytes is asked for")
def step_body(context, size):
    context.sight = look(context.wire.proxy.netloc, f"/blob?size={size}")
    context.size = size


@then("it took at least {seconds:f} seconds and arrived whole")
def step_took_whole(context, seconds):
    assert context.sight.seconds >= seconds, context.sight.seconds
    assert len(context.sight.body) == context.size and proxy_laws.is_whole(context.sight), context.sight


@when('a schedule with the fault "{fault}" is tried')
def step_bad_schedule(context, fault):
    try:
        context.wire.proxy.follow(Schedule(rules=(Rule("*", (fault,)),)))
    except ScheduleError as error:
        context.refusal = str(error)


@then('it is not taken: "{text}"')
def step_not_taken(context, text):
    assert text in context.refusal, context.refusal


@when("a body of {size:d} MB is asked for")
def step_large(context, size):
    context.received = proxy_laws.stream(context.wire.proxy.netloc, size * 1024 * 1024)
    context.size = size * 1024 * 1024


@then("it arrived whole and the proxy never held more than {most:d} MB")
def step_constant(context, most):
    assert context.received == (context.size, proxy_laws.digest(context.size)), context.received
    assert proxy_laws.peak_memory(context.wire.proxy.pid) < most * 1024 * 1024


@given("the web server has ended")
def step_origin_ended(context):
    context.wire.origin.close()


@when("the process that started a proxy is killed")
def step_kill_parent(context):
    context.orphan = proxy_laws.proxy_of_a_killed_parent(context.world.root, context.wire.origin.netloc)


@then("that proxy ends")
def step_proxy_ends(context):
    assert proxy_laws.ends(context.orphan), context.orphan
