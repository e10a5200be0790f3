"""Steps about what a registry's server searches, recommends and sends in batches."""

from behave import then, when

from marketplace.protocol import bundle
from support.centralized import batches, catalog_inside, served


@then("these searches answer as the command line does")
def step_searches(context):
    for row in context.table:
        here = context.world.run(f"ggen market {row['command']} --json").stdout
        there = context.server.ask(f"/api/v1/search?{row['parameters']}&highlight=1")
        assert served.search_page(there.body.decode()) == served.search_page(here), (dict(row), there)


@when('the search "{parameters}" is asked for in each coding, and again with the tags of the answers')
def step_search_again(context, parameters):
    context.repeated = served.RepeatedSearch(context.server, f"/api/v1/search?{parameters}")
    context.repeated.first()
    context.answers = context.repeated.again()


@when("the search is asked for with these tags again")
def step_search_tags(context):
    context.answers = context.repeated.again()


@then("it is answered with 304 and without a body")
def step_search_unchanged(context):
    assert {(answer.status, answer.body) for answer in context.answers} == {(304, b"")}, context.answers


@then('it is answered with 200, and has "{id_}"')
def step_search_changed(context, id_):
    assert {answer.status for answer in context.answers} == {200}, context.answers
    assert all(id_ in context.repeated.found(answer) for answer in context.answers), context.answers


@then('after a download of "{spec}" the same search shows it')
def step_search_downloaded(context, spec):
    batches.download(context.server, spec, 1, 0)
    batches.until_downloaded(context.server, spec.partition("@")[0], 1)
    assert context.repeated.found(context.repeated.first()[0])[spec.partition("@")[0]] == 1


@then("these searches are refused with {status:d}")
def step_search_refused(context, status):
    for row in context.table:
        answer = context.server.ask(f"/api/v1/search?{row['parameters']}")
        assert (answer.status, answer.code) == (status, row["code"]), (dict(row), answer)


@then("these questions for recommendations are refused")
def step_recommendations_refused(context):
    many = "&".join(f"based_on=io.ggen.p{number}" for number in range(51))
    for row in context.table:
        parameters = row["parameters"].replace("{51 packages}", many)
        answer = context.server.ask(f"/api/v1/recommendations?{parameters}")
        assert (answer.status, answer.code) == (int(row["status"]), row["code"]), (dict(row), answer)


@then("searches for syntax, wildcards, a megabyte of words and control characters answer within the page's limits")
def step_search_hostile(context):
    for text in ("title:*", "a~2", "%22", "(a%20OR%20b", "*" * 100, "%00%1b%5B31m", "a%20" * 2000, "%E2%80%AE"):
        answer = context.server.ask(f"/api/v1/search?q={text}")
        assert answer.status == 200 and len(answer.json()["results"]) <= 20, (text, answer)
    answer = context.server.ask("/api/v1/search?q=" + "a" * 1_000_000)
    assert 400 <= answer.status < 500, answer


@then('a batch for the tree of "{spec}" installs it')
def step_batch(context, spec):
    batches.check_whole(context.server, spec)


@then('a batch for "{new}" of somebody who has 1.0.0 holds the tree and only the files that changed')
def step_batch_upgrade(context, new):
    batches.check_upgrade(context.server, new, new.replace("1.1.0", "1.0.0"))


@then("a batch for both versions holds the files that they share once")
def step_batch_shared(context):
    batches.check_shared(context.server, ["io.ggen.rust.core@1.0.0", "io.ggen.rust.core@1.1.0"])


@then("a batch for single blobs holds just these")
def step_batch_single(context):
    batches.check_single(context.server, "io.ggen.rust.core@1.0.0")


@then("a batch for nothing is an empty bundle")
def step_batch_empty(context):
    assert batches.ask_batch(context.server, {}).body == bundle.END


@when('the tree of "{spec}" is asked for in {count:d} batches and {other:d} archives, and its archive in other ways')
def step_downloads(context, spec, count, other):
    batches.download(context.server, spec, count, other)


@then('"{id_}" has {count:d} downloads, and "{other}" none')
def step_downloaded(context, id_, count, other):
    batches.until_downloaded(context.server, id_, count)
    assert batches.downloads(context.server, other) == 0


@then("searching shows it, and so does the registry's home after the server was stopped")
def step_downloads_found(context):
    results = context.server.ask("/api/v1/search?q=rust&sort=downloads").json()["results"]
    assert (results[0]["id"], results[0]["downloads"]) == ("io.ggen.rust.core", 5), results
    batches.download(context.server, "io.ggen.rust.core@1.0.0", 1, 0)
    assert context.server.stop() == 0
    assert context.world.run("ggen market info io.ggen.rust.core --json").json()["stats"]["downloads"] == 6


@then("these batch requests are refused")
def step_batch_refused(context):
    names = served.facts(context.server)
    for row in context.table:
        answer = batches.ask_batch(context.server, served.filled(row["request"], names))
        assert (answer.status, answer.code) == (int(row["status"]), row["code"]), (dict(row), answer)


@then("a server that keeps documents beyond {size:d} bytes compressed answers for the catalog as it is")
def step_packed_catalog(context, size):
    catalog_inside.check_packed_catalog(context.world, size, context.table)


@when("a server that may keep {size:d} bytes of documents is asked {times:d} times for the catalog")
def step_catalog_asked(context, size, times):
    context.made = catalog_inside.catalogs_made(context.world, size, times)


@then("it has made the catalog {times:d} times")
def step_catalog_made(context, times):
    assert context.made == times, context.made


@then('a batch request for {count:d} trees is answered with {status:d} "{code}"')
@then('one for {count:d} that are not there with {status:d} "{code}"')
def step_batch_trees(context, count, status, code):
    answer = batches.ask_batch(context.server, {"want": [f"sha256:{number:064x}" for number in range(count)]})
    assert (answer.status, answer.code) == (status, code), answer
