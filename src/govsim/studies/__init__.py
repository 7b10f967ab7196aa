"""What runs mean: a design, its runs, and an analysis with intervals (ruling Y)."""
