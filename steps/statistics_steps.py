"""Steps about what registries count."""

from datetime import timedelta

from behave import given, then, when

from support.centralized import counted
from support.centralized.backends import name_it
from support.centralized.refused import RefusedCounting
from support.market import statistics
from support.market.troubles import disks


@given("1 day passes")
def step_day(context):
    context.world.now += timedelta(days=1)


@then("the statistics of the last {days:d} days are")
@then("the statistics of the last {days:d} day are")
def step_all(context, days):
    statistics.check_table(context.world.run(f"ggen market stats --days {days} --json").json(), context.table)


@then('the statistics of "{id_}" of the last {days:d} days are')
@then('the statistics of "{id_}" of the last {days:d} day are')
def step_package(context, id_, days):
    statistics.check_table(context.world.run(f"ggen market stats {id_} --days {days} --json").json(), context.table)


@then("of each of its versions is told")
def step_versions(context):
    told = [{name: str(value) for name, value in item.items()} for item in context.world.json_at("versions")]
    assert told == [row.as_dict() for row in context.table], told


@given('a registry whose clock says "{moment}"')
def step_shop(context, moment):
    context.shop = statistics.Shop(context.world, moment)


@when('a search is made there at "{moment}"')
def step_search_at(context, moment):
    context.shop.search(moment)


@then('it has counted 1 search on "{first}" and 2 on "{second}"')
def step_two_days(context, first, second):
    found = {day: counts["searches"] for day, counts in context.shop.told().days.items()}
    assert found == {first: 1, second: 2}, found


@when('Alice publishes "{id_}" there {times:d} times, and Bob "{other}" once')
def step_publish_two(context, id_, times, other):
    context.shop.publish(id_, "Alice", times)
    context.shop.publish(other, "Bob", 1)


@when('a day later Alice publishes "{id_}" there 1 time')
def step_publish_later(context, id_):
    context.shop.now += timedelta(days=1)
    context.shop.publish(id_, "Alice", 1)


@then('it has counted 2 publishers on "{first}" and 1 on "{second}", and 2 in all')
def step_publishers(context, first, second):
    told = context.shop.told()
    assert {day: counts["publishers"] for day, counts in told.days.items()} == {first: 2, second: 1}, told
    assert told.totals["publishers"] == 2, told


@given("the file of the statistics is damaged")
def step_damage(context):
    statistics.damage(context.world)


@when("the folder of the statistics is moved away")
def step_move_away(context):
    statistics.folder_of(context.world).rename(context.world.root / "damaged statistics")


@given('an earlier version has counted {count:d} downloads of "{id_}"')
def step_earlier(context, count, id_):
    statistics.count_as_before(context.world, id_, count)


@then("nothing below the statistics holds \"{word}\", the user's name, the machine's name or the project's folder")
def step_nobody(context, word):
    statistics.check_tells_nothing(context.world, word)


# --- nothing is lost -------------------------------------------------------------------------------------------------


@when("at once clients send requests and processes search, while statistics are asked for")
def step_at_once(context):
    counted.ask_at_once(context.server, counted.Crowd(*map(int, context.table[0].cells)))


@then("exactly {searches:n} searches and {downloads:d} downloads are counted")
def step_exactly(context, searches, downloads):
    statistics.check_totals(context.world, searches, downloads)


@then("soon exactly {searches:d} searches and {downloads:d} downloads are counted")
def step_soon(context, searches, downloads):
    statistics.until_counted(context.world, searches)
    statistics.check_totals(context.world, searches, downloads)


@then("exactly {searches:n} searches are counted")
def step_exactly_searches(context, searches):
    statistics.check_totals(context.world, searches, 0)


@when("{searches:d} searches, {batches:d} batches and {archives:d} archives are answered")
def step_sent(context, searches, batches, archives):
    counted.ask_for(context.server, searches, batches, archives)


@when("the server is killed with the last answer")
def step_killed(context):
    context.server.kill()


@when("the server is stopped with the last answer")
def step_stopped(context):
    assert context.server.stop() == 0


@when("{clients:d} clients search without a pause, and the server is killed after {answers:d} answers")
def step_barrage(context, clients, answers):
    context.barrage = counted.Barrage(context.server, clients)
    context.barrage.until_killed(answers)


@then("the searches counted are at least those answered, and at most those sent")
def step_barrage_counted(context):
    context.barrage.check(statistics.totals(context.world)["searches"])


@then('searching finds "{id_}" with {downloads:d} downloads')
def step_finds(context, id_, downloads):
    assert counted.finds(context.world, id_) == downloads


@given("{count:d} installs that nobody has added up")
def step_unadded(context, count):
    statistics.install_unadded(context.world, count)


@when("adding up is cut off {where}")
def step_cut_off(context, where):
    statistics.cut_off(context.world, where)


@when("the statistics are added up again")
def step_again(context):
    context.world.run("ggen market stats")


@given("a journal with the ends of records missing, and whole records between them")
def step_torn(context):
    context.whole = statistics.torn_journal(context.world)


@given("the journal tells of {absent:d} trees that no release has, and of {present:d} that the release {id_} has")
def step_trees(context, absent, present, id_):
    statistics.write_sent(context.world, id_, present, absent)


@given("a journal whose every file somebody is about to remove, the next one too")
def step_being_removed(context):
    context.removed = statistics.BeingRemoved(context.world)


@then("writing into it fails, and goes on as soon as one of them is let go")
def step_let_go(context):
    context.removed.check()


@then("just the whole records are counted")
def step_whole(context):
    statistics.check_totals(context.world, 0, context.whole)


@when("{count:n} searches are counted by {writers:d} writers in turn, and added up now and then")
def step_long(context, count, writers):
    assert statistics.search_long(context.world, count, writers) > 2


@then("of the journal at most {most:d} files are left")
def step_left(context, most):
    assert len(statistics.journal_files(context.world)) <= most, statistics.journal_files(context.world)


@given("the home lies on a disk of {size:d} kilobytes from now on")
def step_move_home(context, size):
    disks.move_home(context.world, size)


@then("the server's log says that not all is counted, once for each trouble")
def step_told(context):
    counted.check_told(context.server)


@then('"/metrics" tells that records wait')
def step_waits(context):
    counted.check_waits(context.server, some=True)


@then('"/metrics" tells that no record waits')
def step_waits_not(context):
    counted.check_waits(context.server, some=False)


@then('the doctor warns of "{name}" too: "{hint}"')
def step_doctor(context, name, hint):
    found = [(check["name"], check["status"], check["hint"]) for check in context.world.json_at("checks")]
    assert any(check[:2] == (name, "warn") and hint in (check[2] or "") for check in found), found


# --- over HTTP -------------------------------------------------------------------------------------------------------


@given('4 searches, 3 batches and 2 archives of "{spec}" are answered')
def step_asked(context, spec):
    counted.ask_for(context.server, 4, 3, 2, spec)


@given('the server is known as "{name}"')
def step_known(context, name):
    name_it(context.world, context.server.url, name=name)


@then("it is the same as in the registry's own home, for a package and for all")
def step_same(context):
    counted.check_same(context.world)


@then("these requests are answered")
def step_requests(context):
    counted.check_answers(context.server, list(context.table))


@then('"/metrics" has these numbers')
def step_numbers(context):
    counted.check_numbers(context.server, list(context.table))


@then('statistics that {what} are "{code}"')
def step_refused(context, what, code):
    assert statistics.refusal_of(what) == code


@when("the client asks a registry that knows nothing of statistics")
def step_older(context):
    context.error = counted.error_of_older(context.world)


@then('it is told "{code}"')
def step_told_code(context, code):
    assert context.error["code"] == code, context.error


# --- peers -----------------------------------------------------------------------------------------------------------


def _of_node(context, name, id_):
    return context.users[name].json("stats", id_, "--registry", "p2p", "--days", "1")


@then("{name:w}'s node has counted 1 download and no install of {id_}")
def step_handed_out(context, name, id_):
    totals = _of_node(context, name, id_)["totals"]
    assert (totals["downloads"], totals["installs"]) == (1, 0), totals


@then("{name:w}'s node has counted 1 download and 1 install of {id_}")
def step_installed(context, name, id_):
    totals = _of_node(context, name, id_)["totals"]
    assert (totals["downloads"], totals["installs"]) == (1, 1), totals


@then("both count 1 version by 1 publisher, on no day")
def step_undated(context):
    for name in ("ann", "ben"):
        told = _of_node(context, name, "io.ggen.rust.core")
        assert (told["totals"]["versions"], told["totals"]["publishers"]) == (1, 1), told
        assert not any(day["versions"] or day["publishers"] for day in told["days"]), told


@then('for {name:w} "{command}" fails with exit code {exit_code:d} and the code "{code}"')
def step_peer_fails(context, name, command, exit_code, code):
    found = context.users[name].error(*command.split())
    assert (found[0], found[1]["code"]) == (exit_code, code), found


@given("a server counts on a disk that refuses it")
def step_refuses(context):
    context.refused = RefusedCounting(context.world)


@when("{count:d} searches are answered there")
def step_answered_there(context, count):
    context.refused.search(count)


@then("{count:d} records wait there, and still do when the timer has gone off {times:d} times")
def step_wait_there(context, count, times):
    for _ in range(times):
        assert (context.refused.waiting, context.refused.is_set()) == (count, True), context.refused.waiting
        context.refused.ring()
    assert context.refused.waiting == count, context.refused.waiting


@when("the disk takes them again, and the timer goes off once")
def step_mended(context):
    context.refused.mend()
    context.refused.ring()


@then("no record waits there, {count:d} searches are counted, and the timer is not set any more")
def step_counted_there(context, count):
    found = context.refused.waiting, context.refused.counted(), context.refused.is_set()
    assert found == (0, count, False), found
