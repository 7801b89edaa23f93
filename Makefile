# `make help` lists what there is. Needs Python 3.11 or later and nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-installed
DEVELOPMENT := $(VENV)/.development-installed

.DEFAULT_GOAL := help
.PHONY: help setup demo up test check bench lock clean

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(DEVELOPMENT)  ## make the virtual environment, with the tools for development

demo: $(RUNTIME)  ## show the hub with a made-up company; ARGS="--once --json" ends by itself
	@$(BIN)/python manage.py demo $(ARGS)

up: $(RUNTIME)  ## run all workers, the scheduler and the back office on this machine
	@$(BIN)/python manage.py migrate -v0
	@$(BIN)/python manage.py up $(ARGS)

test: $(DEVELOPMENT)  ## run all tests, on real servers; ARGS goes to pytest
	$(BIN)/python -m pytest -n auto $(ARGS)

check: export HUB_DATA_DIR := $(CURDIR)/.hub/check
check: $(DEVELOPMENT)  ## lint, types, templates, migrations, settings, drift of roles and grants
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/djlint --quiet --lint config automation
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check
	$(BIN)/python manage.py isolation scan
	$(BIN)/python manage.py migrate -v0
	$(BIN)/python manage.py isolation check
	$(BIN)/python manage.py embedded stop

bench: $(DEVELOPMENT)  ## compare the sync with dlt and with the limit; ARGS="--help" tells more
	$(BIN)/python -m tests.benchmarks $(ARGS)

lock: $(DEVELOPMENT)  ## check that the pinned packages fit together and nothing is missing
	$(BIN)/python -m pip check

clean:  ## remove the virtual environment; the data folder .hub stays
	rm -rf $(VENV)

$(RUNTIME): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "The hub needs Python 3.11 or later: make PYTHON=/path/to/python3.13 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing packages (once) ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: -r requirements.txt
	@touch $@

$(DEVELOPMENT): $(RUNTIME) requirements-dev.txt requirements-otel.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: -r requirements-dev.txt
	@touch $@
