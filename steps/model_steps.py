"""Steps about the model: versions, requirements, ids, records and trees."""

from itertools import pairwise

from behave import given, then, when

from marketplace.errors import IntegrityError, InvalidInputError
from marketplace.model import canonical
from marketplace.model.ids import PackageId
from marketplace.model.manifest import Manifest
from marketplace.model.release import Release, YankRecord
from marketplace.model.requirement import Requirement
from marketplace.model.tree import Tree
from marketplace.model.version import Version
from marketplace.paths import check_path
from support.market.laws.model_laws import LAWS
from support.market.laws.vectors import unescape
from support.market.records import changed_record, nested_lists, small_tree
from support.market.signing import code_of, release_by, yank_by


@then('it holds for every value tried: "{law}"')
def step_law(context, law):
    LAWS[law]()


@then("these versions are in ascending order")
def step_ascending(context):
    chain = [Version.parse(row["version"]) for row in context.table]
    assert all(low < high and not high <= low for low, high in pairwise(chain))
    assert sorted(chain, key=str) != chain  # the text's order is another one
    assert sorted(chain, key=lambda version: version.precedence) == chain


@then('the version "{text}" is refused')
def step_version_refused(context, text):
    error = code_of(lambda: Version.parse(unescape(text)))
    assert (type(error), error.code) == (InvalidInputError, "invalid-version")


@then('the requirement "{requirement}" admits "{versions}"')
def step_admits(context, requirement, versions):
    found = Requirement.parse(requirement)
    refused = [text for text in versions.split() if not found.admits(Version.parse(text))]
    assert not refused, refused


@then('the requirement "{requirement}" does not admit "{versions}"')
def step_does_not_admit(context, requirement, versions):
    found = Requirement.parse(requirement)
    admitted = [text for text in versions.split() if found.admits(Version.parse(text))]
    assert not admitted, admitted


@then('the requirement "{text}" is refused')
def step_requirement_refused(context, text):
    error = code_of(lambda: Requirement.parse(unescape(text)))
    assert (type(error), error.code) == (InvalidInputError, "invalid-requirement")


@then('the package id "{text}" is refused, naming "{why}"')
def step_id_refused(context, text, why):
    error = code_of(lambda: PackageId.parse(unescape(text)))
    assert error.code == "invalid-package-id"
    assert why in error.message, error.message


@then('the manifest "{text}" is refused as "{code}" in the field "{field}"')
def step_manifest_refused(context, text, code, field):
    error = code_of(lambda: Manifest.parse(unescape(text).encode()))
    assert (error.code, error.details["field"]) == (code, field), error.to_json()


@then('the path "{text}" is refused as "{code}"')
def step_path_refused(context, text, code):
    error = code_of(lambda: check_path(unescape(text)))
    assert (type(error), error.code) == (IntegrityError, code), error.to_json()


@then('the bytes "{text}" are refused as "{code}"')
def step_bytes_refused(context, text, code):
    data = unescape(text).encode("latin-1")
    error = code_of(lambda: canonical.decode(data))
    assert (type(error), error.code) == (IntegrityError, code)


@then('{count:d} times "{piece}" is refused as "{code}"')
def step_many_refused(context, count, piece, code):
    assert code_of(lambda: canonical.decode(piece.encode() * count)).code == code


@then("lists nested {deep:d} deep are read, and {deeper:d} deep refused")
def step_nested(context, deep, deeper):
    canonical.decode(nested_lists(deep))
    assert code_of(lambda: canonical.decode(nested_lists(deeper))).code == "record-not-canonical"


@then("the statement of Alice's release {spec:S} is")
def step_release_statement(context, spec):
    assert release_by("Alice", spec).statement().decode() == context.text


@then("the statement of Alice's yank of {spec:S} is")
def step_yank_statement(context, spec):
    assert yank_by("Alice", spec).statement().decode() == context.text


@given('a tree of an executable "{script}" that holds "{code}" and a file "{file}" that holds "{text}"')
def step_tree(context, script, code, file, text):
    context.tree = small_tree((file, False, text), (script, True, code))


@then("the tree is encoded as")
def step_tree_encoded(context):
    assert context.tree.encoded.decode() == context.text + "\n"


@then("its content id is {content_id}")
def step_content_id(context, content_id):
    assert context.tree.content_id == content_id


@given('the release record of "{spec}"')
def step_record(context, spec):
    context.kind, context.record = Release, release_by("Alice", spec).encode()
    assert Release.decode(context.record).encode() == context.record


@given('the yank record of "{spec}"')
def step_yank_record(context, spec):
    context.kind, context.record = YankRecord, yank_by("Alice", spec).encode()
    assert YankRecord.decode(context.record).encode() == context.record


@when("its {field} becomes {value}")
def step_record_field(context, field, value):
    context.record = changed_record(context.record, field, value)


@then('reading the record is refused as "{code}"')
def step_record_refused(context, code):
    error = code_of(lambda: context.kind.decode(context.record))
    assert (type(error), error.code) == (IntegrityError, code), error.to_json()


@then('the tree "{text}" is refused as "{code}"')
def step_tree_refused(context, text, code):
    data = unescape(text).replace("{sha}", "0" * 64).encode("latin-1")
    error = code_of(lambda: Tree.decode(data))
    assert (type(error), error.code) == (IntegrityError, code)
