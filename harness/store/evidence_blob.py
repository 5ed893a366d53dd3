"""How an attempt's evidence files lie in one column: packed and compressed, read back in bounded memory.

Unpacked, it is a sequence of ``<length in decimal>\\n<that many bytes>``, one for each file, in the order given.
The whole is compressed by zlib. A length greater than what follows means that the rest was cut.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

from harness.model import protocol
from harness.model.evidence import Evidence

LIMIT_BYTES = 64_000_000
"""What is kept and read of one attempt's evidence, unpacked, in bytes."""


def pack(files: Sequence[bytes], limit_bytes: int = LIMIT_BYTES) -> bytes:
    """Return *files* as one compressed value; what exceeds the limit is not kept, and `unpack` says so."""
    room = limit_bytes
    compressor = zlib.compressobj(level=6)
    parts = []
    for data in files:
        head = f"{len(data)}\n".encode()
        for part in (head, data):
            parts.append(compressor.compress(memoryview(part)[: max(0, room)]))
            room -= len(part)
    parts.append(compressor.flush())
    return b"".join(parts)


def unpack(blob: bytes, limit_bytes: int = LIMIT_BYTES) -> Evidence:
    """Read packed evidence. Never raises for what is in it: what cannot be read is among its problems."""
    problems: list[str] = []
    raw = _decompress(blob, limit_bytes, problems)
    seen = protocol.parse(_lines(data) for data in _split(raw, problems))
    return Evidence(level=seen.level, processes=seen.processes, problems=(*problems, *seen.problems))


def _decompress(blob: bytes, limit_bytes: int, problems: list[str]) -> bytes:
    decompressor = zlib.decompressobj()
    try:
        raw = decompressor.decompress(blob, limit_bytes + 1)
    except zlib.error as error:
        problems.append(f"the stored evidence cannot be unpacked: {error}")
        return b""
    if len(raw) > limit_bytes:
        problems.append(f"the stored evidence unpacks to more than {limit_bytes:,} bytes; the rest was not read")
        return raw[:limit_bytes]
    if not decompressor.eof:
        problems.append("the stored evidence ends early")
    return raw


def _split(raw: bytes, problems: list[str]) -> Iterator[bytes]:
    position = 0
    while position < len(raw):
        end = raw.find(b"\n", position, position + 20)
        head = raw[position:end] if end >= 0 else b""
        if not head.isdigit():
            problems.append("the stored evidence is not in its format, or was cut at its limit")
            return
        length, position = int(head), end + 1
        if length > len(raw) - position:
            problems.append(f"evidence was cut: {length:,} bytes were written, {len(raw) - position:,} are kept")
        yield raw[position : position + length]
        position += length


def _lines(data: bytes) -> list[str]:
    lines = data.decode("utf-8", "replace").split("\n")
    return lines[:-1] if not lines[-1] else lines
