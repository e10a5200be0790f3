"""Steps about dials: who answers when, and how long that takes."""

import math

from behave import given, then, when

from support.p2p.dials import REFUSES, SILENT, Dials


def dials(context):
    if "dials" not in context:
        context.dials = Dials()
    return context.dials


@given("{count:d} providers that answer no dial")
def step_silent(context, count):
    context.silent = [dials(context).add(SILENT) for _ in range(count)]


@given("{count:d} providers that refuse")
def step_refuse(context, count):
    for _ in range(count):
        dials(context).add(REFUSES)


@given("a provider that answers after {seconds:g} seconds")
def step_answers(context, seconds):
    context.peers = {**getattr(context, "peers", {}), seconds: dials(context).add(seconds)}


@given("a provider that is connected")
def step_connected(context):
    step_answers(context, 0)
    context.dials.connected.add(context.peers[0])


@given("a bootstrap peer that answers no dial, and one that answers after {seconds:g} seconds")
def step_bootstrap(context, seconds):
    step_silent(context, 1)
    step_answers(context, seconds)


@when("all of them are dialled")
def step_dial(context):
    context.result = context.dials.dial_providers()


@when("a node stays with them for {seconds:d} seconds, and after {breaks:d} its connections break")
def step_stay(context, seconds, breaks):
    context.dials.stay(seconds, breaks)


@then("none is connected, after {seconds:g} seconds")
def step_none(context, seconds):
    assert (context.result, context.dials.took) == ([], seconds), (context.result, context.dials.took)


@then("those that answer after {first:g} and {second:g} seconds are connected, after {seconds:g} seconds")
def step_those(context, first, second, seconds):
    assert context.result == [context.peers[first], context.peers[second]], context.result
    assert math.isclose(context.dials.took, seconds), context.dials.took


@then("that one is connected, after {seconds:g} seconds")
def step_that(context, seconds):
    assert context.result == list(context.peers.values()), context.result
    assert math.isclose(context.dials.took, seconds), context.dials.took


@then("{count:d} were dialled at the same time")
def step_at_once(context, count):
    assert context.dials.most == count, context.dials.most


@then("the one that was connected was dialled {times:d} times")
@then("the other one was dialled {times:d} times")
def step_times(context, times):
    (peer,) = context.peers.values()
    assert context.dials.dialled[peer] == times, context.dials.dialled


@then("the silent one was dialled {times:d} times, never twice at the same time")
def step_silent_times(context, times):
    (peer,) = context.silent
    assert (context.dials.dialled[peer], context.dials.most_of_one) == (times, 1), context.dials.dialled
