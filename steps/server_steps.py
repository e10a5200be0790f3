"""Steps about the files that a registry's server serves."""

from behave import given, step, then, when

from support.centralized import served
from support.centralized.publishers import Publishers, publish_in_turn
from support.centralized.registries import publish_examples
from support.centralized.servers import CERTIFICATE, Server


@given("these packages of the sample catalog are published")
def step_examples(context):
    publish_examples(context.world, [row["package"] for row in context.table])


@step('I run the server "{kind:w}"')
def step_run(context, kind):
    context.server = Server.start(context.world, kind)
    context.publishers = Publishers(context.server)


@step('I run the server "{kind:w}" with "{options}"')
def step_run_with(context, kind, options):
    context.server = Server.start(context.world, kind, options.replace("{certificate}", str(CERTIFICATE)))
    context.publishers = Publishers(context.server)


@then("it has told its address as JSON and answers there")
def step_told(context):
    assert context.server.document("/registry.json")["protocol"] == 1


@then('its address begins with "{start}"')
def step_address(context, start):
    assert context.server.url.startswith(start), context.server.url


@then('the document of "{id_}" lists {versions}, as signed here')
def step_listed(context, id_, versions):
    served.check_document(context.server, id_, versions.split(", "))


@then("it answers")
def step_answers(context):
    context.answers = served.check_table(context.server, context.table)


@then("every answer had a request id, and no body where none may be")
def step_request_ids(context):
    served.check_ids(context.answers)


@then('for the blob and for the document of "io.ggen.rust.core" it answers')
def step_parts(context):
    served.check_parts(context.server, list(context.table))


@then('the document of "io.ggen.rust.core" is sent in the codings')
def step_codings(context):
    served.check_codings(context.server, context.table)


@then("the blob is never compressed, and a part of a document neither")
def step_never_coded(context):
    served.check_never_coded(context.server)


@then("a document of more than 64 KiB is compressed to the same bytes too")
def step_large_coded(context):
    served.check_large_coded(context.server)


@when('{count:d} releases of "{id_}" are published here one after the other, and the document is asked for after each')
def step_in_turn(context, count, id_):
    context.listed = publish_in_turn(context.server, id_, count)


@then("each answer listed all that was published before, and an unchanged document kept its tag")
def step_listed_in_turn(context):
    listed, differing = context.listed
    assert listed == list(range(1, len(listed) + 1)), listed
    assert not differing, differing


@then("each worker of the server still holds SQLite's lock on the memory that all share")
def step_locks_held(context):
    served.check_locks_held(context.server)


@then("these paths are answered with 404, and with nothing of this machine")
def step_nothing_there(context):
    for row in context.table:
        served.check_nothing_there(context.server, row["path"])


@then("these servers do not start")
def step_refused_starts(context):
    for row in context.table:
        served.check_refused_start(context.world, row["options"], row["code"])


@then('a server on a port that another has taken does not start, "{code}"')
def step_port_taken(context, code):
    port = Server.start(context.world).url.rstrip("/").rpartition(":")[2]
    served.check_refused_start(context.world, f"--host localhost --port {port}", code)
