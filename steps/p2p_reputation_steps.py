"""Steps about scores, on a clock of their own."""

from behave import given, then, when

from support.p2p.scores import Scores, chosen, is_refused

PEER = "peer"
DEEDS = {"sent wrong bytes": "wrong-bytes", "stalls": "stall", "delivered": "chunk", "delivers": "chunk"}


def scores(context):
    context.scores = getattr(context, "scores", None) or Scores()
    return context.scores


@then("a stranger's score is this after a deed, and its standing that")
def step_deeds(context):
    for row in context.table:
        fresh = Scores()
        fresh.do(PEER, row["deed"])
        assert fresh.seen(PEER) == (float(row["score"]), row["standing"]), (row["deed"], fresh.seen(PEER))


@then("a peer with this score has that standing")
def step_limits(context):
    for row in context.table:
        fresh = Scores()
        fresh.have(PEER, float(row["score"]))
        assert fresh.seen(PEER) == (float(row["score"]), row["standing"]), row["score"]


@given("a peer that {deed} {times:d} times")
def step_did(context, deed, times):
    scores(context).do(PEER, DEEDS[deed], times)


@given("a peer that delivered {count:d} chunks")
def step_delivered(context, count):
    scores(context).do(PEER, "chunk", count)


@given("a peer that forged an entry")
def step_forged(context):
    scores(context).do(PEER, "forged")


@when("it delivers {count:d} chunks")
def step_delivers(context, count):
    context.scores.do(PEER, "chunk", count)


@when("it stalls {times:d} times")
def step_stalls(context, times):
    context.scores.do(PEER, "stall", times)


@when("the clock goes on by {count:d} hour")
@when("the clock goes on by {count:d} hours")
def step_time(context, count):
    context.scores.pass_hours(count)


@when("the scores are written and read again")
def step_reread(context):
    context.scores.reread()


@when("the operator lifts its ban")
def step_lift(context):
    context.scores.reputation.unban(PEER)


@then("its score is {score:g} and it is {standing:w}")
def step_seen(context, score, standing):
    assert context.scores.seen(PEER) == (score, standing), context.scores.seen(PEER)


@then("it is banned")
def step_banned(context):
    assert context.scores.seen(PEER)[1] == "banned"


@then("of these providers those are asked")
def step_chosen(context):
    for row in context.table:
        assert list(chosen(row["providers"])) == row["asked"].split(), (row["providers"], chosen(row["providers"]))


@then("these are no list of scores")
def step_no_list(context):
    for row in context.table:
        assert is_refused(row["text"]), row["text"]


@when("{count:d} peers deliver a chunk each, after one that the operator has banned")
def step_many(context, count):
    scores(context).reputation.ban(PEER)
    for number in range(count):
        context.scores.do(f"peer-{number}", "chunk")


@then("{count:d} are remembered, and the banned one is among them")
def step_remembered(context, count):
    known = context.scores.reputation.known()
    assert len(known) == count and PEER in known
