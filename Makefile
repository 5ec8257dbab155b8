# Every target sets up .venv first, from constraints.txt; nothing else on the machine is touched.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test quick check bench

demo: .venv/done  ## seeds to datasets, with the offline rehearsal cast
	$(BIN)/python pipelines/personas.py

test: .venv/done  ## all tests: servers and kills too
	$(BIN)/pytest

quick: .venv/done  ## the tests that stay inside one process, in under two minutes
	$(BIN)/pytest -m "not slow"

check: .venv/done  ## style, types, and who imports whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/done  ## speed, as ratios against named counterparts; takes an hour
	$(BIN)/python tests/benchmarks/diversity.py
	$(BIN)/python tests/benchmarks/personas.py

.venv/done: constraints.txt pyproject.toml
	@echo "setting up .venv: about four minutes, the first time"
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@
