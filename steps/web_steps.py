"""Steps about the pages of a registry."""

from behave import given, then, when

from support.centralized import batches, browsed, operating, pinned
from support.centralized.browsed import Browser
from support.centralized.pages_inside import Eye, Keeper
from support.centralized.servers import Server


@given("somebody looks at the registry in a browser")
def step_browser(context):
    context.browser = Browser(Server.start(context.world))


@given("somebody looks at an empty registry in a browser")
def step_empty(context):
    context.world.home = context.world.root / "empty"
    context.browser = Browser(Server.start(context.world))


@given("a package whose README tries")
def step_trying(context):
    browsed.publish_trying(context.world, context.table)


@when('they look at "{path}"')
def step_look(context, path):
    context.browser.look(path)


@when("they look at it again")
def step_look_again(context):
    context.browser.look_again()


@when('they search for "{words}"')
def step_search(context, words):
    context.browser.search(words.replace('\\"', '"'))


@when('they follow "{text}"')
def step_follow(context, text):
    context.browser.follow(text)


@then("from the first page on every link of the registry's own leads to a page, at least {count:d} of them")
def step_crawl(context, count):
    context.pages = context.browser.crawl()
    broken = {path: answer.status for path, (answer, _) in context.pages.items() if answer.status != 200}
    assert not broken and len(context.pages) >= count, (broken, sorted(context.pages))


@then("the pages have each a title, one main heading and a language")
def step_each(context):
    for path, (_, page) in context.pages.items():
        main = [text for level, text in page.headings if level == "h1"]
        assert len(main) == 1 and main[0], (path, main)
        assert page.attributes_of("html") == [{"lang": "en"}], path
        assert len(page.titles) == 1 and page.titles[0], path


@then('the page has the heading "{heading}", and links to')
def step_heading(context, heading):
    page = context.browser.page
    assert heading in [text for _, text in page.headings], page.headings
    missing = [row["text"] for row in context.table if row["text"] not in [text for text, _ in page.links]]
    assert not missing, (missing, page.links)


@then('the page says "{text}"')
def step_says(context, text):
    assert text in " ".join(context.browser.page.text.split()), context.browser.page.text


@then("the page says the key that signed it")
def step_key(context):
    (key,) = [item["key"] for item in context.world.run("ggen market key list --json").json()["keys"]]
    assert key in context.browser.page.text, context.browser.page.text


@then("the README is there, as a part of the page")
def step_readme(context):
    levels = [level for level, text in context.browser.page.headings if text == "io.acme.core 1.1.0"]
    assert levels == ["h1", "h3"], context.browser.page.headings


@then('the field of the search holds "{words}"')
def step_field(context, words):
    (field,) = context.browser.page.attributes_of("input")
    assert field["value"] == words.replace('\\"', '"'), field


@then('the link "{text}" is marked as chosen')
def step_chosen(context, text):
    assert context.browser.page.link(text).get("aria-current") == "true", context.browser.page.links


@then("{count:d} packages are listed")
def step_listed(context, count):
    found = [text for text, given in context.browser.page.links if given["href"].startswith("/p/")]
    assert len(found) == count, found


@then('no other namespaces are linked than "{names}"')
def step_namespaces(context, names):
    found = {text for text, given in context.browser.page.links if given["href"].startswith("/n/")}
    assert found == set(names.split(", ")), found


@then("nothing of it is anything but text, tables, code and links to the web")
def step_safe(context):
    assert not browsed.unsafe(context.browser.page), browsed.unsafe(context.browser.page)


@then("the page allows no script but its own, no picture and no frame, and tells nobody where its reader goes")
def step_policy(context):
    headers = context.browser.answer.headers
    allowed = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert allowed == {
        "default-src": "'none'", "style-src": "'self'", "script-src": "'self'", "connect-src": "'self'",
        "form-action": "'self'", "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }, allowed  # fmt: skip
    assert headers["referrer-policy"] == "no-referrer", headers
    assert headers["x-content-type-options"] == "nosniff", headers


@then("the page has no script but its own")
def step_no_script(context):
    found = [given["src"] for given in context.browser.page.attributes_of("script")]
    assert found == ["/script.js"], found


@then("the answer is a page with the status {status:d}")
def step_status(context, status):
    answer = context.browser.answer
    assert (answer.status, answer.headers["content-type"]) == (status, "text/html; charset=utf-8"), answer


@then("the answer is 304 without a body")
def step_unchanged(context):
    assert (context.browser.answer.status, context.browser.answer.body) == (304, b""), context.browser.answer


@when("the pages are made with an eye on what is looked for")
def step_eye(context):
    context.eye = Eye(context.world)


@then("these are looked for")
def step_looked_for(context):
    for row in context.table:
        found = context.eye.front() if row["page"] == "the first page" else context.eye.package(row["page"])
        assert sorted(found) == sorted(row["what"].split(", ")), (row["page"], found)


@given("the registry's operator trusts another key for {namespace}, and this one")
def step_trust_both(context, namespace):
    pinned.trust_another(context.world, namespace, keep=True)


@given("the registry's operator trusts another key for {namespace:S}")
def step_trust_another(context, namespace):
    pinned.trust_another(context.world, namespace, keep=False)


@given("the registry's operator has revoked it because of {reason}")
def step_revoked(context, reason):
    key = pinned.signing_key(context.world)
    context.world.run(f"ggen market key revoke {key} --reason '{reason}'")


@given("the registry's operator has lost its pins")
def step_lost(context):
    (context.world.home / "keys" / "trust.json").unlink()


@then('the page says of the key that signed "{told}"')
def step_of_key(context, told):
    assert f"{pinned.signing_key(context.world)} {told}" in " ".join(context.browser.page.text.split())


@then("the page does not say where they are, and the server's log does")
def step_private(context):
    place = str(context.world.home / "keys" / "trust.json")
    operating.check_told_to_operator(context.browser.server, place, context.browser.answer)


@then('the page says "{text}" as soon as it is looked at')
def step_says_now(context, text):
    context.browser.look(context.browser.path)
    step_says(context, text)


@when('the content of "{spec}" is fetched from the server {times:d} times')
def step_fetched(context, spec, times):
    batches.download(context.browser.server, spec, times, 0)


@then('soon the page says "{text}"')
def step_soon(context, text):
    assert context.browser.until(text), context.browser.page.text


@when("eight people look at one page at the same time, then one of them again")
def step_eight(context):
    context.keeper = Keeper(context.world)
    context.keeper.look(people=8)
    context.keeper.look()


@then("it was made {count:d} time")
def step_made(context, count):
    assert context.keeper.made == count, context.keeper.made


@when("one looks at it after each of these")
def step_after(context):
    for row in context.table:
        context.keeper.change(row["what"])
        context.keeper.look()
        assert context.keeper.made == int(row["made"]), (row["what"], context.keeper.made)


@then("nothing is kept of what could not be made")
def step_not_kept(context):
    context.keeper.change("nothing")
    context.keeper.look()
    assert context.keeper.made == 5, context.keeper.made
