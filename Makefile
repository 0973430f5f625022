# Everything that is done by hand here, by name. `make` alone says what there is.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check --no-input
# Our own package goes in as it stands: its requirements and its build tool are pinned already.
INSTALL_VIGIL := $(PIP) install --no-deps --no-build-isolation --editable .
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header
# What is tested is what is deployed: every other file takes its versions from dev.txt.
COMPILE_AS_DEV := $(COMPILE) --constraint requirements/dev.txt

# A stamp stands for what has been installed, so that a second run installs nothing.
VENV_READY := $(VENV)/.ready
RUN_READY := $(VENV)/.ready-local
EMULATORS_READY := $(VENV)/.ready-emulators
TEST_READY := $(VENV)/.ready-dev

# What cannot be installed beside Vigil is installed apart; the tests use it where it is.
APART := $(abspath $(VENV))/apart
INSTALL_APART = $(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(APART)/$@ && \
	$(BIN)/uv pip install --quiet --python $(APART)/$@/bin/python
export VIGIL_CHECKOV ?= $(wildcard $(APART)/checkov/bin/checkov)
export VIGIL_TFCHECK ?= $(wildcard $(APART)/tfcheck/bin/tfcheck)
export TFCHECK_SCHEMAS ?= $(wildcard $(APART)/tfcheck-source/schemas)

.DEFAULT_GOAL := help
.PHONY: help run emulators test checkov drain3 tfcheck lint format requirements generated clean

help: ## Say what there is
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile | expand -t 24

run: $(RUN_READY) ## Run Vigil and the sample shop on this machine
	@$(BIN)/vigil up

emulators: $(EMULATORS_READY) ## Run them on Google's emulators, each function as a process of its own
	@$(BIN)/vigil up --emulators

test: $(TEST_READY) ## Run every test, the examples in docstrings too; JOBS=4 uses four processes
	@$(BIN)/python -m pytest -q $(if $(JOBS),-n $(JOBS))

checkov: $(TEST_READY) ## Install checkov, which looks at what Terraform would make, for `make test`
	@$(INSTALL_APART) --require-hashes -r requirements/apart/checkov.txt

drain3: $(TEST_READY) ## Install drain3, beside which the benchmark of templates measures
	@$(INSTALL_APART) --require-hashes -r requirements/apart/drain3.txt

tfcheck: $(TEST_READY) ## Install from FOLDER what plans without a cloud, for `make test`
	@rm -rf $(APART)/tfcheck-source && mkdir -p $(APART) && cp -r $(FOLDER) $(APART)/tfcheck-source
	@chmod -R u+w $(APART)/tfcheck-source
	@$(INSTALL_APART) $(APART)/tfcheck-source

lint: $(TEST_READY) ## Check style, types and the arrows between rooms
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: $(TEST_READY) ## Bring every file into form
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

requirements: $(TEST_READY) ## Compile all requirements from pyproject.toml; UPGRADE=1 takes newer versions
	@$(COMPILE) $(if $(UPGRADE),--upgrade) --extra dev pyproject.toml -o requirements/dev.txt
	@for name in checkov drain3; do \
	  $(COMPILE) $(if $(UPGRADE),--upgrade) requirements/apart/$$name.in \
	    -o requirements/apart/$$name.txt || exit; \
	done
	@for extra in local emulators; do \
	  $(COMPILE_AS_DEV) --extra $$extra pyproject.toml -o requirements/$$extra.txt || exit; \
	done
	@for folder in functions/*/; do \
	  name=$$(basename $$folder); \
	  $(COMPILE_AS_DEV) --extra $$(echo $$name | tr _ -) pyproject.toml \
	    -o functions/$$name/requirements.txt || exit; \
	done

generated: $(TEST_READY) ## Write what is made from the code: the schemas of events, what Terraform reads, what it costs
	@$(BIN)/python -m vigil.workflows.event_schemas docs/events
	@$(BIN)/python -m tests.golden.examples docs/events.md
	@$(BIN)/python -m vigil.stores.firestore_indexes infra/terraform/firestore_indexes.json
	@$(BIN)/python -m vigil.doors.topology infra/terraform/topology.json
	@$(BIN)/python -m tests.terraform.module_readme infra/terraform
	@$(BIN)/python -m infra.cost --write

clean: ## Remove what was installed, built and cached; what Vigil has stored stays in .vigil
	rm -rf $(VENV) build dist shared/*.egg-info
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find shared tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV_READY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Vigil needs Python 3.11 or newer, and $(PYTHON) is" \
	    "$$($(PYTHON) --version 2>/dev/null || echo not there)." \
	    "Name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(RUN_READY): requirements/local.txt pyproject.toml | $(VENV_READY)
	@echo "Installing what Vigil needs into $(VENV); this is done once."
	@$(PIP) install --require-hashes -r requirements/local.txt
	@$(INSTALL_VIGIL)
	@touch $@

$(EMULATORS_READY): requirements/emulators.txt pyproject.toml | $(VENV_READY)
	@echo "Installing what Vigil's functions need into $(VENV); this is done once."
	@$(PIP) install --require-hashes -r requirements/emulators.txt
	@$(INSTALL_VIGIL)
	@touch $@ $(RUN_READY)

$(TEST_READY): requirements/dev.txt pyproject.toml | $(VENV_READY)
	@echo "Installing what Vigil's tests need into $(VENV); this is done once."
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@$(INSTALL_VIGIL)
	@touch $@ $(RUN_READY) $(EMULATORS_READY)
