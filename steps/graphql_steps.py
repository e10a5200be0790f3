"""Steps about the graph of a served registry."""

import json

from behave import given, then, when

from support.centralized import graph, graph_changes, graph_inside, graph_limits, graph_whole
from support.centralized.registries import bearer, publish_here
from support.market.packages import publish_many


@when("this is asked")
def step_ask(context):
    context.answer = graph.ask(context.server, context.text)


@then("the answer is")
def step_answer(context):
    assert context.answer == {"data": json.loads(context.text)}, json.dumps(context.answer)


@then('searching for "{arguments}" in GraphQL finds what "{parameters}" finds by REST')
def step_search(context, arguments, parameters):
    graph.check_search(context.server, arguments, parameters)


# --- limits ----------------------------------------------------------------------------------------------------------


@when("the server is asked in GraphQL for {what}")
def step_send(context, what):
    context.refusal = graph_limits.send(context.server, what)


@then('it is refused in GraphQL as "{code}"')
def step_refused(context, code):
    graph_limits.check_refused(context.refusal, code)


@then("the server answers the next question")
def step_alive(context):
    graph_limits.check_alive(context.server)


@then("these bodies are refused")
def step_bodies(context):
    graph_limits.check_bodies(context.server, list(context.table))


@then('a good request has the status {good:d} and a bad one {bad:d} for those who accept "{kind}"')
def step_statuses(context, good, bad, kind):
    graph_limits.check_statuses(context.server, kind, good, bad)


@then('for those who accept "{kind}" both have {status:d}')
def step_same_status(context, kind, status):
    graph_limits.check_statuses(context.server, kind, status, status)


@then("ten requests, of which two are wrong, are answered in their order")
def step_batch(context):
    graph_limits.check_batch(context.server)


@then("the introspection query of the reference implementation is answered")
def step_introspection(context):
    graph_limits.check_introspection(context.server)


@when('a resolver fails with the words "{words}"')
def step_fails(context, words):
    context.answer = graph_inside.failing(context.world, words)


@then('the answer says "{code}", and nothing of "{words}"')
def step_says(context, code, words):
    assert graph.codes(context.answer) == [code] and words not in json.dumps(context.answer), context.answer


# --- reads -----------------------------------------------------------------------------------------------------------


@given("{count:d} packages, each requiring the one before")
def step_chain(context, count):
    publish_many(context.world, count)


@when("for 1, 10 and 30 packages all that the graph has of them is asked for")
def step_reads(context):
    context.reads = {count: graph_inside.reads_of(context.world, count) for count in (1, 10, 30)}


@then("the index was read no more often for 30 packages than for 1")
def step_same_reads(context):
    assert 4 < context.reads[30] <= context.reads[10] <= context.reads[1] <= 40, context.reads


@when("1, 10 and 30 hits of a search are asked for with all that the search knows of them")
def step_tasks(context):
    context.tasks = {count: graph_inside.tasks_of(context.world, count) for count in (1, 10, 30)}


@then("as many tasks were made for 30 hits as for 1")
def step_same_tasks(context):
    assert context.tasks[1] == context.tasks[10] == context.tasks[30] > 0, context.tasks


@when("one document is sent {good:d} times with other variables, and one that is not valid {bad:d} times")
def step_documents(context, good, bad):
    context.prepared = graph_inside.prepared(context.world, good, bad)


@then("documents were prepared {count:d} times")
def step_prepared(context, count):
    assert context.prepared == count, context.prepared


# --- the whole -------------------------------------------------------------------------------------------------------


@then("each of at least {least:d} queries of docs/graphql.md gives the answer that stands there")
def step_page(context, least):
    graph_whole.check_page(context.server, least)


@then("the schema that introspection tells is that of the file, and the file is in the form that the library prints")
def step_schema(context):
    graph_whole.check_schema(context.server)


@then("the limits in docs/graphql.md are those of the product")
def step_limits(context):
    graph_whole.check_limits()


@given('Alice has a token for "{namespace}", and a signed release and a yank')
def step_prepared_change(context, namespace):
    context.header = bearer(context.server, namespace)
    context.offer = graph_changes.offered(context.server, f"{namespace}.web@1.0.0", context.header)


@when("the queries of the scenario are asked, a release is published and yanked, and one is waited for")
def step_everything(context):
    context.usage = graph_whole.Usage()
    graph_whole.ask_everything(context.server, context.usage)
    graph_whole.change_everything(context.server, context.usage, context.offer, context.header)


@then("every field, argument and value of the schema was used, and none more than is there")
def step_used(context):
    everything = context.usage.everything()
    assert context.usage.used == everything, everything ^ context.usage.used
    assert len(everything) > 120, len(everything)


@then('what was told of "io.ggen.rust.core" is what REST tells')
def step_told(context):
    graph_whole.check_told(context.server)


@then("a search, the releases and the dependents of a package are the same in pages of 1 and as a whole")
def step_pages(context):
    graph_whole.check_pages(context.server)


@then("cursors that are none, pages of 0 and of 101 and 101 ids are refused")
def step_pages_refused(context):
    graph_whole.check_refusals(context.server, list(context.table))


@then('"{id_}" is required by "{others}"')
def step_required(context, id_, others):
    found = graph.data(context.server, f'{{ package(id: "{id_}") {{ dependents {{ edges {{ node {{ id }} }} }} }} }}')
    told = [edge["node"]["id"] for edge in found["package"]["dependents"]["edges"]]
    assert (", ".join(told) or "nobody") == others, told


@when('"{spec}" is published here, requiring "{other}"')
def step_requiring(context, spec, other):
    publish_here(context.world, spec, f'[dependencies]\n"{other}" = "^1.0"\n')


@then('"{id_}" is not there')
def step_not_there(context, id_):
    assert graph.data(context.server, f'{{ package(id: "{id_}") {{ id }} }}') == {"package": None}


@given('every release of "{id_}" is yanked because of "{reason}"')
@when('every release of "{id_}" is yanked because of "{reason}"')
def step_yanked(context, id_, reason):
    for item in context.world.run(f"ggen market versions {id_} --json").json()["versions"]:
        context.world.run(f"ggen market yank {id_}@{item['version']} --reason '{reason}'")


@when('the searches "{one}" and "{other}", and the second page of "{one_again}" are asked for in GraphQL')
def step_searches(context, one, other, one_again):
    assert one == one_again
    for words, after in ((one, "null"), (other, "null"), (one, '"YXQ6MA=="')):
        graph.data(context.server, f'{{ search(query: "{words}", first: 1, after: {after}) {{ totalCount }} }}')


# --- changes ---------------------------------------------------------------------------------------------------------


@when('Alice publishes "{spec}" in GraphQL with a token for "{namespace}"')
def step_publish(context, spec, namespace):
    context.header = bearer(context.server, namespace)
    context.offer = graph_changes.offered(context.server, spec, context.header)
    step_publish_again(context)


@when("Alice publishes the same in GraphQL again")
def step_publish_again(context):
    record = context.offer.release.encode().decode()
    context.published = graph_changes.publish(context.server, record, context.header)


@then("it is new, and stands in the log behind what was there")
def step_new(context):
    release = {"version": "1.0.0", "position": 2, "package": {"id": "io.acme.web"}}
    assert context.published == {"data": {"publish": {"new": True, "release": release}}}, context.published


@then("it is not new, and has the same place")
def step_not_new(context):
    found = context.published["data"]["publish"]
    assert (found["new"], found["release"]["position"]) == (False, 2), found


@then('searching by REST finds "{id_}", and its document has the record as it was signed')
def step_found(context, id_):
    assert str(context.offer.release.id) == id_
    record = graph_changes.found_by_rest(context.server, context.offer)
    assert record.body == context.offer.release.encode(), record


@when('Alice yanks "{spec}" in GraphQL because of "{reason}"')
def step_yank(context, spec, reason):
    context.record = graph_changes.yank_record(spec, reason)
    step_yank_again(context)


@when("Alice yanks the same in GraphQL again")
def step_yank_again(context):
    told = graph.data(context.server, graph_changes.YANK, {"record": context.record}, **context.header)
    context.yanked = told["yank"]


@then('the yank is new, and the release is told as yanked because of "{reason}"')
def step_yank_new(context, reason):
    release = {"version": "1.0.0", "yanked": reason}
    assert context.yanked == {"new": True, "action": "yank", "release": release}, context.yanked


@then("the yank is not new")
def step_yank_not_new(context):
    assert context.yanked["new"] is False, context.yanked


@then('publishing in GraphQL with {what} is refused as "{code}", and so it is by REST')
def step_both_ways(context, what, code):
    assert graph_changes.codes_both_ways(context.server, what) == (code, code)


@given('somebody listens to all releases, and somebody to those of "{namespace}"')
def step_listen(context, namespace):
    context.listeners = [graph_changes.Listener(context.server, which) for which in (None, namespace)]


@when('"{one}" and "{other}" are published in the registry\'s own home')
def step_publish_here(context, one, other):
    for spec in (one, other):
        publish_here(context.world, spec)


@then('the first hears "{specs}"')
def step_first_hears(context, specs):
    wanted = specs.split(", ")
    assert context.listeners[0].hears(len(wanted)) == wanted


@then('the second hears "{specs}"')
def step_second_hears(context, specs):
    wanted = specs.split(", ")
    assert context.listeners[1].hears(len(wanted)) == wanted


@when("the server is stopped with somebody listening")
def step_stop(context):
    context.exit_code = context.server.stop()


@then("both hear that it is complete, and the exit code is 0")
def step_complete(context):
    assert [listener.event() for listener in context.listeners] == [("complete", None)] * 2
    assert context.exit_code == 0


@then("a query as a stream is one event and the end")
def step_streamed(context):
    told = {"data": {"registry": {"packages": 1}, "search": {"totalCount": 1}}}
    assert graph_changes.streamed_query(context.server) == [("next", told), ("complete", None)]


@then("a wrong subscription, and one to what is no namespace, are answered with 400 and no stream")
def step_refused_streams(context):
    found = graph_changes.refused_streams(context.server)
    assert found == [
        (400, "application/json", ["graphql-invalid"]),
        (400, "application/json", ["invalid-namespace"]),
    ], found


@when("{count:d} listen to all releases")
def step_many(context, count):
    context.listeners = [graph_changes.Listener(context.server, None) for _ in range(count)]


@then('one more is told {status:d} "{code}"')
def step_no_room(context, status, code):
    assert graph_changes.code_of_one_more(context.server) == (status, code)


@when("one of them goes away")
def step_gone(context):
    context.listeners.pop().close()


@then("soon one more may listen")
def step_room(context):
    assert graph_changes.until_room(context.server)
