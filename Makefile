# Handstamp. `make help` lists the commands; each is described by the comment behind its name.

PYTHON ?= python3
PORT ?= 8000
WORKERS ?= 3
BIN := .venv/bin
RUN := .venv/.run
DEV := .venv/.dev
NPM := node_modules/.package-lock.json
SPREAD := --dist loadfile --no-loadscope-reorder

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PYTHONUNBUFFERED := 1
unexport PYTHONDONTWRITEBYTECODE # every process would compile the whole server anew

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-reset serve test check format lint types pages-types node-tests \
  coverage soak bench messages vendor precache lock clean tools

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' Makefile

$(RUN): requirements/run.lock pyproject.toml
	@$(PYTHON) tools/python_version.py
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing what Handstamp needs to run (once, a minute or two)"
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/run.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): $(RUN) requirements/dev.lock
	@echo "installing the tools of the tests (once)"
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(NPM): package-lock.json
	@npm ci --no-audit --no-fund --loglevel=error

tools: $(DEV) $(NPM)
	@sh tools/system_tools.sh

setup: $(RUN) ## install what the server needs (Python alone)

demo: $(RUN) ## an event tonight with 500 guests, and a shop, on http://localhost:8000 (PORT=…)
	@sh tools/pango.sh
	@PORT=$(PORT) $(BIN)/handstamp demo

demo-reset: $(RUN) ## throw the demo's data, scans and sales away, start anew
	@rm -rf var/demo
	@$(MAKE) --no-print-directory demo

serve: $(RUN) ## the server with the settings of the environment
	@$(BIN)/handstamp serve

check: tools ## everything CI runs: format, lint, types, floors, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	@$(MAKE) --no-print-directory pages-types node-tests coverage
	$(BIN)/pytest -n $(WORKERS) $(SPREAD)

test: tools node-tests ## the tests alone
	$(BIN)/pytest -n $(WORKERS) $(SPREAD)

pages-types: $(NPM)
	@sh tools/tsc.sh

node-tests: $(NPM)
	@sh tools/node_tests.sh

coverage: tools ## branch coverage of the pure files: 100 % or fail
	@sh tools/coverage.sh

soak: tools ## the long counts in full: histories, mutations, requests, kills in a purchase and after it, a night
	HANDSTAMP_SOAK=1 $(BIN)/pytest -n $(WORKERS) $(SPREAD) tests/convergence tests/contract \
	  tests/abuse/test_openapi_fuzz.py tests/flows/test_purchase_chaos.py tests/flows/test_pool_chaos.py \
	  tests/flows/test_purchase_stripe_away.py tests/e2e/test_door_long_night.py \
	  tests/rooms/refunds/test_after_sale_model.py

bench: tools ## every figure as JSON; ONLY=door names one group
	@$(BIN)/python -m bench $(ONLY)

format: $(DEV) ## put the Python files in form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

messages: $(DEV) ## collect visible strings into the catalogues
	@$(BIN)/python tools/messages.py

vendor: $(NPM) ## copy the browser libraries from the locked packages
	@npm ci --no-audit --no-fund --loglevel=error
	@$(PYTHON) tools/vendor.py

precache: ## list the door app's shell files with their hashes
	@$(PYTHON) tools/precache.py

lock: ## write both lock files anew from pyproject.toml (needs uv)
	uv pip compile --generate-hashes --no-header --universal -p 3.11 --quiet \
	  pyproject.toml --group build -o requirements/run.lock
	uv pip compile --generate-hashes --no-header --universal -p 3.11 --quiet \
	  pyproject.toml --group dev -o requirements/dev.lock

clean: ## remove what make brought: environments and caches, not var/
	rm -rf .venv node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
