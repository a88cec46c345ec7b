//! The national side itself, for demo and tests: real HTTP servers with a fault dial.
//!
//! Nothing of motcua calls in here; the portal reaches the simulators over HTTP only, as it
//! reaches the real systems.

pub mod payment_platform;

use std::sync::Arc;

use actix_web::web;
use anyhow::Result;

use crate::config::Config;

/// The state of all simulators; one for all threads.
pub struct Simulators {
    payment: web::Data<payment_platform::PaymentSimulator>,
}

impl Simulators {
    pub fn new(config: &Config) -> Result<Arc<Self>> {
        Ok(Arc::new(Self { payment: web::Data::new(payment_platform::PaymentSimulator::new(config)?) }))
    }

    /// Mounts every simulator.
    pub fn routes(&self, config: &mut web::ServiceConfig) {
        config.app_data(self.payment.clone());
        config.configure(payment_platform::routes);
    }
}
