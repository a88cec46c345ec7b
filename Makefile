# The two commands that matter: `make run` and `make test`.
.PHONY: help run test setup mutants lint openapi

help: ## Say what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/make \1\t\2/' | expand -t 16

run: ## Install what is missing, build, start the portal with its demo
	@scripts/setup.sh run
	cargo run --locked -- serve --demo

test: ## Install what is missing, run all tests
	@scripts/setup.sh test
	cargo test --locked

mutants: ## Break every promise once, and see its test turn red (an hour)
	@scripts/setup.sh test
	scripts/mutants.sh

setup: ## Only install what is missing, also for the tests
	@scripts/setup.sh test

lint: ## Format, clippy, documentation, as in .ci/run
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps --document-private-items

openapi: ## Write openapi/openapi.json anew
	@mkdir -p openapi
	cargo run --locked --quiet -- openapi > openapi/openapi.json.new
	mv openapi/openapi.json.new openapi/openapi.json
