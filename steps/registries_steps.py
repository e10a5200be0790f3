"""Steps about named registries and the tokens for them."""

from behave import given, then, when

from marketplace.http.credentials import Credentials, token_source
from support.centralized.shops import digest_of_token
from support.suite.backends import backend


@given('the project\'s "{name}" is')
def step_project_file(context, name):
    (context.world.project / name).write_text(context.text, encoding="utf-8")


@given('the home\'s settings are "{text}"')
def step_home_settings(context, text):
    context.world.home.mkdir(parents=True, exist_ok=True)
    (context.world.home / "config.toml").write_text(text + "\n", encoding="utf-8")


@then('its output does not contain "{text}"')
def step_not(context, text):
    outcome = context.world.outcome()
    assert text not in outcome.stdout + outcome.stderr, outcome


@given('the token "{token}" is kept for "{name}"')
def step_login(context, token, name):
    (context.world.root / "token.txt").write_text(token, encoding="utf-8")
    context.world.run(f"ggen market registry login {name} --token-file {{root}}/token.txt")


@when('the environment has GGEN_TOKEN "{token}"')
def step_environment(context, token):
    context.world.environ["GGEN_TOKEN"] = token


@given('requests of "{name}" for "{pattern}" are sent on to "{other}"')
def step_redirect(context, name, pattern, other):
    context.shops.meet(name, pattern, f"always redirect to={context.shops.proxies[other].url}/registry.json")


@then('every request to "{name}" bore the token "{token}"')
def step_bore(context, name, token):
    found = {row[0] for row in context.shops.proxies[name].received(["authorization"])}
    assert found == {digest_of_token(token)}, found


@then('no request to "{name}" bore a token')
def step_none(context, name):
    found = {row[0] for row in context.shops.proxies[name].received(["authorization"])}
    assert found == {""}, found


@then('the last request to "{name}" bore no token')
def step_last_none(context, name):
    assert context.shops.proxies[name].received(["authorization"])[-1] == ("",)


@then('the token of the environment for "{origin}" is offered to "{asked}": {offered}')
def step_offered(context, origin, asked, offered):
    token_of = token_source(Credentials(context.world.root / "none.json"), "ggen_secret", origin)
    assert token_of(asked) == ("ggen_secret" if offered == "yes" else None)


@when("the file of tokens {trouble}")
def step_trouble(context, trouble):
    path = context.world.home / "credentials.json"
    if trouble == "can be read by others":
        path.chmod(0o644)
    else:
        path.write_text({"is no JSON": "{", "has another format": '{"format": 2, "tokens": {}}'}[trouble])


@given("the registry is {kind}")
@when("the registry is {kind}")
def step_kind(context, kind):
    context.world.backend = backend(kind)


@then('the lock file is the same but for "{field}"')
def step_same_but(context, field):
    lines = [(context.world.project / "ggen.lock").read_text().splitlines(), context.lock.decode().splitlines()]
    found, before = ([line for line in text if not line.startswith(f"{field} = ")] for text in lines)
    assert found == before and lines[0] != lines[1], lines
