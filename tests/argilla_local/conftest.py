from tests.argilla_local.fixtures import argilla

__all__ = ["argilla"]
