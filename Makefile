# Two commands on a machine with python3 and make: `make demo`, `make test`.
SHELL := /bin/sh
VENV ?= .venv
BIN = $(VENV)/bin
PYTEST = $(BIN)/python -m pytest
JOBS ?= auto

.PHONY: help demo up test test-npm test-terminusdb test-aws test-rabbitmq test-browser torture check format lint types layers bench schemas docs lock clean
.DEFAULT_GOAL := help

help: ## show these lines
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s'|' 2>/dev/null || grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST)

demo: $(VENV)/.installed ## the tour on real flights, each step as you would type it
	$(BIN)/oms demo

up: $(VENV)/.installed ## start OMS on ./oms-data
	$(BIN)/oms up

test: $(VENV)/.installed-dev ## all tests that a change must pass, on as many processors as there are (JOBS=1: on one)
	$(PYTEST) -q -n $(JOBS) --dist worksteal $(ARGS)

torture: $(VENV)/.installed-dev ## kill real processes a thousand times; prints its seed
	$(PYTEST) -q -s tests/torture --kills 1000 $(ARGS)

test-npm: $(VENV)/.installed-dev ## signatures of webhooks, verified by the package that npm has (needs node and npm)
	npm install --silent --no-save --no-audit --no-fund --prefix .npm standardwebhooks@1.1.1
	OMS_NODE_MODULES=$(CURDIR)/.npm/node_modules $(PYTEST) -q tests/security/test_webhook_signatures_in_node.py $(ARGS)

test-terminusdb: $(VENV)/.installed-dev ## the graph on the server that OMS_TERMINUSDB_URL names
	$(PYTEST) -q tests/terminusdb/test_contract.py $(ARGS)

test-aws: $(VENV)/.installed-dev ## queues, buckets, streams and buses, on the server that OMS_AWS_URL names (moto_server, of the PyPI package moto[server])
	$(PYTEST) -q tests/sinks/test_aws_contract.py $(ARGS)

test-rabbitmq: $(VENV)/.installed-dev ## exchanges and queues, on the server that OMS_RABBITMQ_URL names
	$(PYTEST) -q tests/sinks/test_rabbitmq.py $(ARGS)

test-browser: $(VENV)/.installed-dev ## the portal in the Chromium that OMS_CHROMIUM names (else the one that is installed)
	OMS_CHROMIUM="$${OMS_CHROMIUM:-$$(command -v chromium || command -v chromium-browser || command -v google-chrome)}" $(PYTEST) -q tests/browser $(ARGS)

check: format lint types layers test ## what must be green before a change lands

format: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

layers: $(VENV)/.installed-dev
	$(BIN)/lint-imports

bench: $(VENV)/.installed-dev ## measure, and write bench/RESULTS.md
	$(BIN)/python -m bench $(ARGS)

schemas: $(VENV)/.installed-dev ## write the contracts in schemas/ anew from the types
	$(BIN)/python -m schemas.generate $(ARGS)
	$(BIN)/python -m gateways.http.openapi $(ARGS)

docs: $(VENV)/.installed-dev ## write docs/commands.md anew from the commands' help
	$(BIN)/python -m oms.cli.reference

lock: ## resolve the dependencies anew (needs uv)
	uv pip compile pyproject.toml --group build $(LOCK) -o requirements.lock
	uv pip compile pyproject.toml --all-extras --group dev -c requirements.lock $(LOCK) -o requirements-dev.lock
LOCK = --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

clean: ## remove the environment and what tools left behind
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .npm dist

$(VENV)/.installed: requirements.lock pyproject.toml deploy/venv
	@sh deploy/venv $(VENV) requirements.lock
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock pyproject.toml deploy/venv
	@sh deploy/venv $(VENV) requirements-dev.lock
	@touch $@ $(VENV)/.installed
