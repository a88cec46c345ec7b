//! What the signatures of a file are worth: those who may see a file of a dossier ask, the
//! sender and the clerks alike. Nothing is written: lists of revocation and anchors change, so
//! the answer is that of the moment in which it is given.

use actix_web::{get, web};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::files::visible_file;
use super::show::logged_in;
use crate::app::App;
use crate::auth::Actor;
use crate::error::{Problem, Result};
use crate::http::Reply;
use crate::signing::anchors;
use crate::signing::verdict::{Outcome, Reason, Signature, Verdict, Words, examine};

/// The verdict on a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExaminedFile {
    /// The worst of its signatures; null = the file is not signed.
    pub outcome: Option<Outcome>,
    /// Why the file as a whole cannot be judged.
    pub reason: Option<Reason>,
    /// The verdict in words.
    pub words: Words,
    /// In the order in which they were put.
    #[schema(max_items = 20)]
    pub signatures: Vec<ExaminedSignature>,
    /// The moment for which this holds.
    #[schema(value_type = String, format = DateTime)]
    pub examined_at: jiff::Timestamp,
}

/// The verdict on one signature.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExaminedSignature {
    #[serde(flatten)]
    pub signature: Signature,
    /// The verdict in words.
    pub words: Words,
}

impl ExaminedFile {
    fn of(verdict: Verdict, examined_at: jiff::Timestamp) -> Self {
        let words = verdict.words();
        let shown = |signature: Signature| ExaminedSignature { words: signature.words(), signature };
        Self {
            outcome: verdict.outcome,
            reason: verdict.reason,
            words,
            signatures: verdict.signatures.into_iter().map(shown).collect(),
            examined_at,
        }
    }
}

/// Examines the signatures of a file of a dossier.
#[utoipa::path(
    operation_id = "examine_signatures",
    tag = "files",
    params(("code" = String, Path, description = "Dossier code"), ("file" = Uuid, Path, description = "The file")),
    responses(
        (status = 200, description = "The verdict", body = ExaminedFile),
        (status = "4XX", description = "Refused", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Busy", body = Problem, content_type = "application/problem+json"),
    )
)]
#[get("/api/v1/dossiers/{code}/files/{file}/signatures")]
pub async fn examine_signatures(
    app: web::Data<App>,
    actor: Actor,
    path: web::Path<(String, Uuid)>,
) -> Result<Reply> {
    logged_in(&actor)?;
    let (code, id) = path.into_inner();
    let row = app.db.read(move |conn| visible_file(conn, &actor, &code, id)).await?;
    let (trust, now) = (app.config.trust.clone(), app.db.clock.now());
    let judged = app.files.look_into(&row, move |bytes| {
        let (anchors, evidence) = anchors::load(&trust)?;
        Ok::<_, anyhow::Error>(examine(bytes, &anchors, &evidence, now))
    });
    Reply::ok(ExaminedFile::of(judged.await??, now))
}
