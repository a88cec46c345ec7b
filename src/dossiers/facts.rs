//! What `decide` is told about a dossier. PURE.

use serde_json::Value;

use super::reasons::About;
use super::state::{State, SupplementRequest};
use crate::catalogue::condition::{Filing, Subject};
use crate::catalogue::{Version, documents};
use crate::clock::day_of;
use crate::workflow::{Channel, Facts};

/// What is known beside the state: from the row, its files and its money.
pub struct Known<'a> {
    pub version: &'a Version,
    pub channel: Channel,
    pub case_code: &'a str,
    pub subjects: &'a [Subject],
    pub submitted_at: jiff::Timestamp,
    /// Components that have at least one file.
    pub with_files: Vec<String>,
    /// Components of which a file came since the open request for a supplement.
    pub supplied: Vec<String>,
    /// What is due and not paid, in đồng.
    pub due_amount: i64,
    /// Some payment of it was confirmed.
    pub payment_confirmed: bool,
    /// The obligations about the land are met, and the tax side says so.
    pub tax_met: bool,
}

impl Known<'_> {
    /// The filing, as conditions and fee rules read it.
    pub fn filing<'a>(&'a self, answers: &'a Value, identity_level: u8) -> Filing<'a> {
        Filing {
            channel: self.channel,
            date: day_of(self.submitted_at),
            case: Some(self.case_code),
            answers,
            subjects: self.subjects,
            identity_level,
        }
    }

    /// The facts of a dossier in this state.
    pub fn facts(&self, state: &State) -> Facts {
        let filing = self.filing(&state.answers, state.progress.identity_level);
        let documents = &self.version.procedure.def.documents;
        let mut given = [&self.with_files[..], &state.progress.papers].concat();
        given.extend(state.progress.reused.iter().map(|reused| reused.component.clone()));
        let progress = &state.progress;
        let open = progress.opinions.iter().filter(|o| o.answered_at.is_none()).count();
        Facts {
            position: state.position(),
            channel: self.channel,
            identity_level: progress.identity_level,
            missing_documents: documents::missing(documents, &filing, &given),
            due_amount: self.due_amount,
            payment_confirmed: self.payment_confirmed,
            presence: progress
                .presence
                .iter()
                .any(|p| p.past_since.is_none() && state.marking.contains(&p.step)),
            supplements: progress.supplements,
            supplement_answered: progress.request.as_ref().is_some_and(|r| self.lacking(r).is_empty()),
            opinions_asked: u32::try_from(progress.opinions.len()).unwrap_or(u32::MAX),
            opinions_open: u32::try_from(open).unwrap_or(u32::MAX),
            result_attached: progress.result.is_some(),
            work_begun: progress.work_begun,
            due_set: state.clock_started_at.is_some(),
            late: state.late_at.is_some(),
            tax_case: self.version.case(self.case_code).is_some_and(|case| case.tax),
            tax_sent: progress.tax_sent_at.is_some(),
            tax_met: self.tax_met,
            last_event: progress.last_event.clone(),
        }
    }

    /// Documents that were asked for and have not come. New answers come with the supplement
    /// itself, so no field is lacking before it.
    pub fn lacking(&self, request: &SupplementRequest) -> Vec<String> {
        let asked = request.reasons.iter().filter_map(|reason| match &reason.about {
            About::Document(code) => Some(code),
            About::Field(_) | About::Condition(_) => None,
        });
        asked.filter(|code| !self.supplied.contains(code)).cloned().collect()
    }
}
