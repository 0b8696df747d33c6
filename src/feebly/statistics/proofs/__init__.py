"""Coverage and closure: whether the limits hold what they promise."""
