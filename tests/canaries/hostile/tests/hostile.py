"""What would do harm where it is not escaped: in HTML, XML, Markdown, JSON, terminals and the logs of a CI."""

import os

from django.conf import settings

NOISE = {
    "html": "</script></pre><script>alert(1)</script><img src=x onerror=alert(2)>&amp;\"'",
    "xml": "]]><failure/><!-- -- ]]>",
    "markdown": "``` ~~~ `code` | **bold** [link](javascript:alert(3)) ![i](http://x.test/i.png) <!-- @somebody #1 www.x.test",
    "heading": "text\n# heading\n\n```\n</details>\n---",
    "ansi": "\x1b[31mred\x1b[0m\x1b]0;title\x07\x1b[2J\x9b2J",
    "direction": "\u202eesrever\u202c \u2066isolate\u2069 \u200f\u200b\ufeff",
    "nul": "before\x00after\x08\x0b\x0c\x85\u2028\u2029\ufdd0\uffff\U0010ffff",
    "surrogate": "half \udc80 \ud800 pair",
    "workflow": "text\n::error file=x::injected\n  ::stop-commands::x\n##[error]old\n##vso[task.setvariable]x",
    "long": "a" * 5_000,
}

TOKEN = "ghp_planted0123456789abcdef"
"""The user has the same in a variable: it is secret, wherever the cell has it from."""


def secrets():
    """Return what must not get out: a token, the user's variable if it got in, this cell's own password."""
    password = settings.DATABASES["default"].get("PASSWORD", "")
    return "token %s, variable %s, password %s, reversed %s, in https://me:%s@index.test/simple" % (
        TOKEN,
        os.environ.get("GITHUB_TOKEN", "absent"),
        password,
        password[::-1],
        "s3cr3t-of-the-index",
    )
