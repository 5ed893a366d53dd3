"""The name of a run on what it starts: random, and telling when it can no longer be at work."""

from __future__ import annotations

import secrets
import string

LIFETIME_H = 48
_DIGITS = string.digits + string.ascii_lowercase
_EPOCH_S = 1_577_836_800  # 2020-01-01, UTC


def new_token(now_s: float) -> str:
    """Return a name for a run: eight of ``0-9a-z``, of which four say the hour at which it expires."""
    hours = int((now_s - _EPOCH_S) // 3600) + LIFETIME_H
    expiry = ""
    for _ in range(4):
        hours, digit = divmod(hours, 36)
        expiry = _DIGITS[digit] + expiry
    return expiry + "".join(secrets.choice(_DIGITS) for _ in range(4))


def is_expired(token: str, now_s: float) -> bool:
    """Tell whether the run that *token* names can no longer be at work; False for what is no token."""
    if len(token) != 8 or not set(token) <= set(_DIGITS):
        return False
    return now_s > _EPOCH_S + int(token[:4], 36) * 3600
