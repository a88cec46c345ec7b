//! The explanation of a due time, line by line.

use super::clock::{DayOff, WorkingMinutes};
use super::pause::{Pause, PauseReason, Standing};
use super::term::Term;
use super::words::{Words, day, length, moment, term as term_words};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// BLDS 2015: the first day of a term in days is not counted.
const FIRST_DAY_RULE: &str = "BLDS 2015 Đ.147 k.2";
/// BLDS 2015: a term that ends on a day off ends with the next working day.
const LAST_DAY_RULE: &str = "BLDS 2015 Đ.148 k.5";
/// BLLĐ 2019: the weekly rest.
const WEEKLY_REST_RULE: &str = "BLLĐ 2019 Đ.111";

/// One step of the count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TraceLine {
    pub code: TraceCode,
    pub vi: String,
    pub en: String,
    /// The instant that the line speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
    /// Working minutes that the line adds to the count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<i64>,
    /// Law or announcement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<String>,
}

/// What a line says; stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TraceCode {
    /// The dossier came in.
    Submitted,
    /// After the cut-off: it counts from the next working day.
    AfterCutoff,
    /// Nobody worked at that moment: the clock waits for the next shift.
    OutsideHours,
    /// The clock starts.
    ClockStarted,
    /// The day of receipt is the first day of the term.
    FirstDayCounted,
    /// The term counts from the day after.
    FirstDayNotCounted,
    /// The term runs through the shifts.
    HoursRun,
    /// Working hours counted on one day.
    HoursCounted,
    /// A day on which nobody works.
    DayOffSkipped,
    /// The last day is a day off: the end moves.
    EndMoved,
    /// The end of the term before pauses.
    TermEnds,
    /// The clock stood, and the due time moves by as much.
    Paused,
    /// The clock stands now.
    ClockStands,
    /// The due time.
    Due,
    /// A new appointment after the due time could not be kept.
    Extended,
}

impl TraceLine {
    fn new(code: TraceCode, vi: String, en: String) -> TraceLine {
        TraceLine { code, vi, en, at: None, minutes: None, basis: None }
    }

    fn at(self, at: Timestamp) -> TraceLine {
        TraceLine { at: Some(at), ..self }
    }

    fn minutes(self, minutes: WorkingMinutes) -> TraceLine {
        TraceLine { minutes: Some(minutes.get()), ..self }
    }

    fn basis(self, basis: &str) -> TraceLine {
        TraceLine { basis: Some(basis.to_owned()), ..self }
    }

    pub(super) fn submitted(at: Timestamp) -> TraceLine {
        let Words { vi, en } = moment(at);
        let (vi, en) = (format!("Hệ thống nhận hồ sơ lúc {vi}"), format!("Received at {en}"));
        TraceLine::new(TraceCode::Submitted, vi, en).at(at)
    }

    pub(super) fn after_cutoff(cutoff: Time) -> TraceLine {
        let cutoff = super::shift::format_time(cutoff);
        TraceLine::new(
            TraceCode::AfterCutoff,
            format!("Nhận sau {cutoff} nên tính từ đầu ngày làm việc tiếp theo"),
            format!("Received after {cutoff}, so it counts from the start of the next working day"),
        )
    }

    pub(super) fn outside_hours() -> TraceLine {
        TraceLine::new(
            TraceCode::OutsideHours,
            "Nhận ngoài giờ làm việc nên tính từ đầu ca làm việc tiếp theo".to_owned(),
            "Received outside working hours, so it counts from the start of the next shift".to_owned(),
        )
    }

    pub(super) fn clock_started(at: Timestamp) -> TraceLine {
        let Words { vi, en } = moment(at);
        let vi = format!("Bắt đầu tính thời hạn từ {vi}");
        TraceLine::new(TraceCode::ClockStarted, vi, format!("The clock starts at {en}")).at(at)
    }

    pub(super) fn first_day_counted(term: &Term, first: Date) -> TraceLine {
        let (term, first) = (term_words(term), day(first));
        TraceLine::new(
            TraceCode::FirstDayCounted,
            format!("Thời hạn {}: ngày nhận hồ sơ, {}, là ngày đầu tiên", term.vi, first.vi),
            format!("Term of {}: the day of receipt, {}, is the first day", term.en, first.en),
        )
    }

    pub(super) fn first_day_not_counted(term: &Term, event: Date) -> TraceLine {
        let (term, event) = (term_words(term), day(event));
        TraceLine::new(
            TraceCode::FirstDayNotCounted,
            format!("Thời hạn {}: tính từ ngày liền sau {}", term.vi, event.vi),
            format!("Term of {}: counted from the day after {}", term.en, event.en),
        )
        .basis(FIRST_DAY_RULE)
    }

    pub(super) fn hours_run(term: &Term, from: Timestamp) -> TraceLine {
        let (words, from_words) = (term_words(term), moment(from));
        TraceLine::new(
            TraceCode::HoursRun,
            format!("Thời hạn {}: tính theo giờ làm việc từ {}", words.vi, from_words.vi),
            format!("Term of {}: runs through the shifts from {}", words.en, from_words.en),
        )
        .at(from)
    }

    pub(super) fn hours_counted(date: Date, counted: WorkingMinutes) -> TraceLine {
        let (day, length) = (day(date), length(counted));
        let (vi, en) = (format!("{}: {}", day.vi, length.vi), format!("{}: {}", day.en, length.en));
        TraceLine::new(TraceCode::HoursCounted, sentence(&vi), en).minutes(counted)
    }

    pub(super) fn day_off_skipped(date: Date, off: DayOff<'_>) -> TraceLine {
        let words = day(date);
        let (name_vi, name_en, basis) = match off {
            DayOff::WeeklyRest(_) => ("nghỉ hằng tuần", "weekly rest", WEEKLY_REST_RULE),
            DayOff::Special(day) => (&*day.name, &*day.name_en, &*day.source),
        };
        let estimated = matches!(off, DayOff::Special(day) if day.estimate);
        let (mark_vi, mark_en) = if estimated { (" (ước tính)", " (estimate)") } else { ("", "") };
        let vi = sentence(&format!("{}: {name_vi}{mark_vi}, không tính", words.vi));
        let en = format!("{}: {name_en}{mark_en}, not counted", words.en);
        TraceLine::new(TraceCode::DayOffSkipped, vi, en).basis(basis)
    }

    pub(super) fn end_moved(last: Date, moved: Date) -> TraceLine {
        let (last, moved) = (day(last), day(moved));
        TraceLine::new(
            TraceCode::EndMoved,
            format!("Ngày cuối, {}, là ngày nghỉ nên chuyển sang {}", last.vi, moved.vi),
            format!("The last day, {}, is a day off: the end moves to {}", last.en, moved.en),
        )
        .basis(LAST_DAY_RULE)
    }

    pub(super) fn term_ends(at: Timestamp) -> TraceLine {
        let Words { vi, en } = moment(at);
        let (vi, en) = (format!("Thời hạn kết thúc lúc {vi}"), format!("The term ends at {en}"));
        TraceLine::new(TraceCode::TermEnds, vi, en).at(at)
    }

    pub(super) fn paused(standing: &Standing, to: Timestamp) -> TraceLine {
        let Pause { from, reason, .. } = standing.pause;
        let (from_words, to, added) = (moment(from), moment(to), length(standing.minutes));
        TraceLine::new(
            TraceCode::Paused,
            format!("Tạm dừng từ {} đến {} ({}): lùi hạn {}", from_words.vi, to.vi, reason.vi(), added.vi),
            format!(
                "Paused from {} to {} ({}): the due time moves by {}",
                from_words.en,
                to.en,
                reason.en(),
                added.en
            ),
        )
        .at(from)
        .minutes(standing.minutes)
    }

    pub(super) fn clock_stands(since: Timestamp, reason: PauseReason, left: WorkingMinutes) -> TraceLine {
        let (from, left_words) = (moment(since), length(left));
        TraceLine::new(
            TraceCode::ClockStands,
            format!("Đang tạm dừng từ {} ({}), còn {}", from.vi, reason.vi(), left_words.vi),
            format!("Paused since {} ({}), {} left", from.en, reason.en(), left_words.en),
        )
        .at(since)
        .minutes(left)
    }

    pub(super) fn due(at: Timestamp) -> TraceLine {
        let Words { vi, en } = moment(at);
        TraceLine::new(TraceCode::Due, format!("Hạn trả kết quả: {vi}"), format!("Due at {en}")).at(at)
    }

    /// The apology's new appointment (xin lỗi và hẹn lại), with its reason.
    pub fn extended(from: Timestamp, to: Timestamp, reason: &str) -> TraceLine {
        let (from, to_words) = (moment(from), moment(to));
        TraceLine::new(
            TraceCode::Extended,
            format!("Xin lỗi và hẹn lại từ {} sang {}: {reason}", from.vi, to_words.vi),
            format!("Apology and new appointment, from {} to {}: {reason}", from.en, to_words.en),
        )
        .at(to)
    }
}

/// The text with a capital first letter, as a sentence begins.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
