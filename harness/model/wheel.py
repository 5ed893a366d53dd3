"""A project's wheel: what was built of its files, and what that says of itself."""

from __future__ import annotations

from dataclasses import dataclass

from harness.model.package import Lock, Pin


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A wheel that was built from a tree of files."""

    name: str  # normalised
    version: str
    file: str  # its file name, below a folder named by its hash
    digest: str  # sha256, hexadecimal
    requires_python: str = ""
    requires: tuple[str, ...] = ()  # Requires-Dist, as written

    @property
    def is_for_any_python(self) -> bool:
        """Tell whether every interpreter can install it."""
        return self.file.endswith("-none-any.whl")

    @property
    def pin(self) -> Pin:
        """Return it as a package of a lock."""
        return Pin(name=self.name, version=self.version, hashes=(f"sha256:{self.digest}",))


def with_wheel(lock: Lock, wheel: Wheel) -> Lock:
    """Return a lock with the project itself in it, whatever of that name was on the index."""
    rest = without(lock, wheel.name).pins
    return Lock(pins=tuple(sorted((*rest, wheel.pin), key=lambda pin: pin.name)))


def without(lock: Lock, name: str) -> Lock:
    """Return a lock without the package of that normalised name."""
    return Lock(pins=tuple(pin for pin in lock.pins if pin.name != name))
