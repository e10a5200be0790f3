"""Steps about searching: ranking, filters, facets, highlights, freshness, damage."""

import time

from behave import given, then, when

from marketplace.errors import InvalidInputError
from marketplace.model.ids import MAX_SEGMENT
from marketplace.search.base import SearchQuery
from marketplace.storage.locks import FileLock
from support.cleanroom.deadline import Deadline
from support.market.catalogs import relevance, searching
from support.market.catalogs.catalog import id_of, name_of, read_public_packages, shared_catalog
from support.market.catalogs.searching import Catalogue


def _catalogue(context):
    if "catalogue" not in context:
        context.catalogue = Catalogue(context.world.root, fingerprint="shared")
    return context.catalogue


def _ids(text):
    return [id_.strip() for id_ in text.split(",") if id_.strip()]


@given("these packages can be searched")
def step_packages(context):
    _catalogue(context).add(row.as_dict() for row in context.table)


@given("{count:d} made-up packages can be searched")
def step_made_up(context, count):
    _catalogue(context).add_made_up(count)


@given("the search index has been stored")
@when("the search index is stored")
def step_stored(context):
    _catalogue(context).engine.refresh()


@when("they are written to an index that stays open, and its locks are removed")
def step_no_locks(context):
    context.index = searching.write_index(context.catalogue)


@then("none of them comes back within {seconds:f} s")
def step_still_no_locks(context, seconds):
    back = Deadline.after(seconds).poll(lambda: searching.locks_of(context.catalogue.folder))
    assert not back, back


@when('the packages are searched for "{text}"')
def step_search(context, text):
    _catalogue(context).ask(text)


@when('the packages are searched for "{text}" with {options}')
def step_search_with(context, text, options):
    _catalogue(context).ask(text, options)


@when("all packages are listed with {options}")
def step_list(context, options):
    _catalogue(context).ask("", options)


@when('a new process searches the packages for "{text}"')
def step_new_process(context, text):
    context.catalogue.engine = context.catalogue.another_engine()
    context.catalogue.ask(text)


@then('the search finds "{ids}", in this order')
def step_finds(context, ids):
    assert context.catalogue.found() == _ids(ids), context.catalogue.found()


@then("the search finds nothing")
def step_finds_nothing(context):
    assert (context.catalogue.page.total, context.catalogue.found()) == (0, []), context.catalogue.page


@then("the search's total is {total:d}")
def step_total(context, total):
    assert context.catalogue.page.total == total, context.catalogue.page.total


@then('the first result\'s highlights are "{shown}"')
def step_highlights(context, shown):
    assert "; ".join(context.catalogue.highlighted()) == shown, context.catalogue.highlighted()


@then('the facet "{facet}" counts "{counts}"')
def step_facet(context, facet, counts):
    found = ", ".join(f"{value} {count}" for value, count in context.catalogue.page.facets[facet].items())
    assert found == counts, found


@then("every facet over all packages is what counting them one by one gives")
def step_facets_counted(context):
    context.catalogue.ask()
    expected = context.catalogue.counted()
    for facet, counts in context.catalogue.page.facets.items():
        assert counts == {value: expected[facet][value] for value in counts}, facet
        assert len(counts) == min(len(expected[facet]), 100), facet


@then("paging through all packages by {sort} in pages of {size:d} gives the order that sorting gives")
def step_paged(context, sort, size):
    assert context.catalogue.paged("", sort, size) == context.catalogue.ordered(sort)


@then('pages of {size:d} for "{text}" by relevance give each hit once')
def step_pages_once(context, size, text):
    ids = context.catalogue.paged(text, "relevance", size)
    assert len(ids) > size and len(ids) == len(set(ids)), ids


@when('the package {id_} is published again with the description "{description}"')
def step_updated(context, id_, description):
    context.catalogue.add([{"id": id_, "description": description}])


@when("the package {id_} is removed")
def step_removed(context, id_):
    context.catalogue.source.remove(id_)


@when("{count:d} packages change, and nobody tells the search")
def step_change_some(context, count):
    context.catalogue.change_some(count)


@then("common queries give the order that an index made at once gives")
def step_same_order(context):
    texts = searching.common_queries()
    expected, found = context.catalogue.fresh_order(texts), context.catalogue.present_order(texts)
    assert sum(map(bool, expected.values())) > len(texts) / 2, "the queries find too little to prove anything"
    assert found == expected, [text for text in texts if found[text] != expected[text]]


@then("no more than {count:d} documents were read from the package index")
def step_asked(context, count):
    assert context.catalogue.source.asked <= count, context.catalogue.source.asked


@given("the count of documents read begins anew")
def step_asked_anew(context):
    context.catalogue.source.asked = 0


@when("the stored index suffers: {damage}")
def step_damage(context, damage):
    searching.damage(context.catalogue, damage)


@then('the search tells "{text}"')
def step_tells(context, text):
    assert text in context.catalogue.told(), context.catalogue.told()


@then("the search tells nothing")
def step_tells_nothing(context):
    assert not context.catalogue.told(), context.catalogue.told()


@given("another process is writing the search index")
def step_locked(context):
    lock = FileLock(context.catalogue.folder.with_name("search.lock"), purpose="a test", timeout=0)
    lock.__enter__()
    context.world.defer(lambda: lock.__exit__(None, None, None))


@given("the search index's place is taken by a file")
def step_unwritable(context):
    _catalogue(context).folder.with_name("search.lock").mkdir()


@when('{count:d} processes search {packages:d} made-up packages for "{text}" at once')
def step_processes(context, count, packages, text):
    workers = [searching.worker(context.world.root, packages, text) for _ in range(count)]
    context.searched = (packages, text)
    context.answers = searching.outcomes(workers)


@then("all of them find the same, and so does this one")
def step_same_answers(context):
    catalogue = Catalogue(context.world.root, fingerprint="shared")
    packages, text = context.searched
    catalogue.add_made_up(packages)
    catalogue.ask(text)
    assert catalogue.found() and all(answer == catalogue.found() for answer in context.answers), context.answers


@then("the packages answer from memory")
def step_from_memory(context):
    context.catalogue.ask("io")
    assert context.catalogue.page.total and "made in memory" in context.catalogue.told(), context.catalogue.told()


@when("a process that makes the index of {packages:d} packages is killed in the middle")
def step_killed(context, packages):
    searching.kill_while_building(context.world.root, packages)


@when("this hostile text is searched: {kind}")
def step_hostile(context, kind):
    text = searching.hostile(kind)
    start = time.process_time()
    context.page = _catalogue(context).engine.search(
        SearchQuery(text, category=text[:40] if kind == "filter" else None)
    )
    context.took = time.process_time() - start


@then("it is answered with less than {seconds:d} seconds of processor, and a plain search still finds {id_}")
def step_hostile_answered(context, seconds, id_):
    assert context.took < seconds, context.took
    context.catalogue.ask(id_)
    assert context.catalogue.found()[:1] == [id_], context.catalogue.found()


@then('searching with {options} is refused as "{code}"')
def step_refused(context, options, code):
    try:
        _catalogue(context).ask("", options)
    except InvalidInputError as error:
        assert error.code == code, error.code
    else:
        raise AssertionError("the search was not refused")


@then('"{text}" brings the suggestions "{ids}"')
def step_suggestions(context, text, ids):
    found = context.catalogue.engine.suggest(text)
    assert found[: len(_ids(ids))] == _ids(ids), found


@given("the real catalog's {corpus} can be searched")
def step_corpus(context, corpus):
    make = relevance.names_corpus if corpus == "names" else relevance.packages_corpus
    context.corpus = corpus
    _catalogue(context).source = make(shared_catalog())
    context.catalogue.engine = context.catalogue.another_engine()


@then("the golden queries have an MRR of at least {mrr:f} and a recall of at least {recall:f}")
def step_golden(context, mrr, recall):
    found = relevance.measure(relevance.read_golden(context.corpus), relevance.asking(context.catalogue.engine.search))
    assert found.queries >= 30 and found.mrr >= mrr and found.recall >= recall, found


@then("the golden queries with one typing error have an MRR of at least {mrr:f}")
def step_golden_typos(context, mrr):
    queries = relevance.read_golden(context.corpus)
    wrong = relevance.with_one_typo(queries, relevance.title_words(context.catalogue.states()))
    found = relevance.measure(wrong, relevance.asking(context.catalogue.engine.search))
    assert found.queries >= 60 and found.mrr >= mrr, found


@then("every one of these queries finds its package first")
def step_small_golden(context):
    for row in context.table:
        context.catalogue.ask(row["query"])
        assert context.catalogue.found()[:1] == [row["first"]], (row["query"], context.catalogue.found()[:3])


@then("every real name has an id of its own, from which the name is read back")
def step_names(context):
    names = [row.name for row in read_public_packages(shared_catalog())]
    ids = {id_of(name) for name in names}
    assert len(ids) == len(names) == 20_000
    cut = [name for name in names if max(map(len, id_of(name).split("."))) == MAX_SEGMENT]
    assert len(cut) <= 1 and all(name_of(id_of(name)) == name for name in names if name not in cut), cut
