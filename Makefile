# Everything that is done with Tanggap; `make` alone lists it.
# Needs Python 3.11 or later, pip and make; nothing else, and no root.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
HOME_DIR ?= .tanggap
PROFILE ?= deploy/profiles/contoh
export TANGGAP_HOME ?= $(HOME_DIR)

.DEFAULT_GOAL := help

help:  ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.installed: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked dependencies into $(VENV) …"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

install: $(VENV)/.installed  ## Make the environment .venv from the lock

run: install  ## Run everything in one process on an embedded Postgres (127.0.0.1:8000)
	@TANGGAP_LOG_OUTPUT=$${TANGGAP_LOG_OUTPUT:-console} TANGGAP_LOG_LEVEL=$${TANGGAP_LOG_LEVEL:-WARNING} \
	  TANGGAP_CLOCK_FILE=$${TANGGAP_CLOCK_FILE:-$(TANGGAP_HOME)/clock.json} \
	  $(BIN)/tanggap serve all --profile $(PROFILE)

stack: install  ## Run like production: real Kafka and Postgres, a process per service (8001 to 8005)
	@TANGGAP_LOG_LEVEL=$${TANGGAP_LOG_LEVEL:-WARNING} $(BIN)/tanggap stack --profile $(PROFILE)

demo: install  ## Play a simulated day against whichever of `run` and `stack` runs
	@$(BIN)/tanggap demo --profile $(PROFILE)

test: install check  ## Check the code, then run every test on real Postgres and Kafka
	@$(BIN)/pytest -q -n 2 --dist loadgroup --maxprocesses 2

check: install  ## Lint, format, types, import rules, stale documents
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m tests.architecture.documents --check

documents: install  ## Write the generated documents anew
	@$(BIN)/python -m tests.architecture.documents --write

chaos: install  ## Twenty rounds of each fault under load, with the checker
	@$(BIN)/pytest tests/chaos -m chaos --chaos-rounds 20 --timeout 3600 -p no:randomly \
	  --hypothesis-profile explore

bench: install  ## Measure speed as ratios to the reference programs beside it
	@$(BIN)/python -m tests.load

test-leaks: install  ## Live the whole day of the demonstration, and search everything for personal data
	@$(BIN)/pytest tests/journey/test_leaks.py -n 0 --leak-complaints 210 --timeout 1800 -p no:randomly

test-dashboards: install  ## Prove dashboards and alert rules against a real Prometheus
	@$(BIN)/python -m tests.dashboards

lock: install  ## Resolve the dependencies anew into the locks
	@$(BIN)/uv pip compile --quiet pyproject.toml --all-extras --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --upgrade -o requirements.lock
	@$(BIN)/uv pip compile --quiet pyproject.toml --universal --python-version 3.11 \
	  --constraint requirements.lock --generate-hashes --no-emit-index-url --no-header \
	  -o deploy/requirements.lock
	@echo hatchling | $(BIN)/uv pip compile --quiet - --universal --python-version 3.11 \
	  --constraint requirements.lock --generate-hashes --no-emit-index-url --no-header \
	  -o deploy/build.lock

clean:  ## Remove the data of `run` and `stack`
	@rm -rf $(HOME_DIR)

.PHONY: help install run stack demo test check documents chaos bench test-dashboards test-leaks lock clean
