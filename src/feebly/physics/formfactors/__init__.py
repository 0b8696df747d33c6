"""Form factors and cross-section ratios of the electromagnetic current."""
