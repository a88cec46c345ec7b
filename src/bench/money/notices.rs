//! What arrives where gateways call: the truth, and everything else.

use std::collections::BTreeMap;

use rand::Rng;
use rand::rngs::StdRng;

use crate::config::{Config, Secret};
use crate::national::payment_platform::{Callback, Partner};
use crate::payments::gateway::vnpay::wire::{Merchant, hundredfold};

/// A gateway whose notices are written here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gateway {
    National,
    Vnpay,
}

impl Gateway {
    pub const ALL: [Self; 2] = [Self::National, Self::Vnpay];

    /// Its name in our tables and addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::National => "national",
            Self::Vnpay => "vnpay",
        }
    }

    /// Its simulator's address below that of all simulators.
    pub fn simulator(self) -> &'static str {
        match self {
            Self::National => "payment",
            Self::Vnpay => "vnpay",
        }
    }
}

/// What is done to the notice of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Genuine,
    /// Genuine, signed with the key before the present one.
    PreviousKey,
    OneMore,
    OneLess,
    Nothing,
    Negative,
    /// 2⁶³ đồng.
    Huge,
    OtherCurrency,
    OtherPartner,
    NotPaid,
    /// A field is changed after signing.
    Altered,
    WrongKey,
    Broken,
    Truncated,
    Oversized,
}

/// Those that say of an unpaid or a paid order what is not so, and must not be believed.
pub const WRONG: [Kind; 11] = [
    Kind::Nothing,
    Kind::Negative,
    Kind::Huge,
    Kind::OtherCurrency,
    Kind::OtherPartner,
    Kind::NotPaid,
    Kind::Altered,
    Kind::WrongKey,
    Kind::Broken,
    Kind::Truncated,
    Kind::Oversized,
];

impl Kind {
    /// Not written by the gateway, or changed on its way.
    pub fn is_forged(self) -> bool {
        matches!(self, Self::Altered | Self::WrongKey | Self::Broken | Self::Truncated | Self::Oversized)
    }
}

/// The payment that a notice is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    pub gateway: Gateway,
    pub reference: String,
    /// The gateway's number of the payment.
    pub transaction: String,
    /// Đồng.
    pub amount: i64,
}

/// Key that notices were signed with before, in chaos.
pub const PREVIOUS_KEY: &str = "the key of last year";

/// Who signs.
#[derive(Debug, Clone)]
pub struct Keys {
    partner: Partner,
    merchant: Merchant,
}

impl Keys {
    pub fn of(config: &Config) -> Self {
        Self { partner: Partner::of(&config.payment), merchant: Merchant::of(config) }
    }

    fn other(&self, key: &str) -> Self {
        let key = Secret::new(key.to_owned());
        Self {
            partner: Partner { code: self.partner.code.clone(), key: key.clone() },
            merchant: Merchant { code: self.merchant.code.clone(), key },
        }
    }

    /// A notice as it arrives: a body of the platform's, a query string of VNPAY's.
    pub fn write(&self, kind: Kind, about: &About, random: &mut StdRng) -> String {
        let sign = match kind {
            Kind::PreviousKey => self.other(PREVIOUS_KEY),
            Kind::WrongKey => self.other("a guess"),
            _ => self.clone(),
        };
        let text = match about.gateway {
            Gateway::National => sign.national(kind, about),
            Gateway::Vnpay => sign.vnpay(kind, about),
        };
        match kind {
            Kind::Altered => match about.gateway {
                Gateway::National => text.replace("VIETINBANK", "VIETINBANX"),
                Gateway::Vnpay => text.replace("vnp_BankCode=NCB", "vnp_BankCode=NCX"),
            },
            Kind::Broken => format!("{{{}", text.replace([':', '='], "\u{1}")),
            Kind::Truncated => {
                let signs = text.chars().count();
                text.chars().take(random.random_range(0..signs)).collect()
            }
            Kind::Oversized => text.clone() + &"&x=\"".repeat(5_000),
            _ => text,
        }
    }

    fn national(&self, kind: Kind, about: &About) -> String {
        let notice = Callback {
            kind: "ConfirmTrans".to_owned(),
            error_code: if kind == Kind::NotPaid { "01" } else { "00" }.to_owned(),
            partner: if kind == Kind::OtherPartner { "KHAC" } else { &self.partner.code }.to_owned(),
            reference: about.reference.clone(),
            amount: amount(kind, about.amount),
            currency: if kind == Kind::OtherCurrency { "USD" } else { "VND" }.to_owned(),
            transaction: about.transaction.clone(),
            bank: "VIETINBANK".to_owned(),
            time: "20261122091500".to_owned(),
            information: "Nộp phí, lệ phí".to_owned(),
            digest: String::new(),
        };
        notice.sign(&self.partner).to_json().to_string()
    }

    fn vnpay(&self, kind: Kind, about: &About) -> String {
        let code = if kind == Kind::NotPaid { "24" } else { "00" };
        let status = if kind == Kind::NotPaid { "02" } else { "00" };
        let partner = if kind == Kind::OtherPartner { "KHAC0001" } else { &self.merchant.code };
        let amount = match kind {
            Kind::Huge => "9223372036854775808".to_owned(),
            _ => hundredfold(amount(kind, about.amount).parse().unwrap_or_default()),
        };
        let mut fields = BTreeMap::from([
            ("vnp_TmnCode", partner.to_owned()),
            ("vnp_Amount", amount),
            ("vnp_BankCode", "NCB".to_owned()),
            ("vnp_PayDate", "20261122091500".to_owned()),
            ("vnp_TransactionNo", about.transaction.clone()),
            ("vnp_ResponseCode", code.to_owned()),
            ("vnp_TransactionStatus", status.to_owned()),
            ("vnp_TxnRef", about.reference.clone()),
        ]);
        if kind == Kind::OtherCurrency {
            fields.insert("vnp_CurrCode", "USD".to_owned());
        }
        self.merchant.query(&fields)
    }
}

fn amount(kind: Kind, right: i64) -> String {
    match kind {
        Kind::OneMore => (right + 1).to_string(),
        Kind::OneLess => (right - 1).to_string(),
        Kind::Nothing => "0".to_owned(),
        Kind::Negative => (-right).to_string(),
        Kind::Huge => "9223372036854775808".to_owned(),
        _ => right.to_string(),
    }
}
