"""Steps about several containers that work on one registry."""

import shlex
from itertools import pairwise

from behave import given, then, when

from support.market.market_checks import Market
from support.market.marketplace_room import PROJECT, set_up
from support.trials.room_checks import open_strictest


@given("an empty marketplace in a room on {engine:w}, as strict as that can be")
def step_empty(context, engine):
    context.room = open_strictest(context, engine)
    context.market = Market(set_up(context.room, []))


@given("a publisher in a container with the package {id_}")
def step_publisher(context, id_):
    context.publishers = {id_: context.market.publisher({id_: "one"})}


@given("{count:d} publishers in containers of their own, each with {id_} and a text of its own")
def step_rivals(context, count, id_):
    context.texts = [f"text of {number}" for number in range(count)]
    context.rivals = [context.market.publisher({id_: text}) for text in context.texts]


@given("{count:d} publishers in containers of their own, each with a package of its own")
def step_publishers(context, count):
    ids = [f"io.ggen.race.p{number}" for number in range(count)]
    context.publishers = {id_: context.market.publisher({id_: "text"}) for id_ in ids}


@when("the publisher's process publishes {id_} with the library")
def step_library_publish(context, id_):
    assert context.market.by_library(context.publishers[id_], "publish", id_) == id_


@then('a user\'s process finds "{id_}" for "{text}" with the library')
def step_library_search(context, id_, text):
    assert context.market.by_library(context.market.user, "search", text) == [id_]


@then("it fetches all {count:d} files of {id_}, each with its digest")
def step_library_fetch(context, count, id_):
    assert context.market.by_library(context.market.user, "fetch", id_) == count


@when("they publish {id_} at the same time")
def step_race(context, id_):
    context.published = context.market.publish_at_once(context.rivals, [id_] * len(context.rivals))


@then('one of them succeeds, and the other is told "{message}"')
def step_one_wins(context, message):
    codes = [done.exit_code for done in context.published.outcomes]
    assert sorted(codes) == [0, 5], context.published.outcomes
    context.winner = codes.index(0)
    assert message in context.published.outcomes[1 - context.winner].stderr.decode(), context.published.outcomes


@then("the user adds and verifies {id_} with the winner's text")
def step_winner(context, id_):
    shown = context.market.install(id_).decode()
    assert shown.splitlines()[-1] == context.texts[context.winner], shown


@when("they publish while a user in another container searches")
def step_publish_and_search(context):
    publishers = context.publishers
    context.published = context.market.publish_while_searching(list(publishers.values()), list(publishers))


@then("each of them succeeds, and no search failed or missed what an earlier one had shown")
def step_grows(context):
    assert all(done.exit_code == 0 for done in context.published.outcomes), context.published.outcomes
    looks = context.published.looks
    assert all(before <= after for before, after in pairwise(looks)), looks


@then("the last search shows all {count:d} packages, which the user adds and verifies")
def step_all_found(context, count):
    assert context.published.looks[-1] == set(context.publishers) and len(context.publishers) == count
    for id_ in context.publishers:
        context.market.install(id_)


@when("the first has published, and each other one is killed at another moment of its publishing")
def step_kill_each(context):
    context.killed = context.market.kill_each(context.publishers)


@then("each package is whole or absent, and at least {least:d} publisher was killed in the middle")
def step_whole(context, least):
    context.left = context.market.whole_or_absent(context.publishers)
    assert sum(context.killed.values()) >= least, context.killed


@then("a new publisher can publish each package that is absent")
def step_again(context):
    absent = [id_ for id_, what in context.left.items() if what == "absent"]
    again = context.market.publisher(dict.fromkeys(absent, "text"))
    outcomes = [context.market.publish_at_once([again], [id_]).outcomes[0] for id_ in absent]
    assert all(done.exit_code == 0 for done in outcomes), outcomes
    assert set(context.market.whole_or_absent(absent).values()) <= {"published"}, absent


@given("a marketplace in a room on {engine:w}, as strict as that can be")
def step_marketplace(context, engine):
    context.room = open_strictest(context, engine)
    context.marketplace = context.room.setup_marketplace()
    context.user = context.marketplace.user()


@when('the user runs "{command}"')
def step_user_runs(context, command):
    context.done = context.marketplace.run(context.user, shlex.split(command))
    assert context.done.exit_code == 0, context.done


@then('the user\'s output tells of "{text}"')
def step_user_output(context, text):
    assert text in context.done.text, context.done


@when('{count:d} users in containers of their own run "{command}" at the same time')
def step_users_run(context, count, command):
    context.users = [context.marketplace.user() for _ in range(count)]
    for done in context.marketplace.at_once(context.users, shlex.split(command)):
        assert done.exit_code == 0, done


@then("each of them has the same lock file and verifies it")
def step_same_lock(context):
    locks = {user.copy_out(f"{PROJECT}/ggen.lock") for user in context.users}
    assert len(locks) == 1, locks
    for done in context.marketplace.at_once(context.users, ["ggen", "market", "verify"]):
        assert done.exit_code == 0, done
