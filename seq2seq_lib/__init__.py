"""The library every chapter draws on: models that read one sequence and write another."""

__version__ = "0.1.0"
