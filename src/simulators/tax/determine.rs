//! What is owed for a slip. PURE: whole đồng and exact fractions, no floating point.
//!
//! | obligation | who | how much | law |
//! |---|---|---|---|
//! | lệ phí trước bạ (2801) | who takes, or asks | 0.5 % of the value | NĐ 10/2022/NĐ-CP, amended by NĐ 175/2025/NĐ-CP |
//! | thuế TNCN, sale (1006) | the person who gives | 2 % of the value | Luật Thuế TNCN; from 01/07/2026 Luật 109/2025/QH15, NĐ 253/2026/NĐ-CP |
//! | thuế TNCN, gift and inheritance (1006) | the person who takes | 10 % of the value beyond 20 million đồng (10 million before 01/07/2026) | as above |
//! | tiền sử dụng đất (1401) | who takes, or asks | area × (new − former price) × share | NĐ 103/2024/NĐ-CP; instalments: NĐ 126/2020/NĐ-CP Đ.18 k.4 |
//!
//! The value is the larger of the contract price and the price table's value of land and assets.
//! Between spouses, parents and children, grandparents and grandchildren, brothers and sisters
//! there is no income tax, and on gift and inheritance no registration fee either; an exemption
//! that the slip asks for is granted. Organisations (tax number instead of a personal number of
//! 12 digits) pay no personal income tax, and who exchanges farm land pays nothing. Where one
//! side has several people, the first of them is the taxpayer.
//!
//! **Rounding**: areas count to hundredths of a square metre; each obligation is computed exactly
//! and rounded once, half a đồng up. Of the land-use fee the first instalment is half, rounded
//! down, and the second the rest.

use jiff::civil::{Date, date};

use crate::national::tax::{ASKS, GIVES, LandUser, Matter, Obligation, Relation, Slip, TAKES};

/// Day from which gifts and inheritances are taxed beyond 20 million đồng.
const NEW_LAW: Date = date(2026, 7, 1);

/// An obligation as it is determined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Determined {
    pub of: Obligation,
    pub taxpayer: LandUser,
    /// What it would be without exemption, đồng.
    pub full: i64,
    /// What exempts.
    pub exempt: Option<String>,
    /// Recorded as debt on the certificate: land-use fee and registration fee, if asked for.
    pub recorded: bool,
    /// Amounts in their order, đồng; one, except of the land-use fee; nought where it is exempt.
    pub instalments: Vec<i64>,
}

impl Determined {
    pub fn amount(&self) -> i64 {
        self.instalments.iter().sum()
    }
}

/// All obligations of a slip; empty: nothing is owed by it at all.
pub fn determine(slip: &Slip) -> Vec<Determined> {
    let matter = slip.matter.unwrap_or_else(|| usual(slip));
    let (gives, takes) = (side(slip, GIVES), side(slip, TAKES).or_else(|| side(slip, ASKS)));
    let value = value(slip);
    let mut found = Vec::new();
    let mut owe = |of, taxpayer: Option<&LandUser>, full: i64| {
        if let Some(taxpayer) = taxpayer {
            found.push(determined(slip, matter, of, taxpayer, full));
        }
    };
    match matter {
        Matter::Sale => {
            owe(Obligation::Income, gives.filter(|user| is_person(user)), percent(value, 200));
            owe(Obligation::Registration, takes, percent(value, 50));
        }
        Matter::Gift | Matter::Inheritance => {
            let free = if slip.sent_on().is_some_and(|day| day < NEW_LAW) { 10_000_000 } else { 20_000_000 };
            let beyond = (value - i128::from(free) * 100).max(0);
            owe(Obligation::Income, takes.filter(|user| is_person(user)), percent(beyond, 1_000));
            owe(Obligation::Registration, takes, percent(value, 50));
        }
        Matter::Contribution | Matter::Exchange | Matter::FirstCertificate => {
            owe(Obligation::Registration, takes, percent(value, 50));
        }
        Matter::Allocation | Matter::Division | Matter::Other => {}
    }
    if slip.land_use_fee.is_some() {
        owe(Obligation::LandUse, takes, land_use_fee(slip));
    }
    found
}

/// What a slip is about that does not say: two sides make a sale.
fn usual(slip: &Slip) -> Matter {
    match (side(slip, GIVES), &slip.land_use_fee) {
        (Some(_), _) => Matter::Sale,
        (None, Some(_)) => Matter::Allocation,
        (None, None) => Matter::FirstCertificate,
    }
}

fn side<'a>(slip: &'a Slip, part: &str) -> Option<&'a LandUser> {
    slip.land_users.iter().find(|user| user.part == part)
}

/// Whether it has a personal number.
fn is_person(user: &LandUser) -> bool {
    let number = user.number.as_deref().unwrap_or_default();
    number.len() == 12 && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// The larger of contract and table, in hundredths of a đồng.
fn value(slip: &Slip) -> i128 {
    let contract = i128::from(slip.contract_value.unwrap_or_default()) * 100;
    let asset = slip.asset.as_ref().and_then(|asset| asset.value).unwrap_or_default();
    let price = i128::from(slip.parcel.table_price.unwrap_or_default());
    contract.max(price * i128::from(hundredths(slip.parcel.area)) + i128::from(asset) * 100)
}

/// Hundredths of a square metre: the only place where an area is a floating-point number, since
/// JSON brings it so; below 10¹⁰ m² two decimals survive that.
fn hundredths(area: f64) -> i64 {
    (area * 100.0).round() as i64
}

/// A share of so many hundredths of a percent, rounded half up to whole đồng.
fn percent(value: i128, hundredths_of_percent: i128) -> i64 {
    rounded(value * hundredths_of_percent, 100 * 10_000)
}

/// Half up; `parts` is positive.
fn rounded(value: i128, parts: i128) -> i64 {
    let whole = (value * 2 + parts).div_euclid(parts * 2);
    i64::try_from(whole.max(0)).unwrap_or(i64::MAX)
}

/// Nought where the new use is worth no more.
fn land_use_fee(slip: &Slip) -> i64 {
    let Some(fee) = &slip.land_use_fee else { return 0 };
    let more = i128::from(fee.price) - i128::from(fee.former_price);
    let share = i128::from(fee.percent.clamp(0, 100));
    rounded(more.max(0) * i128::from(hundredths(fee.area)) * share, 100 * 100)
}

fn determined(slip: &Slip, matter: Matter, of: Obligation, taxpayer: &LandUser, full: i64) -> Determined {
    let exempt = exemption(slip, matter, of);
    let due = if exempt.is_some() { 0 } else { full };
    let instalments =
        if of == Obligation::LandUse && due > 1 { vec![due / 2, due - due / 2] } else { vec![due] };
    let may_be_recorded = matches!(of, Obligation::Registration | Obligation::LandUse);
    Determined {
        of,
        taxpayer: taxpayer.clone(),
        full,
        exempt,
        recorded: may_be_recorded && due > 0 && slip.asks_to_owe == "1",
        instalments,
    }
}

/// What exempts from an obligation.
fn exemption(slip: &Slip, matter: Matter, of: Obligation) -> Option<String> {
    let by_gift = matches!(matter, Matter::Gift | Matter::Inheritance);
    let by_family = slip.relation != Relation::None
        && (by_gift || matter == Matter::Sale && of == Obligation::Income)
        && of != Obligation::LandUse;
    if by_family {
        return Some("Giữa vợ chồng, cha mẹ và con, ông bà và cháu, anh chị em ruột".to_owned());
    }
    if matter == Matter::Exchange && of == Obligation::Registration {
        return Some("Chuyển đổi quyền sử dụng đất nông nghiệp".to_owned());
    }
    slip.exemptions.iter().find(|asked| asked.of == of).map(|asked| asked.reason.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_dong_is_rounded_up() {
        assert_eq!([149, 150, 151].map(|value| rounded(value, 100)), [1, 2, 2]);
        assert_eq!(percent(100 * 100, 50), 1, "0.5 % of 100 đồng is half a đồng");
        assert_eq!(percent(99 * 100, 50), 0);
    }

    #[test]
    fn areas_keep_two_decimals() {
        assert_eq!(
            [0.01, 0.29, 1.005, 120.5, 99_999_999.99].map(hundredths),
            [1, 29, 100, 12_050, 9_999_999_999]
        );
    }
}
