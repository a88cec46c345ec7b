//! The national side itself, for demo and tests: real HTTP servers with a fault dial.
//!
//! Nothing of motcua calls in here; the portal reaches the simulators over HTTP only, as it
//! reaches the real systems.

pub mod book;
mod faults;
pub mod gateway_faults;
pub mod messages;
pub mod payment_platform;
pub mod portal;
pub mod tax;
pub mod trust;
pub mod vneid;
pub mod vnpay;

use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{Server, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::{App, HttpRequest, HttpServer, middleware, web};
use anyhow::{Context, Result};

use crate::config::Config;

pub use faults::{Faults, Setting};

/// The state of all simulators; one for all threads.
pub struct Simulators {
    faults: web::Data<Faults>,
    messages: web::Data<messages::MessageSimulator>,
    payment: web::Data<payment_platform::PaymentSimulator>,
    portal: web::Data<portal::PortalSimulator>,
    tax: web::Data<tax::TaxSimulator>,
    trust: web::Data<trust::TrustSimulator>,
    vneid: web::Data<vneid::Provider>,
    vnpay: web::Data<vnpay::VnpaySimulator>,
}

impl Simulators {
    pub fn new(config: &Config) -> Result<Arc<Self>> {
        Ok(Arc::new(Self {
            faults: web::Data::new(Faults::default()),
            messages: web::Data::new(messages::MessageSimulator::new(config)),
            payment: web::Data::new(payment_platform::PaymentSimulator::new(config)?),
            portal: web::Data::new(portal::PortalSimulator::new(config)),
            tax: web::Data::new(tax::TaxSimulator::new(config)?),
            trust: web::Data::new(trust::TrustSimulator::new(config)?),
            vneid: web::Data::new(vneid::Provider::new(config)?),
            vnpay: web::Data::new(vnpay::VnpaySimulator::new(config)?),
        }))
    }

    /// Mounts every simulator.
    pub fn routes(&self, config: &mut web::ServiceConfig) {
        config
            .app_data(self.faults.clone())
            .app_data(self.messages.clone())
            .app_data(self.payment.clone())
            .app_data(self.portal.clone())
            .app_data(self.tax.clone())
            .app_data(self.trust.clone())
            .app_data(self.vneid.clone())
            .app_data(self.vnpay.clone())
            .configure(faults::routes)
            .configure(messages::routes)
            .configure(payment_platform::routes)
            .configure(portal::routes)
            .configure(tax::routes)
            .configure(trust::routes)
            .configure(vneid::routes)
            .configure(vnpay::routes);
    }
}

/// The simulators as one application.
pub fn service(
    simulators: Arc<Simulators>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    App::new().wrap(middleware::from_fn(faults::apply)).configure(|config| simulators.routes(config))
}

/// Listens at the configured address; the server runs as long as it is polled.
pub fn start(config: &Config) -> Result<Server> {
    let (simulators, address) = (Simulators::new(config)?, config.simulators_address());
    let server = HttpServer::new(move || service(simulators.clone())).workers(1).disable_signals();
    Ok(server.bind(address).with_context(|| format!("cannot listen on {address}"))?.run())
}

/// A header of a request, empty where it is absent.
fn header<'a>(request: &'a HttpRequest, name: &str) -> &'a str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
