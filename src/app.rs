//! The application: everything a handler may use, and the table of routes.
//!
//! `App` has no client for the outside: what needs the national side is a job.

use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, ErrorHandlers};
use actix_web::{HttpMessage, web};
use utoipa::OpenApi;
use utoipa_actix_web::AppExt;
use uuid::Uuid;

use crate::auth::tokens::Tokens;
use crate::config::Config;
use crate::db::Db;
use crate::http;
use crate::people::vneid::VneidClient;

/// What every handler may use; built once, shared by all threads.
pub struct App {
    pub config: Config,
    pub db: Db,
    pub tokens: Tokens,
}

impl App {
    pub fn build(config: Config, db: Db) -> anyhow::Result<Arc<Self>> {
        let tokens = Tokens::load(&config)?;
        Ok(Arc::new(Self { config, db, tokens }))
    }
}

/// Head of the OpenAPI document; the operations come from the handlers.
#[derive(OpenApi)]
#[openapi(info(
    title = "motcua",
    description = "One door: dossiers of administrative procedures, from filing to the result.",
    license(name = "EUPL-1.2", identifier = "EUPL-1.2")
))]
struct Api;

/// The routes of every capability.
fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.configure(crate::auth::routes).configure(crate::people::routes).configure(crate::agencies::routes);
}

/// The OpenAPI document that the handlers give.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let (_, mut api) =
        actix_web::App::new().into_utoipa_app().openapi(Api::openapi()).configure(routes).split_for_parts();
    http::finish_document(&mut api);
    api
}

/// The actix application over an `App`, as the server and the tests use it.
pub fn service(
    app: Arc<App>,
) -> actix_web::App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    actix_web::App::new()
        .into_utoipa_app()
        .openapi(Api::openapi())
        .configure(routes)
        .into_app()
        .configure(http::configure_extractors)
        .app_data(web::Data::new(VneidClient::new(&app.config)))
        .app_data(web::Data::from(app))
        .wrap(Compress::default())
        .wrap(ErrorHandlers::new().default_handler(http::render_problems))
        .wrap_fn(|request, service| {
            use actix_web::dev::Service;
            let id = RequestId(Uuid::now_v7());
            request.extensions_mut().insert(id);
            let response = service.call(request);
            async move {
                let mut response = response.await?;
                if let Ok(value) = id.0.to_string().parse() {
                    response
                        .headers_mut()
                        .insert(actix_web::http::header::HeaderName::from_static("x-request-id"), value);
                }
                Ok(response)
            }
        })
}

/// The identifier of a request: in the log, the audit trail and the `X-Request-Id` header.
#[derive(Debug, Clone, Copy)]
pub struct RequestId(pub Uuid);
