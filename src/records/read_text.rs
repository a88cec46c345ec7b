//! The job that reads the text of a document for the search: from a PDF or docx itself, from a
//! picture by character recognition (Tesseract with its Vietnamese data), where the portal has
//! that program. Effects: the text, and the words by which the document is found.

use std::process::Stdio;
use std::time::Duration;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use uuid::Uuid;

use super::document::{DocumentRow, Standing};
use super::extract::{bounded, memory_of_docx, of_docx, of_pdf};
use super::search_words::words_of;
use crate::app::App;
use crate::config;
use crate::db::schema::{record_document, record_text};
use crate::db::{Tx, to_sql};
use crate::error::Result;
use crate::files::{self, FILE_BLOCKED, FileRow, memory_of_text};
use crate::jobs::{self, JobContext, Outcome};

/// Kind of the job; payload `{document}`.
pub const READ_TEXT: &str = "records.read_text";

#[derive(Debug, Serialize, Deserialize)]
struct ReadText {
    document: Uuid,
}

/// Orders the reading of a document that has a file.
pub fn order(tx: &mut Tx, document: Uuid) -> Result<()> {
    jobs::enqueue(tx, READ_TEXT, Some(document), json!(ReadText { document }), None)
}

/// How a text was got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    Pdf,
    Docx,
    Ocr,
    None,
}

impl Reader {
    fn word(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Docx => "docx",
            Self::Ocr => "ocr",
            Self::None => "none",
        }
    }

    /// Who reads this type of file.
    fn of(media_type: &str, ocr: &config::Records) -> Self {
        match media_type {
            "application/pdf" => Self::Pdf,
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => Self::Docx,
            "image/jpeg" | "image/png" if !ocr.ocr_program.is_empty() => Self::Ocr,
            _ => Self::None,
        }
    }
}

/// Reads one document. One that is there no more, has no file, or an infected one, is done; one
/// that waits for its scan is read later.
pub async fn run(context: JobContext) -> Result<Outcome> {
    let ReadText { document } = context.job.payload()?;
    let found = context.db.read(move |conn| {
        let row = super::load(conn, document)?.filter(|row| row.standing != Standing::Destroyed.word());
        let file = row.and_then(|row| row.file_id).map(|file| files::find(conn, file)).transpose()?;
        Ok(file)
    });
    let Some(file) = found.await? else { return Ok(Outcome::Done) };
    let reader = Reader::of(&file.media_type, &context.app.config.records);
    let body = match read(&context.app, &file, reader).await {
        Err(error) if error.code() == &FILE_BLOCKED => return Ok(Outcome::Done),
        body => body?,
    };
    context.finish_with(move |tx| write(tx, document, reader, &body)).await
}

/// The text of a file; a file that was taken is still one that nobody trusts.
async fn read(app: &App, file: &FileRow, reader: Reader) -> Result<String> {
    match reader {
        Reader::None => Ok(String::new()),
        Reader::Ocr => recognised(app, app.files.whole(file).await?).await,
        Reader::Pdf => app.files.take_apart(file, |bytes| memory_of_text(bytes), |bytes| of_pdf(bytes)).await,
        Reader::Docx => {
            app.files.take_apart(file, |bytes| memory_of_docx(bytes), |bytes| of_docx(bytes)).await
        }
    }
}

/// What the program recognises in a picture; it gets the picture and gives the text, and is
/// ended when it takes too long.
async fn recognised(app: &App, picture: Vec<u8>) -> Result<String> {
    let settings = &app.config.records;
    let mut child = Command::new(&settings.ocr_program)
        .args(["stdin", "stdout", "-l", &settings.ocr_languages])
        // Its own threads make it slower where others want the processors too.
        .env("OMP_THREAD_LIMIT", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(anyhow::Error::from)?;
    let mut input = child.stdin.take();
    let work = async move {
        if let Some(input) = &mut input {
            input.write_all(&picture).await?;
        }
        drop(input);
        child.wait_with_output().await
    };
    let limit = Duration::from_secs(settings.ocr_seconds.into());
    let output = tokio::time::timeout(limit, work).await.map_err(anyhow::Error::from)?;
    let output = output.map_err(anyhow::Error::from)?;
    if !output.status.success() {
        return Err(anyhow::anyhow!("the recognition of characters ended with {}", output.status).into());
    }
    Ok(bounded(&String::from_utf8_lossy(&output.stdout)))
}

/// Writes the text, and the words of data and text together.
fn write(tx: &mut Tx, document: Uuid, reader: Reader, body: &str) -> Result<()> {
    let row: Option<DocumentRow> = record_document::table
        .find(document)
        .filter(record_document::standing.ne(Standing::Destroyed.word()))
        .select(DocumentRow::as_select())
        .for_update()
        .first(tx.conn)
        .optional()?;
    let Some(row) = row else { return Ok(()) };
    let text = (
        record_text::read_by.eq(reader.word()),
        record_text::body.eq(body),
        record_text::read_at.eq(to_sql(tx.now)),
    );
    diesel::insert_into(record_text::table)
        .values((record_text::document_id.eq(document), text))
        .on_conflict(record_text::document_id)
        .do_update()
        .set(text)
        .execute(tx.conn)?;
    let words = words_of(&[&row.title, &row.issuer, &row.number, &row.kind, body]);
    diesel::update(record_document::table.find(document))
        .set(record_document::words.eq(words))
        .execute(tx.conn)?;
    Ok(())
}
