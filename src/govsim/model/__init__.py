"""The Mesa face: the model and its agents as views on the engine's columns."""
