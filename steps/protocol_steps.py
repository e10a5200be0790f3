"""Steps about the registry protocol: paths, documents, bundles, problems."""

import io
import json

from behave import given, then, when

from marketplace.model.ids import PackageId
from marketplace.model.version import Version
from marketplace.protocol import documents, paths
from marketplace.registry.remote_search import read_page
from support.centralized import bundles, problems
from support.centralized.documents import (
    ID,
    Document,
    catalog_damaged,
    read_back,
    yank_fields,
    yanks_damaged,
)
from support.centralized.places import build
from support.market.laws.vectors import unescape
from support.market.records import nested_lists
from support.market.signing import code_of

# --- paths -------------------------------------------------------------------------------------------------------


@then('the path "{path}" names the {kind}, and is built from it again')
def step_path_names(context, path, kind):
    place = paths.place_of(path)
    assert place is not None
    assert place.kind == kind, place
    assert build(place) == path


@then('the path "{path}" names the release "{spec}"')
def step_path_release(context, path, spec):
    place = paths.place_of(path)
    assert place is not None
    assert f"{place.id}@{place.version}" == spec


@then("a version of {longest:d} characters has a path that names it, and one of {longer:d} has none")
def step_version_path(context, longest, longer):
    names = [paths.release(ID, Version.parse("1.0.0-" + "a" * (size - 6))) for size in (longest, longer)]
    assert [paths.place_of(name) is not None for name in names] == [True, False]


@then('the path "{path}" names nothing')
def step_path_nothing(context, path):
    assert paths.place_of(unescape(path)) is None


# --- documents ---------------------------------------------------------------------------------------------------


@then("the root document, packages, yanks, categories, downloads and the catalog read back as they were written")
def step_read_back(context):
    read_back()


@then('the root document of the registry "{name}" with the interface "{api}" is')
def step_root_document(context, name, api):
    document = documents.RegistryDocument(name, "acme.example", "acme.example+1b4c8c1f+AQ==", api)
    assert documents.encode_registry(document).decode() == context.text


@given('the document of the package "{id_}" with the releases {versions}')
def step_document(context, id_, versions):
    assert PackageId.parse(id_) == ID
    context.document = Document.of(versions)


@when('the document says {value} in "{field}"')
def step_document_field(context, field, value):
    context.document.change(field, value)


@when("in the entry of {version} {field} becomes {value}")
def step_entry_field(context, version, field, value):
    context.document.change_entry(version, field, value)


@when("{version} is said to be yanked by the record of {record}")
def step_entry_yank(context, version, record):
    context.document.change_entry(version, "yank", yank_fields(record))


@when("{version} is said to be not yanked by the record of {record}")
def step_entry_unyank(context, version, record):
    context.document.change_entry(version, "unyank", yank_fields(record))


@then("the document lists {told}")
def step_document_lists(context, told):
    assert context.document.told() == told, context.document.told()


@then('reading the document is refused as "{code}"')
def step_document_refused(context, code):
    assert code_of(context.document.read).code == code


@then('the document "{text}" is refused as "{code}"')
def step_text_refused(context, text, code):
    data = unescape(text).encode("latin-1")
    error = code_of(lambda: documents.decode_package(data, ID))
    assert error.code == code, error


@then('a document of 100,000 nested lists and one of a number of 500,000 digits are refused as "{code}"')
def step_absurd_document(context, code):
    for text in (nested_lists(100_000), b"1" * 500_000, b'{"protocol":1,"x":' + nested_lists(32) + b"}"):
        assert code_of(lambda text=text: documents.decode_package(text, ID)).code == code


@then('a document of more than 16 MiB is refused as "{code}" without being parsed')
def step_large_document(context, code):
    text = b'{"protocol":1,"x":"' + b"x" * documents.MAX_DOCUMENT + b'"}'
    assert code_of(lambda: documents.decode_package(text, ID)).code == code
    assert json.loads(text)["protocol"] == 1


@then('an answer to a search of more than 4 MiB is refused as "{code}"')
def step_large_search(_context, code):
    text = b'{"facets":{},"results":[],"total":0%s}'
    assert read_page(text % (b" " * (2**22 - len(text) + 2))).total == 0
    assert code_of(lambda: read_page(text % (b" " * (2**22 - len(text) + 3)))).code == code


@then("a catalog with one document that cannot be read still has the others")
def step_catalog_damaged(context):
    catalog_damaged()


@then("a list of yanks with one record that cannot be read still has the others")
def step_yanks_damaged(context):
    yanks_damaged()


# --- bundles -----------------------------------------------------------------------------------------------------


@then('the bundle of "{one}" and "" is, with an empty line at its end')
def step_bundle_is(context, one):
    assert bundles.bundle_of(one.encode(), b"").decode() == context.text + "\n\n"


@then("bundles of 0, 1, 3 and 600 blobs of many sizes have the length that was said, and hold these blobs")
def step_bundles(context):
    bundles.check_round_trip(io.BytesIO)


@then("they do so however the stream is cut into pieces")
def step_bundles_dribble(context):
    bundles.check_round_trip(lambda data: bundles.Dribble(data, seed=1))


@then("a blob of {size:d} MiB passes through a bundle in less than {most:d} MiB of memory")
def step_bundle_memory(context, size, most):
    used = bundles.memory_of_large(size << 20)
    assert used < most << 20, used


@then('a bundle cut behind each of its bytes is refused as "bundle-cut", and what came whole before is stored')
def step_bundle_cut(context):
    bundles.check_cut_anywhere()


@then('the bundle "{text}" is refused as "{code}"')
def step_bundle_refused(context, text, code):
    data = unescape(text).replace("{hello}", bundles.HELLO).encode("latin-1")
    assert bundles.refusal(data) == code, bundles.refusal(data)


@then("of a bundle of five blobs, the fourth altered on the way, the first three are stored")
def step_bundle_altered(context):
    bundles.check_altered()


@then('writing a bundle of a blob that is not of its digest or of its size raises "{code}" before the bundle ends')
def step_bundle_source(context, code):
    assert code == "blob-corrupt"
    bundles.check_damaged_source()


# --- problems ----------------------------------------------------------------------------------------------------


@then("these errors have these statuses, and come back as they were")
def step_errors_back(context):
    for row in context.table:
        assert problems.round_trip(row["class"], row["code"]) == int(row["status"])


@then('the problem of the error "version-exists" about "io.acme.web" is')
def step_problem(context):
    assert problems.example() == context.text


@then("the statuses mean these classes, with a problem document of any other class and without one")
def step_statuses(context):
    seen = []
    for row in context.table:
        for status in problems.statuses(row["statuses"]):
            problems.check_status(status, row["class"])
            seen.append(status)
    missing = set(range(400, 600)) - set(seen) - {422, 429}
    assert not missing, missing


@then('a 404 with the body "{body}" of type "{kind}" is "{code}"')
def step_not_found(context, body, kind, code):
    assert problems.not_found(kind, unescape(body).encode("latin-1")).code == code


@then(
    'a problem document with the members "{members}" and a detail of {length:d} characters is read with one of {most:d}'
)
def step_pretender(context, members, length, most):
    error = problems.pretender(members, length)
    assert (error.code, len(error.message), error.exit_code) == ("page-invalid", most, 2), error
    assert error.details.keys() == {"exit_code", "status"}, error.details
