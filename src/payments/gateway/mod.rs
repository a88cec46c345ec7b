//! The seam between payments and those who collect the money.
//!
//! A gateway has two sides. Its [`Words`] are pure: what do the bytes mean that it sent? They
//! may be read inside a transaction. [`Gateway`] is the outside: open a payment, ask, give
//! back; each is one request, and repeating it is the queue's business. What is behind both is
//! known to the adapter's folder alone; everybody else meets a [`Notice`], a [`Found`], a
//! [`RefundState`].
//!
//! A new gateway is a folder here, its section of the configuration, and one line of
//! `ADAPTERS`. (Its operations also have a row in `data/authorisation.json`, as all have.)

pub mod national;
mod notice;
pub mod settlement;
pub mod vnpay;

use std::fmt::Debug;
use std::sync::Arc;

use anyhow::{Context, Result};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use utoipa_actix_web::service_config::ServiceConfig;

use super::charge::ChargeKind;
use super::counter::{self, CARD, DEPOSIT, VIETQR};
use crate::config::Config;

pub use notice::{Notice, Payment, Says, Source, exact};
pub use settlement::SettlementFiles;

/// A gateway as it is registered.
struct Adapter {
    offer: Offer,
    build: fn(&Config) -> Result<Arc<dyn Gateway>>,
    /// Where it calls us.
    routes: fn(&mut ServiceConfig),
    /// It has settlement files.
    files: bool,
}

/// The gateways there are.
const ADAPTERS: [Adapter; 5] = [
    Adapter { offer: national::OFFER, build: national::build, routes: national::routes, files: true },
    Adapter { offer: vnpay::OFFER, build: vnpay::build, routes: vnpay::routes, files: false },
    Adapter {
        offer: VIETQR,
        build: |_| Ok(counter::collector(VIETQR)),
        routes: counter::routes,
        files: false,
    },
    Adapter { offer: CARD, build: |_| Ok(counter::collector(CARD)), routes: |_| {}, files: false },
    Adapter { offer: DEPOSIT, build: |_| Ok(counter::collector(DEPOSIT)), routes: |_| {}, files: false },
];

/// A gateway as attempts are begun at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// Its name in our tables and addresses: small letters and `_`.
    pub name: &'static str,
    /// How long an attempt stays payable: after that, its denial by the gateway closes it.
    pub lifetime: SignedDuration,
    /// It is asked for a page, and what became of a payment; whoever collects at the counter
    /// is not.
    pub online: bool,
}

/// The gateway of a name, if this portal lets payers choose it.
pub fn offered(config: &Config, name: &str) -> Option<Offer> {
    let chosen = config.payment.gateways.iter().any(|offered| offered == name);
    let mut online = ADAPTERS.iter().map(|adapter| adapter.offer).filter(|offer| offer.online);
    online.find(|offer| chosen && offer.name == name)
}

/// Is there a gateway of this name?
pub fn exists(name: &str) -> bool {
    ADAPTERS.iter().any(|adapter| adapter.offer.name == name)
}

/// Does a gateway of this name have settlement files?
pub fn has_settlement_files(name: &str) -> bool {
    ADAPTERS.iter().any(|adapter| adapter.offer.name == name && adapter.files)
}

/// The gateways that have settlement files.
pub fn with_settlement_files() -> impl Iterator<Item = &'static str> {
    ADAPTERS.iter().filter(|adapter| adapter.files).map(|adapter| adapter.offer.name)
}

/// Whether the gateway of a name is asked what became of a payment; whoever collects at the
/// counter is not.
pub fn is_online(name: &str) -> bool {
    ADAPTERS.iter().any(|adapter| adapter.offer.online && adapter.offer.name == name)
}

/// What the messages of a gateway mean.
pub trait Words: Debug + Send + Sync {
    /// The name of its [`Offer`].
    fn gateway(&self) -> &'static str;

    /// Reads a message from its bytes as they came: what is verified is what was sent, never
    /// what a parser made of it.
    fn read(&self, source: Source, raw: &[u8]) -> Notice;
}

/// The answer to a question that goes outside.
pub type Answer<'a, T> = BoxFuture<'a, Result<T>>;

/// A gateway as a partner meets it.
pub trait Gateway: Debug + Send + Sync {
    fn words(&self) -> Arc<dyn Words>;

    /// Opens a payment and gives the page where it can be made. Asking again for the same
    /// reference gives a page of the same payment.
    fn open<'a>(&'a self, demand: &'a Demand, now: Timestamp) -> Answer<'a, String>;

    /// Asks what became of a payment.
    fn query<'a>(&'a self, question: &'a Question, now: Timestamp) -> Answer<'a, Found>;

    /// Gives money back. Asked again with the same id, it is the same refund.
    fn refund<'a>(&'a self, refund: &'a Refund, now: Timestamp) -> Answer<'a, RefundState>;

    /// Can it be asked about one refund of a payment only, the last? Then the next one waits
    /// until that has ended.
    fn tells_the_last_refund_only(&self) -> bool {
        false
    }

    /// Asks what became of a refund.
    fn refund_state<'a>(&'a self, refund: &'a Refund, now: Timestamp) -> Answer<'a, RefundState>;

    /// Its settlement files. The counter has none, nor do the public conventions of VNPAY.
    fn settlement(&self) -> Option<&dyn SettlementFiles> {
        None
    }
}

/// A demand for payment, in motcua's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// Our reference of the attempt, at most 20 letters and digits.
    pub reference: String,
    /// Đồng.
    pub amount: i64,
    pub opened_at: Timestamp,
    pub expires_at: Timestamp,
    pub dossier_code: String,
    pub procedure_code: String,
    pub procedure_name: String,
    pub agency_code: String,
    pub agency_name: String,
    pub payer_name: String,
    pub payer_identity_no: String,
    pub payer_address: String,
    pub lines: Vec<DemandLine>,
    /// Where the state budget takes it in; `None`: it is a fee of the procedure.
    pub budget: Option<Budget>,
}

/// Where the state budget takes a tax in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budget {
    /// Code of the treasury (SHKB).
    pub treasury: String,
    /// Account (loại tài khoản NSNN); empty: none was told.
    pub account: String,
}

/// A charge within a demand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemandLine {
    pub kind: ChargeKind,
    /// Fee of the procedure version.
    pub code: String,
    pub name: String,
    /// Đồng.
    pub amount: i64,
}

/// Which payment is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Our reference of the attempt.
    pub reference: String,
    pub opened_at: Timestamp,
}

/// What a gateway says about a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Paid: its signed answer, to be taken in like a notice that it sent.
    Paid(Bytes),
    /// Nobody has paid yet.
    NotPaid,
    /// It failed, and nobody can pay it any more.
    Denied,
    /// The gateway has no such payment: its page was never opened.
    Unknown,
}

/// Money to be given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Ours, at most 20 letters and digits; one id is one refund.
    pub id: String,
    /// Our reference of the attempt that was paid, and when that was opened.
    pub reference: String,
    pub opened_at: Timestamp,
    /// The gateway's number of the payment.
    pub transaction: String,
    /// What was paid, in đồng.
    pub paid: i64,
    /// What is given back, in đồng; at most what was paid.
    pub amount: i64,
    pub reason: String,
    /// Who orders it.
    pub by: String,
    /// How often the gateway was asked what became of it.
    pub asked: i32,
}

/// How a refund stands at the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundState {
    Success,
    /// Ask again later.
    Pending,
    /// Nothing is given back by this refund.
    Failed,
}

/// The gateways there are, and those among which a payer may choose.
#[derive(Debug)]
pub struct Gateways(Vec<Arc<dyn Gateway>>);

impl Gateways {
    pub fn new(config: &Config) -> Result<Self> {
        let all = Self(ADAPTERS.iter().map(|adapter| (adapter.build)(config)).collect::<Result<_>>()?);
        for name in &config.payment.gateways {
            offered(config, name).with_context(|| format!("payment.gateways: there is no `{name}`"))?;
        }
        Ok(all)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Arc<dyn Gateway>> {
        self.0.iter()
    }

    /// The gateway of a name.
    pub fn named(&self, name: &str) -> Result<&Arc<dyn Gateway>> {
        let named = self.0.iter().find(|gateway| gateway.words().gateway() == name);
        named.with_context(|| format!("there is no gateway `{name}`"))
    }
}

/// Where the gateways call us.
pub fn routes(config: &mut ServiceConfig) {
    for adapter in &ADAPTERS {
        config.configure(adapter.routes);
    }
}
