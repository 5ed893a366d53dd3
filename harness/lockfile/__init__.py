"""`matrix.lock`: what a matrix stood for on a day, read, written and held against the matrix."""
