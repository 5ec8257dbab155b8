"""ALOE, the interactive benchmark: how well a model infers one person's preferences as a conversation goes on."""

from pathlib import Path

STARTED_IN = Path.cwd()
"""The folder in which the command was started: Inspect imports this package, its entry point, before it changes into
the folder of a task."""
