//! The journal against what the portal shows and what its database holds.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::client::Client;
use super::journal::{Acknowledged, Journal};
use super::portal::Portal;
use crate::support::lines;

/// Every difference, in words; "lost" is what was acknowledged and is not there.
pub async fn with_the_journal(portal: &Portal, journal: &Journal, clients: &[Arc<Client>]) -> Vec<String> {
    let mut found = journal.differences();
    let submissions = journal.submissions();
    found.extend(stored_once(portal, journal, &submissions));
    found.extend(nothing_half_made(portal));
    found.extend(history_holds(portal, journal));
    for submission in &submissions {
        found.extend(visible(&clients[submission.client], submission).await);
    }
    found
}

/// Each acknowledged draft is one dossier under its code, and no dossier comes from elsewhere.
fn stored_once(portal: &Portal, journal: &Journal, submissions: &[Acknowledged]) -> Vec<String> {
    let sql = "SELECT draft.id || ' ' || dossier.code AS line
                 FROM draft JOIN dossier ON dossier.id = draft.dossier_id";
    let stored: Vec<String> = lines(&mut portal.database(), sql);
    let stored: BTreeMap<&str, &str> = stored.iter().filter_map(|line| line.split_once(' ')).collect();
    let mut found = Vec::new();
    for submission in submissions {
        match stored.get(submission.draft.as_str()) {
            Some(code) if *code == submission.code => {}
            Some(code) => found.push(format!("{} was lost: its draft is {code}", submission.code)),
            None => found.push(format!("{} was lost: its draft is no dossier", submission.code)),
        }
    }
    let codes: BTreeSet<&str> = submissions.iter().map(|s| s.code.as_str()).collect();
    if codes.len() != submissions.len() {
        found.push("two submissions were given one code".to_owned());
    }
    let abandoned = journal.abandoned();
    for (draft, code) in &stored {
        if !codes.contains(code) && !abandoned.iter().any(|a| a == draft) {
            found.push(format!("{code} is there, and nobody was told so"));
        }
    }
    let dossiers = lines(&mut portal.database(), "SELECT count(*)::text AS line FROM dossier");
    if dossiers != [stored.len().to_string()] {
        found.push(format!("{dossiers:?} dossiers, {} drafts became one", stored.len()));
    }
    found
}

/// Every dossier has its first event, both files, its audit row and its jobs, each once.
fn nothing_half_made(portal: &Portal) -> Vec<String> {
    let sql = "SELECT format('%s is half-made: %s submissions, %s files, %s audit rows, %s and %s jobs',
                             code, events, files, audits, synced, notices) AS line
                 FROM (SELECT code,
          (SELECT count(*) FROM dossier_event e WHERE e.dossier_id = d.id AND seq = 1 AND action = 'submit') AS events,
          (SELECT count(*) FROM file f WHERE f.dossier_id = d.id AND f.draft_id IS NOT NULL) AS files,
          (SELECT count(*) FROM audit_log a WHERE a.subject = d.id AND operation = 'submit_draft') AS audits,
          (SELECT count(*) FROM job j WHERE j.subject = d.id AND j.payload->>'seq' = '1'
                                        AND kind = 'sync_national') AS synced,
          (SELECT count(*) FROM job j WHERE j.subject = d.id AND j.payload->>'seq' = '1'
                                        AND kind = 'notify_applicant') AS notices
                         FROM dossier d) AS parts
                WHERE (events, files, audits, synced, notices) <> (1, 2, 1, 1, 1)";
    lines(&mut portal.database(), sql)
}

/// Acknowledged actions are in the history at their place; a payment moved its dossier once.
fn history_holds(portal: &Portal, journal: &Journal) -> Vec<String> {
    let sql = "SELECT code || ' ' || action || ' ' || e.seq AS line
                 FROM dossier_event e JOIN dossier ON dossier.id = e.dossier_id";
    let events = lines(&mut portal.database(), sql);
    let known: BTreeSet<&str> = events.iter().map(String::as_str).collect();
    let mut found = Vec::new();
    for (code, action, version) in journal.actions() {
        if !known.contains(format!("{code} {action} {version}").as_str()) {
            found.push(format!("{action} of {code} at {version} was lost"));
        }
    }
    for code in journal.payments() {
        let prefix = format!("{code} confirm_payment ");
        match events.iter().filter(|event| event.starts_with(&prefix)).count() {
            1 => {}
            times => found.push(format!("{code} was moved {times} times by its payment")),
        }
    }
    found
}

/// The citizen sees the dossier and downloads every file as it was sent.
async fn visible(client: &Client, submission: &Acknowledged) -> Vec<String> {
    let code = &submission.code;
    let list = client.see(&format!("/api/v1/dossiers/{code}/files")).await;
    let Some(items) = list["items"].as_array() else { return vec![format!("{code} was lost: {list}")] };
    let mut found = Vec::new();
    if items.len() != submission.files.len() {
        found.push(format!("{code} has {} files, {} were sent", items.len(), submission.files.len()));
    }
    for sent in &submission.files {
        let path = format!("/api/v1/dossiers/{code}/files/{}", sent.id);
        let downloaded = client.download(&path).await;
        if downloaded.as_ref() != Some(&sent.sha256) {
            found.push(format!("a file of {code} was lost: {} is {downloaded:?}", sent.id));
        }
    }
    found
}
