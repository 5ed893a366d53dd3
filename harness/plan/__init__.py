"""From axes and what cannot be tested to a plan: pure functions over values of `harness.model`."""
