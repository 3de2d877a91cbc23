# `make help` lists the targets. Needs Go, a C compiler and make; the rest is set up by `make setup`.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
export CGO_ENABLED := 1

TOOLS    := .cache/tools
LINT     := $(TOOLS)/golangci-lint
SERVICES := $(TOOLS)/services
PYTHON   := .cache/python
PROGRAMS := kcat java:default-jre-headless mvn:maven python3 npm:npm redis-server# that tests run, with their Debian packages
KAFKA    ?= 4.3.1# version of the Apache Kafka that tests run on
VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
UP       ?=# flags of `make run`, as in make run UP="--rate 2000"
FUZZTIME ?= 60s
CHAOS_KILLS ?= 200
SIM_SEEDS ?= 1000
MUTANTS  ?= .# the mutants of `make mutants`: a pattern of their names
BENCH    ?= .

.PHONY: help setup build run test check lint fmt fuzz chaos mutants bench docs kafka postgres redis

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .cache/modules $(LINT) $(SERVICES) $(PYTHON)/ready ## get modules, tools and what the tests run (does nothing when done)
	@scripts/setup.sh $(PROGRAMS)
	@$(SERVICES) -fetch -kafka-version $(KAFKA) kafka postgres

build: .cache/modules ## build bin/globalmart
	@go build -buildvcs=false -ldflags '-X globalmart/internal/cli.version=$(VERSION)' -o bin/ ./cmd/globalmart

run: build ## build, then start everything embedded (UP="--rate 2000" passes flags)
	@bin/globalmart up $(UP)

# One package at a time: many of them start processes of their own and load the machine by themselves.
test: setup lint build ## everything: lint, build and all tests, with the race detector (KAFKA=3.9.2 picks another one)
	GLOBALMART_TEST_REQUIRE=1 GLOBALMART_TEST_PYTHON=$(CURDIR)/$(PYTHON)/bin/python $(SERVICES) -kafka-version $(KAFKA) kafka postgres redis -- \
		go test -race -p 1 -tags synctests -shuffle=on -count=1 -timeout 40m ./...

check: setup fmt lint ## the quick round before a commit: format, lint, short tests
	go test -short -timeout 5m ./...

kafka: $(SERVICES) ## run an Apache Kafka for tests until Ctrl-C
	@$(SERVICES) -kafka-version $(KAFKA) kafka

postgres: $(SERVICES) ## run a PostgreSQL for tests until Ctrl-C
	@$(SERVICES) postgres

redis: $(SERVICES) ## run a Redis for tests until Ctrl-C
	@$(SERVICES) redis

lint: $(LINT) ## lint and check the formatting
	@$(LINT) run ./...

fmt: $(LINT) ## format the code
	@$(LINT) fmt ./...

fuzz: .cache/modules ## fuzz every decoder, FUZZTIME each (60s)
	@scripts/fuzz.sh $(FUZZTIME)

chaos: $(SERVICES) ## kill, freeze and starve the real program, CHAOS_KILLS times (200, some minutes)
	CHAOS_KILLS=$(CHAOS_KILLS) GLOBALMART_TEST_REQUIRE=1 $(SERVICES) postgres -- go test -v -count=1 -timeout 30m ./internal/chaos

mutants: $(SERVICES) ## break one rule after the other: tests must catch each (MUTANTS=fence picks some)
	GLOBALMART_TEST_REQUIRE=1 MUTANTS='$(MUTANTS)' $(SERVICES) postgres -- go test -v -count=1 -timeout 30m ./test/mutants

sim: .cache/modules ## simulate SIM_SEEDS clusters in virtual time (1000); GLOBALMART_SEED=N repeats one
	SIM_SEEDS=$(SIM_SEEDS) go test -v -count=1 -tags synctests -timeout 120m -run TestSimulation ./internal/sim | \
		grep -v --line-buffered '^=== \|^ *--- PASS: TestSimulation/'

bench: .cache/modules ## run the Go benchmarks that match BENCH; compare two outputs with .cache/tools/benchstat
	go test -run '^$$' -bench '$(BENCH)' -benchmem -timeout 30m ./...

docs: .cache/modules ## regenerate what is generated in docs
	go test -count=1 ./docs -update

.cache/modules: go.mod go.sum
	@scripts/setup.sh
	@go mod download
	@mkdir -p $(@D) && touch $@

$(SERVICES): $(shell find test/services -type f) internal/testenv/testenv.go internal/testenv/kafka.go internal/testenv/postgres.go internal/testenv/redis.go .cache/modules
	@go build -buildvcs=false -o $@ ./test/services

$(LINT): tools/go.mod tools/go.sum
	@scripts/setup.sh
	@echo 'setup: building the tools, a few minutes the first time' >&2
	@mkdir -p $(TOOLS) && cd tools && go build -o ../$(TOOLS)/ tool && touch ../$@

$(PYTHON)/ready: test/python/requirements.txt
	@echo 'setup: getting pyarrow and pandas, which tests read the lake with' >&2
	@rm -rf $(PYTHON) && python3 -m venv $(PYTHON)
	@$(PYTHON)/bin/pip install -q --disable-pip-version-check -r $< && touch $@
