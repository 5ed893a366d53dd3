"""Builds the images of database servers, with bases of its own where no registry answers.

    python docker/build.py harness/postgres:15 harness/mariadb:10.11
    python docker/build.py --all

It installs nothing on this machine unless ``--install-host-tools`` is given.
Exit codes: 0 built or up to date, 4 something is missing here or unknown, 10 a build failed.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import re
import shutil
import sys
import tempfile
import threading
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness import process
from harness.errors import HarnessError, Infrastructure, UsageError, nearest

HERE = Path(__file__).resolve().parent
HASH_LABEL, VERSION_LABEL = "harness.hash", "harness.server-version"
PULL_S, DEBOOTSTRAP_S, BUILD_S = 60, 900, 1200
WASTE = ("var/cache/apt/archives", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale")
_print_lock = threading.Lock()
_base_locks: dict[str, threading.Lock] = {}


def main(argv: list[str]) -> int:
    """Build what *argv* names; see the module."""
    known = tomllib.loads((HERE / "images.toml").read_text())
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tags", nargs="*", metavar="TAG", help=", ".join(known))
    parser.add_argument("--all", action="store_true", help="every image")
    parser.add_argument(
        "--force", action="store_true", help="build what is up to date, too, with the packages of today"
    )
    parser.add_argument("--jobs", type=int, default=2, help="builds side by side (default: 2)")
    parser.add_argument("--install-host-tools", action="store_true", help="apt-get install what is missing here")
    options = parser.parse_args(argv)
    try:
        tags = list(known) if options.all else options.tags
        if not tags:
            raise UsageError("no image named", remedy=f"name some of {', '.join(known)}, or --all")
        for tag in tags:
            if tag not in known:
                raise UsageError(f"unknown image {tag}{nearest(tag, known)}")
        _need_engine()
        _need_tools(install=options.install_host_tools)
        for suite in {known[tag]["suite"] for tag in tags}:
            _base_locks[suite] = threading.Lock()
        with ThreadPoolExecutor(max_workers=max(1, options.jobs)) as pool:
            results = list(pool.map(lambda tag: _attempt(tag, known[tag], is_forced=options.force), tags))
    except HarnessError as error:
        print(error, file=sys.stderr)
        return int(error.exit_code)
    return 0 if all(results) else int(Infrastructure.exit_code)


def _attempt(tag: str, image: dict[str, str], *, is_forced: bool) -> bool:
    try:
        _build(tag, image, is_forced=is_forced)
    except HarnessError as error:
        _say(f"{tag}: FAILED: {error}")
        return False
    return True


def _build(tag: str, image: dict[str, str], *, is_forced: bool) -> None:
    wanted = _hash(image)
    if not is_forced and _inspect(tag, f'{{{{index .Config.Labels "{HASH_LABEL}"}}}}') == wanted:
        _say(f"{tag}: up to date")
        return
    with _base_locks[image["suite"]]:
        base = _base(image["suite"])
    begun = time.monotonic()
    replaced = _inspect(tag, "{{.Id}}")
    _docker(
        *("build", "--quiet", "--force-rm", "--tag", tag, "--label", f"{HASH_LABEL}={wanted}"),
        *(("--no-cache",) if is_forced else ()),  # what Debian has by now
        *("--build-arg", f"BASE={base}", "--build-arg", f"PACKAGES={image['packages']}"),
        HERE / image["folder"],
        timeout_s=BUILD_S,
    )
    version = _docker("run", "--rm", "--entrypoint", "cat", tag, "/usr/local/share/harness-version", timeout_s=60)
    _label(tag, VERSION_LABEL, version.strip())
    if replaced and replaced != _inspect(tag, "{{.Id}}"):
        with contextlib.suppress(Infrastructure):  # a container may still run it
            _docker("image", "rm", replaced, timeout_s=60)
    size = int(_inspect(tag, "{{.Size}}")) / 1e6
    _say(f"{tag}: {version.strip()}, {size:.0f} MB, {time.monotonic() - begun:.0f} s (its base not counted)")


def _label(tag: str, name: str, value: str) -> None:
    """Add a label whose value is only known once the image is built; it costs no layer."""
    environment = os.environ | _builder()
    done = process.capture(
        ["docker", "build", "--quiet", "--tag", tag, "--label", f"{name}={value}", "-"],
        timeout_s=120,
        env=environment,
        stdin=f"FROM {tag}\n",
    )
    if done.code:
        raise Infrastructure(f"cannot label {tag}: {done.stderr.strip()[-300:]}")


def _base(suite: str) -> str:
    """Return an image of a Debian release: the official one, or one that debootstrap makes here."""
    own = f"harness/debian:{suite}"
    official = f"debian:{suite}-slim"
    for image in (own, official):
        if _inspect(image, "{{.Id}}"):
            return image
    begun = time.monotonic()
    try:
        _docker("pull", "--quiet", official, timeout_s=PULL_S)
    except Infrastructure:
        _say(f"no registry answers: {own} is made with debootstrap")
    else:
        return official
    folder = Path(tempfile.mkdtemp(prefix="harness-base-"))
    try:
        root, archive = folder / "root", folder / "base.tar"
        _run("debootstrap", "--variant=minbase", suite, root, *_mirror(), timeout_s=DEBOOTSTRAP_S)
        if suite == "sid":  # snapshots of it are past their date; signatures are checked all the same
            (root / "etc/apt/apt.conf.d/99harness").write_text('Acquire::Check-Valid-Until "false";\n')
        for waste in WASTE:
            shutil.rmtree(root / waste, ignore_errors=True)
            (root / waste).mkdir(parents=True, exist_ok=True)
        _run("tar", "-C", root, "--numeric-owner", "--exclude=./dev/*", "-cf", archive, ".", timeout_s=300)
        _docker("import", archive, own, timeout_s=300)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _say(f"{own}: {int(_inspect(own, '{{.Size}}')) / 1e6:.0f} MB, {time.monotonic() - begun:.0f} s")
    return own


def _mirror() -> list[str]:
    """Return the mirror that this machine's apt uses for Debian; none leaves it to debootstrap."""
    folder = Path("/etc/apt")
    files = [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]
    for file in files:
        if file.suffix in (".list", ".sources") and file.is_file():
            for line in file.read_text().splitlines():
                found = re.match(r"(?:URIs:|deb (?:\[[^]]*\] )?)\s*(https?://\S+/debian)/?(?:\s|$)", line)
                if found:
                    return [found[1]]
    return []


def _need_engine() -> None:
    if shutil.which("docker") is None:
        raise UsageError("no docker command here", remedy="install Docker, or run .ci/engine")
    done = process.capture(["docker", "version", "--format", "{{.Server.Version}}"], timeout_s=20)
    if done.code:
        raise UsageError("no Docker engine answers", remedy="start dockerd, or run .ci/engine")


def _need_tools(*, install: bool) -> None:
    """See to debootstrap, which is needed where the registry does not answer."""
    if shutil.which("debootstrap") is not None:
        return
    if install:
        _run("apt-get", "update", timeout_s=300)
        _run("apt-get", "install", "-y", "--no-install-recommends", "debootstrap", timeout_s=300)
        return
    try:
        _docker("pull", "--quiet", "debian:bookworm-slim", timeout_s=PULL_S)
    except Infrastructure:
        raise UsageError(
            "no registry answers, and debootstrap is missing here", remedy="add --install-host-tools"
        ) from None


def _hash(image: dict[str, str]) -> str:
    digest = hashlib.sha256(repr(sorted(image.items())).encode())
    for path in sorted((HERE / image["folder"]).rglob("*")):
        if path.is_file():
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _inspect(image: str, template: str) -> str:
    done = process.capture(["docker", "image", "inspect", "--format", template, image], timeout_s=30)
    return done.stdout.strip() if done.code == 0 else ""


def _builder() -> dict[str, str]:
    """Return what chooses the classic builder where the newer one (buildx) is not installed."""
    has_buildx = process.capture(["docker", "buildx", "version"], timeout_s=20).code == 0
    return {} if has_buildx else {"DOCKER_BUILDKIT": "0"}


def _docker(*arguments: str | Path, timeout_s: float) -> str:
    return _run("docker", *arguments, timeout_s=timeout_s)


def _run(*command: str | Path, timeout_s: float) -> str:
    done = process.capture(command, timeout_s=timeout_s, env=os.environ | _builder_once())
    if done.code:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise Infrastructure(f"{' '.join(str(part) for part in command[:3])}: " + "\n".join(said[-12:]))
    return done.stdout


_builder_known: list[dict[str, str]] = []


def _builder_once() -> dict[str, str]:
    if not _builder_known:
        _builder_known.append(_builder())
    return _builder_known[0]


def _say(line: str) -> None:
    with _print_lock:
        print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
