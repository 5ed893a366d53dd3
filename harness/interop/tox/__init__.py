"""tox's configuration: read into the draft of a matrix, written from a plan."""
