//! What a draft still needs, asked before it is submitted: the documents with the rule that
//! asks for each, the answers to mend, the case that applies, what it will cost and when it
//! would be due. Effects: none. Refusals: a draft that is somebody else's or was submitted.

use std::sync::Arc;

use actix_web::{HttpRequest, get, web};
use diesel::PgConnection;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::deadline::{deadline, promised};
use super::draft::applicant_of;
use super::filing::Applicant;
use super::judge::{FORM_INVALID, applying, prepare, quote};
use super::load_submission::{Submitted, find};
use super::show::logged_in;
use super::submit::as_filing;
use crate::app::App;
use crate::auth::Actor;
use crate::calendar::TraceLine;
use crate::catalogue::condition::Filing;
use crate::catalogue::definition::{CaseDef, DocumentDef, How, Required};
use crate::catalogue::documents::{self, Need, need};
use crate::catalogue::tariff::FeeLine;
use crate::catalogue::{Version, words_of};
use crate::clock::day_of;
use crate::error::{Error, Language, Problem, ProblemField, Refused, Result};
use crate::http::{Reply, language};
use crate::records::{Act, HeldDocument, Look, Offer, note, offer};

/// What a draft still needs, and what follows if it is submitted now.
#[derive(Debug, Serialize, ToSchema)]
pub struct RequirementsOut {
    /// Submitted now, it would be taken.
    pub complete: bool,
    /// What submitting now would be refused with; absent when it is complete.
    pub refusal: Option<Problem>,
    /// For `If-Match` of the submission.
    pub draft_version: i32,
    /// The case that applies to the answers so far; absent when none does.
    pub case: Option<CaseOut>,
    pub documents: Vec<DocumentOut>,
    /// The decision that published the procedure with its documents, fees and terms.
    pub decision: String,
    /// Numbers of the documents of law it stands on.
    pub legal_basis: Vec<String>,
    /// Answers that the form does not take yet.
    pub answers: Vec<ProblemField>,
    /// What it will cost, by channel and day, line by line; empty as long as that cannot be told.
    pub fees: Vec<FeeLine>,
    /// Sum of the fees, đồng; absent as long as it cannot be told.
    #[schema(minimum = 0)]
    pub total: Option<i64>,
    /// When it would be due; absent as long as no case applies.
    pub deadline: Option<PromiseOut>,
}

/// The case of a filing.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseOut {
    pub code: String,
    pub name: String,
}

/// One document component of the procedure.
#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentOut {
    pub code: String,
    pub name: String,
    pub need: Need,
    /// It is there, as a file or on paper.
    pub given: bool,
    /// It is needed and not there.
    pub missing: bool,
    /// The rule that asks for it, or for which it is not asked.
    pub why: String,
    /// The ways to give it.
    pub how: Vec<How>,
    /// Where it is held: the document of the applicant's store that takes its place.
    pub held: Option<HeldOut>,
}

/// A document of the applicant's store.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HeldOut {
    pub id: Uuid,
    pub title: String,
    pub number: String,
    pub issuer: String,
}

/// The due time that is promised.
#[derive(Debug, Serialize, ToSchema)]
pub struct PromiseOut {
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Timestamp,
    /// Line by line, in Vietnamese and English.
    pub why: Vec<TraceLine>,
}

/// Tells what a draft still needs, what it will cost and when it would be due.
#[utoipa::path(
    operation_id = "show_draft_requirements",
    tag = "dossiers",
    params(("id" = Uuid, Path, description = "The draft")),
    responses(
        (status = 200, description = "Requirements", body = RequirementsOut),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/drafts/{id}/requirements")]
pub async fn requirements(
    app: web::Data<App>,
    actor: Actor,
    id: web::Path<Uuid>,
    request: HttpRequest,
) -> Result<Reply> {
    logged_in(&actor)?;
    let (id, state, told_in) = (id.into_inner(), app.clone(), language(request.headers()));
    let told = app.db.write(&actor, move |tx| {
        let draft = Draft::load(&state, tx.conn, tx.actor, id)?;
        let refusal = would_be_refused(&state, tx.conn, tx.actor, &draft)?;
        let told = draft.requirements(&state, tx.actor, refusal.as_ref(), told_in)?;
        note(tx, &draft.looks(tx.actor)?)?;
        Ok(told)
    });
    Reply::ok(told.await?)
}

/// A draft with all that is asked about it.
struct Draft {
    found: Submitted,
    version: Arc<Version>,
    applicant: Applicant,
    now: Timestamp,
}

impl Draft {
    fn load(app: &App, conn: &mut PgConnection, actor: &Actor, id: Uuid) -> Result<Self> {
        let now = app.db.clock.now();
        let found = find(conn, actor, id, day_of(now))?;
        Ok(Self {
            version: app.catalogue.version(conn, found.row.version_id)?,
            applicant: applicant_of(&found.row)?,
            found,
            now,
        })
    }

    /// The filing as it stands; `level` of a citizen's login, 0 at the counter.
    fn filing<'a>(&'a self, actor: &Actor, case: Option<&'a str>) -> Result<Filing<'a>> {
        let level = actor.citizen().map_or(0, |citizen| citizen.identity_level);
        Ok(Filing {
            channel: self.found.row.channel()?,
            date: day_of(self.now),
            case,
            answers: &self.found.row.answers,
            subjects: &self.applicant.subjects,
            identity_level: u8::try_from(level).unwrap_or_default(),
        })
    }

    /// The case that applies to it.
    fn case(&self, actor: &Actor) -> Result<Option<&CaseDef>> {
        let chosen = self.found.row.case_code.as_deref();
        Ok(applying(&self.version, chosen, &self.filing(actor, None)?))
    }

    fn requirements(
        &self,
        app: &App,
        actor: &Actor,
        refusal: Option<&Error>,
        told_in: Language,
    ) -> Result<RequirementsOut> {
        let case = self.case(actor)?;
        let filing = self.filing(actor, case.map(|case| case.code.as_str()))?;
        let mut mistakes = Refused::new(&FORM_INVALID);
        mistakes.fields = self.version.check_answers(&self.found.row.answers);
        let fees = known(quote(&self.version, &filing))?;
        let term = case.and_then(promised);
        let due = term.map(|term| deadline(app.calendar, &term, self.now));
        let due = due.map(known).transpose()?.flatten();
        let def = &self.version.procedure.def;
        Ok(RequirementsOut {
            complete: refusal.is_none(),
            refusal: refusal.map(|error| error.problem(told_in)),
            draft_version: self.found.row.version,
            case: case.map(|case| CaseOut { code: case.code.clone(), name: case.name.clone() }),
            documents: def.documents.iter().map(|d| self.document(d, &filing, told_in)).collect(),
            decision: def.decision.clone(),
            legal_basis: def.legal_basis.iter().map(|law| law.number.clone()).collect(),
            answers: Error::from(mistakes).problem(told_in).fields,
            total: fees.as_ref().map(|lines| lines.iter().map(|line| line.amount).sum()),
            fees: fees.unwrap_or_default(),
            deadline: due.map(|due| PromiseOut {
                starts_at: due.starts_at,
                due_at: due.due_at,
                why: due.trace,
            }),
        })
    }

    fn given(&self, document: &DocumentDef) -> bool {
        let given = self.found.files.iter().map(|file| &file.component).chain(&self.found.row.papers);
        given.into_iter().any(|code| *code == document.code)
    }

    /// What the store has for it, where it was not brought.
    fn offered(&self, document: &DocumentDef, filing: &Filing) -> Offer<'_> {
        match documents::reusable(document, filing) && !self.given(document) {
            true => offer(&self.found.held, &document.satisfied_by, filing.date),
            false => Offer::Nothing,
        }
    }

    fn document(&self, document: &DocumentDef, filing: &Filing, told_in: Language) -> DocumentOut {
        let asked = need(document, filing);
        let (given, offered) = (self.given(document), self.offered(document, filing));
        let need = if matches!(offered, Offer::Held(_)) { Need::Held } else { asked };
        let (vi, en) = self.why(document, need, offered);
        DocumentOut {
            code: document.code.clone(),
            name: document.name.clone(),
            need,
            given,
            missing: need == Need::Required && !given,
            why: if told_in == Language::Vi { vi } else { en },
            how: document.how.clone(),
            held: match offered {
                Offer::Held(held) => Some(HeldOut {
                    id: held.id,
                    title: held.title.clone(),
                    number: held.number.clone(),
                    issuer: held.issuer.clone(),
                }),
                Offer::Unfit(..) | Offer::Nothing => None,
            },
        }
    }

    /// What the holder is told of it: somebody else, who prepares the filing, was shown these, those
    /// that do not do as well, for their numbers were told.
    fn looks(&self, actor: &Actor) -> Result<Vec<Look>> {
        let row = &self.found.row;
        if actor.citizen().is_some_and(|citizen| row.person_id == Some(citizen.person_id)) {
            return Ok(Vec::new());
        }
        let case = self.case(actor)?;
        let filing = self.filing(actor, case.map(|case| case.code.as_str()))?;
        let unit = actor.staff().map(|_| row.unit_id);
        let look = |held: &HeldDocument| Look {
            document: held.id,
            act: Act::Offered,
            unit,
            dossier: None,
            share: None,
            purpose: format!("Chuẩn bị hồ sơ thủ tục {}", row.procedure_code),
        };
        let all = self.version.procedure.def.documents.iter();
        Ok(all.filter_map(|document| self.offered(document, &filing).document()).map(look).collect())
    }

    /// The rule of a document, as the procedure was published with it.
    fn why(&self, document: &DocumentDef, need: Need, offered: Offer) -> (String, String) {
        let decision = &self.version.procedure.def.decision;
        let (vi, en) = match &document.required {
            Required::Optional => ("có thể nộp thêm".to_owned(), "may be added".to_owned()),
            Required::Always => ("luôn phải có".to_owned(), "always required".to_owned()),
            Required::When(cond) => {
                let (vi, en) = words_of::condition(cond, &self.version.procedure);
                (format!("phải có khi: {vi}"), format!("required when: {en}"))
            }
        };
        let (how_vi, how_en) = match need {
            Need::NotAsked => ("; không áp dụng cho hồ sơ này", "; does not apply to this filing"),
            Need::OtherWay => ("; không phải nộp tệp", "; no file has to be sent"),
            Need::Held => ("; đã có trong kho, không phải nộp", "; held in the store, need not be brought"),
            Need::Required | Need::Optional => ("", ""),
        };
        let (mut vi, mut en) = (format!("{vi}{how_vi}"), format!("{en}{how_en}"));
        if let Offer::Unfit(held, unfit) = offered {
            let (why_vi, why_en) = unfit.words();
            vi += &format!("; giấy tờ số {} trong kho không dùng được: {why_vi}", held.number);
            en += &format!("; the document {} of the store does not do: {why_en}", held.number);
        }
        (format!("Thành phần hồ sơ theo {decision}: {vi}"), format!("Component by {decision}: {en}"))
    }
}

/// What can be told; a refusal of ours means that it cannot be told yet.
fn known<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Err(error) if error.code().status < 500 => Ok(None),
        found => found.map(Some),
    }
}

/// What `submit` would refuse the draft with: the same questions in the same order.
fn would_be_refused(
    app: &App,
    conn: &mut PgConnection,
    actor: &Actor,
    draft: &Draft,
) -> Result<Option<Error>> {
    match try_submission(app, conn, actor, draft) {
        Ok(()) => Ok(None),
        Err(error) if error.code().status < 500 => Ok(Some(error)),
        Err(error) => Err(error),
    }
}

fn try_submission(app: &App, conn: &mut PgConnection, actor: &Actor, draft: &Draft) -> Result<()> {
    let new = as_filing(&app.catalogue, conn, actor, &draft.found, day_of(draft.now))?;
    prepare(app.calendar, actor, new, draft.now).map(drop)
}
