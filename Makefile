# One command per intention; people, hooks and CI call the same ones. `make help` lists them.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
UV := $(VENV)/tool/bin/uv
BIN := $(VENV)/pipeline/bin
CITYDECK := $(BIN)/citydeck
export PYTHONUTF8 := 1
export DO_NOT_TRACK := 1

help: ## List the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

up: install ## Install, build the warehouse, start the cockpit, print its address
	@$(CITYDECK) up

down: ## Stop what `make up` started
	@if [ -x $(CITYDECK) ]; then $(CITYDECK) down; else echo "Nothing is installed, so nothing runs."; fi

catalogue: install ## Write the registry as searchable pages to build/catalogue
	@$(CITYDECK) catalogue

test: install-dev browser ## Run every test, the browser's among them
	@$(BIN)/python -m pytest

check: install-dev ## The fast gate: style, types, SQL, registry, structure
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/sqlfluff lint dbt/models --disable-progress-bar
	@$(CITYDECK) check
	@$(BIN)/python -m pytest -q tests/rules

bench: install-dev $(VENV)/peers/.installed ## Measure speed as ratios; writes build/bench.json
	@$(BIN)/python -m tests.bench

format: install-dev ## Bring Python and SQL into shape
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/sqlfluff fix dbt/models --disable-progress-bar

install: $(VENV)/pipeline/.installed $(VENV)/superset/.installed ## Install both environments

install-dev: install $(VENV)/pipeline/.installed-dev

hooks: install-dev ## Run `make check` before each commit
	@$(BIN)/pre-commit install

browser: ## Make sure that the browser tests have a Chromium
	@requirements/browser.sh

lock: $(UV) ## Compile pyproject.toml's groups into requirements/*.txt
	@compile() { $(UV) pip compile --quiet --generate-hashes --no-annotate --python-version 3.11 --custom-compile-command "make lock" "$$@"; }; \
	compile --group pyproject.toml:pipeline -o requirements/pipeline.txt; \
	compile --group pyproject.toml:superset -o requirements/superset.txt; \
	compile --group pyproject.toml:peers -o requirements/peers.txt; \
	compile --group pyproject.toml:dev -c requirements/pipeline.txt -o requirements/dev.txt

$(UV): requirements/tool.txt
	@requirements/machine.sh "$(PYTHON)"
	@echo "Installing the installer (uv) ..."
	@$(PYTHON) -m venv $(VENV)/tool
	@$(VENV)/tool/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/tool.txt
	@touch $(UV)

$(VENV)/%/.installed: requirements/%.txt $(UV)
	@echo "Installing the $* environment ..."
	@test -d $(VENV)/$*/bin || $(UV) venv --quiet --python "$(PYTHON)" $(VENV)/$*
	@VIRTUAL_ENV=$(VENV)/$* $(UV) pip sync --quiet --require-hashes $<
	@if [ $* = pipeline ]; then rm -f $(VENV)/pipeline/.installed-dev; VIRTUAL_ENV=$(VENV)/$* $(UV) pip install --quiet --no-deps --no-build-isolation --editable .; fi
	@touch $@

$(VENV)/pipeline/.installed-dev: requirements/dev.txt $(VENV)/pipeline/.installed
	@echo "Installing what tests and checks need ..."
	@VIRTUAL_ENV=$(VENV)/pipeline $(UV) pip install --quiet --require-hashes -r $<
	@touch $@

.PHONY: help up down catalogue test check bench format install install-dev hooks browser lock
