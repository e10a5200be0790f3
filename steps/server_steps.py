"""Steps about the registry server: its files, its interface, its tokens."""

from behave import given, step, then, when

from marketplace.protocol import bundle
from support.centralized import batches, operating, served
from support.centralized.overtaken import Overtaken
from support.centralized.publishers import Publishers, publish_in_turn
from support.centralized.registries import Offer, publish_examples, send_release
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


# --- searching and batches ---------------------------------------------------------------------------------------


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


@when("a server that may keep {size:d} bytes of documents is asked {times:d} times for the catalog")
def step_catalog_asked(context, size, times):
    context.made = served.catalogs_made(context.world, size, times)


@then("it has made the catalog {times:d} times")
def step_catalog_made(context, times):
    assert context.made == times, context.made


@then('a batch request for {count:d} trees is answered with {status:d} "{code}"')
@then('one for {count:d} that are not there with {status:d} "{code}"')
def step_batch_trees(context, count, status, code):
    answer = batches.ask_batch(context.server, {"want": [f"sha256:{number:064x}" for number in range(count)]})
    assert (answer.status, answer.code) == (status, code), answer


# --- publishing --------------------------------------------------------------------------------------------------


@when('{person:w} sends the blobs and the release of "{spec}" with {token}')
def step_publish(context, person, spec, token):
    context.publishers.publish(person, spec, token)


@step('{person:w} has published "{spec}" over the wire')
def step_published(context, person, spec):
    context.publishers.publish(person, spec, 'a token for "io.acme"')
    assert context.publishers.last().status == 201, context.publishers.last()


@when("{person:w} sends the same release again")
def step_publish_again(context, person):
    context.first = context.publishers.last()
    context.publishers.publish(person, "io.acme.web@1.0.0", 'a token for "io.acme"')


@when('the release of "{spec}" is sent, and while it is published {which} one is published by another request')
def step_overtaken(context, spec, which):
    context.overtaken = Overtaken.by(context.world, spec, same=which == "the same")


@then("the receipt is that of the other, and nothing is new")
def step_overtaken_same(context):
    assert context.overtaken.answer == (False, context.overtaken.receipt), context.overtaken


@then('it is refused as "{code}"')
def step_overtaken_other(context, code):
    assert context.overtaken.code == code, context.overtaken


@when('{person:w} sends another package as "{spec}"')
def step_publish_other(context, person, spec):
    context.publishers.publish(person, spec, 'a token for "io.acme"', fresh=True)


@when('Alice sends the release of "{spec}" and not its blobs')
def step_release_alone(context, spec):
    context.publishers.send_release_alone(spec)


@when('Alice sends the tree and the release of "{spec}", and no file')
def step_tree_alone(context, spec):
    context.publishers.send_tree_alone(spec)


@when('Alice sends "{spec}" with {what}')
def step_spoilt(context, spec, what):
    context.publishers.send_spoilt(spec, what)


@then("it is answered with {status:d}")
def step_answered(context, status):
    assert context.publishers.last().status == status, context.publishers.last()


@then('it is answered with {status:d} "{code}"')
def step_answered_code(context, status, code):
    answer = context.publishers.last()
    assert (answer.status, answer.code) == (status, code), answer


@then("it is answered with {status:d}, and the receipt names the release and its place in the log")
def step_receipt(context, status):
    answer = context.publishers.last()
    offer = context.publishers.offers["Aliceio.acme.web@1.0.0"]
    assert answer.status == status, answer
    quality = context.server.document("/quality/io.acme.web/1.0.0.json")["quality"]
    del quality["dimensions"]
    assert answer.json() == {
        "id": "io.acme.web", "version": "1.0.0", "content_id": offer.release.content_id, "registry": "local",
        "key": offer.release.key, "position": 4, "quality": quality,
    }  # fmt: skip


@then("it is answered with {status:d} and the same receipt")
def step_same_receipt(context, status):
    answer = context.publishers.last()
    assert (answer.status, answer.json()) == (status, context.first.json()), answer


@then("of its blobs none is missing any more")
def step_none_missing(context):
    assert context.publishers.missing("io.acme.web@1.0.0") == []


@then("searching, the package document and a batch have it at once")
def step_visible(context):
    context.publishers.check_visible("Alice", "io.acme.web@1.0.0")


@then('it is answered with {status:d} "{code}", naming the tree')
def step_tree_missing(context, status, code):
    answer, offer = context.publishers.last(), context.publishers.offers["Aliceio.acme.web@1.0.0"]
    assert (answer.status, answer.code, answer.json()["missing"]) == (status, code, [offer.release.content_id]), answer


@then('it is answered with {status:d} "{code}", naming each file')
def step_files_missing(context, status, code):
    answer, offer = context.publishers.last(), context.publishers.offers["Aliceio.acme.web@1.0.0"]
    files = sorted({entry.digest for entry in offer.source.tree})
    assert (answer.status, answer.code, answer.json()["missing"]) == (status, code, files), answer


@then('nothing of "{id_}" is published')
def step_nothing_published(context, id_):
    assert context.server.ask(f"/packages/{id_}.json").code == "package-not-found"


@then('the server tells whose the token for "{namespace}" is')
def step_whoami(context, namespace):
    answer = context.server.ask("/api/v1/whoami", **context.publishers.token(f'a token for "{namespace}"'))
    assert answer.json() == {"name": f"for-{namespace}", "namespaces": [namespace]}, answer
    assert context.server.ask("/api/v1/whoami").code == "token-missing"


@given('a token of "{namespace}" for {size:d} MB')
def step_quota(context, namespace, size):
    made = context.world.run(f"ggen market token new --namespace {namespace} --quota-mb {size} --name small --json")
    context.server.tokens[namespace] = made.json()["token"]


@when('Alice publishes 600,000 bytes as "{one}" and 600,000 as "{two}" with it')
def step_quota_publish(context, one, two):
    context.answers = context.publishers.publish_sized([one, two], 600_000, "io.acme")


@then('the first is answered with {status:d}, and the second with {other:d} "{code}"')
def step_quota_answers(context, status, other, code):
    one, two = context.answers
    assert (one.status, two.status, two.code) == (status, other, code), context.answers


@given('a token "{name}" for "{one}" and "{two}"')
def step_token(context, name, one, two):
    made = context.world.run(f"ggen market token new --name {name} --namespace {two} --namespace {one} --json")
    context.token = made.json()["token"]


@then('the list of tokens names "{name}" with its namespaces, and neither it nor any file of the home holds the token')
def step_token_list(context, name):
    listed = context.world.run("ggen market token list --json")
    assert [(t["name"], t["namespaces"]) for t in listed.json()["tokens"]] == [(name, ["io.acme", "io.acme.web"])]
    assert context.token not in listed.stdout
    assert served.no_file_holds(context.world.home, context.token)
    assert (context.world.home / "registry" / "tokens.json").stat().st_mode & 0o777 == 0o600


@then('a second token "{name}" is refused as "{code}", and one for "{namespace}" as "{other}"')
def step_token_refused(context, name, code, namespace, other):
    tried = {f"--name {name} --namespace io.acme": code, f"--name new --namespace {namespace}": other}
    for options, expected in tried.items():
        outcome = context.world.attempt(f"ggen market token new {options} --json")
        assert context.world.exit_code() and outcome.error()["code"] == expected, outcome


@then('a token named "{name}" is refused as "{code}"')
def step_token_name(context, name, code):
    outcome = context.world.attempt(f"ggen market token new --name {name} --namespace io.acme --json")
    assert context.world.exit_code() == 2 and outcome.error()["code"] == code, outcome


@when("the file of the tokens is {trouble}")
def step_tokens_troubled(context, trouble):
    operating.spoil_tokens(context.world.home / "registry" / "tokens.json", trouble)


@then('a release that is sent with the token is answered with {status:d} "{code}"')
def step_token_troubled(context, status, code):
    offer = Offer.make(context.world, "io.acme.web@1.0.0")
    context.answer = send_release(context.server, offer, {"authorization": f"Bearer {context.token}"})
    assert (context.answer.status, context.answer.code) == (status, code), context.answer


@then("where the tokens lie is told in the server's log, and not in the answer")
def step_told_to_operator(context):
    operating.check_told_to_operator(context.server, str(context.world.home), context.answer)


@then('revoking "{name}" is refused as "{code}"')
def step_revoke_refused(context, name, code):
    outcome = context.world.attempt(f"ggen market token revoke {name} --json")
    assert context.world.exit_code() == 4 and outcome.error()["code"] == code, outcome


@when('{person:w} sends a yank of "{spec:S}"')
def step_yank(context, person, spec):
    context.publishers.yank(person, "yank", spec)


@when('{person:w} sends a yank of "{spec}" with {token}')
def step_yank_with(context, person, spec, token):
    context.publishers.yank(person, "yank", spec, token=token)


@then('its archive is answered with {status:d} "{code}"')
def step_archive(context, status, code):
    answer = context.server.ask(f"/archives/sha256/{context.publishers.content_id[7:]}.gpack")
    assert (answer.status, answer.code) == (status, code), answer


@when('{person:w} sends an unyank of "{spec}"')
def step_unyank(context, person, spec):
    context.publishers.yank(person, "unyank", spec)


@when('{person:w} sends another yank of "{spec}"')
def step_yank_other(context, person, spec):
    context.publishers.yank(person, "yank", spec, reason="for another reason")


@when("Alice sends the same yank again")
def step_yank_again(context):
    context.publishers.send_record()


@then("the list of yanks and the package document show the yank")
def step_yank_shown(context):
    context.publishers.check_yanked("io.acme.web@1.0.0", yanked=True)


@then("the list of yanks and the package document show no yank")
def step_no_yank_shown(context):
    context.publishers.check_yanked("io.acme.web@1.0.0", yanked=False)


@then("of a bundle that is cut in its last file all others are kept, and the next try sends only that")
def step_bundle_resumed(context):
    context.publishers.check_cut_and_resumed("io.acme.web@1.0.0")


@then('a bundle with a wrong blob is answered with {status:d} "{code}"')
def step_bundle_wrong(context, status, code):
    answer = context.publishers.send_wrong_blob("io.acme.web@2.0.0")
    assert (answer.status, answer.code) == (status, code), answer
