"""Steps about the table of error codes."""

from pathlib import Path

from behave import then

from support.suite import error_codes

TABLE = Path("docs/errors.md")


def table():
    """Return the documented codes."""
    return error_codes.documented(TABLE.read_text(encoding="utf-8"))


@then("docs/errors.md lists exactly the codes that the product raises, each with its exit")
def step_same(_context):
    wrong = error_codes.differences(table(), error_codes.raised())
    assert not wrong, "\n".join(wrong)


@then("a table of codes that lacks one differs from the product")
def step_lacks(_context):
    lacking = {code: exit_ for code, exit_ in table().items() if code != "entry-link"}
    assert error_codes.differences(lacking, error_codes.raised())


@then("a table of codes that has one too many differs from the product")
def step_spare(_context):
    assert error_codes.differences({**table(), "moon-full": "3"}, error_codes.raised())


@then("a table of codes with a wrong exit differs from the product")
def step_wrong(_context):
    assert error_codes.differences({**table(), "path-absolute": "2"}, error_codes.raised())
