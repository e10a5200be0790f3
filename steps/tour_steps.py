"""Steps that take the README's tour."""

from behave import then, when

from support.suite import tour


@when("the README's tour is taken")
def step_impl(context):
    context.world.home.mkdir()
    context.lines = tour.lines(tour.README.read_text(encoding="utf-8"))
    context.shown = [tour.take(line, context.world.home, context.world.project) for line in context.lines]


@then("each of its lines ended as the page says")
def step_impl(context):
    assert len(context.shown) == len(context.lines) >= 6, context.lines


@then("these lines of it showed")
def step_impl(context):
    for wanted, shows in context.table.rows:
        shown = [text for line, text in zip(context.lines, context.shown, strict=True) if line.text.startswith(wanted)]
        assert any(shows in text for text in shown), (wanted, shown)


@then("the home and the folder hold")
def step_impl(context):
    for (name,) in context.table.rows:
        assert (context.world.root / name).is_file(), name
