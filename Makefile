# The only entry a developer needs. `make help` lists the targets.

SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
# What running needs, and what tests and checks need beside it.
RUNS := .venv/.runs
STAMP := .venv/.complete
CONSOLE := services/api/console/assets/vendor/htmx.min.js
AXE := node_modules/axe-core/axe.min.js
ELASTALERT := .tocsin/cache/elastalert2
WORKERS ?= auto
DEEP ?= full

.PHONY: help setup lock lint format test test-deep prove bench screenshots run servers system-run system-test system-senders clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP) $(AXE) ## make the virtual environment from the pinned, hashed requirements, and the console's scripts

$(RUNS): requirements/run.txt requirements/build.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 setup" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || deploy/local/packages.sh ensurepip=python3-venv
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt -r requirements/build.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(STAMP): $(RUNS) requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

# What the console's pages load, and then what its browser tests need, as package-lock.json pins them.
$(CONSOLE): package-lock.json
	@command -v npm >/dev/null 2>&1 || deploy/local/packages.sh npm=npm
	npm ci --silent --omit=dev
	@mkdir -p $(@D) && cp node_modules/htmx.org/dist/htmx.min.js $@ && touch $@

$(AXE): $(CONSOLE)
	npm ci --silent
	@touch $@

lock: ## pin requirements/*.in with hashes (needs uv)
	@command -v uv >/dev/null || { echo "Missing: install uv to lock the requirements." >&2; exit 1; }
	cd requirements && for set in run build dev elastalert; do \
	  uv pip compile --quiet --no-header --generate-hashes --no-emit-index-url --python-version 3.11 $$set.in -o $$set.txt || exit 1; \
	done

lint: setup ## ruff, mypy --strict, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## format and sort imports
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

system-run:
	@deploy/local/packages.sh rabbitmq-server=rabbitmq-server

system-test:
	@deploy/local/packages.sh rabbitmq-server=rabbitmq-server prometheus-alertmanager=prometheus-alertmanager prometheus=prometheus swaks=swaks chromium=chromium

# Its requirements are not those of Tocsin, so it has a virtual environment of its own.
$(ELASTALERT)/.complete: requirements/elastalert.txt
	$(PYTHON) -m venv --clear $(ELASTALERT)
	$(ELASTALERT)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

system-senders: $(ELASTALERT)/.complete
	@deploy/local/packages.sh nagios4=nagios4-core icinga2=icinga2-bin monit=monit zabbix_server=zabbix-server-pgsql zabbix_sender=zabbix-sender
	@# Two that no command on the path tells of: Zabbix's database, and the module that gives swaks STARTTLS.
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || deploy/local/packages.sh /initdb=postgresql
	@perl -MNet::SSLeay -e 1 2>/dev/null || deploy/local/packages.sh Net::SSLeay=libnet-ssleay-perl

test: setup system-test ## the whole suite except the minutes-long tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder

test-deep: setup system-test system-senders ## the minutes-long tests; DEEP=reduced for a shorter run
	TOCSIN_TEST_DEEP=$(DEEP) $(BIN)/python -m pytest -m deep --timeout 1800

prove: setup system-test ## nothing is lost or doubled while everything is killed; SEED=n repeats a run
	$(BIN)/python -m tests.chaos.prove $(if $(SEED),--seed $(SEED))

bench: setup system-test ## throughput, latency and cost on this machine
	$(BIN)/python -m tests.bench.schedules
	$(BIN)/python -m tests.bench.watchdog
	$(BIN)/python -m tests.bench.bench

screenshots: setup system-test ## pictures of every page of the console, in .tocsin/screenshots
	$(BIN)/python -m tests.e2e.screenshots

run: $(RUNS) $(CONSOLE) system-run ## start servers, every service and a demo configuration
	@exec $(BIN)/python -m deploy.local.run

servers: setup system-run ## start the test servers and leave them running for the next test runs
	@$(BIN)/python -m deploy.local.servers start .tocsin/test

clean: ## stop the test servers and remove what tests and tools left behind
	@test ! -x $(BIN)/python || $(BIN)/python -m deploy.local.servers stop .tocsin/test
	rm -rf .tocsin/test .pytest_cache .mypy_cache .ruff_cache .hypothesis build *.egg-info
