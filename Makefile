# Every target sets up what it needs; `make help` lists them.

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
TARGETS := linux/amd64 linux/arm64 darwin/arm64
export CGO_ENABLED ?= 0
# The same flags everywhere: what is built for tests is there for binaries too.
export GOFLAGS ?= -trimpath

.PHONY: help run test check bench build e2e agents race lint generate fuzz ui ui-check shots

help: ## list the targets
	@grep -E '^[a-z0-9-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

run: ## start the gateway here, with the sandbox and every provider whose key is in the environment
	$(GO) run -ldflags '$(LDFLAGS)' ./cmd/sluice serve

test: ## run every test; installs the servers and SDKs that tests use where it can
	@./test/setup.sh
	$(GO) vet ./...
	$(GO) test -shuffle=on ./...
	@./test/sdk.sh
	@./test/cli/run.sh
	@./test/ui/run.sh

check: lint test ## lint, then every test

lint: ## gofmt, tidy modules, vet and staticcheck
	@test -z "$$(gofmt -l cmd internal test)" || { gofmt -l cmd internal test; echo 'run gofmt -w on these'; exit 1; }
	@for m in . test/sdk/go test/sdk/go/export; do (cd $$m && $(GO) mod tidy -diff) || { echo "$$m: run go mod tidy"; exit 1; }; done
	$(GO) vet ./...
	$(GO) run honnef.co/go/tools/cmd/staticcheck@v0.7.0 ./...

# Packages that start no goroutine: the translators, the importers, the tables; those that
# do one thing after another beside a gateway, which is watched elsewhere: the command
# line, the sandbox, sinks of one runner; and test/e2e, whose processes are the binary as
# it is released; and test/pains, whose calls come one at a time.
SERIAL := /internal/(audit|backup|cache/cachekey|cli|config/doctree|provider/sandbox|redact|said|seed|netfault|export/(datadog|elasticsearch|langfuse|parquet|splunk)|dialect/[a-z]+|provider/(all|compatible|slug)|importer/.*|jsonscan|jsonout|glob|ledger|arch|account.*|tokens|expr)$$|/test/(semantic|corpus|docs|e2e|pains|pairs|ops|responses|cli|bench|sdk/vendors)$$

# SQLite and zstd are C turned into Go and one long loop: the detector makes them five times
# as slow and finds nothing of ours in them. What they hand over passes sync and channels,
# which are watched all the same.
UNWATCHED := -gcflags=modernc.org/...=-race=false -gcflags=github.com/klauspost/compress/...=-race=false

race: ## Go tests under the race detector, but for packages in which nothing runs side by side
	CGO_ENABLED=1 $(GO) test -race $(UNWATCHED) -shuffle=on $$($(GO) list ./... | grep -Ev '$(SERIAL)')

build: ## static binaries for every target, in dist/
	@for t in $(TARGETS); do \
		os=$${t%/*}; arch=$${t#*/}; echo "dist/sluice-$$os-$$arch"; \
		CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o dist/sluice-$$os-$$arch ./cmd/sluice || exit 1; \
	done

e2e: ## the built binary, from outside, as fast as promised: kill -9, outages, thousands of streams
	@./test/setup.sh
	SLUICE_E2E_STRICT=1 $(GO) test -count=1 ./test/e2e/...

agents: ## coding agents (1 GB, from npm) at work through the gateway
	SLUICE_CLI=1 ./test/cli/run.sh -v

bench: ## the gateway beside a bare reverse proxy, nginx and a direct call (Linux, root)
	./test/bench/run.sh

generate: ## write the documents that come from the code
	$(GO) run ./cmd/sluice docs config > docs/config.md
	$(GO) run ./cmd/sluice docs providers > docs/providers.md
	$(GO) run ./cmd/sluice docs fidelity > docs/fidelity.md

fuzz: ## every fuzz target, 20 seconds each
	./test/fuzz.sh 20s

ui: ## build the dashboard from ui/ (Node 20.19 or later) into internal/web/dist, which is committed
	@./ui/build.sh

ui-check: ## the committed dashboard is what ui/ builds, and small enough
	@./ui/build.sh check

shots: ## pictures of every page of the dashboard, in dist/shots
	@./test/ui/run.sh shots "$(CURDIR)/dist/shots"
