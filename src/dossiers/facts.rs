//! What `decide` is told about a dossier. PURE.

use serde_json::Value;

use super::state::State;
use crate::catalogue::condition::{Filing, Subject};
use crate::catalogue::definition::{DocumentDef, How};
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
    /// What is due and not paid, in đồng.
    pub due_amount: i64,
    /// Some payment of it was confirmed.
    pub payment_confirmed: bool,
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
        let given = given(documents, self.channel, &self.with_files, &state.progress.papers);
        let progress = &state.progress;
        let open = progress.opinions.iter().filter(|o| o.answered_at.is_none()).count();
        Facts {
            position: state.position(),
            channel: self.channel,
            identity_level: progress.identity_level,
            missing_documents: documents::missing(documents, &filing, &given),
            due_amount: self.due_amount,
            payment_confirmed: self.payment_confirmed,
            presence: progress.presence.iter().any(|p| state.marking.contains(&p.step)),
            supplements: progress.supplements,
            supplement_answered: progress.request.is_some(),
            opinions_asked: u32::try_from(progress.opinions.len()).unwrap_or(u32::MAX),
            opinions_open: u32::try_from(open).unwrap_or(u32::MAX),
            result_attached: progress.result.is_some(),
            work_begun: progress.work_begun,
            due_set: state.clock_started_at.is_some(),
            late: state.late_at.is_some(),
            tax_sent: progress.tax_sent_at.is_some(),
            last_event: progress.last_event.clone(),
        }
    }
}

/// The components that are there: as files, on paper, in the electronic form itself, or in a
/// database that the official reads. What can only be shown in person is not asked online.
pub fn given(documents: &[DocumentDef], channel: Channel, files: &[String], papers: &[String]) -> Vec<String> {
    let online = channel == Channel::Online;
    let without_file = |d: &&DocumentDef| {
        let by_form = d.how.contains(&How::Electronic) && online;
        let by_database = d.how.contains(&How::Database);
        let shown_later = online && d.how.iter().all(|how| *how == How::Present);
        by_form || by_database || shown_later
    };
    let implied = documents.iter().filter(without_file).map(|d| d.code.clone());
    files.iter().chain(papers).cloned().chain(implied).collect()
}
