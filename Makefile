# «Моя школа»: open school portal. `make` lists what can be done.

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
export MOYASHKOLA_HOME ?= data
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help install run test test-python check format lock bench docs wheel clean install-dev test-tools

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

install: $(VENV)/.run frontend search ## Install the portal into .venv and build the front end

run: install ## Serve the portal with a demo school on http://127.0.0.1:$PORT (8000)
	@$(BIN)/moyashkola run --port $(PORT) --demo

test: test-tools install-dev ## Run every test; installs what they need
	@$(BIN)/python -m core.web.frontend install
	$(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

test-python: test-tools install-dev ## Run what another version of Python may break: SQLite, no browsers, no long walks over all routes
	@$(BIN)/python -m core.web.frontend install
	$(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder --ignore tests/browser \
		-k "not (postgresql or browser or wheel or kit or every_route or fuzz)"

check: install-dev ## Format, lint, types, import rules, migrations, translations, docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python -m core.web.frontend check
	$(BIN)/python scripts/check_migrations.py
	$(BIN)/python scripts/translations.py check
	$(BIN)/python scripts/reference.py check

bench: install-dev ## Measure the speed beside the baselines
	$(BIN)/python -m benchmarks

wheel: install ## Build the package for operators into dist/
	@$(BIN)/python -m hatchling build -t wheel

docs: install-dev ## Write the generated parts of docs/ and the translation catalogues anew
	$(BIN)/python scripts/reference.py write
	$(BIN)/python scripts/translations.py write

format: install-dev ## Format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: install-dev ## Choose dependency versions anew
	$(BIN)/python scripts/lock.py

clean: ## Remove what was built; the data folder stays
	rm -rf $(VENV) core/static web/node_modules dist .pytest_cache .ruff_cache

install-dev: $(VENV)/.dev frontend search

.PHONY: frontend search
search: | $(VENV)/.run
	@$(BIN)/python -m plugins.diary.timetabling.solving.building

frontend: | $(VENV)/.run
	@$(BIN)/python -m core.web.frontend build

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Нужен Python 3.11 или новее: PYTHON=/путь/к/python3.11 make install"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
		{ rm -rf $(VENV); echo "Не создать окружение Python. В Debian и Ubuntu: sudo apt-get install python3-venv"; exit 1; }

$(VENV)/.run: requirements/run.txt pyproject.toml | $(VENV)/bin/python
	@echo "Устанавливаю зависимости…"
	@$(BIN)/python -m pip install -qq --require-hashes -r requirements/run.txt
	@$(BIN)/python -m pip install -qq --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	@echo "Устанавливаю то, что нужно для разработки…"
	@$(BIN)/python -m pip install -qq --require-hashes -r requirements/dev.txt
	@touch $@

test-tools:
	@PYTHON="$(PYTHON)" sh scripts/test_tools.sh
