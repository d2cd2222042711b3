# The only commands to know. Each does its own set-up; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PORT ?= 8000
DATA ?= jejak-data
TASKS ?= 1200000
SECONDS ?= 60
ROUNDS ?= 1
EXAMPLES ?= 5000

.DEFAULT_GOAL := help
.PHONY: help demo up test types tests differential faults bench bench-workers bench-ratings schema schema-changes release-schema lock clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY) ## play the main job on two real cases
	@$(BIN)/jejak demo

up: $(READY) ## start everything and stay: make up PORT=8000 DATA=jejak-data
	@exec $(BIN)/jejak up --port $(PORT) --data $(DATA)

test: $(READY) ## lint, types, contracts, schema drift and all tests
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	@$(MAKE) --no-print-directory --jobs 2 types tests

# Beside each other: tests wait for others often enough.
types: $(READY)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/jejak export-schema | diff -u schema.graphql -

tests: $(READY)
	$(BIN)/pytest -n 3

faults: $(READY) ## kill servers and processes under load, and look for anything lost or done twice: make faults SEED=7 SECONDS=60 ROUNDS=1
	$(BIN)/python -m tests.faults --seconds $(SECONDS) --rounds $(ROUNDS) $(if $(SEED),--seed $(SEED))

bench: $(READY) ## the service over HTTP beside PostGraphile and SQL by hand: make bench SEED=7 LARGE=1 OUT=bench.json KEEP=folder NODE=node
	@$(BIN)/python -m benchmarks.reads $(if $(SEED),--seed $(SEED)) $(if $(LARGE),--growth) $(if $(OUT),--out $(OUT)) $(if $(KEEP),--data $(KEEP)) $(ARGS)

bench-workers: $(READY) ## the workers' jobs beside bare SQL: make bench-workers TASKS=1200000
	@$(BIN)/python -m benchmarks.workers --tasks $(TASKS)

bench-ratings: $(READY) ## dashboards over many ratings beside few: make bench-ratings RATINGS=10000000
	@$(BIN)/python -m benchmarks.ratings $(if $(RATINGS),--ratings $(RATINGS))

differential: $(READY) ## ask both executors whatever the API's tests ask, and so many drawn queries: make differential EXAMPLES=5000
	EXECUTORS=both EXAMPLES=$(EXAMPLES) $(BIN)/pytest -n 3 tests/graphql

schema: $(READY) ## write schema.graphql anew
	$(BIN)/jejak export-schema -o schema.graphql

schema-changes: $(READY) ## tell what changed in schema.graphql since the last release
	@$(BIN)/python -m tests.contracts.schema_changes

release-schema: $(READY) ## keep schema.graphql as that of the version being released, as released.graphql
	$(BIN)/python -m tests.contracts.schema_changes --release

lock: ## resolve the dependencies anew into requirements.lock
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/pip install --quiet uv
	$(VENV)-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra dev pyproject.toml -o requirements.lock
	rm -rf $(VENV)-lock

clean: ## remove what the commands made, but no data
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
