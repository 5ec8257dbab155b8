# Every target sets up .venv first, from constraints.txt. Of the rest of the machine only `test` touches anything: it
# installs Chromium where that is missing.
PYTHON ?= python3
BIN := .venv/bin
PARALLEL := --numprocesses 2 --dist loadfile  # a file of tests stays in one process: what it starts serves all of it
SUDO := $(shell test "$$(id -u)" = 0 || echo sudo)

.PHONY: demo repro test quick check bench chromium

demo: .venv/done  ## seeds to datasets to a benchmark, with the offline rehearsal cast
	$(BIN)/python pipelines/personas.py
	$(BIN)/python pipelines/trees.py --trees 100
	@echo
	@echo "to review what was made, in a browser:"
	@echo "    $(BIN)/python pipelines/review.py serve            # an Argilla of its own; it stays until Ctrl-C"
	@echo "    $(BIN)/python pipelines/review.py annotator NAME   # in another terminal, as all that follows"
	@echo "    $(BIN)/python pipelines/review.py push personas    # and: push trees; then answer in the browser"
	@echo "    $(BIN)/python pipelines/review.py collect personas # and: collect trees; the decisions become data"
	@echo
	$(BIN)/python eval/aloe.py --limit 20 --log-dir logs/demo
	$(BIN)/python eval/aloe.py --limit 20 --log-dir logs/demo --baseline infer
	$(BIN)/python eval/report.py logs/demo

repro: .venv/done  ## the paper's effect with models trained from nothing, on two cores within the hour
	$(BIN)/python pipelines/personas.py --world micro --out micro/personas
	$(BIN)/python pipelines/trees.py --world micro --personas micro/personas --out micro/trees --trees 1500
	$(BIN)/python training/micro/reference_rows.py
	$(MAKE) --jobs=2 repro-seed-0 repro-seed-1
	$(ALOE)/bounds --model openai-api/rehearsal/rehearsal/micro/manner --name "rule: manner alone"
	$(ALOE)/bounds --model openai-api/rehearsal/rehearsal/micro/assistant --name "rule: ideal"
	$(BIN)/python eval/report.py $(foreach seed,0 1,$(MODELS:%=micro/logs/seed-$(seed)/%)) micro/logs/bounds \
		--out micro/report --json micro/report/report.json

MODELS := base sft dpo reference-sft
ALOE := $(BIN)/python eval/aloe.py --rehearsal --data micro/aloe --protocol paper --max-tokens 64 --log-dir micro/logs
MICRO := --config training/recipes/micro

repro-seed-%: export OMP_NUM_THREADS = 1  # threads would wait for each other
repro-seed-%: .venv/done
	$(BIN)/python training/micro/base.py --output_dir out/micro-$*/base --seed $*
	$(BIN)/python training/sft.py $(MICRO)/sft.yaml --seed $* \
		--model_name_or_path out/micro-$*/base --output_dir out/micro-$*/sft
	$(BIN)/python training/dpo.py $(MICRO)/dpo.yaml --seed $* \
		--model_name_or_path out/micro-$*/sft --output_dir out/micro-$*/dpo
	$(BIN)/python training/sft.py $(MICRO)/sft.yaml --seed $* --dataset_name micro/reference-rows \
		--model_name_or_path out/micro-$*/base --output_dir out/micro-$*/reference-sft
	set -e; for model in $(MODELS); do \
		$(ALOE)/seed-$*/$$model --model hf/$$model-$* -M model_path=out/micro-$*/$$model -M do_sample=false \
			--name "$$model, seed $*"; done

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
	$(BIN)/python tests/benchmarks/aloe.py

chromium:  # the tests' browser, from Debian's packages where it is missing
	@command -v chromium > /dev/null || { $(SUDO) apt-get -qq update && $(SUDO) apt-get -qq --yes install chromium; }

.venv/done: constraints.txt pyproject.toml
	@echo "setting up .venv: about four minutes, the first time"
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@
