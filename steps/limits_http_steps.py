"""Steps about a registry server under pressure: limits, many at once, stopping, what operators see."""

from behave import then, when

from support.centralized import guards, operating, pressure
from support.centralized.exchange import connect, read_answer
from support.centralized.registries import bearer
from support.centralized.servers import Server


@then("a blob of 3 MB that is sent in parts and breaks in the middle goes on where it stopped")
def step_upload(context):
    pressure.check_upload(context.server)


@then("parts behind the end, twice, too large, of another token or of another blob are refused, and the upload goes on")
def step_upload_refusals(context):
    pressure.check_upload_refusals(context.server)


@then('a release of 100,000 bytes is refused as "{code}", with its length and without')
def step_body_too_large(context, code):
    token = bearer(context.server, "io.acme")
    said = context.server.ask("/api/v1/releases", "POST", b"x" * 100_000, **token)
    unsaid = pressure.chunked(context.server, "/api/v1/releases", 100_000, token)
    assert [(a.status, a.code) for a in (said, unsaid)] == [(413, code)] * 2, (said, unsaid)


@then("a batch request that says to have 100 MB is refused before it is sent")
def step_body_said(context):
    with connect(context.server.url) as connection:
        connection.sendall(b"POST /api/v1/batch HTTP/1.1\r\nhost: x\r\ncontent-length: 100000000\r\n\r\n")
        assert read_answer(connection).status == 413


@when("{count:d} clients send half a head and {other:d} half a body, and then nothing")
def step_slow(context, count, other):
    context.bodies = [pressure.half_batch(context.server) for _ in range(other)]
    context.heads = [pressure.HalfHead(context.server) for _ in range(count)]


@then("others are answered meanwhile")
def step_others(context):
    assert context.server.ask("/registry.json").status == 200


@then('those with half a body are answered with {status:d} "{code}", and those with half a head are disconnected')
def step_let_go(context, status, code):
    answers = [half.answer() for half in context.bodies]
    assert {(answer.status, answer.code) for answer in answers} == {(status, code)}, answers
    assert all(head.is_closed() for head in context.heads)


@then("no request is in flight any more")
def step_none_in_flight(context):
    pressure.until_counted(context.server, "ggen_requests_in_flight", 1)  # the one that asks


@then('a part of a blob that is longer than the rest of it is refused as "{code}", with its length and without')
def step_part_too_large(context, code):
    upload = pressure.Upload(context.server, 3000)
    said = upload.send(0, 4000, b"x" * 4000)
    headers = {"upload-offset": "0", "upload-length": "3000", **upload.headers}
    unsaid = pressure.chunked(context.server, upload.path, 4000, headers, method="PATCH")
    assert [(a.status, a.code) for a in (said, unsaid)] == [(413, code)] * 2, (said, unsaid)
    assert upload.offset() <= 3000, upload.offset()


@then('a body of {rate:d} bytes a second is refused as "{code}" after {seconds:d} seconds')
def step_trickle(_context, rate, code, seconds):
    assert guards.trickled(rate, 60) == (code, seconds)


@then("a body of {rate:d} bytes a second is taken to its end")
def step_trickle_taken(_context, rate):
    assert guards.trickled(rate, 60) == ("", 60)


@then("of 10,001 clients that have used up their requests all are refused but the one that was not seen for longest")
def step_rates_forgotten(_context):
    assert guards.limited_again(10_001) == list(range(10_000, 0, -1))


@then('of 30 searches at once the first 10 are answered, and some with 429 "{code}" and when to come again')
def step_rate(context, code):
    answers = pressure.burst(context.server, "/api/v1/search?q=rust", 30)
    assert {answer.status for answer in answers[:10]} == {200}, answers[:10]
    refused = [answer for answer in answers[10:] if answer.status == 429]
    assert refused and {(a.code, a.headers["retry-after"]) for a in refused} == {(code, "1")}, answers


@then("30 files at once are all answered")
def step_files_not_counted(context):
    assert {answer.status for answer in pressure.burst(context.server, "/registry.json", 30)} == {200}


@when("{count:d} requests are held open")
def step_held(context, count):
    context.held = [pressure.half_batch(context.server) for _ in range(count)]
    pressure.until_counted(context.server, "ggen_requests_in_flight", count + 1)


@then('the next is answered with {status:d} "{code}" and when to come again')
def step_overloaded(context, status, code):
    answer = context.server.ask("/registry.json")
    assert (answer.status, answer.code, answer.headers["retry-after"]) == (status, code, "1"), answer


@then("healthz, readyz and metrics are answered")
def step_operating(context):
    assert [context.server.ask(path).status for path in ("/healthz", "/readyz", "/metrics")] == [200] * 3


@when("the requests that were held open are finished")
@when("the request that was held open is finished")
def step_finish(context):
    context.finished = [half.finish() for half in context.held]


@then("they were answered, and so is the next")
def step_finished(context):
    assert {answer.status for answer in context.finished} == {200}, context.finished
    pressure.until_counted(context.server, "ggen_requests_in_flight", 1)
    assert context.server.ask("/registry.json").status == 200


@then("it was answered")
def step_was_answered(context):
    assert [answer.status for answer in context.finished] == [200], context.finished


@when("a request is held open, a large file is being read slowly, and the server is told to stop")
def step_stop(context):
    context.held = [pressure.half_batch(context.server)]
    pressure.until_counted(context.server, "ggen_requests_in_flight", 2)
    context.slow = operating.SlowDownload(context.server, 30_000_000)
    context.ready = operating.KeptConnection(context.server)
    context.server.process.terminate()


@then('readyz answers {status:d} "{code}" and the next request {other:d} "{draining}"')
def step_draining(context, status, code, other, draining):
    context.ready.until("/readyz", status, code)
    context.ready.until("/registry.json", other, draining)


@then("the file arrives whole")
def step_arrives(context):
    context.slow.check()


@then("the server ends with exit code {code:d}")
def step_ends(context, code):
    assert context.server.process.wait(60) == code, context.server.logged()


@when('a request with the id "{request_id}" is sent for a package that is not there')
def step_request_id(context, request_id):
    context.answer = context.server.ask("/packages/io.acme.nothing.json", x_request_id=request_id)


@then("the log has a line for each of these requests")
def step_log_lines(context):
    operating.check_log(context.server, list(context.table))


@then('the last has the id "{request_id}", as its answer had')
def step_log_id(context, request_id):
    assert pressure.log_lines(context.server)[-1]["id"] == request_id == context.answer.headers["x-request-id"]


@then("the token is nowhere in the log")
def step_log_secret(context):
    (token,) = context.server.tokens.values()
    assert token[:12] not in context.server.logged()


@when("{count:d} package documents and {searches:d} searches are asked for, and {absent:d} that are not there")
def step_ask_many(context, count, searches, absent):
    paths = ["/packages/io.ggen.rust.core.json"] * count + ["/api/v1/search?q=rust"] * searches
    for path in [*paths, *["/packages/io.acme.nothing.json"] * absent]:
        context.server.ask(path)


@then('the numbers tell {good:d} answers of the route "package" with 2xx and {bad:d} with 4xx, and {n:d} of "search"')
def step_numbers(context, good, bad, n):
    wanted = {("package", "2xx"): good, ("package", "4xx"): bad, ("search", "2xx"): n}
    pressure.check_counted(context.server, wanted)


@then("they tell {count:d} package, and the time of each answer")
def step_gauges(context, count):
    assert pressure.number(context.server, "ggen_packages") == count
    operating.check_histogram(context.server, "package")


@then("{count:d} processes that count 20,000 requests each at once have counted 60,000, and a fourth gets no place")
def step_board(context, count):
    assert operating.counted_together(count, 20_000) == (60_000, 0, True)


@then("openapi.json has every route and every kind of file, and nothing else")
def step_openapi(context):
    operating.check_description(context.server)


@then("what can be asked without a body is answered with a status and a type that it names")
def step_openapi_answers(context):
    operating.check_described_answers(context.server)


@when("{publishers:d} publishers publish {versions:d} versions each while {readers:d} readers read")
def step_many(context, publishers, versions, readers):
    context.many = pressure.publishers_and_readers(context.server, publishers, versions, readers)


@then("every publication was answered with {status:d}, and no reader saw a version go or an error")
def step_many_answers(context, status):
    assert set(context.many["answers"]) == {status}, context.many["answers"]
    assert context.many["read"] > 100, context.many["read"]
    assert not context.many["wrong"], context.many["wrong"][:5]


@when("the server is killed {count:d} times at other moments of a publication, and started again")
def step_killed(context, count):
    def restart():
        tokens = context.server.tokens
        context.server = Server.start(context.world)
        context.server.tokens.update(tokens)
        return context.server

    context.outcomes = pressure.kill_while_publishing(context.server, restart, count)


@then("what was answered is there, and what was not can be sent again")
def step_killed_outcomes(context):
    assert len(context.outcomes) == 6


@when("Alice sends a bundle of {size:d} MB and a part of a blob of {other:d} MB")
def step_large(context, size, other):
    context.large = operating.send_too_much(context.server, size * 10**6)


@then('both are answered with {status:d} "{code}"')
def step_both(context, status, code):
    assert [(answer.status, answer.code) for answer in context.large] == [(status, code)] * 2, context.large
