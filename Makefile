# The commands of this project. `make check` is what CI runs.

GO      ?= go
BIN     ?= bin/postee
RELEASE ?=
PACKAGES = ./...
TOOLS    = $(GO) tool -modfile=tools/go.mod
FUZZTIME ?= 20s
# How long the tests of one package may take. Only what hangs takes as long: Go's own ten minutes are few on a machine that is busy.
TIMEOUT  ?= 60m
KILLS    ?= 600
# An input that finds something new is made smaller for that many executions at most: by itself that takes a minute an input.
FUZZMINIMISE ?= 20x
# What is measured (a regular expression of workloads), how many times, on inputs how large, and beside which revision.
BENCH      ?=
BENCHRUNS  ?= 5
BENCHSCALE ?= 1
BASE       ?=
MEASURE     = $(GO) run ./cmd/bench -binary $(BIN) -workloads '$(BENCH)' -runs $(BENCHRUNS) -scale $(BENCHSCALE)

.PHONY: help build test check crash fmt lint fuzz golden bench bench-compare bench-parts cover

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/postee
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w $(if $(RELEASE),-X main.release=$(RELEASE))' -o $(BIN) ./cmd/postee

test: ## run the tests
	$(GO) test -race -shuffle=on -timeout $(TIMEOUT) $(PACKAGES)
	$(GO) test -shuffle=on -timeout $(TIMEOUT) ./pkg/dedup ./pkg/route
	$(GO) test -timeout $(TIMEOUT) -run CostGrows ./cmd/postee

check: lint build test ## everything that CI checks: format, vet, lint, build, tests
	GOOS=darwin GOARCH=arm64 $(GO) build -o /dev/null ./cmd/postee
	GOOS=windows GOARCH=amd64 $(GO) build -o /dev/null ./cmd/postee

crash: ## kill the program some hundred times and say what was lost (nothing) and repeated
	POSTEE_KILLS=$(KILLS) $(GO) test ./cmd/postee -count=1 -timeout $(TIMEOUT) -v -run 'Killed|Crowd|Suspended'

fmt: ## format the code
	$(TOOLS) golangci-lint fmt

lint: ## check format, vet and style
	$(TOOLS) golangci-lint config verify
	$(TOOLS) golangci-lint run
	$(TOOLS) golangci-lint fmt --diff

fuzz: ## run every fuzz target for FUZZTIME
	@for pkg in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
	    echo "$$pkg $$target"; $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime $(FUZZMINIMISE) $$pkg || exit 1; \
	  done; \
	done

golden: ## write the golden files anew; read the diff before you commit it
	$(GO) test ./cmd/postee ./pkg/config ./pkg/message ./pkg/render -run 'Scripts|Mistakes|Old|Golden' -update
	POSTEE_UPDATE=1 $(GO) test ./pkg/sinks/...

bench: build ## measure the program beside others: BENCH=regexp picks workloads, BENCHRUNS=n, BENCHSCALE=0.1 for smaller inputs
	@$(MEASURE)

bench-compare: build ## measure the program beside that of revision BASE, by turns
	@test -n '$(BASE)' || { echo 'BASE=REVISION says which revision to compare with'; exit 2; }
	@$(MEASURE) -base '$(BASE)'

bench-parts: ## measure parts of the program by themselves, and the upkeep of a large state
	$(GO) test -run '^$$' -bench '$(if $(BENCH),$(BENCH),.)' -benchtime 1x $(PACKAGES)

cover: ## show which statements the tests reach
	$(GO) test -coverpkg=./... -coverprofile=cover.out $(PACKAGES)
	$(GO) tool cover -func=cover.out | tail -n 1
