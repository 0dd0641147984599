# Sets up, runs, checks and builds the project. `make` alone lists what it can do.
# Needs Python 3.11 or newer and make (GNU make 3.81 will do), on Linux or macOS. All it installs goes into this
# folder; only `make browser`, as root on Debian, adds packages to the machine, and says so.

VENV := .venv
# Scripts that cards can have beside the standard ones: SCRIPTS=cjk, SCRIPTS=world, SCRIPTS=all, SCRIPTS=none.
export CARD_SCRIPTS := $(SCRIPTS)
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
LOCK := $(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 \
	--no-header --no-annotate

# A virtual environment knows its own path: one that was moved, or whose Python is gone, is made anew. One that
# somebody made by hand and that works is kept.
STALE := $(shell test "`cat $(VENV)/.made 2>/dev/null`" = "$(CURDIR)" && $(BIN)/python -c "" 2>/dev/null || echo FORCE)

.DELETE_ON_ERROR:
.PHONY: help install assets demo up test check lint browser bench pictures lock clean distclean FORCE

help: ## this list
	@echo "Far is Close. make …"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' Makefile

install: $(VENV)/.installed assets ## set up; leaves the command at .venv/bin/postcards (SCRIPTS=all for 木, অ, አ … on cards)

demo: install ## a small campaign the whole way, in under three minutes; results in ./out/
	@$(BIN)/postcards demo

# DEMO=1 keeps to a home of its own, so that play never meets real cards.
up: install ## serve on http://127.0.0.1:8000 (PORT=… another; DEMO=1 with 2,500 lifelike cards)
ifneq ($(filter-out 0,$(DEMO)),)
	@export POSTCARDS_HOME="$${POSTCARDS_HOME:-.postcards-demo}"; exec $(BIN)/postcards up --demo $(if $(PORT),--port $(PORT))
else
	@exec $(BIN)/postcards up $(if $(PORT),--port $(PORT))
endif

test: install browser ## all tests, in up to four processes (ARGS="-k cap" some of them)
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadscope --no-loadscope-reorder $(ARGS)

check: lint test ## lint, types, import contracts, tests, docs: the same list as .ci/run

lint: install ## the part of check that runs nothing
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

bench: install ## the figures that the README quotes
	@$(BIN)/python -m bench

pictures: install browser ## the pictures of the documents (ARGS=paper those on paper)
	@$(BIN)/python docs/make_pictures.py $(ARGS)

assets: $(VENV)/.locked ## the front end and the fonts, from locked npm packages; quick when nothing changed
	@$(BIN)/python hatch_build.py

browser: $(VENV)/.locked ## look for what the tests need of the machine; as root on Debian, install it
	@missing=`$(BIN)/python -m tests.plugins.needs` || exit 1; \
	test -n "$$missing" || exit 0; \
	if [ "`id -u`" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	  echo "Installing for the tests: $$missing"; \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing >/dev/null; } \
	    || echo "That failed. Tests that need $$missing will not run; the end of the run names them."; \
	else \
	  echo "Tests that need $$missing will not run; install that first (Debian: sudo apt-get install $$missing; macOS: any Chrome, brew install poppler qpdf)."; \
	fi

# One resolution: the two smaller locks are parts of dev.lock.
lock: $(VENV)/.locked ## write requirements/*.lock anew from pyproject.toml (UPGRADE=1 to newer versions)
	$(LOCK) $(if $(UPGRADE),--upgrade) pyproject.toml --all-extras --group dev --group build -o requirements/dev.lock
	$(LOCK) pyproject.toml --extra embedded --extra bucket -c requirements/dev.lock -o requirements/app.lock
	$(LOCK) --group build -c requirements/dev.lock -o requirements/build.lock

clean: ## remove what was built; data (.postcards) and .venv stay
	rm -rf node_modules typefaces/*/node_modules dist .assets.lock .npm-cache postcards/web/static/dist*
	rm -rf postcards/paper/fonts postcards/paper/fonts.*/
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find postcards workers tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean ## clean, and .venv too
	rm -rf $(VENV)

$(VENV)/.made: $(STALE)
	@if [ ! -e $@ ] && grep -qF " $(CURDIR)/$(VENV)" $(VENV)/pyvenv.cfg 2>/dev/null \
	  && $(BIN)/python -c "import sys, pip; sys.exit(sys.version_info < (3, 11))" >/dev/null 2>&1; then \
	  printf "%s" "$(CURDIR)" > $@; exit 0; \
	fi; \
	able=; python=; \
	for candidate in $(if $(PYTHON),"$(PYTHON)",python3 python3.13 python3.12 python3.11 python3.14); do \
	  "$$candidate" -c "import sys; sys.exit(sys.version_info < (3, 11))" >/dev/null 2>&1 || continue; \
	  able="$$candidate"; \
	  "$$candidate" -c "import venv, ensurepip" >/dev/null 2>&1 || continue; \
	  python="$$candidate"; break; \
	done; \
	if [ -z "$$able" ]; then \
	  echo "Python 3.11 or newer is needed, and $(if $(PYTHON),$(PYTHON) is not that,none is on PATH). Install one, or name it: make install PYTHON=/path/to/python3" >&2; exit 1; \
	elif [ -z "$$python" ]; then \
	  echo "$$able cannot make virtual environments. Install its venv module (Debian: apt-get install python3-venv) and try again." >&2; exit 1; \
	fi; \
	echo "Making $(VENV) with $$python"; \
	"$$python" -m venv --clear $(VENV) && printf "%s" "$(CURDIR)" > $@

$(VENV)/.locked: requirements/dev.lock $(VENV)/.made
	@echo "Installing the locked packages (a minute or two the first time)"
	@rm -f $@
	@$(PIP) install --require-hashes -r requirements/dev.lock && touch $@

$(VENV)/.installed: pyproject.toml hatch_build.py $(VENV)/.locked | assets
	@rm -f $@
	@$(PIP) install --no-build-isolation --no-deps -e . && touch $@
	@echo "Ready: $(BIN)/postcards"
