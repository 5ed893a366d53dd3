"""uv: releases on the index, resolution, interpreters, environments."""
