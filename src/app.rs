//! The application: everything a handler may use, and the table of routes.
//!
//! `App` has no client for the outside: what needs the national side is a job. The one
//! exception is the trust service, which a person waits for who signs.

use std::sync::{Arc, OnceLock};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::{Compress, ErrorHandlers, from_fn};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use utoipa::OpenApi;
use utoipa_actix_web::AppExt;
use utoipa_swagger_ui::SwaggerUi;
use uuid::Uuid;

use crate::auth::session::{self, Actors};
use crate::auth::tokens::Tokens;
use crate::calendar::Calendar;
use crate::catalogue::{self, Catalogue};
use crate::config::Config;
use crate::db::Db;
use crate::dossiers::signed_receipt::ReceiptKey;
use crate::dossiers::{self, Submissions};
use crate::error::{METHOD_NOT_ALLOWED, NOT_FOUND};
use crate::files::Files;
use crate::forms::{self, Printer};
use crate::people::vneid::VneidClient;
use crate::signing::Trust;
use crate::{
    agencies, auth, authenticity, http, jobs, land_tax, notices, payments, people, receipts, reconcile,
    records, reports, results, signing, sync,
};

/// What every handler may use; built once, shared by all threads.
pub struct App {
    pub config: Config,
    pub db: Db,
    pub tokens: Tokens,
    /// Signs submission receipts.
    pub receipt_key: Arc<ReceiptKey>,
    pub calendar: &'static Calendar,
    pub catalogue: Catalogue,
    pub files: Files,
    /// Prints forms and results within limits.
    pub printer: Printer,
    /// Requests a minute and speed of bodies, for all threads.
    pub limits: http::Limits,
    /// Whose a request is.
    pub actors: Actors,
    /// Submissions: what is asked, and the group commit of what was judged.
    pub submissions: Submissions,
    /// Where signatures are made.
    pub trust: Trust,
}

impl App {
    pub fn build(config: Config, db: Db) -> anyhow::Result<Arc<Self>> {
        let tokens = Tokens::load(&config)?;
        let receipt_key = Arc::new(ReceiptKey::load(&config)?);
        let files = Files::open(&config)?;
        let printer = Printer::of(&config);
        let calendar = Calendar::embedded();
        let limits = http::Limits::of(&config.http);
        let catalogue = Catalogue::default();
        let actors = session::start(&db);
        let trust = Trust::new(&config)?;
        let submissions = Submissions::start(&db, &catalogue, calendar, receipt_key.clone());
        Ok(Arc::new(Self {
            config,
            db,
            tokens,
            receipt_key,
            calendar,
            catalogue,
            files,
            printer,
            limits,
            actors,
            submissions,
            trust,
        }))
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
    config
        .configure(auth::routes)
        .configure(people::routes)
        .configure(agencies::routes)
        .configure(catalogue::routes)
        .configure(dossiers::routes)
        .configure(forms::routes)
        .configure(jobs::routes)
        .configure(land_tax::routes)
        .configure(notices::routes)
        .configure(payments::routes)
        .configure(receipts::routes)
        .configure(reconcile::routes)
        .configure(records::routes)
        .configure(reports::routes)
        .configure(results::routes)
        .configure(signing::routes)
        .configure(sync::routes)
        .configure(authenticity::routes)
        .service(demo_clock::set);
}

/// The OpenAPI document that the handlers give.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let (_, mut api) =
        actix_web::App::new().into_utoipa_app().openapi(Api::openapi()).configure(routes).split_for_parts();
    http::finish_document(&mut api);
    api
}

/// The same for the whole process: made once.
fn document() -> &'static utoipa::openapi::OpenApi {
    static DOCUMENT: OnceLock<utoipa::openapi::OpenApi> = OnceLock::new();
    DOCUMENT.get_or_init(openapi)
}

/// Does this request need a login? Of what is not ours, the answer is "not found" for all.
pub fn needs_login(method: &Method, path: &str) -> bool {
    static CLOSED: OnceLock<http::Methods> = OnceLock::new();
    let closed = CLOSED.get_or_init(|| http::Methods::of(document(), http::needs_login));
    closed.allows(path, method.as_str())
}

/// What no route takes: a path that is not there, or one that has other methods.
async fn unrouted(request: HttpRequest) -> HttpResponse {
    static METHODS: OnceLock<http::Methods> = OnceLock::new();
    let methods = METHODS.get_or_init(|| http::Methods::of(document(), |_| true));
    let Some(allowed) = methods.allowed(request.match_info().as_str()) else {
        return HttpResponse::from_error(NOT_FOUND.err());
    };
    let mut refusal = HttpResponse::from_error(METHOD_NOT_ALLOWED.err());
    if let Ok(allowed) = allowed.parse() {
        refusal.headers_mut().insert(header::ALLOW, allowed);
    }
    refusal
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
        .service(web::redirect("/docs", "/docs/"))
        .service(SwaggerUi::new("/docs/{_:.*}").url("/api/v1/openapi.json", document().clone()))
        .configure(http::extractors(app.config.http.max_body_bytes))
        .default_service(web::to(unrouted))
        .app_data(web::Data::new(VneidClient::new(&app.config)))
        .app_data(web::Data::from(app))
        .wrap(from_fn(http::guard))
        .wrap(Compress::default())
        .wrap(ErrorHandlers::new().default_handler(http::render_problems))
        .wrap_fn(|request, service| {
            use actix_web::dev::Service;
            let id = RequestId(Uuid::now_v7());
            request.extensions_mut().insert(id);
            let response = service.call(request);
            async move {
                let mut response = response.await?;
                http::harden(&mut response);
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

impl RequestId {
    /// That of a request; a new one for what did not come through [`service`].
    pub fn of(request: &HttpRequest) -> Uuid {
        request.extensions().get::<Self>().map_or_else(Uuid::now_v7, |id| id.0)
    }
}

/// The demo's clock.
pub mod demo_clock {
    use actix_web::{put, web};
    use serde::{Deserialize, Serialize};
    use utoipa::ToSchema;

    use super::App;
    use crate::error::{NOT_FOUND, Problem, Result};
    use crate::http::{Moment, Reply, parse_json};

    /// The time to be, or none: the clock runs again.
    #[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
    #[serde(deny_unknown_fields)]
    pub struct DemoClock {
        #[schema(value_type = Option<String>, format = DateTime)]
        pub now: Option<Moment>,
    }

    /// Sets the clock of a demonstration; elsewhere there is no such thing.
    #[utoipa::path(
        operation_id = "set_demo_clock",
        security(()),
        tag = "demo",
        request_body = DemoClock,
        responses(
            (status = 200, description = "The clock as set", body = DemoClock),
            (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        )
    )]
    #[put("/demo/clock")]
    pub async fn set(app: web::Data<App>, body: web::Bytes) -> Result<Reply> {
        if !app.config.demo.set_clock {
            return Err(NOT_FOUND.err());
        }
        let time: DemoClock = parse_json(&body)?;
        app.db.clock.set(time.now.map(Moment::time));
        Reply::ok(time)
    }
}
