"""Requirement files: found by their names, read with what they include."""

from __future__ import annotations

import pytest

from harness.interop.project import requirement_files


def test_files_are_found_by_their_names(tree) -> None:
    """Those of the documentation, and texts that are none, are not."""
    names = {
        "requirements.txt",
        "requirements-dev.txt",
        "requirements/test.txt",
        "requirements/common.pip",
        "test-requirements.txt",
        "dev_requirements.txt",
        "tests/requirements.txt",
    }
    others = {"docs/requirements.txt", "robots.txt", "shop/static/requirements.md", "a/b/c/requirements.txt"}
    assert {item.path for item in requirement_files.find(tree(dict.fromkeys(names | others, "")))} == names


def test_a_file_holds_what_it_includes(tree) -> None:
    """Constraints are kept apart; two that include each other end."""
    files = tree(
        {
            "requirements/test.txt": "-r base.txt\n-c ../constraints.txt\n"
            "pytest==8.3 \\\n    --hash=sha256:aa  # why\n-e ..\n",
            "requirements/base.txt": "--requirement=test.txt\nDjango==5.2.1\n"
            "--index-url https://example.org\n-r gone.txt\n",
            "constraints.txt": "sqlparse<1\n",
        }
    )
    found = requirement_files.read(files, "requirements/test.txt")
    assert found.requirements == ("Django==5.2.1", "pytest==8.3")
    assert found.constraints == ("sqlparse<1",)
    assert found.includes == ("requirements/test.txt", "requirements/base.txt")
    assert (found.installs_project, found.foreign) == (True, ())
    assert found.missing == ("requirements/gone.txt",)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("git+https://example.org/x/crispy-bootstrap4", "crispy-bootstrap4"),
        ("git+https://example.org/x/crispy.git@main", "crispy"),
        ("-e git+ssh://git@example.org/x/y.git#egg=named", "named"),
        ("shop[a] @ git+https://example.org/x", "shop"),
        ("https://example.org/archive/main.tar.gz", ""),
    ],
)
def test_what_is_on_no_index_is_known(tree, line: str, name: str) -> None:
    """With the package that it is likely to be a copy of."""
    found = requirement_files.read(tree({"requirements.txt": f"{line}\nDjango\n"}), "requirements.txt")
    assert (found.foreign, found.requirements, found.installs_project) == ((line,), ("Django",), False)
    assert requirement_files.release_of(line) == name
