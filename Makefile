# Every target sets up .venv first, from constraints.txt. Of the rest of the machine only `test` touches anything: it
# installs Chromium where that is missing.
PYTHON ?= python3
BIN := .venv/bin
PARALLEL := --numprocesses 2 --dist loadfile  # a file of tests stays in one process: what it starts serves all of it
SUDO := $(shell test "$$(id -u)" = 0 || echo sudo)

.PHONY: demo test quick check bench chromium

demo: .venv/done  ## seeds to datasets, with the offline rehearsal cast
	$(BIN)/python pipelines/personas.py
	$(BIN)/python pipelines/trees.py --trees 100
	@echo
	@echo "to review what was made, in a browser:"
	@echo "    $(BIN)/python pipelines/review.py serve            # an Argilla of its own; it stays until Ctrl-C"
	@echo "    $(BIN)/python pipelines/review.py annotator NAME   # in another terminal, as all that follows"
	@echo "    $(BIN)/python pipelines/review.py push personas    # and: push trees; then answer in the browser"
	@echo "    $(BIN)/python pipelines/review.py collect personas # and: collect trees; the decisions become data"

test: .venv/done chromium  ## all tests: servers, kills and a browser too
	$(BIN)/pytest $(PARALLEL)

quick: .venv/done  ## the tests that stay inside one process, in under two minutes
	$(BIN)/pytest $(PARALLEL) -m "not slow"

check: .venv/done  ## style, types, and who imports whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/done  ## speed, as ratios against named counterparts; takes an hour
	$(BIN)/python tests/benchmarks/diversity.py
	$(BIN)/python tests/benchmarks/personas.py
	$(BIN)/python tests/benchmarks/trees.py
	$(BIN)/python -m tests.benchmarks.review

chromium:  # the tests' browser, from Debian's packages where it is missing
	@command -v chromium > /dev/null || { $(SUDO) apt-get -qq update && $(SUDO) apt-get -qq --yes install chromium; }

.venv/done: constraints.txt pyproject.toml
	@echo "setting up .venv: about four minutes, the first time"
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@
