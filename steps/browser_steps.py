"""Steps in a real browser."""

from behave import given, then, when

from support.centralized.servers import Server


@given("Chromium is open at the registry, in {light:w}")
def step_open(context, light):
    from support.web.visits import Visit  # selenium is not everywhere

    context.visit = Visit(Server.start(context.world), light)
    context.world.defer(context.visit.close)
    context.scenario.pictures = context.visit.pictures


@then("axe finds nothing on these pages")
def step_axe(context):
    assert context.visit.is_dark() == (context.visit.light == "night")
    found = context.visit.violations(row["page"] for row in context.table)
    assert not found, found


@when('"{text}" is typed into the field of the search')
def step_type(context, text):
    context.visit.type(text)


@then("without sending anything the page lists {name} alone")
@then("the page lists {name} alone")
def step_lists(context, name):
    assert context.visit.lists([name]), context.visit.listed()


@then("the page lists {first}, {second}, {third}")
def step_lists_three(context, first, second, third):
    assert context.visit.lists([first, second, third]), context.visit.listed()


@then('the address ends with "{end}"')
def step_address(context, end):
    visit = context.visit
    assert visit.browser.wait(lambda: visit.browser.driver.current_url.endswith(end)), visit.browser.driver.current_url


@then("the field still has the focus")
@then("the field has the focus")
def step_focus(context):
    assert context.visit.focused() == "q", context.visit.focused()


@when("the page is loaded again")
def step_reload(context):
    context.visit.browser.driver.refresh()


@then("{count:d} search was counted")
def step_counted(context, count):
    totals = context.visit.server.document("/api/v1/stats")["totals"]
    assert totals["searches"] == count, totals


@when('the page "{path}" is opened')
def step_page(context, path):
    context.visit.open(path)


@when('the button "{text}" is pressed')
def step_button(context, text):
    context.visit.press_button(text)


@then('the button says "{text}"')
def step_button_says(context, text):
    assert context.visit.browser.wait(lambda: text in context.visit.buttons()), context.visit.buttons()


@then('"{text}" is in the clipboard')
def step_clipboard(context, text):
    assert context.visit.clipboard() == text, context.visit.clipboard()


@when('"{key}" is pressed')
def step_press(context, key):
    context.visit.browser.press(key)


@when('"{text}" is typed, and the enter key')
def step_type_enter(context, text):
    context.visit.browser.press(*text, "\n")


@when('the tab key is pressed until "{text}" has the focus, and the enter key')
def step_tab(context, text):
    context.visit.tab_to(text)
    context.visit.browser.press("\n")


@then('the first thing that the tab key reaches on a page is "{text}"')
def step_first(context, text):
    context.visit.open("/")
    context.visit.browser.press("\t")
    assert context.visit.focused() == text, context.visit.focused()
