//! Which document of a store may take the place of a paper. PURE.

use jiff::civil::Date;
use serde::Deserialize;
use uuid::Uuid;

use super::document::{Standing, Trust};

/// A document of the applicant's store, as a filing looks at it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct HeldDocument {
    pub id: Uuid,
    pub kind: String,
    pub title: String,
    pub issuer: String,
    pub number: String,
    pub issued_on: Date,
    pub valid_from: Date,
    pub valid_to: Option<Date>,
    pub trust: Trust,
    pub standing: Standing,
}

/// Why a document that is held does not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    Standing(Standing),
    /// Its last day is over.
    Expired,
    /// Its first day has not come.
    NotYet,
    /// Nobody but the holder stands for it.
    Trust,
}

impl Unfit {
    /// In Vietnamese and in English.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Standing(standing) => (standing.vi(), standing.en()),
            Self::Expired => ("Đã hết hạn", "expired"),
            Self::NotYet => ("Chưa có hiệu lực", "not valid yet"),
            Self::Trust => ("Chỉ là bản tự khai", "declared by the holder only"),
        }
    }
}

impl HeldDocument {
    /// Does it count on this day, and is it sure enough?
    pub fn unfit(&self, day: Date) -> Option<Unfit> {
        if self.standing != Standing::Valid {
            Some(Unfit::Standing(self.standing))
        } else if self.valid_to.is_some_and(|last| last < day) {
            Some(Unfit::Expired)
        } else if self.valid_from > day {
            Some(Unfit::NotYet)
        } else if !self.trust.suffices() {
            Some(Unfit::Trust)
        } else {
            None
        }
    }
}

/// What a store has for a paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer<'a> {
    /// This one does.
    Held(&'a HeldDocument),
    /// There is one, the latest of its kind, and it does not do.
    Unfit(&'a HeldDocument, Unfit),
    Nothing,
}

impl<'a> Offer<'a> {
    /// The document that it tells of.
    pub fn document(self) -> Option<&'a HeldDocument> {
        match self {
            Self::Held(held) | Self::Unfit(held, _) => Some(held),
            Self::Nothing => None,
        }
    }
}

/// What the store has of these kinds on a day: the surest that counts, of equals the latest.
pub fn offer<'a>(held: &'a [HeldDocument], kinds: &[String], day: Date) -> Offer<'a> {
    let of_kind = || held.iter().filter(|document| kinds.contains(&document.kind));
    let best = of_kind()
        .filter(|document| document.unfit(day).is_none())
        // The words of trust begin with the surest.
        .max_by_key(|document| (std::cmp::Reverse(document.trust), document.issued_on, document.id));
    if let Some(best) = best {
        return Offer::Held(best);
    }
    let latest = of_kind().max_by_key(|document| (document.issued_on, document.id));
    latest.and_then(|document| Some(Offer::Unfit(document, document.unfit(day)?))).unwrap_or(Offer::Nothing)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn document(n: u128, trust: Trust) -> HeldDocument {
        HeldDocument {
            id: Uuid::from_u128(n),
            kind: "KQ.G15.000031".to_owned(),
            title: "Giấy khai sinh".to_owned(),
            issuer: "UBND phường Hồng Gai".to_owned(),
            number: format!("{n}/2020"),
            issued_on: date(2020, 1, 1),
            valid_from: date(2020, 1, 1),
            valid_to: None,
            trust,
            standing: Standing::Valid,
        }
    }

    fn kinds() -> Vec<String> {
        vec!["KQ.G15.000031".to_owned()]
    }

    const TODAY: Date = date(2026, 9, 14);

    #[test]
    fn the_surest_is_offered_and_of_equals_the_latest() {
        let mut later = document(2, Trust::Imported);
        later.issued_on = date(2021, 1, 1);
        let held = [document(1, Trust::Imported), later.clone(), document(3, Trust::Declared)];
        assert_eq!(offer(&held, &kinds(), TODAY), Offer::Held(&later));
        let surer = [later, document(4, Trust::SignedResult)];
        assert_eq!(offer(&surer, &kinds(), TODAY), Offer::Held(&surer[1]));
        assert_eq!(offer(&surer, &["KQ.G15.000032".to_owned()], TODAY), Offer::Nothing);
    }

    #[test]
    fn what_does_not_count_is_told_and_not_offered() {
        for (standing, valid_to, trust, why) in [
            (Standing::Revoked, None, Trust::Imported, Unfit::Standing(Standing::Revoked)),
            (Standing::Suspended, None, Trust::Imported, Unfit::Standing(Standing::Suspended)),
            (Standing::Valid, Some(date(2026, 9, 13)), Trust::Imported, Unfit::Expired),
            (Standing::Valid, None, Trust::Declared, Unfit::Trust),
        ] {
            let held = [HeldDocument { standing, valid_to, ..document(1, trust) }];
            assert_eq!(offer(&held, &kinds(), TODAY), Offer::Unfit(&held[0], why));
        }
        let last_day = [HeldDocument { valid_to: Some(TODAY), ..document(1, Trust::Imported) }];
        assert_eq!(offer(&last_day, &kinds(), TODAY), Offer::Held(&last_day[0]));
        let tomorrow = [HeldDocument { valid_from: date(2026, 9, 15), ..document(1, Trust::Imported) }];
        assert_eq!(offer(&tomorrow, &kinds(), TODAY), Offer::Unfit(&tomorrow[0], Unfit::NotYet));
    }
}
