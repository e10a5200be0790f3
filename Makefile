# `make test` and `make lint` make their own environment in .venv; nothing but Python 3.11 and make is needed.
unexport PYTHONDONTWRITEBYTECODE
PYTHON ?= python3
BIN := .venv/bin

help:
	@echo "make demo   publish the sample catalog, search, add, install, verify, in a temporary home"
	@echo "make test   run the acceptance suite (arguments for behave: make test ARGS='--tags=@security')"
	@echo "make registries  run the features about registries on a served one, a mirror and peers too"
	@echo "make coverage  run the suite measured, and draw what of the product ran (ARGS=--check: fail below the goals)"
	@echo "make engine install and start a Docker engine for the cleanroom (Debian, root); again: nothing to do"
	@echo "make report write the last run as one HTML file (needs Node.js): build/report/index.html"
	@echo "make bench  measure the product against its peers, in one run"
	@echo "make lint   check style, types, features and the schema of GraphQL"
	@echo "make clean  remove the environment and what was built"

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --config-settings editable_mode=compat --editable '.[dev]' --constraint constraints.txt
	$(BIN)/pip install --quiet --config-settings editable_mode=compat --editable '.[p2p]' --constraint constraints.txt || \
	  echo "without the extra p2p (it takes a C compiler and libgmp's headers): its scenarios will be skipped, and say so"
	touch $@

demo: .venv/ready
	$(BIN)/python -m support.market.demo

test: .venv/ready
	$(BIN)/python -m support.suite.run_suite $(ARGS)

ANY_REGISTRY = features/cli/yank.feature features/cli/publish_and_search.feature features/cli/project.feature \
  features/local/install.feature features/local/lockfile.feature

on = $(BIN)/python -m support.suite.run_suite --build build/registries/$(1) -D driver=inprocess -D registry=$(1)

registries: .venv/ready
	$(call on,http) $(ANY_REGISTRY)
	$(call on,mirror) $(ANY_REGISTRY)
	@if $(BIN)/python -c 'import libp2p' 2>/dev/null; then $(call on,p2p) $(ANY_REGISTRY); else echo "without the extra p2p: not on peers"; fi

coverage: .venv/ready
	$(BIN)/python -m support.suite.run_coverage $(ARGS)

engine:
	@$(PYTHON) -m support.cleanroom.engine_setup

report: .venv/ready
	$(BIN)/python -m support.suite.report

bench: .venv/ready
	$(BIN)/python -m benchmarks $(ARGS)

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m support.suite.gherkin_lint
	$(BIN)/python -m support.suite.graphql_schema

clean:
	rm -rf .venv build *.egg-info

.PHONY: help demo test registries coverage engine report bench lint clean
