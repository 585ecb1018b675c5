"""The library every chapter of the book draws on: models that read one sequence and write another."""

__version__ = "0.1.0"
