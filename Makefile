# Brings its own uv, so that a machine with Python 3.11 or newer and make is enough.
SHELL := /bin/bash
export UV_SYSTEM_CERTS := true
export UV_PROJECT_ENVIRONMENT := $(CURDIR)/.venv
UV := $(shell command -v uv 2>/dev/null || echo $(CURDIR)/.local/uv/bin/uv)
RUN := $(UV) run --frozen --no-sync
# A stack in the foreground ends with its make, even with one that is killed.
TIED := $(if $(shell command -v setpriv 2>/dev/null),setpriv --pdeathsig TERM --)
STACK := $(CURDIR)/.venv/bin/python -m deploy.local

.DEFAULT_GOAL := help
.PHONY: help setup web up down demo status tools lint test simulate faults bench pictures compose-test \
  definitions clean

help: ## tell what there is
	@echo "make <what>, one of:"
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

setup: ## install what the project needs, into .venv
	@test -x "$(UV)" || { \
	  python3 -m venv .local/uv >/dev/null 2>&1 && \
	  .local/uv/bin/pip install --quiet --disable-pip-version-check uv; } || { \
	  rm -rf .local/uv; \
	  echo "uv could not be installed: python3 (3.11 or newer) needs its venv module" \
	    "(on Debian: apt-get install python3-venv) and a network; or install uv yourself." >&2; \
	  exit 1; }
	@$(UV) sync --frozen --quiet

web: setup ## build the web page, where Node can be had
	@$(STACK) web

up: setup web ## start the stack (DETACH=1: in the background; SCALE=translator=3: more of one)
	@exec $(TIED) $(STACK) up $(if $(filter-out 0 no false,$(DETACH)),--detach) $(addprefix --scale ,$(SCALE))

down: setup ## stop the stack
	@exec $(STACK) down

demo: setup $(if $(filter-out 0 no false,$(UI)),web) ## process the sample video (UI=1: and show what came of it; ENGINE=simulated: by a Gemini that is none; SUPABASE=double: with accounts, at a Supabase that is none)
	@exec $(TIED) $(STACK) demo $(if $(ENGINE),--engine $(ENGINE)) $(if $(SUPABASE),--supabase $(SUPABASE)) $(if $(filter-out 0 no false,$(UI)),--ui)

status: setup ## tell what runs, and where
	@exec $(STACK) status

lint: setup ## check style, types and import contracts
	@$(RUN) ruff check
	@$(RUN) ruff format --check
	@$(RUN) mypy
	@$(RUN) lint-imports

tools: setup
	@$(STACK) tools

test: tools lint ## run every test, after lint
	@$(RUN) pytest --numprocesses $(or $(WORKERS),3) --dist loadfile

simulate: setup ## run the services in simulated worlds (SEEDS=10000; FIRST=7: begin there)
	@$(RUN) python -m simulation --seeds $(or $(SEEDS),1000) --first $(or $(FIRST),0)

bench: setup ## measure beside raw aio-pika (ROUNDS=3, JOBS=1000, WRITE=1: into docs/)
	@$(RUN) python -m bench --rounds $(or $(ROUNDS),3) --jobs $(or $(JOBS),1000) $(if $(WRITE),--write)

pictures: tools web ## take the README's pictures anew (docs/pictures), of a real stack
	@$(RUN) pytest tests/web/pictures.py

compose-test: setup ## check the whole in containers, on a Docker engine (some ten minutes)
	@$(RUN) python -m tests.compose

faults: setup ## kill, stop and cut off everything (JOBS=50 each); write docs/reliability.md
	@rm -f .local/faults.jsonl && mkdir -p .local
	@DOCREEL_FAULT_JOBS=$(or $(JOBS),50) DOCREEL_FAULT_RESULTS=.local/faults.jsonl \
	  $(RUN) pytest tests/faults --timeout 900
	@$(RUN) python -m tests.faults.table .local/faults.jsonl

definitions: setup ## write the files that are derived from the routes and the API again
	@$(RUN) python -m shared.topology write
	@$(RUN) python -m services.gateway.openapi write

clean: ## stop the stack; remove its data, .venv and caches
	@test ! -x .venv/bin/python || $(STACK) clean
	@rm -rf web/dist web/node_modules web/src/api/schema.d.ts
	@rm -rf .local .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
