//! What all operations have in common in the OpenAPI document, said once.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, Content, OpenApi, RefOr, Response};

/// How an operation names a problem.
const PROBLEM: &str = "#/components/schemas/Problem";

/// Adds the security scheme, and gives every problem its media type (RFC 9457).
pub fn finish(api: &mut OpenApi) {
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    api.components
        .get_or_insert_with(Components::new)
        .add_security_scheme("bearer", SecurityScheme::Http(bearer));
    for item in api.paths.paths.values_mut() {
        let operations = [
            &mut item.get,
            &mut item.put,
            &mut item.post,
            &mut item.delete,
            &mut item.options,
            &mut item.head,
            &mut item.patch,
        ];
        for operation in operations.into_iter().flatten() {
            operation.responses.responses.values_mut().for_each(name_problem);
        }
    }
}

fn name_problem(response: &mut RefOr<Response>) {
    let RefOr::T(response) = response else { return };
    if response.content.get("application/json").is_some_and(is_problem)
        && let Some(content) = response.content.swap_remove("application/json")
    {
        response.content.insert("application/problem+json".to_owned(), content);
    }
}

fn is_problem(content: &RefOr<Content>) -> bool {
    match content {
        RefOr::T(Content { schema: Some(RefOr::Ref(schema)), .. }) => schema.ref_location == PROBLEM,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn problems_have_their_media_type_and_tokens_a_scheme() -> serde_json::Result<()> {
        let api = serde_json::to_value(crate::app::openapi())?;
        let me = &api["paths"]["/api/v1/me"]["get"];
        assert!(me["responses"]["200"]["content"]["application/json"].is_object());
        assert_eq!(
            me["responses"]["401"]["content"]["application/problem+json"]["schema"]["$ref"],
            super::PROBLEM
        );
        assert!(me["responses"]["401"]["content"]["application/json"].is_null());
        assert_eq!(api["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
        Ok(())
    }
}
