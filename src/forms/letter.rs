//! The head of an administrative document (Nghị định 30/2020/NĐ-CP, Phụ lục I): whose it is,
//! its number, place and day. PURE, but for the look at an agency.

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text, Uuid as SqlUuid};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::clock::vietnam;
use crate::db::prepared;
use crate::error::Result;

/// What `head` of the data holds; every template finds all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The agency above the one that issues; none where that is nobody's branch.
    pub parent: Option<String>,
    pub agency: String,
    /// Number and symbol.
    pub number: Option<String>,
    pub place: String,
    /// "ngày 02 tháng 9 năm 2026".
    pub day: String,
    /// Dossier code; also the bar code.
    pub code: Option<String>,
    /// Where anybody checks the document; also the QR code.
    pub verify: Option<String>,
}

/// The agency in whose name a document stands.
#[derive(Debug, Clone, QueryableByName)]
pub struct Issuer {
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub address: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub parent: Option<String>,
}

impl Issuer {
    /// The agency. Above a branch of an office stands that office; above a people's committee
    /// and a ministry nobody (NĐ 30/2020, Phụ lục I, phần II, mục I.2).
    pub fn find(conn: &mut PgConnection, id: Uuid) -> Result<Self> {
        Ok(prepared(
            "SELECT a.id, a.name, a.address, p.name AS parent
               FROM agency a
               LEFT JOIN agency p ON p.id = a.parent_id AND a.kind NOT IN ('commune', 'province', 'ministry')
              WHERE a.id = ?",
        )
        .bind::<SqlUuid, _>(id)
        .get_result(conn)?)
    }

    /// The head of a document of this agency.
    pub fn head(&self, number: String, on: Date, code: Option<String>) -> Head {
        Head {
            parent: self.parent.clone(),
            agency: self.name.clone(),
            number: Some(number),
            place: place_of(&self.address),
            day: long_day(on),
            code,
            verify: None,
        }
    }
}

/// The name of the place in an address: "Phường Hồng Gai, tỉnh Quảng Ninh" is "Hồng Gai".
pub fn place_of(address: &str) -> String {
    let first = address.split(',').next().unwrap_or_default().trim();
    let kinds = ["Phường ", "Xã ", "Đặc khu ", "Thành phố ", "Tỉnh ", "Thị trấn "];
    kinds.iter().find_map(|kind| first.strip_prefix(kind)).unwrap_or(first).to_owned()
}

/// "ngày 02 tháng 9 năm 2026": days below 10 and the months 1 and 2 with a zero, so that nobody
/// writes a digit before them.
fn long_day(day: Date) -> String {
    let month = if day.month() < 3 { format!("{:02}", day.month()) } else { day.month().to_string() };
    format!("ngày {:02} tháng {month} năm {}", day.day(), day.year())
}

/// "16 giờ 30 phút, ngày 02/03/2026", in Việt Nam.
pub fn moment(time: Timestamp) -> String {
    time.to_zoned(vietnam()).strftime("%-H giờ %M phút, ngày %d/%m/%Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_days_and_moments_are_as_the_decree_writes_them() {
        let places = ["Phường Hồng Gai, tỉnh Quảng Ninh", "Đặc khu Cô Tô, tỉnh Quảng Ninh", "Hạ Long", ""];
        assert_eq!(places.map(place_of), ["Hồng Gai", "Cô Tô", "Hạ Long", ""]);
        let days = [Date::constant(2026, 9, 2), Date::constant(2026, 2, 14)];
        assert_eq!(days.map(long_day), ["ngày 02 tháng 9 năm 2026", "ngày 14 tháng 02 năm 2026"]);
        let time = "2026-03-02T01:05:00Z".parse().unwrap();
        assert_eq!(moment(time), "8 giờ 05 phút, ngày 02/03/2026");
    }
}
