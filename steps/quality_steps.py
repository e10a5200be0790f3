"""Steps about the quality of releases."""

from collections import Counter
from datetime import timedelta

from behave import given, then, when

from marketplace.index.local import LocalIndex
from support.market import quality, quality_packages
from support.market.packages import local_registry
from support.market.quality import Workshop


def _workshop(context):
    if "workshop" not in context:
        context.workshop = Workshop(context.world)
    return context.workshop


@given('"{spec}" is published with care')
@when('"{spec}" is published with care')
def step_careful(context, spec):
    _workshop(context).publish(spec)


@given('"{spec}" is published with care, and new content')
@when('"{spec}" is published with care, and new content')
def step_new_content(context, spec):
    _workshop(context).publish(spec, {"templates/more.tmpl": f"as of {spec}\n"})


@when('"{spec}" is published with care, dated "{moment}"')
def step_dated(context, spec, moment):
    _workshop(context).publish(spec, dated=moment)


@given('"{spec}" is published as a shell')
@when('"{spec}" is published as a shell')
def step_shell(context, spec):
    _workshop(context).publish(spec, quality_packages.shell(spec))


@given('"{spec}" is published as a shell, and its score is lost')
def step_shell_lost(context, spec):
    _workshop(context).publish(spec, quality_packages.shell(spec))
    context.workshop.lose_score(spec)


@when('"{spec}" is published with care, but with {what}')
def step_spoiled(context, spec, what):
    _workshop(context).spoil(spec, what)


@when('"{spec}" is published with care, but its README is {what}')
def step_readme(context, spec, what):
    _workshop(context).with_readme(spec, what)


@given('Mallory publishes "{spec}" with the same README')
@when('Mallory publishes "{spec}" with the same README')
def step_copied(context, spec):
    context.workshop.publish(spec, quality_packages.copy_of("io.acme.web@1.0.0"), by="Mallory")


@when('Mallory publishes "{spec}" with the same README, every {step:d}th word another')
def step_nearly_copied(context, spec, step):
    context.workshop.publish(spec, quality_packages.copy_of("io.acme.web@1.0.0", step), by="Mallory")


@when('Alice\'s "{spec}" and Mallory\'s copy "{other}" are published together')
def step_together(context, spec, other):
    _workshop(context).publish_together(spec, other)


@given('Bob\'s key is trusted for "{namespace}" too')
def step_trust(context, namespace):
    context.workshop.trust_too("Bob", namespace)


@when('Bob publishes "{spec}" with care')
def step_bob(context, spec):
    context.workshop.publish(spec, by="Bob")


@given("{days:d} days pass")
def step_days(context, days):
    context.world.now += timedelta(days=days)


@given('{count:d} releases of "{id_}" are published {step:d} seconds apart')
def step_spam(context, count, id_, step):
    _workshop(context).release_often(id_, count, timedelta(seconds=step))


@given('{count:d} releases of "{id_}" are published a day apart')
def step_daily(context, count, id_):
    _workshop(context).release_often(id_, count, timedelta(days=1))


@given('{count:d} releases of "{id_}" are published {days:d} days apart, with the same content')
def step_same_content(context, count, id_, days):
    _workshop(context).release_often(id_, count, timedelta(days=days), content=False)


@given('"{spec}" is yanked')
def step_yank(context, spec):
    context.workshop.yank(spec)


@then('its score is {score:d}, which is "{grade}"')
def step_score(context, score, grade):
    report = context.workshop.report
    assert (report.score, report.grade) == (score, grade), report.missing


@then('its grade is "{grade}"')
def step_grade(context, grade):
    assert context.workshop.report.grade == grade, context.workshop.report


@then("of the points of a careful first release none is lost")
def step_none_lost(context):
    context.workshop.only_lost()


@then("of the points of a careful first release just these are lost: {names}")
def step_lost(context, names):
    context.workshop.only_lost(*names.split(", "))


@then('the point "{name}" is {state}: "{evidence}"')
def step_point(context, name, state, evidence):
    point = context.workshop.point(name)
    assert point.state == state and evidence in point.evidence, point


@then('the points "{names}" are unknown')
def step_unknown(context, names):
    states = {name: context.workshop.point(name).state for name in names.split()}
    assert set(states.values()) == {"unknown"}, states
    assert not any(context.workshop.point(name).earned for name in states)


@when('"{one}", "{two}" and "{three}" are published with care, each needing the next')
def step_ring(context, one, two, three):
    context.scores = _workshop(context).publish_ring([one, two, three])


@then("each of them has the score {score:d}")
def step_each(context, score):
    assert context.scores == [score] * 3, context.scores


@then('publishing {count:d} packages that need "{id_}" changes nothing of it')
def step_dependents(context, count, id_):
    before = context.workshop.score_of(id_)
    context.workshop.publish_dependents(id_, count)
    assert context.workshop.score_of(id_) == before == context.workshop.measured_anew(id_)


@then("the points of all rules are 100, in the dimensions {names}")
def step_rules(context, names):
    quality.check_rules(names.split(", "))


@then("docs/quality.md lists exactly these rules, with their points, and these grades")
def step_documented(context):
    quality.check_documented()


@then("a package measured twice, its files in opposite orders, has the same report")
def step_alike(context):
    one, other = quality.twice_alike(context.world)
    assert one == other and one.to_json() == other.to_json()
    context.report = one


@then("a report that went through JSON is the same")
def step_json_again(context):
    assert quality.read_json(context.report) == context.report


@when('"{spec}" is measured without a registry')
def step_alone(context, spec):
    _workshop(context).measure_alone(spec)


@then('a report in which {what} is refused as "{code}"')
def step_malformed(context, what, code):
    assert quality.refused_report(context.world, what) == code


@then('the order "{sort}" is {ids}')
def step_order(context, sort, ids):
    assert context.workshop.order(sort) == ids.split(", "), context.workshop.order(sort)


@given("both have {count:d} downloads")
def step_downloads(context, count):
    context.workshop.download_all(count)


@given('"{spec}" is published as a shell, and its README is good')
def step_shell_readme(context, spec):
    _workshop(context).publish(spec, quality_packages.shell_with_readme(spec))


@when('both are searched for as "{text}"')
def step_search_both(context, text):
    context.found = context.workshop.found(text)


@then("{id_} comes first")
def step_first(context, id_):
    assert len(context.found) == 2 and context.found[0] == id_, context.found


@given('the package folder "{name}" of "{spec}", made with care')
def step_folder(context, name, spec):
    quality_packages.write(context.world.project / name, quality_packages.careful(*spec.split("@")))


@given('the package folder "{name}" of "{spec}", with nothing in it')
def step_shell_folder(context, name, spec):
    quality_packages.write(context.world.project / name, quality_packages.shell(spec))


@then("the error names the points that are missing and how to earn them")
def step_missing(context):
    quality.check_refusal(context.world.outcome().error())


@then("nothing is stored")
def step_nothing_stored(context):
    assert not list(local_registry(context.world.home).store.digests())


@given("the home's index is one of a version that measured nothing")
def step_unlearn(context):
    quality.unlearn(context.world.home)


@when("the home's index is opened for reading only")
def step_reading_only(context):
    context.index = LocalIndex.open_copy(context.world.home / "registry" / "index.sqlite")
    context.add_cleanup(context.index.close)


@then('"{id_}" is found there, and its quality is unknown')
def step_found_unknown(context, id_):
    assert context.index.lookup([id_])[id_].quality is None


@then("the grades are {some:d} times D and {others:d} times F, with scores from {low:d} to {high:d}")
def step_grades(context, some, others, low, high):
    reports = quality.reports_of(context.world.home)
    assert Counter(report.grade for report in reports) == {"D": some, "F": others}
    assert (min(r.score for r in reports), max(r.score for r in reports)) == (low, high)


@then("each point of each has its evidence")
def step_evidence(context):
    points = [point for report in quality.reports_of(context.world.home) for point in report.points]
    assert points and all(point.evidence for point in points)


@given("an earlier version took it: nothing of it was measured")
def step_unmeasured(context):
    context.workshop.unlearn()


@when('"{spec}" is measured now')
def step_measured_now(context, spec):
    context.workshop.remeasure(spec)
