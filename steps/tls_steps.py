"""Steps about HTTPS, certificates, and the proxy between a user and a registry."""

from behave import given, then, when

from support.centralized import secure
from support.market import packages


@given("a registry that serves HTTP")
def step_plain(context):
    context.secure = secure.SecureShop(context.world)
    context.secure.serve(None)


@given("a registry that serves HTTPS with a certificate that is {what}")
def step_is(context, what):
    step_https(context, what if what == "good" else f"is {what}")


@given("a registry that serves HTTPS with a certificate that has expired")
def step_expired(context):
    step_https(context, "has expired")


@given("a registry that serves HTTPS with a certificate that comes without the authority that signed it")
def step_part(context):
    step_https(context, "comes without the authority that signed it")


def step_https(context, what):
    context.secure = secure.SecureShop(context.world)
    context.secure.serve(context.secure.issue(what))


@given("{variable:w} names the company's authority")
def step_trust(context, variable):
    context.world.environ[variable] = str(context.secure.company.file)


@given("{variable:w} names a file that is not there")
def step_nowhere(context, variable):
    context.world.environ[variable] = str(context.world.root / "nowhere.pem")


@given("the package {id_} is published over HTTPS")
def step_publish(context, id_):
    context.secure.admit()
    packages.publish(context.world, id_, "1.0.0")


@given('the user knows its address with "{scheme}" in front')
def step_scheme(context, scheme):
    context.secure.know(f"{scheme}://{context.secure.netloc}/")


@then("it was tried once, and the registry has answered nothing")
def step_once(context):
    assert context.world.outcome().error()["attempts"] == 1, context.world.outcome()
    step_nothing(context)


@then("the registry has answered nothing")
def step_nothing(context):
    assert context.secure.requests() == 0, context.secure.server.logged()


@then("it answers when one of these alone names the company's authority")
def step_variables(context):
    for row in context.table:
        outcome = context.secure.ping(**{row["variable"]: str(context.secure.company.file)})
        assert outcome.exit_code == 0, outcome


@given("a forward proxy")
def step_proxy(context):
    context.forward = context.secure.proxy()


@given('a forward proxy, which wants the login "{login}"')
def step_login(context, login):
    context.forward = context.secure.proxy(login)


@given("a forward proxy, which knows nobody")
def step_knows_nobody(context):
    context.forward = context.secure.proxy(refusal=404)


@given("a forward proxy that {variable:w} names, which says {status:d}")
def step_says(context, variable, status):
    context.forward = context.secure.proxy(refusal=status)
    context.world.environ[variable] = context.forward.url


@given("{variable:w} names a proxy that is not there")
def step_no_proxy(context, variable):
    proxy = context.secure.proxy()
    proxy.close()
    context.world.environ[variable] = proxy.url


@given("the program runs under CGI")
def step_cgi(context):
    context.world.environ["REQUEST_METHOD"] = "GET"


@given('the user knows it as "{url}", where nothing listens')
def step_elsewhere(context, url):
    context.secure.know(url)


@when("the user asks while each of these alone names the proxy")
def step_ask_each(context):
    context.asked = [
        (row["variable"], *asked)
        for row in context.table
        for asked in context.secure.proxied(context.forward, row["variable"])
    ]


@then("the proxy was asked exactly")
def step_asked(context):
    assert context.asked == [tuple(row.cells) for row in context.table], context.asked


@then("the proxy was asked {times:d} times")
def step_times(context, times):
    assert len(context.forward.asked) == times, context.forward.asked


@then("with these in NO_PROXY the proxy is asked so often")
def step_no_proxy_lists(context):
    for row in context.table:
        listed = row["listed"].replace("{port}", str(context.secure.port))
        asked = context.secure.proxied(context.forward, "http_proxy", NO_PROXY=listed)
        assert len(asked) == int(row["times"]), (listed, asked)
