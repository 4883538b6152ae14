"""Folds every event of a job into its steps and its one visible state."""
