//! Statements a request may cost, counted at the connections: constant, however much a caller
//! may see.
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use motcua::auth::Actor;
use motcua::error::{INVALID, Result};
use motcua::ledger::Payer;
use motcua::payments::{ChargeIn, ChargeKind, Debtor, write_all_charges};
use motcua::workflow::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use super::play::{Play, birth, procedure};
use crate::records::stage::{document, taken};
use crate::support::stage::{Caller, ONE_STOP, Portal};

/// Statements of every database since the counting began.
static COUNTED: Mutex<Option<HashMap<String, usize>>> = Mutex::new(None);

/// Counts the statements of one connection under its database.
#[derive(Default)]
struct Counter(String);

impl Instrumentation for Counter {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartEstablishConnection { url, .. } => self.0 = url.to_owned(),
            // The hint to the workers is given so often a second, by whoever comes first.
            InstrumentationEvent::StartQuery { query, .. } if !query.to_string().contains("pg_notify") => {
                let mut counted = COUNTED.lock().unwrap_or_else(PoisonError::into_inner);
                *counted.get_or_insert_default().entry(self.0.clone()).or_default() += 1;
            }
            _ => {}
        }
    }
}

/// How many statements a request costs when everything is warm.
async fn cost(portal: &Portal, caller: &Caller<'_>, path: &str) -> usize {
    let mut cheapest = usize::MAX;
    for _ in 0..5 {
        let before = counted(portal);
        caller.get(path).await.expect(200);
        cheapest = cheapest.min(counted(portal) - before);
    }
    cheapest
}

/// Statements of a portal's database until now.
fn counted(portal: &Portal) -> usize {
    let counted = COUNTED.lock().unwrap_or_else(PoisonError::into_inner);
    counted.as_ref().and_then(|all| all.get(portal.database.url()).copied()).unwrap_or_default()
}

/// Counts the statements of every connection that is made from now on.
fn count() {
    set_default_instrumentation(|| Some(Box::new(Counter::default()))).expect("it can be set");
}

/// Statements by which so many dossiers are charged three fees each, in one batch, when everything
/// is warm.
async fn charged(portal: &Portal, dossiers: usize) -> usize {
    let mut cheapest = usize::MAX;
    for _ in 0..5 {
        cheapest = cheapest.min(charged_once(portal, dossiers).await);
    }
    cheapest
}

async fn charged_once(portal: &Portal, dossiers: usize) -> usize {
    let charge = |n: usize| ChargeIn {
        fee_code: format!("PHI-{n}"),
        name: "Phí".to_owned(),
        kind: if n == 0 { ChargeKind::Charge } else { ChargeKind::Fee },
        amount: 1000,
        refundable: true,
        explanation: json!({}),
    };
    let charges: Vec<ChargeIn> = (0..3).map(charge).collect();
    let unit_id = portal.agency(ONE_STOP);
    let debtor = |_| {
        let dossier_id = Uuid::now_v7();
        Debtor { dossier_id, payer: Payer::of(dossier_id, None, None), unit_id }
    };
    let debtors: Vec<Debtor> = (0..dossiers).map(debtor).collect();
    let before = counted(portal);
    let done: Result<()> = portal
        .app
        .db
        .write(&Actor::system("test"), move |tx| {
            let all: Vec<(Debtor, &[ChargeIn])> = debtors.iter().map(|d| (*d, charges.as_slice())).collect();
            write_all_charges(tx, &all)?;
            // There are no such dossiers: nothing of it is kept.
            Err(INVALID.err())
        })
        .await;
    assert!(matches!(done, Err(error) if error.code() == &INVALID));
    counted(portal) - before
}

// Mutant: write and book dossier by dossier.
#[actix_web::test]
async fn what_a_batch_is_charged_is_written_and_booked_in_two_statements() {
    count();
    let portal = Portal::new().await;
    let one = charged(&portal, 1).await;
    // Around them the door's own: begin, its settings, rollback.
    assert!((3..=5).contains(&one), "one dossier costs {one} statements");
    for dossiers in [2, 16, 128] {
        assert_eq!(charged(&portal, dossiers).await, one, "{dossiers} dossiers");
    }
}

// Mutants: one query a grant; one query a row.
#[actix_web::test]
async fn what_a_read_costs_does_not_grow_with_rows_or_grants() {
    count();
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let (plain, granted) = (portal.clerk(), portal.another(Role::OneStopClerk, ONE_STOP));
    for number in 1..=54 {
        let code = format!("H49.{number:02}.01");
        for role in [Role::OneStopClerk, Role::Specialist, Role::Leader] {
            portal.sql(
                &format!(
                    "INSERT INTO position (id, staff_id, agency_id, role, valid_from)
                     SELECT gen_random_uuid(), '{}', id, '{}', '2025-07-01' FROM agency WHERE code = $1
                       AND NOT (code = '{ONE_STOP}' AND 'one_stop_clerk' = '{1}')",
                    granted.id(),
                    role.word()
                ),
                &code,
            );
        }
    }
    let first = birth(&portal, &procedure).await;
    let paths = |code: &str| {
        let of = |part: &str| format!("/api/v1/dossiers/{code}{part}");
        [
            // A list is planned anew: its budget has the two settings around it.
            ("/api/v1/dossiers".to_owned(), 4),
            ("/api/v1/dossiers/count".to_owned(), 4),
            ("/api/v1/dossiers?holder=H49.45.01&open=true".to_owned(), 5),
            (of(""), 2),
            (of("/events"), 3),
            (of("/actions"), 7),
            (of("/deadline"), 2),
            (of("/files"), 3),
            (of("/components"), 6),
        ]
    };
    let mut alone = Vec::new();
    for (path, budget) in paths(&first.code) {
        let cost = cost(&portal, &plain, &path).await;
        assert!((1..=budget).contains(&cost), "{path} costs {cost} statements, {budget} are allowed");
        alone.push(cost);
    }
    for _ in 0..30 {
        birth(&portal, &procedure).await;
    }
    for (before, (path, _)) in alone.iter().zip(paths(&first.code)) {
        assert_eq!(cost(&portal, &plain, &path).await, *before, "{path} with more rows");
        assert_eq!(cost(&portal, &granted, &path).await, *before, "{path} with more grants");
    }
    assert_eq!(json!(portal.clerk().get("/api/v1/dossiers/count").await.body["count"]), json!(31));
}

/// Statements of a submission of this procedure with these files, when everything is warm.
async fn submitted(portal: &Portal, scenario: &Value) -> usize {
    let procedure = procedure("1.013227");
    let mut cheapest = usize::MAX;
    for _ in 0..5 {
        let play = Play::new(portal, &procedure, scenario);
        let (id, version) = play.draft().await;
        let path = format!("/api/v1/drafts/{id}/submit");
        let before = counted(portal);
        play.filer.post_for(version, &path, &json!({})).await.expect(201);
        cheapest = cheapest.min(counted(portal) - before);
    }
    cheapest
}

// Mutant: the store is asked document by document, or also where nothing is taken from it.
#[actix_web::test]
async fn what_a_filing_takes_from_the_store_costs_one_statement_more() {
    count();
    let portal = Portal::new().await;
    let permit = procedure("1.013227");
    let mut brought = permit["scenarios"][0].clone();
    brought["documents"] = json!(["1.013227-TP01", "1.013227-TP02"]);
    let without = submitted(&portal, &brought).await;
    let list = [document("KQ.G17.000311", "Giấy phép xây dựng", "1/GPXD")];
    taken(&portal.machine("records.import"), &list).await;
    assert_eq!(submitted(&portal, &brought).await, without, "a document that is not used costs nothing");
    let mut held = brought.clone();
    held["documents"] = json!(["1.013227-TP01"]);
    assert_eq!(submitted(&portal, &held).await, without + 1);
}
