//! The ten statuses of a dossier that the national portal knows.
use serde::{Deserialize, Serialize};
use std::fmt;

/// "Trạng thái hồ sơ": stored and sent as its number, 1 to 10.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub enum DossierStatus {
    /// 1, "Mới đăng ký": filed, not yet looked at.
    Submitted = 1,
    /// 2, "Được tiếp nhận": the one-stop unit accepted it.
    Received = 2,
    /// 3, "Không được tiếp nhận": the one-stop unit refused it.
    Refused = 3,
    /// 4, "Đang xử lý": with the specialist department.
    Processing = 4,
    /// 5, "Yêu cầu bổ sung giấy tờ": waits for papers of the applicant.
    AwaitingSupplement = 5,
    /// 6, "Yêu cầu thực hiện nghĩa vụ tài chính": waits for money.
    AwaitingPayment = 6,
    /// 7, "Công dân yêu cầu rút hồ sơ": withdrawn by the applicant.
    Withdrawn = 7,
    /// 8, "Dừng xử lý": stopped, the conditions are not met.
    Stopped = 8,
    /// 9, "Đã xử lý xong": the result is back at the one-stop unit.
    Done = 9,
    /// 10, "Đã trả kết quả": the result is in the applicant's hands.
    Returned = 10,
}

use DossierStatus::{
    AwaitingPayment, AwaitingSupplement, Done, Processing, Received, Refused, Returned, Stopped, Submitted,
    Withdrawn,
};

impl DossierStatus {
    /// All ten, in the order of their numbers.
    pub const ALL: [Self; 10] = [
        Submitted,
        Received,
        Refused,
        Processing,
        AwaitingSupplement,
        AwaitingPayment,
        Withdrawn,
        Stopped,
        Done,
        Returned,
    ];

    /// The number on the wire.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Nothing happens to a dossier after a terminal status.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Refused | Withdrawn | Stopped | Returned)
    }

    /// The statuses that may follow this one. No source prints such a table; this is
    /// the reading that motcua keeps, next to "no change of status".
    pub const fn next(self) -> &'static [Self] {
        match self {
            Submitted => &[Received, Refused, AwaitingSupplement, Withdrawn],
            Received => &[Processing, AwaitingSupplement, AwaitingPayment, Withdrawn, Stopped, Done],
            Processing => &[AwaitingSupplement, AwaitingPayment, Withdrawn, Stopped, Done],
            AwaitingSupplement => &[Submitted, Received, Processing, Withdrawn, Stopped],
            AwaitingPayment => &[Received, Processing, Withdrawn, Stopped],
            Done => &[Returned, Processing],
            Refused | Withdrawn | Stopped | Returned => &[],
        }
    }

    /// May a dossier go from this status to `next` (staying is always allowed)?
    pub fn may_become(self, next: Self) -> bool {
        self == next || self.next().contains(&next)
    }

    /// The official name.
    pub const fn vi(self) -> &'static str {
        match self {
            Submitted => "Mới đăng ký",
            Received => "Được tiếp nhận",
            Refused => "Không được tiếp nhận",
            Processing => "Đang xử lý",
            AwaitingSupplement => "Yêu cầu bổ sung giấy tờ",
            AwaitingPayment => "Yêu cầu thực hiện nghĩa vụ tài chính",
            Withdrawn => "Công dân yêu cầu rút hồ sơ",
            Stopped => "Dừng xử lý",
            Done => "Đã xử lý xong",
            Returned => "Đã trả kết quả",
        }
    }

    /// The name in English.
    pub const fn en(self) -> &'static str {
        match self {
            Submitted => "Submitted",
            Received => "Received",
            Refused => "Not accepted",
            Processing => "In process",
            AwaitingSupplement => "Supplement requested",
            AwaitingPayment => "Payment requested",
            Withdrawn => "Withdrawn by the applicant",
            Stopped => "Stopped",
            Done => "Result ready",
            Returned => "Result returned",
        }
    }
}

impl From<DossierStatus> for u8 {
    fn from(status: DossierStatus) -> Self {
        status.code()
    }
}

/// A number outside 1..=10.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown dossier status {0}")]
pub struct UnknownStatus(pub u8);

impl TryFrom<u8> for DossierStatus {
    type Error = UnknownStatus;

    fn try_from(code: u8) -> Result<Self, UnknownStatus> {
        Self::ALL.into_iter().find(|status| status.code() == code).ok_or(UnknownStatus(code))
    }
}

impl fmt::Display for DossierStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code())
    }
}
