"""Keep pytest out of here: these projects are material for tests, and some of them are broken on purpose."""

collect_ignore_glob = ["*"]
