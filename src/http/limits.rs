//! Limits that hold before a handler is reached: how many requests a minute one address may
//! send to the doors that need no login, whose body is read at all, and how slowly it may come.

use std::cell::Cell;
use std::io;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::rc::Rc;
use std::time::Duration;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{HttpMessage, web};
use futures_util::StreamExt;
use futures_util::stream::try_unfold;
use governor::clock::Clock;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::Pace;
use crate::app::{self, App};
use crate::auth::LiveSession;
use crate::config::Http;
use crate::error::{Code, Refused, Result};

pub static TOO_MANY_REQUESTS: Code = Code::new(
    429,
    "too_many_requests",
    "Quá nhiều yêu cầu; xin thử lại sau",
    "Too many requests; try again later",
);
pub static BODY_TOO_SLOW: Code = Code::new(
    408,
    "body_too_slow",
    "Gửi dữ liệu quá chậm, đã dừng",
    "The body came too slowly and was cut off",
);

/// The doors that somebody without a login can use to guess: logins and tokens, tracking
/// secrets, receipts, words on documents, payments by their reference, notices of the payment
/// platform, tax notices by the number of a taxpayer.
const PUBLIC_DOORS: [&str; 9] = [
    "/api/v1/staff/login",
    "/api/v1/login",
    "/api/v1/oauth/",
    "/api/v1/token/",
    "/api/v1/tracking/",
    "/api/v1/payments/",
    "/api/v1/receipts/",
    "/api/v1/land-tax/lookups",
    "/verify/",
];
/// Addresses remembered at a time; beyond, those that were silent for long are forgotten.
const ADDRESSES: usize = 50_000;
/// How long a sender may be slower than the floor, and how long it may say nothing.
const PATIENCE: Duration = Duration::from_secs(10);

/// The limits of this portal: one for all threads.
pub struct Limits {
    /// `None`: switched off.
    public: Option<DefaultKeyedRateLimiter<IpAddr>>,
    behind_proxy: bool,
    /// Bytes a second; 0 = no floor.
    floor: u64,
}

impl Limits {
    pub fn of(config: &Http) -> Self {
        let a_minute = NonZeroU32::new(config.public_requests_per_minute);
        Self {
            public: a_minute.map(|requests| RateLimiter::keyed(Quota::per_minute(requests))),
            behind_proxy: config.behind_proxy,
            floor: config.min_body_bytes_per_second,
        }
    }

    /// Counts a request to a public door; refuses it when its address sent too many.
    fn admit(&self, request: &ServiceRequest) -> Result<()> {
        // The path as the router reads it: `%74racking` is `tracking`.
        let path = request.match_info().as_str();
        let Some(public) = self.public.as_ref().filter(|_| PUBLIC_DOORS.iter().any(|d| path.starts_with(d)))
        else {
            return Ok(());
        };
        let Some(address) = self.address(request) else { return Ok(()) };
        if public.len() > ADDRESSES {
            public.retain_recent();
        }
        public.check_key(&network(address)).map_err(|until| {
            let wait = until.wait_time_from(public.clock().now());
            Refused::new(&TOO_MANY_REQUESTS).with("retry_after", wait.as_secs() + 1).into()
        })
    }

    /// Who sent it: the other end of the connection, or whom the proxy names. Only the last
    /// entry was written by the proxy; those before it may be invented.
    fn address(&self, request: &ServiceRequest) -> Option<IpAddr> {
        let forwarded = || {
            let header = request.headers().get_all("x-forwarded-for").last()?.to_str().ok()?;
            header.rsplit(',').next()?.trim().parse().ok()
        };
        let named = if self.behind_proxy { forwarded() } else { None };
        named.or_else(|| request.peer_addr().map(|peer| peer.ip()))
    }

    /// Makes the body come at the least speed. Uploads see to it themselves. The cell says
    /// afterwards whether the body was cut.
    fn pace(&self, request: &mut ServiceRequest) -> Rc<Cell<bool>> {
        let cut = Rc::new(Cell::new(false));
        if !request.match_info().as_str().ends_with("/files") {
            match request.take_payload() {
                Payload::None => {}
                body => request.set_payload(paced(body, Pace::begin(self.floor, PATIENCE), cut.clone())),
            }
        }
        cut
    }
}

/// Who owns an IPv6 address owns the 2^64 of its network.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
        v4 => v4,
    }
}

fn paced(body: Payload, pace: Pace, cut: Rc<Cell<bool>>) -> Payload {
    let chunks = try_unfold((body, 0), move |(mut body, bytes)| {
        let cut = cut.clone();
        async move {
            match pace.wait_for(bytes, body.next()).await {
                Some(Some(chunk)) => {
                    let chunk = chunk?;
                    let bytes = bytes + chunk.len() as u64;
                    Ok(Some((chunk, (body, bytes))))
                }
                Some(None) => Ok(None),
                None => {
                    cut.set(true);
                    Err(PayloadError::Io(io::ErrorKind::TimedOut.into()))
                }
            }
        }
    });
    Payload::Stream { payload: Box::pin(chunks) }
}

/// Who sends a body must be known before a byte of it is read, unless the operation is open to
/// all: else anybody could make the portal take in, and parse, what it then refuses.
async fn log_in(request: &mut ServiceRequest) -> Result<()> {
    let sends = matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH);
    if sends && app::needs_login(request.method(), request.match_info().as_str()) {
        let session = request.extract::<LiveSession>().await?;
        request.extensions_mut().insert(session);
    }
    Ok(())
}

/// The middleware: every request passes the limits before anything else looks at it.
pub async fn guard<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> actix_web::Result<ServiceResponse<EitherBody<B>>> {
    let Some(app) = request.app_data::<web::Data<App>>().cloned() else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    if let Err(refused) = app.limits.admit(&request) {
        return Ok(request.error_response(refused).map_into_right_body());
    }
    if let Err(refused) = log_in(&mut request).await {
        return Ok(request.error_response(refused).map_into_right_body());
    }
    let cut = app.limits.pace(&mut request);
    let response = next.call(request).await?;
    if cut.get() {
        let (request, _) = response.into_parts();
        return Ok(ServiceResponse::from_err(BODY_TOO_SLOW.err(), request).map_into_right_body());
    }
    Ok(response.map_into_left_body())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_network_counts_as_one_address() -> std::result::Result<(), std::net::AddrParseError> {
        assert_eq!(network("2001:db8::1".parse()?), network("2001:db8::ffff:2".parse()?));
        assert_ne!(network("2001:db8::1".parse()?), network("2001:db8:0:1::1".parse()?));
        assert_eq!(network("::ffff:192.0.2.7".parse()?), network("192.0.2.7".parse()?));
        Ok(())
    }
}
