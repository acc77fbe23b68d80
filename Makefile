.DEFAULT_GOAL := help
.PHONY: help build demo test race lint fmt bench ci image image-local up down clean

IMAGE ?= scim-bridge:dev
CA_CERTIFICATES ?= /etc/ssl/certs/ca-certificates.crt
COMPOSE ?= $(shell docker compose version >/dev/null 2>&1 && echo docker compose || echo docker-compose)

help: ## Print this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## Build dist/scim-bridge, static
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o dist/scim-bridge ./cmd/scim-bridge

demo: ## Play a morning against a bridge and an emulated Adobe
	go run ./cmd/scim-bridge demo

test: ## Run every test
	go test ./...

race: ## Run every test with the race detector, as CI does
	go test -race -timeout 30m -gcflags='modernc.org/...=-d=checkptr=0' ./...

lint: ## Run the linters (the first time builds them, which takes minutes)
	go tool -modfile=tools/go.mod golangci-lint run ./...

fmt: ## Format the code
	gofmt -w $$(git ls-files '*.go')

bench: ## Run every benchmark
	go test -run '^$$' -bench . -benchmem ./...

ci: ## Run what CI runs
	.ci/run

image: ## Build the image (pulls the base image of the build stage)
	docker build -t $(IMAGE) .

# The last stage of the Dockerfile as it stands, with the image
# "scim-bridge-build" in the place of the stage of that name.
image-local: ## Build the image around a binary that is built here (pulls nothing)
	rm -rf dist/image
	mkdir -p dist/image/data
	cp $(CA_CERTIFICATES) dist/image/ca-certificates.crt
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o dist/image/scim-bridge ./cmd/scim-bridge
	printf 'FROM scratch\nCOPY . /image/\n' | docker build -q -t scim-bridge-build -f - dist/image
	sed -n '/^FROM scratch$$/,$$p' Dockerfile | docker build -q -t $(IMAGE) -f - deploy

up: ## Start a bridge and an emulator (uses the image if it was built)
	$(COMPOSE) up --detach

down: ## Stop them and forget their data
	$(COMPOSE) down --volumes

clean: ## Remove what was built
	rm -rf dist
