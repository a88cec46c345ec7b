//! Taking stock of a dossier when it is received: which components came, how, and which of
//! them must be digitised.

use diesel::prelude::*;
use diesel::sql_types::{Array, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use uuid::Uuid;

use super::words::Origin;
use crate::catalogue::condition::Filing;
use crate::catalogue::definition::{Digitise, DocumentDef, How};
use crate::catalogue::documents::{Need, digitise, need};
use crate::db::{Tx, prepared, to_sql};
use crate::error::Result;
use crate::workflow::Channel;

/// A component that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Came {
    pub code: String,
    pub origin: Origin,
    /// Files that came with it, oldest first.
    pub files: Vec<Uuid>,
    /// Why it must be digitised.
    pub must: Option<Digitise>,
}

/// A file of a filing, under the component it was given for.
#[derive(Debug, Clone)]
pub struct GivenFile {
    pub id: Uuid,
    pub component: String,
    /// Uploaded by an official: what is uploaded at the counter is the scan of a paper.
    pub by_official: bool,
}

/// What came with one dossier.
#[derive(Debug)]
pub struct Stock<'a> {
    pub dossier_id: Uuid,
    pub unit_id: Uuid,
    pub came: &'a [Came],
}

/// What came, in the order of the procedure's documents: files and papers, what a document of the
/// store took the place of (`reused`, codes), and what is given by the form itself or looked up. What only has to be shown has not come before it was shown. PURE.
pub fn inventory(
    documents: &[DocumentDef],
    filing: &Filing,
    papers: &[String],
    reused: &[&str],
    files: &[GivenFile],
) -> Vec<Came> {
    let came = |document: &DocumentDef| {
        let own: Vec<&GivenFile> = files.iter().filter(|file| file.component == document.code).collect();
        let origin = match reused.contains(&document.code.as_str()) {
            true => Origin::Reused,
            false => origin(document, filing, papers.contains(&document.code), &own)?,
        };
        Some(Came {
            code: document.code.clone(),
            must: must(document, origin, !own.is_empty()),
            origin,
            files: own.iter().map(|file| file.id).collect(),
        })
    };
    documents.iter().filter_map(came).collect()
}

/// How a document came by what is known of the filing; a clerk may say otherwise.
fn origin(document: &DocumentDef, filing: &Filing, paper: bool, files: &[&GivenFile]) -> Option<Origin> {
    let given = |how| document.how.contains(&how);
    if paper {
        return Some(match () {
            () if given(How::Submit) => on_paper(document),
            () if given(How::Present) => Origin::Presented,
            () if given(How::Electronic) => Origin::Electronic,
            () => Origin::Database,
        });
    }
    if let Some(file) = files.first() {
        return Some(if file.by_official { on_paper(document) } else { Origin::Electronic });
    }
    if need(document, filing) != Need::OtherWay {
        return None;
    }
    let form_is_it = filing.channel == Channel::Online && given(How::Electronic);
    match form_is_it {
        true => Some(Origin::Electronic),
        false => given(How::Database).then_some(Origin::Database),
    }
}

/// The paper that a document asks for.
fn on_paper(document: &DocumentDef) -> Origin {
    match document.originals == 0 && document.copies > 0 {
        true => Origin::CertifiedCopy,
        false => Origin::PaperOriginal,
    }
}

/// Why a document that came this way must be digitised. What came as data is not scanned: an
/// electronic one counts where the definition (or that it is an earlier result) demands it.
pub(super) fn must(document: &DocumentDef, origin: Origin, file: bool) -> Option<Digitise> {
    match origin {
        Origin::Database => None,
        Origin::Electronic if !file => None,
        Origin::Electronic | Origin::Reused => digitise(document, true)
            .filter(|reason| document.digitise.is_some() || *reason == Digitise::EarlierResult),
        Origin::PaperOriginal | Origin::CertifiedCopy | Origin::Presented => {
            digitise(document, origin.handed_in())
        }
    }
}

/// Files as one text, since an array of arrays loses where each ends.
fn joined(files: &[Uuid]) -> String {
    files.iter().map(Uuid::to_string).collect::<Vec<_>>().join(" ")
}

/// Writes the stock of dossiers in one statement; what is known of before stays as it is. A file
/// that a clerk uploaded for a paper is its scan already.
pub fn take_stock(tx: &mut Tx, stocks: &[Stock]) -> Result<()> {
    let rows: Vec<(&Stock, &Came)> =
        stocks.iter().flat_map(|stock| stock.came.iter().map(move |came| (stock, came))).collect();
    if rows.is_empty() {
        return Ok(());
    }
    write(tx, &rows, include_str!("sql/take_stock.sql"))
}

/// Writes components that came again, or for the first time, with a supplement.
pub fn add_stock(tx: &mut Tx, stock: &Stock) -> Result<()> {
    let rows: Vec<(&Stock, &Came)> = stock.came.iter().map(|came| (stock, came)).collect();
    if rows.is_empty() {
        return Ok(());
    }
    write(tx, &rows, include_str!("sql/add_stock.sql"))
}

fn write(tx: &mut Tx, rows: &[(&Stock, &Came)], sql: &'static str) -> Result<()> {
    let scan = |came: &Came| (came.origin.on_paper() && came.files.len() == 1).then(Uuid::now_v7);
    prepared(sql)
        .bind::<Array<SqlUuid>, _>(rows.iter().map(|(stock, _)| stock.dossier_id).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(rows.iter().map(|(stock, _)| stock.unit_id).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(rows.iter().map(|(_, came)| &came.code).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(rows.iter().map(|(_, came)| came.origin.word()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(rows.iter().map(|(_, came)| joined(&came.files)).collect::<Vec<_>>())
        .bind::<Array<Nullable<Text>>, _>(
            rows.iter().map(|(_, came)| came.must.map(Digitise::word)).collect::<Vec<_>>(),
        )
        .bind::<Array<Nullable<SqlUuid>>, _>(rows.iter().map(|(_, came)| scan(came)).collect::<Vec<_>>())
        .bind::<Timestamptz, _>(to_sql(tx.now))
        .execute(tx.conn)?;
    Ok(())
}
