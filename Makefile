# `make demo` and `make test` need Python 3.10 or newer and make; all else is installed into .venv.
PYTHON ?= python3
BIN := .venv/bin
VERSION := import sys; print("%d.%d" % sys.version_info[:2])
NEW_ENOUGH = $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
  { echo "Python 3.10 or newer is needed, and $(PYTHON) is older or not there; name another: make PYTHON=python3.12"; exit 1; }
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# uv, itself from pip, installs in seconds what takes pip minutes on a slow machine; pip knows more set-ups.
UV := $(BIN)/uv pip install --system-certs --quiet --python $(BIN)/python --compile-bytecode --constraint constraints.txt
# The packages that a lake needs, and a store for its tests.
LAKE := duckdb-extension-ducklake duckdb-extension-postgres-scanner duckdb-extension-httpfs 'moto[s3]' flask flask-cors
# More at a time than there are cores: the tests of the daemon mostly wait, and most of those are slow ones.
PYTEST := $(BIN)/python -m pytest --dist loadfile --no-loadscope-reorder

.PHONY: demo dev check test test-all test-newest test-lake mutants lint lock docs soak bench growth format clean help
.DEFAULT_GOAL := help

help: ## this list
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 13

demo: $(BIN)/.installed ## sync 90 days of a simulated account and show them
	@$(BIN)/sensource demo

dev: $(BIN)/.installed ## serve the Dagster UI: your account, or the demo's where none is configured
	@$(BIN)/sensource dev

check: $(BIN)/.installed ## say step by step whether your account and warehouse work
	@$(BIN)/sensource check

test: lint ## lint, types and tests
	$(PYTEST) -n 4 -m "not slow"

test-all: test ## the same, and the tests that are slow by nature: a browser, 30 kills, 30 days of schedules
	$(PYTEST) -n 6 -m slow

test-newest: ## the tests of instance/ with the newest Dagster patch release, in .venv-newest
	@$(PYTHON) -m venv .venv-newest
	@grep -v '^dagster' constraints.txt >.venv-newest/constraints.txt
	@.venv-newest/bin/python -m pip install --quiet --disable-pip-version-check --upgrade \
	  --constraint .venv-newest/constraints.txt --editable '.[dev]'
	.venv-newest/bin/python -m pip list --disable-pip-version-check | grep '^dagster '
	.venv-newest/bin/python -m pytest sensource_dagster_tests/instance

test-lake: ## the tests of a lake, with DuckDB 1.5 and its extensions, in .venv-lake; it needs PostgreSQL
	@$(PYTHON) -m venv .venv-lake
	@grep -v '^duckdb==' constraints.txt | cat - constraints-lake.txt >.venv-lake/constraints.txt
	@.venv-lake/bin/python -m pip install --quiet --disable-pip-version-check --constraint .venv-lake/constraints.txt uv
	@.venv-lake/bin/uv pip install --system-certs --quiet --python .venv-lake/bin/python --compile-bytecode \
	  --constraint .venv-lake/constraints.txt --editable '.[dev]' $(LAKE)
	.venv-lake/bin/python -m pytest -n 4 -m lake sensource_dagster_tests

mutants: $(BIN)/.installed-dev ## whether tests fail when the code is changed; hours, or MODULE=vea/windows.py alone
	$(BIN)/python -m sensource_dagster_tests.mutants $(MODULE)

lint: $(BIN)/.installed-dev ## ruff and mypy alone
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

docs: $(BIN)/.installed-dev ## write the tables of docs/questions.md, and docs/dbt/sources.yml, anew
	$(BIN)/python -m sensource_dagster_tests.write_docs

soak: $(BIN)/.installed ## 10 minutes of faults, kills and a reader; at the end every row is compared with the account
	$(BIN)/python benchmarks/soak.py

bench: $(BIN)/.installed ## what a year costs: ours, the floor, dlt and the stock I/O manager; some 6 minutes
	@status=0; for part in bench hourly start; do $(BIN)/python benchmarks/$$part.py || status=1; done; exit $$status

growth: $(BIN)/.installed-dev ## how that grows: days, zones, five years of history, a backfill through the daemon; some 15 minutes
	@status=0; for part in growth history daemon; do $(BIN)/python benchmarks/$$part.py || status=1; done; exit $$status

lock: $(BIN)/.installed-dev ## move constraints.txt to the newest versions that fit pyproject.toml
	$(BIN)/uv pip compile --system-certs --quiet --universal --python-version 3.10 --upgrade --all-extras --no-annotate \
	  --custom-compile-command "make lock" --output-file constraints.txt pyproject.toml

format: $(BIN)/.installed-dev ## format and sort imports
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean: ## remove the environment; data/ stays
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .mutants *.egg-info

# Whoever names a Python means it: a .venv of another one is not used in silence.
.PHONY: same-python
same-python:
ifneq ($(origin PYTHON),file)
	@$(NEW_ENOUGH)
	@wanted=$$($(PYTHON) -c '$(VERSION)'); there=$$($(BIN)/python -c '$(VERSION)' 2>/dev/null) || exit 0; \
	  [ "$$there" = "$$wanted" ] || \
	  { echo ".venv has Python $$there, and $(PYTHON) is $$wanted: run make clean, then the same command again"; exit 1; }
endif

$(BIN)/.installed: pyproject.toml constraints.txt | same-python
	@$(NEW_ENOUGH)
	@echo "Installing into .venv (once; about a minute)…"
	@$(PYTHON) -m venv .venv
	@$(PIP) --constraint constraints.txt uv
	@$(UV) --editable . || $(PIP) --constraint constraints.txt --editable .
	@touch $@

$(BIN)/.installed-dev: $(BIN)/.installed
	@$(UV) --editable '.[dev]' || $(PIP) --constraint constraints.txt --editable '.[dev]'
	@touch $@
