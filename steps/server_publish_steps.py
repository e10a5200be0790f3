"""Steps about what a registry's server takes from publishers."""

from behave import given, step, then, when

from support.centralized import operating, served
from support.centralized.overtaken import Overtaken
from support.centralized.registries import Offer, send_release


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
