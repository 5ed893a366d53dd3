"""Compare, history and the advisor: what they say is what analysis says."""

from __future__ import annotations

import itertools
import random
from typing import Any

from harness.analysis.advise import advise, facts
from harness.analysis.chapters import histories
from harness.analysis.compare import Category, compare
from harness.analysis.flaky import unsteady
from harness.model.record import Purpose


def chapters(site: Any) -> list[Any]:
    """The runs of the matrix."""
    return [chapter for chapter in site.board.chapters if chapter.matrix]


def test_compare_is_that_of_analysis(mixed: Any, reader: Any) -> None:
    """Of each two runs, each cell is in the category that `harness compare` has it in."""
    page = reader.open(mixed.at("compare.html"))
    runs = chapters(mixed)
    assert len(runs) == 3
    seen = set()
    for old, new in itertools.permutations(range(3), 2):
        sides = [{entry.cell: entry.side for entry in runs[number].matrix} for number in (old, new)]
        meant = compare(*sides, old_run=runs[old].run, new_run=runs[new].run)
        told = page.evaluate(
            "([a, b]) => Object.entries(compare(a, b)).map(([c, all]) => [c, all.map(one => cellOf(one[0]).id)])",
            [old, new],
        )
        found = {category: sorted(ids) for category, ids in told if ids}
        expected = {
            category.value: sorted(one.cell.id for one in meant.cells if one.category is category)
            for category, number in meant.counts
            if number
        }
        assert found == expected
        seen |= set(found)
    assert len(seen) > 8
    assert {category.value for category in Category} >= seen


def test_compare_shows_two_runs(mixed: Any, reader: Any) -> None:
    """What changed is listed with the packages that moved; the runs and the category are in the address."""
    page = reader.open(mixed.at("compare.html"))
    assert [page.input_value("#old"), page.input_value("#new")] == ["2", "3"]
    assert page.locator("section[data-category=regressed] li").first.is_visible()
    assert "0.4.9 → 0.5.0" in page.locator("section[data-category=regressed]").inner_text()
    page.select_option("#old", "1")
    assert "old=1&new=3" in page.url
    page.reload()
    assert page.input_value("#old") == "1"
    page.click(".changes a:has-text('regressed')")
    page.wait_for_function("location.hash.includes('category=regressed')")
    assert page.locator("section[data-category]").count() == 1


def test_overview_counts_changes(mixed: Any, reader: Any) -> None:
    """Each number of what changed since the run before leads to a list of that length."""
    page = reader.open(mixed.at("index.html"))
    links = page.eval_on_selector_all("a[data-compare]", "links => links.map(one => [one.href, +one.dataset.compare])")
    assert len(links) > 3
    for href, number in links:
        other = reader.open(href)
        assert other.locator("section[data-category] > ul > li").count() == number
        other.close()


def test_history(mixed: Any, reader: Any) -> None:
    """By cell or by the values of an axis, each run a column; what is flaky is listed."""
    page = reader.open(mixed.at("history.html"))
    rows = {entry.cell for chapter in chapters(mixed) for entry in chapter.matrix}
    assert page.locator("#history tbody tr").count() == len(rows)
    page.select_option("#axis", "django")
    assert page.locator("#history tbody tr").count() == 5
    assert page.locator("#history thead th").all_inner_texts() == ["Django", "1", "2", "3"]
    page.reload()
    assert page.input_value("#axis") == "django"
    page.fill("#q", "django:>=6")
    assert page.locator("#history tbody tr").count() == 2
    flaky = unsteady(histories(chapters(mixed)))
    assert flaky
    assert page.locator("section[aria-labelledby=flaky] tbody tr").count() == len(flaky)


def test_advisor_is_that_of_analysis(mixed: Any, reader: Any) -> None:
    """Every question has the same answer, the same counts and the same alternatives in Python and in the page."""
    page = reader.open(mixed.at("advisor.html"))
    known = page.evaluate("known.map(one => [cellOf(one.number).id, one.state])")
    newest: dict[str, Any] = {}
    for chapter in mixed.board.chapters:
        for entry in chapter.entries:
            if chapter.matrix and (chapter is mixed.board.chapters[0] or entry.purpose is not Purpose.DIAGNOSTIC):
                newest.setdefault(entry.cell.id, []).append(entry)
    decided = {
        cell: next((e for e in entries if e.side.state.value not in ("error", "not-run")), entries[0])
        for cell, entries in newest.items()
    }
    assert dict(known) == {cell: entry.side.state.value for cell, entry in decided.items()}
    told_facts = facts((entry.cell, entry.side.state) for entry in decided.values())
    axes = {axis: sorted({one.values[axis] for one in told_facts}) for axis in told_facts[0].values}
    chance = random.Random(20260801)
    answers = set()
    for _ in range(500):
        names = chance.sample(sorted(axes), chance.randint(1, 4))
        have = {name: chance.choice([*axes[name], "7.0"]) for name in names}
        want = {name: chance.choice(axes[name]) for name in chance.sample(sorted(axes), chance.randint(1, 2))}
        meant = advise(told_facts, have, want)
        told = page.evaluate("([have, want]) => advise(have, want)", [have, want])
        assert told["advice"] == meant.advice.value, (have, want)
        answers.add(told["advice"])
        for one, other in [(told["target"], meant.target), (told["present"], meant.present)]:
            assert tallied(one) == tally(other)
        assert list(map(tallied, told["pairs"])) == list(map(tally, meant.pairs))
        assert list(map(tallied, told["alternatives"])) == list(map(tally, meant.alternatives))
    assert len(answers) >= 5, answers


def tallied(one: dict[str, Any]) -> tuple[Any, ...]:
    """A tally of the page."""
    pairs = tuple(map(tuple, one["values"]))
    return pairs, one["passing"], one["failing"], one["untestable"], one["other"], len(one["cells"])


def tally(one: Any) -> tuple[Any, ...]:
    """A tally of analysis."""
    return one.values, one.passing, one.failing, one.untestable, one.other, one.cells


def test_advisor_answers_a_person(mixed: Any, reader: Any) -> None:
    """Choosing what one has and wants shows the answer, and its cells; the question is in the address."""
    page = reader.open(mixed.at("advisor.html"))
    page.select_option("[id='have.pytest-django']", "4.13")
    page.select_option("[id='want.django']", "4.2")
    assert page.locator("[data-advice]:visible").get_attribute("data-advice") == "no"
    page.locator("#answer summary").first.click()
    assert page.locator("#answer details[open] li").count() == 4
    page.reload()
    assert page.locator("[data-advice]:visible").get_attribute("data-advice") == "no"
    page.select_option("[id='have.pytest-django']", "4.14")
    assert page.locator("[data-advice]:visible").get_attribute("data-advice") != "no"
