//! What holds for every operation of the OpenAPI document, said once: who must log in, and
//! which problems can answer.

use std::mem::take;

use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, Content, OpenApi, PathItem, Ref, RefOr, Response};

const PROBLEM: &str = "application/problem+json";
const PROBLEM_SCHEMA: &str = "#/components/schemas/Problem";

/// Problems that may answer any operation and that it need not declare itself. The range
/// stands for what only some requests meet: a header that is no text, a body too large.
const ANY: [(&str, &str); 2] = [
    ("4XX", "Refused; `code` says why"),
    ("503", "Busy, or something it needs does not answer; `Retry-After` says when to try again"),
];

/// Completes the document that the handlers give. An operation without `security` of its own
/// needs a login; those open to all say `security(())`.
pub fn finish(api: &mut OpenApi) {
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    let components = api.components.get_or_insert_with(Components::new);
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    for item in api.paths.paths.values_mut() {
        for operation in operations(item) {
            operation.security.get_or_insert_with(|| vec![SecurityRequirement::new("bearer", [""; 0])]);
            declare_problems(operation);
        }
    }
}

/// Is the operation closed to those without a login?
pub fn needs_login(operation: &Operation) -> bool {
    operation.security.as_deref() != Some(&[SecurityRequirement::default()])
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let all = [
        &mut item.get,
        &mut item.head,
        &mut item.options,
        &mut item.put,
        &mut item.post,
        &mut item.delete,
        &mut item.patch,
    ];
    all.into_iter().flatten()
}

fn declare_problems(operation: &mut Operation) {
    let responses = &mut operation.responses.responses;
    for response in responses.values_mut() {
        if let RefOr::T(response) = response {
            response.content = take(&mut response.content)
                .into_iter()
                .map(|(kind, content)| {
                    (if is_problem(&content) { PROBLEM.to_owned() } else { kind }, content)
                })
                .collect();
        }
    }
    for (status, description) in ANY {
        responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(problem(description)));
    }
}

fn is_problem(content: &RefOr<Content>) -> bool {
    match content {
        RefOr::T(Content { schema: Some(RefOr::Ref(schema)), .. }) => schema.ref_location == PROBLEM_SCHEMA,
        _ => false,
    }
}

fn problem(description: &str) -> Response {
    let mut response = Response::new(description);
    let content = Content::new(Some(Ref::new(PROBLEM_SCHEMA)));
    response.content.insert(PROBLEM.to_owned(), RefOr::T(content));
    response
}
