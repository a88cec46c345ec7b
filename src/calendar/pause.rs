//! Pauses (tạm dừng): stretches in which the authority's clock stands.

use super::clock::{Calendar, CalendarError, WorkingMinutes};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One stretch in which the clock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    pub from: Timestamp,
    /// `None` while the pause is open.
    pub to: Option<Timestamp>,
    pub reason: PauseReason,
}

/// Why the clock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PauseReason {
    /// Chờ người nộp bổ sung hồ sơ.
    Supplement,
    /// Chờ nộp phí, lệ phí.
    Payment,
    /// Chờ xác định và nộp nghĩa vụ thuế (land procedures).
    Tax,
    /// Chờ ý kiến cơ quan phối hợp, where the procedure leaves it out.
    Opinion,
    /// Niêm yết, thông báo công khai.
    PublicNotice,
    /// Đã có kết quả, sau đó trả lại để xử lý tiếp.
    ResultReady,
}

impl PauseReason {
    pub fn vi(self) -> &'static str {
        match self {
            PauseReason::Supplement => "chờ bổ sung hồ sơ",
            PauseReason::Payment => "chờ nộp phí, lệ phí",
            PauseReason::Tax => "chờ thực hiện nghĩa vụ thuế",
            PauseReason::Opinion => "chờ ý kiến cơ quan phối hợp",
            PauseReason::PublicNotice => "niêm yết công khai",
            PauseReason::ResultReady => "đã có kết quả, chờ trả",
        }
    }

    pub fn en(self) -> &'static str {
        match self {
            PauseReason::Supplement => "waiting for a supplement",
            PauseReason::Payment => "waiting for payment",
            PauseReason::Tax => "waiting for the tax obligation",
            PauseReason::Opinion => "waiting for another authority's opinion",
            PauseReason::PublicNotice => "public notice",
            PauseReason::ResultReady => "the result was ready",
        }
    }
}

/// A pause with what it adds: time that an earlier pause already covers, or
/// that lies before the clock's start, adds nothing.
pub(super) struct Standing {
    pub pause: Pause,
    /// From here on the pause adds something.
    pub since: Timestamp,
    /// Working time that it adds; zero for an open pause, whose end is unknown.
    pub minutes: WorkingMinutes,
}

/// The pauses in order of time, each with what it adds. The list ends with the
/// first open pause: nothing can come after it.
pub(super) fn standing(
    calendar: &Calendar,
    started: Timestamp,
    pauses: &[Pause],
) -> Result<Vec<Standing>, CalendarError> {
    let mut ordered = pauses.to_vec();
    ordered.sort_by_key(|pause| pause.from);
    let mut covered = started;
    let mut found = Vec::with_capacity(ordered.len());
    for pause in ordered {
        let since = pause.from.max(covered);
        let Some(to) = pause.to else {
            found.push(Standing { pause, since, minutes: WorkingMinutes::ZERO });
            break;
        };
        if to < pause.from {
            return Err(CalendarError::PauseBackwards { from: pause.from, to });
        }
        covered = to.max(covered);
        let minutes = calendar.working_between(since, covered)?;
        found.push(Standing { pause, since, minutes });
    }
    Ok(found)
}
