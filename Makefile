# `make` alone prints what there is to do.  A fresh machine needs git, make and Python 3.11 to 3.13 with venv.

VENV  := .venv
BIN   := $(VENV)/bin
READY := $(VENV)/.ready
ENGINES := $(VENV)/.engines
PEERS := .peers/.ready
RECIPES := .recipes/airflow/.ready .recipes/jupyter/.ready
CHECKS := tests/accessibility
AXE   := $(CHECKS)/node_modules/.ready
PYTEST := $(BIN)/python -m pytest -n auto --dist worksteal

export MPLBACKEND ?= agg

.DEFAULT_GOAL := help
.PHONY: help setup recipes report test test-nightly test-weekly lint bench lab data lock system clean

help:           ## print this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## */\t/' | expand -t 16

setup: $(READY) ## make .venv with the exact versions of requirements.lock

$(READY): requirements.lock pyproject.toml
	@set -e; \
	for name in $(PYTHON) python3.11 python3.12 python3.13 python3; do \
	  if $$name -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; \
	  then python=$$name; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "No Python 3.11, 3.12 or 3.13 with venv was found. On Debian: apt-get install python3 python3-venv." >&2; exit 1; \
	fi; \
	echo "[setup 1/3] making $(VENV) with $$($$python --version)"; \
	$$python -m venv --clear $(VENV); \
	echo "[setup 2/3] installing the locked packages (about 700 MB; some minutes)"; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --progress-bar off --require-hashes -r requirements.lock; \
	echo "[setup 3/3] installing fanecon itself"; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(ENGINES): $(READY) requirements-engines.lock
	@echo "[setup] installing the engines that the tests compare (Spark and a PostgreSQL driver; 400 MB)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --progress-bar off --no-deps --require-hashes \
	  -r requirements-engines.lock
	@touch $@

$(PEERS): $(READY) requirements-peers.lock
	@echo "[setup] making .peers with what the benchmarks compare with (200 MB)"
	@$(BIN)/python -m venv --clear .peers
	@.peers/bin/python -m pip install --quiet --disable-pip-version-check --progress-bar off --require-hashes \
	  -r requirements-peers.lock
	@touch $@

$(AXE): $(CHECKS)/package.json $(CHECKS)/package-lock.json
	@if command -v npm >/dev/null; then \
	  echo "[setup] installing axe-core, which checks that the pages can be used by everybody (3 MB)"; \
	  npm ci --prefix $(CHECKS) --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null && touch $@; \
	else echo "[setup] npm is missing, so the accessibility of the pages will not be checked: type make system"; fi

.recipes/%/.ready: $(READY) requirements-recipes-%.lock
	@echo "[setup] making .recipes/$* for the tests of docs/schedule.md"
	@$(BIN)/python -m venv --clear .recipes/$*
	@.recipes/$*/bin/python -m pip install --quiet --disable-pip-version-check --progress-bar off --require-hashes \
	  -r requirements-recipes-$*.lock
	@touch $@

recipes: $(RECIPES) ## make .recipes with an Airflow and a jupyter-scheduler, for their tests (1 GB)

report: $(READY) ## write reports/rainbow_bus.html
	$(BIN)/fanecon run rainbow_bus -o reports/rainbow_bus.html

test: $(READY) $(ENGINES) $(AXE) lint ## lint, types and the tests of every change
	@echo "[test] pytest"
	@$(PYTEST) -m "not nightly and not weekly"

test-nightly: $(READY) $(ENGINES) $(AXE) ## the slow suites too
	@$(PYTEST) -m "not weekly"

test-weekly: $(READY) $(RECIPES) $(ENGINES) $(AXE) ## everything
	@$(PYTEST)

lint: $(READY)  ## ruff and mypy
	@echo "[lint] ruff"
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@echo "[lint] mypy"
	@$(BIN)/mypy --no-error-summary

bench: $(READY) $(PEERS)  ## run the benchmarks and write docs/benchmarks.md (an hour)
	$(BIN)/python benchmarks/write.py

lab: $(READY)   ## open the notebooks in JupyterLab
	$(BIN)/jupyter lab --notebook-dir notebooks

data: $(READY)  ## write the bundled data again from data/make
	$(BIN)/python data/make/facts.py
	$(BIN)/python data/make/articles.py

lock:           ## resolve requirements.lock anew (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --generate-hashes --no-header --no-annotate \
	  --python-version 3.11 --upgrade -o requirements.lock
	uv pip compile --group engines --no-deps --universal --generate-hashes --no-header --no-annotate \
	  --python-version 3.11 --upgrade -o requirements-engines.lock
	uv pip compile --group peers --universal --generate-hashes --no-header --no-annotate \
	  --python-version 3.11 --upgrade -o requirements-peers.lock
	for name in airflow jupyter; do uv pip compile --group recipes-$$name --universal --generate-hashes --no-header \
	  --no-annotate --python-version 3.11 --upgrade -o requirements-recipes-$$name.lock; done

system:         ## Chromium, a Chinese font, locales, PostgreSQL, Java, npm, cron and systemd from Debian (for the tests)
	@sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	missing=$$(for p in chromium fonts-wqy-microhei locales; do dpkg -s $$p >/dev/null 2>&1 || echo $$p; done; \
	  command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || echo postgresql; \
	  command -v java >/dev/null || echo default-jre-headless; \
	  command -v npm >/dev/null || echo npm; \
	  command -v crontab >/dev/null || echo cron; \
	  command -v systemd-analyze >/dev/null || echo systemd); \
	if [ -z "$$missing" ]; then echo "[system] all that the tests need is installed"; else \
	  echo "[system] installing" $$missing; \
	  $$sudo apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $$missing >/dev/null; fi

clean:          ## remove .venv, reports and caches
	rm -rf $(VENV) .peers .recipes $(CHECKS)/node_modules reports dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
