"""Steps about faults of nodes, of the network between them, and of their disks and clocks."""

from itertools import pairwise

from behave import given, then, when

from support.cleanroom.faults.sequences import VERBS, FaultSchedule
from support.trials import fault_checks, fault_rooms, fault_stories
from support.trials.fault_rooms import FaultRoom


@given('{count:d} nodes on the engine "{engine}" that can suffer "{needs}"')
@given('{count:d} node on the engine "{engine}" that can suffer "{needs}"')
def step_nodes(context, count, engine, needs):
    if reason := fault_rooms.lacking(needs):
        context.scenario.skip(reason)
        return
    context.faulty = FaultRoom.open(context.session.rooms.builder(engine), count)
    context.add_cleanup(context.faulty.close)


@given('{count:d} nodes with skewed clocks on the engine "{engine}"')
def step_clock_nodes(context, count, engine):
    if reason := fault_rooms.lacking("clock"):
        context.scenario.skip(reason)
        return
    context.faulty = FaultRoom.open(context.session.rooms.builder(engine), count, clocks=True)
    context.add_cleanup(context.faulty.close)


@when('the fault "{text}" is made')
def step_make(context, text):
    context.before = context.faulty.memory("a") if text.startswith("memory") else 0
    context.fault = context.faulty.make(text)


@when('the fault "{text}" is tried')
def step_try(context, text):
    context.refusal = fault_rooms.refused(lambda: context.faulty.make(text))


@then('it cannot be made: "{reason}"')
def step_cannot(context, reason):
    assert reason in context.refusal, context.refusal


@when("the fault is healed")
def step_heal(context):
    context.fault.heal()


@then('the timeline of the room tells of "{what}", and then that it was healed')
def step_timeline(context, what):
    told = [event for _, event in context.faulty.room.events if event.startswith("fault ")]
    assert told == [f"fault {what}", f"fault {what} healed"], told


@when("all faults are healed")
def step_heal_all(context):
    context.faulty.heal_all()


@when("the node {name} is restarted")
def step_restart(context, name):
    context.faulty.nodes.faults.restart(name)
    context.faulty.nodes.ready(name)


@then("under each fault, and after it, the nodes reach each other as")
def step_reach_under(context):
    for row in context.table:
        expected = fault_checks.nodes_of(row)
        fault_checks.equal(context.faulty.reach_under(row["fault"], expected), expected)
    expected = fault_checks.nodes_of(context.table[0])
    fault_checks.equal(context.faulty.nodes.reach(expected), expected)


@then("the nodes hear")
def step_hear(context):
    expected = fault_checks.nodes_of(context.table[0])
    fault_checks.equal(context.faulty.nodes.hears(expected), expected)


@then("the nodes reach")
def step_reach(context):
    expected = fault_checks.nodes_of(context.table[0])
    fault_checks.equal(context.faulty.nodes.reach(expected), expected)


@then("a connection from a to b under each fault is")
def step_dial(context):
    found = [context.faulty.dial_under(row["fault"]) for row in context.table]
    assert found == [row["outcome"] for row in context.table], found


@when('200 datagrams go from a to b under "{text}", twice with one seed and once with another')
def step_loss(context, text):
    context.arrived = [context.faulty.arrived_under(text, seed) for seed in (42, 42, 43)]


@then("{lost:d} of them were lost each time, the same ones twice and others with the other seed")
def step_lost(context, lost):
    first, again, other = context.arrived
    assert {len(first), len(again), len(other)} == {200 - lost}, [len(one) for one in context.arrived]
    assert first == again and first != other, context.arrived


@then("of 200 datagrams without a fault none is lost")
def step_no_loss(context):
    assert context.faulty.arrived() == list(range(200))


@when('8 round trips from a to b are timed without a fault, under "{text}", and without again')
def step_latency(context, text):
    context.times = context.faulty.before_under_after(text, "times", "8")


@then("each delayed one took at least {least:d} ms, and they differ by more than {spread:d} ms")
def step_delayed(context, least, spread):
    _, delayed, _ = context.times
    assert min(delayed) >= least / 1000 and max(delayed) - min(delayed) > spread / 1000, context.times


@then("the fastest of the others took less than {most:d} ms before and after")
def step_not_delayed(context, most):
    before, _, after = context.times
    assert max(min(before), min(after)) < most / 1000, context.times


@when('{size:d} bytes go from b to a without a fault, under "{text}", and without again')
def step_bandwidth(context, size, text):
    context.size = size
    context.fetched = context.faulty.before_under_after(text, "fetch", str(size))


@then("all bytes arrived each time, and the narrow link took {least:g} seconds or more, and {times:d} times the others")
def step_narrow(context, least, times):
    (got, before), (got_narrow, narrow), (got_after, after) = context.fetched
    assert got == got_narrow == got_after == context.size, context.fetched
    assert narrow >= max(least, times * max(before, after)), context.fetched


@then("under each fault, and after it, the nodes are and reach as")
def step_states(context):
    for row in context.table:
        expected = {name: row[name] for name in "ab"}
        state, reach = context.faulty.state_and_reach_under(row["fault"], "c", expected)
        fault_checks.equal(reach | {"state of c": state}, fault_checks.columns(row))
    everybody = {"a": "b c", "b": "a c", "c": "a b"}
    fault_checks.equal(context.faulty.nodes.reach(everybody), everybody)


@given('the file "{name}" with "{text}" that is looked at from outside')
def step_outside_file(context, name, text):
    context.content = text.encode()
    context.kept = context.faulty.kept_file(name, context.content)


@when('the faults "{first}", "{second}", "{third}" and "{fourth}" are made and the room closes')
def step_forgotten(context, first, second, third, fourth):
    context.forgotten = [context.faulty.make(text) for text in (first, second, third, fourth)]
    context.healed = fault_checks.close_and_watch(context.faulty, context.forgotten)


@then("they were healed, the last one first, before the nodes were removed")
def step_healed_order(context):
    assert context.healed == [*reversed([fault.name for fault in context.forgotten])], context.healed


@then("no program of a fault runs on, and the file has its bytes again")
def step_no_program(context):
    assert not fault_rooms.delayers()
    assert context.kept() == context.content, context.kept()


@then("a holds at least {more:d} MB more than before, and less than {less:d} MB more when it is healed")
def step_memory(context, more, less):
    held = context.faulty.memory("a") - context.before
    context.fault.heal()
    assert held >= more * 1_000_000, held
    assert fault_checks.falls_below(lambda: context.faulty.memory("a") - context.before, less * 1_000_000)


@then("a uses {seconds:d} second of processor time, and b less than a fifth of that time")
def step_cpu(context, seconds):
    assert context.faulty.share("b", lambda: fault_checks.true(context.faulty.busy("a", seconds))) < 0.2


@then("a uses less than a fifth of the time when it is healed")
def step_cpu_healed(context):
    context.fault.heal()
    assert context.faulty.share("a", lambda: context.faulty.nodes.ask("b", "work", "3000")) < 0.2


@then("the clocks of a and b are right")
def step_clocks_right(context):
    assert [round(context.faulty.skew(name)) for name in "ab"] == [0, 0]


@when("the clock of a is set off by {seconds:d} seconds")
def step_skew(context, seconds):
    context.monotonic = context.faulty.monotonic("a")
    context.fault = context.faulty.nodes.faults.skew(context.faulty.nodes.clocks["a"], seconds, "a")


@then("the clock of a is off by {seconds:d} seconds, b's is right, and a's monotonic clock goes on")
def step_skewed(context, seconds):
    assert [round(context.faulty.skew(name)) for name in "ab"] == [seconds, 0]
    assert 0 < context.faulty.monotonic("a") - context.monotonic < 60


@when('sets of the nodes "{nodes}" are drawn with the seeds 1 to 20')
def step_sets(context, nodes):
    context.sets = [fault_rooms.picked(seed, nodes) for seed in range(1, 21)]
    context.again = [fault_rooms.picked(seed, nodes) for seed in range(1, 21)]


@then("each seed gives 1, 2, 3 and 5 nodes for one, minority, majority and all, the same every time")
def step_sizes(context):
    assert context.sets == context.again
    assert {tuple(len(nodes) for nodes in sets.values()) for sets in context.sets} == {(1, 2, 3, 5)}, context.sets


@then("the seeds differ in every set but all")
def step_sets_differ(context):
    distinct = {how: len({sets[how] for sets in context.sets}) for how in context.sets[0]}
    assert distinct.pop("all") == 1 and min(distinct.values()) > 3, distinct


@when("the capabilities are surveyed without any program on the path")
def step_survey(context):
    context.survey = fault_checks.survey_without_path()


@then('"{names}" are lacking because "{reason}"')
def step_lacking(context, names, reason):
    assert {context.survey[name] for name in names.split(", ")} == {reason}, context.survey


@given('the file "{name}" with 1000 known bytes in its volume')
def step_known_file(context, name):
    context.faulty.known_file(name)


@then("the node reads {seen}")
def step_reads(context, seen):
    assert fault_checks.damage(context.faulty.file("data.bin")) == seen, context.faulty.file("data.bin")


@when('"{text}" is made twice with the seed 42 and once with the seed 43')
def step_damage(context, text):
    context.read = [context.faulty.file_under(text, seed) for seed in (42, 42, 43)]


@then("the node read the same damage twice, and another with the other seed")
def step_same_damage(context):
    first, again, other = context.read
    assert first == again and first != other and fault_checks.damage(other) == "1000 bytes, 1 bit of them wrong"


@then("writing under each fault gives")
def step_writing(context):
    for row in context.table:
        fault_checks.equal(context.faulty.writing_under(row["fault"]), fault_checks.columns(row))


@when('{count:d} nodes live through {faults:d} drawn faults on the engine "{engine}" with the seeds 42, 42 and 7')
def step_stories(context, count, faults, engine):
    if reason := fault_rooms.lacking("partition"):
        context.scenario.skip(reason)
        return
    builder = context.session.rooms.builder(engine)
    context.stories = fault_stories.tell_all(builder, count, faults, (42, 42, 7))


@then("in every step of each story the nodes reach those that its faults let them reach, and all of them at its end")
def step_told(context):
    for story in context.stories:
        seen = tuple(reached for _, reached in story.steps)
        assert seen == story.expected(), (story.schedule, seen, story.expected())
        assert story.steps[-1][0] == "none" and set(story.steps[-1][1]) == set(story.names), story.steps


@then("the first two stories are equal, and the third differs")
def step_equal_stories(context):
    first, again, other = context.stories
    assert first.steps == again.steps != other.steps, context.stories


@when('sequences of {count:d} faults of the nodes "{nodes}" are drawn with the seeds 1 to {last:d}')
def step_sequences(context, count, nodes, last):
    context.drawn = [[FaultSchedule.drawn(nodes.split(), seed, count) for seed in range(1, last + 1)] for _ in range(2)]


@then("each seed gives the same sequence every time, of one fault after another on fewer than half of the nodes")
def step_sequence(context):
    first, again = context.drawn
    assert first == again
    for events in (schedule.events for schedule in first):
        assert all(len(event.nodes) in (1, 2) and event.begin < event.end for event in events), events
        assert all(one.end < other.begin for one, other in pairwise(events)), events


@then("the sequences differ, and kill, pause and partition all occur")
def step_sequences_differ(context):
    assert len(set(context.drawn[0])) == len(context.drawn[0])
    assert {event.verb for schedule in context.drawn[0] for event in schedule.events} == set(VERBS)
