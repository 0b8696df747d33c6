# Two commands for a fresh machine: `make run` (the dark-photon exclusion) and `make test`.
# PYTHON=... chooses the interpreter; the first of python3.13, 3.12, 3.11, python3 in range is taken.

VENV := .venv
BIN := $(VENV)/bin
IN_RANGE := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c '$(IN_RANGE)' 2>/dev/null && echo $$p && break; done)
OUT ?= feebly-runs/dark-photon

.PHONY: run test bench bench-channels docs lint format clean

run: $(BIN)/.installed
	$(BIN)/feebly run dark-photon --out $(OUT)

test: $(BIN)/.installed-dev
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

bench: $(BIN)/.installed-dev
	$(BIN)/python -m benchmarks

bench-channels: $(BIN)/.installed-dev   # all 61 combinations, about ten minutes
	$(BIN)/python -m benchmarks combinations

docs: $(BIN)/.installed-docs
	$(BIN)/sphinx-build -W --keep-going -n -q -b html docs docs/_build/html
	@echo "documentation: docs/_build/html/index.html"

lint: $(BIN)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(BIN)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "feebly needs Python 3.11, 3.12 or 3.13; found $$(python3 --version 2>&1). Install one of them, or: make PYTHON=/path/to/python3.12"; \
		exit 1; fi
	$(PYTHON) -m venv $(VENV)

$(BIN)/.installed: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(BIN)/.installed-dev: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(BIN)/.installed

$(BIN)/.installed-docs: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[docs]'
	@touch $@ $(BIN)/.installed

clean:
	rm -rf $(VENV) docs/_build docs/reference/generated .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
