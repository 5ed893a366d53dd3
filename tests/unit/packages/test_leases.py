"""What a live run uses is known; what a dead one used is forgotten."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from harness.packages.leases import Lease, in_use

ROOT = Path(__file__).resolve().parents[3]
HOLD = """
import sys, time
from pathlib import Path
from harness.packages.leases import Lease
lease = Lease(Path(sys.argv[1]))
lease.add("theirs")
print("ready", flush=True)
time.sleep(60)
"""


def test_names_until_the_end(tmp_path: Path) -> None:
    """Of every lease, each name once."""
    one, two = Lease(tmp_path), Lease(tmp_path)
    one.add("a")
    one.add("a")
    two.add("b")
    assert in_use(tmp_path) == {"a", "b"}
    one.end()
    assert in_use(tmp_path) == {"b"}
    two.end()
    assert in_use(tmp_path) == frozenset()
    assert list((tmp_path / "leases").iterdir()) == []


def test_lease_ends_with_its_process(tmp_path: Path) -> None:
    """Even by `kill -9`."""
    with subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], cwd=ROOT, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        assert in_use(tmp_path) == {"theirs"}
        other.send_signal(signal.SIGKILL)
        other.wait()
    assert in_use(tmp_path) == frozenset()
    assert list((tmp_path / "leases").iterdir()) == []
