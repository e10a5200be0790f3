"""Steps about the project's pages."""

from behave import then

from support.suite import pages


@then("every link from one page to another leads to a file, and so does every file that a page names")
def step_links(context):
    assert len(pages.pages()) > 20
    assert not pages.dead_ends(), pages.dead_ends()
