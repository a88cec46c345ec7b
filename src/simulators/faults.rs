//! The fault dial: how slow and how unreliable the simulators are.
//!
//! `PUT /faults` turns it, `GET /faults` reads it. The same seed gives the same sequence of
//! failures, so that a test that found something can be run again.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{HttpResponse, Responder, web};
use serde::{Deserialize, Serialize};

/// Slowest answer that the dial can ask for.
const LONGEST_DELAY_MS: u64 = 60_000;

/// Where the dial stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Setting {
    /// Each answer waits so long.
    pub delay_ms: u64,
    /// Share of requests that are answered 503, from 0 to 1.
    pub error_rate: f64,
    /// Share of requests, from 0 to 1, that are done but whose answer is lost: the caller gets
    /// a 504 instead. Of a request that fails already, nothing more is lost.
    pub lost_rate: f64,
    /// Which requests those are.
    pub seed: u64,
}

/// The dial of all simulators.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Dial>);

#[derive(Debug, Default)]
struct Dial {
    setting: Setting,
    /// Requests since the dial was turned.
    requests: u64,
}

impl Faults {
    /// Turns the dial; the sequence begins anew.
    pub fn set(&self, setting: Setting) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Dial { setting, requests: 0 };
    }

    pub fn setting(&self) -> Setting {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).setting
    }

    /// What the next request suffers: its delay, and how it ends.
    fn next(&self) -> (Duration, Fate) {
        let mut dial = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        dial.requests += 1;
        let share = share(dial.setting.seed, dial.requests);
        let delay = Duration::from_millis(dial.setting.delay_ms.min(LONGEST_DELAY_MS));
        let fate = match share {
            share if share < dial.setting.error_rate => Fate::Fails,
            share if share < dial.setting.error_rate + dial.setting.lost_rate => Fate::AnswerLost,
            _ => Fate::Answered,
        };
        (delay, fate)
    }
}

/// How a request ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Answered,
    /// Nothing is done.
    Fails,
    /// It is done, and the caller does not learn it.
    AnswerLost,
}

/// A number from 0 to 1 for each of a sequence; another seed is another sequence.
pub(super) fn share(seed: u64, place: u64) -> f64 {
    scatter(seed.wrapping_add(place)) as f64 / u64::MAX as f64
}

/// Spreads neighbouring numbers over all of `u64` (the finaliser of splitmix64).
fn scatter(number: u64) -> u64 {
    let mut z = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Every request but those to the dial itself passes here.
pub(super) async fn apply<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    if let Some(faults) = request.app_data::<web::Data<Faults>>().filter(|_| request.path() != "/faults") {
        let (delay, fate) = faults.next();
        tokio::time::sleep(delay).await;
        match fate {
            Fate::Answered => {}
            Fate::Fails => {
                let answer = HttpResponse::ServiceUnavailable().body("the fault dial says no");
                return Ok(request.into_response(answer).map_into_right_body());
            }
            Fate::AnswerLost => {
                let done = next.call(request).await?;
                let answer = HttpResponse::GatewayTimeout().body("the fault dial lost the answer");
                return Ok(done.into_response(answer).map_into_right_body());
            }
        }
    }
    Ok(next.call(request).await?.map_into_left_body())
}

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.route("/faults", web::get().to(read)).route("/faults", web::put().to(turn));
}

async fn read(faults: web::Data<Faults>) -> impl Responder {
    web::Json(faults.setting())
}

async fn turn(faults: web::Data<Faults>, setting: web::Json<Setting>) -> impl Responder {
    faults.set(setting.into_inner());
    web::Json(faults.setting())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failures(seed: u64, error_rate: f64) -> Vec<bool> {
        let faults = Faults::default();
        faults.set(Setting { error_rate, seed, ..Setting::default() });
        (0..1000).map(|_| faults.next().1 == Fate::Fails).collect()
    }

    #[test]
    fn the_same_seed_fails_the_same_requests_at_about_the_rate() {
        assert_eq!(failures(7, 0.3), failures(7, 0.3));
        assert_ne!(failures(7, 0.3), failures(8, 0.3));
        let failed = failures(7, 0.3).into_iter().filter(|failed| *failed).count();
        assert!((250..350).contains(&failed), "{failed} of 1000");
        assert!(failures(7, 0.0).iter().all(|failed| !failed));
        assert!(failures(7, 1.0).iter().all(|failed| *failed));
    }

    #[test]
    fn answers_are_lost_beside_the_failures() {
        let faults = Faults::default();
        faults.set(Setting { error_rate: 0.2, lost_rate: 0.3, ..Setting::default() });
        let fates: Vec<Fate> = (0..1000).map(|_| faults.next().1).collect();
        let share = |fate| fates.iter().filter(|found| **found == fate).count();
        assert!((150..250).contains(&share(Fate::Fails)), "{}", share(Fate::Fails));
        assert!((250..350).contains(&share(Fate::AnswerLost)), "{}", share(Fate::AnswerLost));
    }
}
