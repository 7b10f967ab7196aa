"""What came out of a run: tables, metrics with their formulas, files."""
