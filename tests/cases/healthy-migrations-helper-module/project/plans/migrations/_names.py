NAMES = ["free", "team"]
