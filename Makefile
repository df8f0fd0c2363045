# secure_rag: everything from a clean checkout. `make help` lists what there is.
# All of it lives in this folder (.venv) and in the user's cache; nothing needs root.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

PYTHON ?= python3
UV ?= uv
BIN := .venv/bin
STAMPS := .venv/stamps
STEP := scripts/step
PYTEST_ARGS ?=

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
export PIP_ROOT_USER_ACTION := ignore

INSTALL := $(BIN)/python -m pip install -qq --require-hashes --only-binary :all:

.PHONY: help setup models demo test check format lock bundle try-bundle clean

help: ## List the targets
	@printf 'First time: make demo (about 8 minutes on two cores, most of it compiling llama.cpp)\n\n'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

setup: $(STAMPS)/package ## Make .venv with the locked packages (5 to 8 minutes once)
	@# isolated commands may not write: what is not compiled here they compile at every start
	@$(BIN)/python -m compileall -q secure_rag
	@echo "==> set-up is complete: $(BIN)/secure-rag"

models: $(STAMPS)/package ## Fetch and verify the starter models (180 MB once)
	@$(STEP) "Models: fetch what is missing, verify all (a minute once, then seconds)" \
		$(BIN)/secure-rag models fetch

demo: setup models ## Show the whole job on sample documents (2 minutes after set-up)
	@$(BIN)/secure-rag demo

test: $(STAMPS)/test models ## Run all tests (own set-up; 25 minutes on two cores)
	@$(STEP) "Tests: all of them (25 minutes on two cores)" \
		$(BIN)/python -m pytest -n auto --maxprocesses 8 --dist loadfile $(PYTEST_ARGS)

check: $(STAMPS)/test ## Format, lint, types, then all tests with the documentation's
	@$(STEP) "Format" $(BIN)/ruff format --check .
	@$(STEP) "Lint" $(BIN)/ruff check .
	@$(STEP) "Types (a minute the first time)" $(BIN)/mypy
	@$(MAKE) --no-print-directory test

format: $(STAMPS)/test ## Format the code and fix what lint can fix
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: ## Lock all dependencies again, with hashes (needs uv)
	@command -v $(UV) > /dev/null || { echo "make lock needs uv: pip install uv, or UV=path/to/uv"; exit 2; }
	@UV=$(UV) $(STEP) "Locking" scripts/lock

bundle: $(STAMPS)/package models ## Pack wheels, models and policies for an air-gapped machine
	@$(STEP) "Bundle for the air gap (5 to 8 minutes the first time)" \
		$(BIN)/python scripts/make_bundle.py dist

try-bundle: ## Install the bundle of dist/ without a network and run it (unshare -n)
	@$(STEP) "Trying the bundle without a network (3 minutes)" scripts/try_bundle dist

clean: ## Remove what was built here (not the models)
	rm -rf .venv dist build .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# -- set-up, step by step; each stamp is newer than what it depends on -----------------

$(STAMPS)/venv:
	@$(PYTHON) scripts/check_python.py
	@test -x $(BIN)/python || $(STEP) "Virtual environment .venv (5 seconds)" $(PYTHON) -m venv .venv
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/build: requirements/build.txt $(STAMPS)/venv
	@$(STEP) "Build tools (10 seconds)" $(INSTALL) -r requirements/build.txt
	@touch $@

$(STAMPS)/llama: requirements/runtime.txt scripts/llama_wheel.py scripts/without_common.cmake $(STAMPS)/build
	@$(STEP) "llama.cpp for this processor (3 to 6 minutes on two cores, once per machine)" \
		$(BIN)/python scripts/llama_wheel.py install
	@touch $@

$(STAMPS)/runtime: requirements/runtime.txt $(STAMPS)/llama
	@$(STEP) "Locked packages (1 to 2 minutes, 300 MB)" $(INSTALL) -r requirements/runtime.txt
	@touch $@

$(STAMPS)/package: pyproject.toml secure_rag/__init__.py $(STAMPS)/runtime
	@$(STEP) "The command secure-rag, from this checkout (3 seconds)" \
		$(BIN)/python -m pip install -qq --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMPS)/adapt: requirements/adapt.txt $(STAMPS)/package
	@$(STEP) "Training packages, CPU build (a minute, 950 MB on disk)" \
		$(INSTALL) --no-deps -r requirements/adapt.txt
	@touch $@

$(STAMPS)/test: requirements/test.txt $(STAMPS)/package $(STAMPS)/adapt
	@# odfpy is published as source only; it is pure Python and builds in a second
	@$(STEP) "Test tools (15 seconds)" \
		$(INSTALL) --no-binary odfpy --no-build-isolation -r requirements/test.txt
	@touch $@
