# Everything a developer runs.  Needs Python 3.11 (or newer) and make; each target makes .venv itself.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp
ARGS ?=
PYTEST_ARGS ?=

# .venv is stale when pyproject.toml is newer than its stamp, when the folder moved (the scripts inside
# name it), or when its Python is gone.
ifneq ($(shell $(BIN)/python -c 'import sys; print(sys.prefix)' 2>/dev/null),$(shell cat $(STAMP) 2>/dev/null))
.PHONY: $(STAMP)
endif

.DEFAULT_GOAL := help
.PHONY: help venv demo serve test nightly check format generate bench clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "make %-10s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml
	@test -n "$(PYTHON)" || { echo "no python3.11 or python3 found; set PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is older than Python 3.11; set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "installing into $(VENV) (once, and after changes of pyproject.toml)"
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@$(BIN)/python -c 'import sys; print(sys.prefix)' > $@

venv: $(STAMP) ## Create .venv with everything installed

demo: $(STAMP) ## Serve and call: the whole system once, step by step
	$(BIN)/rekuest demo $(ARGS)

serve: $(STAMP) ## Run the embedded server (ARGS="--port 8090")
	$(BIN)/rekuest server $(ARGS)

test: $(STAMP) ## Run the tests (PYTEST_ARGS="tests/codegen -k union")
	$(BIN)/python -m pytest -m "not nightly" $(PYTEST_ARGS)

nightly: $(STAMP) ## Run every test, also the long ones, and the benchmarks
	$(BIN)/python -m pytest -m "nightly or not nightly" $(PYTEST_ARGS)
	$(BIN)/python -m benchmarks.roundtrip $(ARGS)

check: $(STAMP) ## Check generated code, lint, types, layers, sizes, imports, README
	$(BIN)/python -m tools.check_all $(ARGS)

format: $(STAMP) ## Format the code and refresh the quoted examples
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .
	$(BIN)/python -m tools.include_examples --write

generate: $(STAMP) ## Regenerate rekuest/api from schema/
	$(BIN)/rekuest-codegen generate $(ARGS)

bench: $(STAMP) ## Measure calls per second and latency beside a raw relay
	$(BIN)/python -m benchmarks.roundtrip $(ARGS)

clean: ## Remove .venv, caches and built packages
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
