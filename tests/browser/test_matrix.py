"""The matrix page: queries, the grid, the address, the keyboard; and counts that lead to as many rows."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from harness.analysis.fold import fold
from harness.analysis.grid import grid
from harness.analysis.query import Row, compile_query, row_of
from harness.errors import UsageError
from harness.model.record import Purpose

QUERIES = (
    "",
    "state:fail",
    "state:fail django:<5.2 database:postgres",
    "django:>=5.2,<6.1",
    "django:5.1,6.0",
    "django:5",
    "pytest-django:==4.13.0",
    "pytest-django:~=4.12",
    "pytest_django:4.13",
    "database:post*",
    "database:*17",
    'database:"postgres-17" mode:"plain"',
    'database:"postgres"',
    "postgres and not plain",
    "not (plain or sqlite)",
    "state:fail or state:error,crash,timeout",
    "verdict:unexpected-failure",
    "verdict:expected*",
    "not verdict:as-expected",
    "provider:embedded",
    "evidence:exit-code,none",
    "blame:undetermined",
    "known:no PLAIN",
    "cause:*",
    "python:3.12 django:!=6.1",
    "django:>5.1.0",
    "django:<=5.1",
    '"mode=plain,pytest=9"',
    '"state:fail"',
)
WRONG = ("state:failed", "nothing:x", "django:", "django:<", "(a", "a or", "not", ")", "django:<5.x", "django:===5.1")


def visible(page: Page) -> int:
    """The number of rows that are shown."""
    return int(page.eval_on_selector_all("#rows tbody tr", "rows => rows.filter(row => !row.hidden).length"))


def rows_of(site: Any) -> list[Any]:
    """The rows of the last run, as analysis sees them."""
    conclusions = site.board.report.summary.conclusions
    return [row_of(one) for one in conclusions if one.purpose is not Purpose.DIAGNOSTIC]


def test_filters(mixed: Any, reader: Any, expected_rows: int) -> None:
    """Writing a query narrows rows and grid at once; clearing it brings all of them back."""
    page = reader.open(mixed.at("matrix.html"))
    assert visible(page) == expected_rows
    page.fill("#q", "state:fail django:<5.2")
    narrowed = visible(page)
    assert 0 < narrowed < expected_rows
    assert page.inner_text("#shown") == str(narrowed)
    assert page.locator("#grid tbody tr").count() < 5
    page.click("#clear")
    assert visible(page) == expected_rows


def test_a_view_can_be_sent(mixed: Any, reader: Any) -> None:
    """Query, axes and folding are in the address: they survive a reload, and whoever gets it sees the same."""
    page = reader.open(mixed.at("matrix.html"))
    page.fill("#q", "not plain")
    page.click("summary")
    page.select_option("#axis-rows", "database")
    page.select_option("#axis-django", "5.2")
    page.uncheck("#fold")
    told = (visible(page), page.inner_text("#grid"))
    assert page.input_value("#q") == 'not plain django:"5.2"'
    page.reload()
    assert (visible(page), page.inner_text("#grid")) == told
    assert page.input_value("#axis-rows") == "database"
    assert not page.is_checked("#fold")
    assert (visible(other := reader.open(page.url)), other.inner_text("#grid")) == told


def test_the_skip_link_keeps_the_view(mixed: Any, reader: Any) -> None:
    """It moves the focus, and leaves the address as it is: query and cell are in there."""
    page = reader.open(mixed.at("matrix.html") + "#q=state%3Afail")
    shown, address = visible(page), page.url
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    assert (visible(page), page.url) == (shown, address)


def test_a_mistake_is_told(mixed: Any, reader: Any, expected_rows: int) -> None:
    """A query that cannot be read is said to be so, and changes nothing."""
    page = reader.open(mixed.at("matrix.html"))
    page.fill("#q", "state:failed")
    expect(page.locator("#q-error")).to_contain_text("no state failed; one of pass")
    assert visible(page) == expected_rows
    page.fill("#q", "state:fail")
    expect(page.locator("#q-error")).to_be_hidden()


@pytest.mark.parametrize(
    "axes", [("django", "pytest-django"), ("database", "mode"), ("mode", "django")], ids=" × ".join
)
def test_grid_is_that_of_analysis(mixed: Any, reader: Any, axes: tuple[str, str]) -> None:
    """Rows, columns and the worst state of each square agree, folded or not, also under a query."""
    page = reader.open(mixed.at("matrix.html"))
    conclusions = mixed.board.report.summary.conclusions
    for query in ("", "not plain", "database:postgres"):
        matches = compile_query(query, mixed_axes(mixed))
        made = grid([one for one in conclusions if matches(row_of(one))], *axes)
        folded = fold(made)
        for is_folded, rows, columns, squares in (
            (False, tuple((row,) for row in made.rows), tuple((one,) for one in made.columns), made.squares),
            (True, folded.rows, folded.columns, folded.squares),
        ):
            told = page.evaluate(
                "([text, down, across, folded]) => grid(all.filter(query(text)), down, across, folded)",
                [query, *axes, is_folded],
            )
            assert told["rows"] == [list(row) for row in rows]
            assert told["columns"] == [list(column) for column in columns]
            assert [
                [square and (square["worst"], square["expected"], square["total"]) for square in line]
                for line in told["squares"]
            ] == [
                [
                    square and (square.worst.value, square.is_expected, sum(count for _, count in square.counts))
                    for square in line
                ]
                for line in squares
            ]


def mixed_axes(site: Any) -> list[str]:
    """The names of the axes."""
    return sorted({axis for one in site.board.report.summary.conclusions for axis, _ in one.cell.values})


def test_language_is_that_of_analysis(mixed: Any, reader: Any) -> None:
    """Each query means the same cells in Python and in the page, and what cannot be read in one cannot in the other."""
    page = reader.open(mixed.at("matrix.html"))
    rows, axes = rows_of(mixed), mixed_axes(mixed)
    found = 0
    for query in QUERIES:
        told = page.evaluate("text => all.filter(query(text)).map(row => row.id)", query)
        meant = [row.id for row in rows if compile_query(query, axes)(row)]
        assert sorted(told) == sorted(meant), query
        found += 0 < len(meant) < len(rows)
    assert found > 20
    for query in WRONG:
        told = page.evaluate(
            "text => { try { query(text); return ''; } catch (error) { return error.message; } }", query
        )
        with pytest.raises(UsageError) as raised:
            compile_query(query, axes)
        assert told.partition(";")[0] == raised.value.message.partition(";")[0], query


VERSIONS = [
    "1.0",
    "1.0.0",
    "1",
    "1.1",
    "1.10",
    "1.2",
    "1.0a1",
    "1.0b2",
    "1.0rc1",
    "1.0.dev1",
    "1.0a1.dev2",
    "1.0.post1",
    "1.0.post1.dev3",
    "1!1.0",
    "2.0",
    "1.0+local",
    "0.9",
    "1.0.1",
    "4.2.30",
    "5.0",
    "5.2",
    "5.2.1",
    "6.0a1",
    "6.0",
    "v1.2",
    "1.0-1",
    "1.0-alpha_3",
    "1.0c2",
    "10.0",
]


def test_specifiers_are_those_of_packaging(mixed: Any, reader: Any) -> None:
    """Each operator on each kind of version, pre- and post-releases among them, as PEP 440 has it."""
    page = reader.open(mixed.at("matrix.html"))
    wanted = [version for version in VERSIONS if "+" not in version]
    specifiers = [f"{operator}{version}" for operator in ("==", "!=", "<", "<=", ">", ">=", "~=") for version in wanted]
    specifiers += [f"{operator}{version}.*" for operator in ("==", "!=") for version in wanted]
    specifiers += [">=1.0,<2.0", "!=1.0,<1.2", "==1.*,!=1.0.*", "~=1.0,!=1.1", "== 1.0", ">=1.0, <2"]
    told = page.evaluate(
        """([texts, versions]) => texts.map(text => versions.map(version => {
            const row = { id: '', values: { django: 'x' }, exact: { django: version }, words: {} };
            try { return query('django:' + text)(row); } catch { return null; }
        }))""",
        [[one.replace(" ", "") for one in specifiers], VERSIONS],
    )
    for specifier, answers in zip(specifiers, told, strict=True):
        for version, answer in zip(VERSIONS, answers, strict=True):
            row = Row(id="", values={"django": "x"}, exact={"django": version}, words={})
            try:
                meant = compile_query(f"django:{specifier.replace(' ', '')}", ["django"])(row)
            except UsageError:
                meant = None
            assert answer == meant, (specifier, version)


def test_every_count_leads_to_its_rows(mixed: Any, reader: Any) -> None:
    """Each number that is a link leads to exactly that many rows, on every page."""
    names = ["index.html", "method.html", "matrix.html", "causes.html"]
    names += [path.name for path in mixed.folder.glob("cause-*.html")]
    followed: dict[str, int] = {}
    for name in names:
        page = reader.open(mixed.at(name))
        for href, number, text in page.eval_on_selector_all(
            "a[data-n]", "links => links.map(link => [link.getAttribute('href'), link.dataset.n, link.innerText])"
        ):
            assert number in text.replace(",", ""), (name, text)
            assert followed.setdefault(href, int(number)) == int(number), (name, href)
    assert len(followed) > 60
    page = reader.open(mixed.at("matrix.html"))
    for href, number in followed.items():
        page.evaluate("hash => { location.hash = hash; }", href.partition("#")[2])
        page.wait_for_function("hash => location.hash.slice(1) === hash", arg=href.partition("#")[2])
        page.wait_for_timeout(5)
        assert visible(page) == number, href


def test_totals_agree(mixed: Any, reader: Any, expected_rows: int) -> None:
    """States, values of each axis and squares sum to the cells of the run; causes to those that failed or broke."""
    page = reader.open(mixed.at("index.html"))

    def numbers(selector: str) -> list[int]:
        return list(map(int, page.eval_on_selector_all(selector, "links => links.map(link => link.dataset.n)")))

    *states, cells = numbers(".tiles a")
    assert cells == sum(states) == expected_rows
    for axis in page.query_selector_all(".axis"):
        counts = axis.eval_on_selector_all(".chips a:not(.bad)", "links => links.map(link => +link.dataset.n)")
        assert sum(counts) == expected_rows
    squares = page.eval_on_selector_all(
        "#grid td:not(.empty)",
        "cells => cells.map(cell => Math.max(...[...cell.querySelectorAll('a')].map(a => +a.dataset.n)))",
    )
    assert sum(squares) == expected_rows
    counts = dict(mixed.board.report.summary.counts.states)
    failing = sum(number for state, number in counts.items() if state.is_failure or state.value == "error")
    page = reader.open(mixed.at("causes.html"))
    assert sum(numbers(".card a[data-n]")) == failing
    page = reader.open(mixed.at("method.html"))
    assert sum(numbers("table a[data-n]")) == expected_rows


def test_keyboard(mixed: Any, reader: Any) -> None:
    """The grid is one stop of the Tab key; arrows move in it, Enter opens the cells; / goes to the query."""
    page = reader.open(mixed.at("matrix.html"))
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.press("Escape")
    page.locator("#grid td[tabindex='0']").focus()
    place = "(() => { const td = document.activeElement; return [td.parentNode.sectionRowIndex, td.cellIndex]; })()"
    assert page.evaluate(place) == [0, 1]
    for key, expected in (("ArrowRight", [0, 2]), ("ArrowDown", [1, 2]), ("ArrowLeft", [1, 1]), ("ArrowUp", [0, 1])):
        page.keyboard.press(key)
        assert page.evaluate(place) == expected
    page.keyboard.press("ArrowUp")
    assert page.evaluate(place) == [0, 1]
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    assert page.locator("#grid [tabindex='0']").count() == 1
    page.keyboard.press("Enter")
    page.wait_for_function("location.hash.includes('state')")
    assert 0 < visible(page) < page.locator("#rows tbody tr").count()
