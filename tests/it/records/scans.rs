//! Many scans at once: batches, double clicks, two clerks, the queue, the chain of records.
use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use futures_util::future::{join, join_all};
use motcua::verify::{self, Part, Report};
use motcua::workflow::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use super::papers::{
    CARD, DECLARATION, PROOF, act, components, differs, put_scan, received, scanned, stranger, words,
};
use crate::support::pdf;
use crate::support::stage::{ONE_STOP, Portal};

const SEALS: &str = "SELECT count(*)::int AS n FROM digitisation_seal";

/// What is wrong with the records.
async fn flaws(portal: &Portal) -> Vec<String> {
    let mut found = Vec::new();
    let mut tell = |difference: &str| found.push(difference.to_owned());
    let mut report = Report::new(&mut tell);
    verify::run(&portal.app.db, &portal.app.files, Part::Records, false, &mut report).await.unwrap();
    found
}

// Mutants: one refusal fails the batch; the key is not asked; a batch without bounds.
#[actix_web::test]
async fn a_batch_of_many_dossiers_answers_each_for_itself() {
    let portal = Portal::new().await;
    let clerk = portal.clerk();
    let mut scans = Vec::new();
    for number in 0..4 {
        let code = received(&clerk).await;
        scans.push(scanned(&clerk, &code, PROOF, 900 + number).await);
        scans.push(scanned(&clerk, &code, DECLARATION, 950 + number).await);
    }
    let far = stranger(&portal);
    let unknown = json!({ "digitisation": Uuid::now_v7(), "sha256": "0".repeat(64) });
    let mut items = scans.clone();
    items[1] = differs(&items[1]);
    items[3]["sha256"] = json!("f".repeat(64));
    items.push(unknown.clone());
    let compared = act(&clerk, "comparisons", &items).await;
    let mut wanted = vec!["compared"; 8];
    (wanted[1], wanted[3]) = ("refused", "scan_changed");
    assert_eq!(compared, [wanted.clone(), vec!["not_found"]].concat());

    let items = [scans.clone(), vec![unknown]].concat();
    let body = json!({ "items": items });
    let key = Uuid::now_v7().to_string();
    let (first, again) = join(
        clerk.post_under(&key, 1, "/api/v1/digitisations/signatures", &body),
        clerk.post_under(&key, 1, "/api/v1/digitisations/signatures", &body),
    )
    .await;
    let (first, again) = (first.expect(200), again.expect(200));
    assert_eq!(first, again, "the same request is answered alike");
    let signed = words(&first);
    (wanted[1], wanted[3]) = ("scan_closed", "not_compared");
    let wanted: Vec<&str> =
        wanted.into_iter().map(|word| if word == "compared" { "signed" } else { word }).collect();
    assert_eq!(signed, [wanted, vec!["not_found"]].concat());
    assert_eq!(portal.number(SEALS), 6);
    assert_eq!(act(&far, "signatures", &scans[..1]).await, ["not_found"]);
    for wrong in [Vec::new(), vec![scans[0].clone(), scans[0].clone()], vec![scans[0].clone(); 101]] {
        for what in ["comparisons", "signatures"] {
            let path = format!("/api/v1/digitisations/{what}");
            clerk.post(&path, &json!({ "items": wrong })).await.refused(422, "invalid");
        }
    }
    portal.verify().await;
}

// Mutants: `digitise-unlocked`; a scan under way is not replaced.
#[actix_web::test]
async fn of_two_clerks_at_once_one_comes_after_the_other() {
    let portal = Portal::new().await;
    let (clerk, other) = (portal.clerk(), portal.another(Role::OneStopClerk, ONE_STOP));
    let code = received(&clerk).await;
    // Both scan: the later upload is the scan, the other is replaced.
    let (one, two) = (pdf(900), pdf(901));
    let both = join(put_scan(&clerk, &code, PROOF, &one), put_scan(&other, &code, PROOF, &two)).await;
    let (one, two) = (both.0.expect(201), both.1.expect(201));
    let open = "SELECT count(*)::int AS n FROM digitisation WHERE state = 'scanned'";
    assert_eq!(portal.number(open), 1);
    let of = |scan: &Value| json!({ "digitisation": scan["id"], "sha256": scan["sha256"] });
    let live = components(&clerk, &code).await[PROOF]["scan"]["id"].clone();
    let (live, gone) = if live == one["id"] { (of(&one), of(&two)) } else { (of(&two), of(&one)) };
    assert_eq!(act(&other, "comparisons", std::slice::from_ref(&gone)).await, ["scan_closed"]);

    // Both compare, both sign, held up so that they meet: once each.
    let mut scans = vec![live];
    for number in 0..3 {
        let code = received(&clerk).await;
        scans.push(scanned(&clerk, &code, PROOF, 910 + number).await);
    }
    let backwards: Vec<Value> = scans.iter().rev().cloned().collect();
    for (what, word) in [("comparisons", "compared"), ("signatures", "signed")] {
        let hold = async {
            let mut conn = portal.database.connect();
            conn.batch_execute("BEGIN; SELECT 1 FROM component ORDER BY 1 FOR UPDATE").unwrap();
            actix_web::rt::time::sleep(std::time::Duration::from_millis(700)).await;
            conn.batch_execute("COMMIT").unwrap();
        };
        let asked = [act(&clerk, what, &scans), act(&other, what, &backwards), act(&clerk, what, &scans)];
        let ((), answers) = join(hold, join_all(asked)).await;
        assert!(answers.iter().all(|answer| *answer == vec![word; 4]), "{answers:?}");
    }
    assert_eq!(portal.number(SEALS), 4);
    assert_eq!(act(&clerk, "signatures", &[gone]).await, ["scan_closed"]);
    portal.verify().await;
}

// Mutants: the queue shows what need not be digitised; a page repeats or leaves out a row.
#[actix_web::test]
async fn the_queue_shows_what_waits_and_for_what() {
    let portal = Portal::new().await;
    let clerk = portal.clerk();
    let mut codes = Vec::new();
    for _ in 0..3 {
        codes.push(received(&clerk).await);
    }
    let scan = scanned(&clerk, &codes[0], PROOF, 900).await;
    let ready = scanned(&clerk, &codes[1], PROOF, 901).await;
    assert_eq!(act(&clerk, "comparisons", std::slice::from_ref(&ready)).await, ["compared"]);
    let pages = async |filter: &str| {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = clerk
                .get(&format!("/api/v1/digitisations/waiting?limit=1{filter}{cursor}"))
                .await
                .expect(200);
            for item in page["items"].as_array().unwrap() {
                found.push((
                    item["dossier"].as_str().unwrap().to_owned(),
                    item["component"].as_str().unwrap().to_owned(),
                    item.clone(),
                ));
            }
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return found,
            }
        }
    };
    let all = pages("").await;
    let mut wanted: Vec<(String, String)> = Vec::new();
    for code in &codes {
        wanted.extend([(code.clone(), DECLARATION.to_owned()), (code.clone(), PROOF.to_owned())]);
    }
    let found: Vec<(String, String)> =
        all.iter().map(|(code, component, _)| (code.clone(), component.clone())).collect();
    assert_eq!(found, wanted);
    assert!(!found.iter().any(|(_, component)| component == CARD));
    let of =
        async |filter: &str| pages(filter).await.into_iter().map(|(_, _, item)| item).collect::<Vec<_>>();
    let (scanned, compared) = (of("&scan=scanned").await, of("&scan=compared").await);
    assert_eq!((scanned.len(), &scanned[0]["digitisation"]), (1, &scan["digitisation"]));
    assert_eq!((compared.len(), &compared[0]["sha256"]), (1, &ready["sha256"]));
    assert_eq!(of("&scan=none").await.len(), 4);
    assert_eq!(act(&clerk, "signatures", &[ready]).await, ["signed"]);
    assert_eq!(pages("").await.len(), 5);
    // Whose papers went back waits no more.
    portal.sql("UPDATE dossier SET status = 7 WHERE code = $1", &codes[2]);
    assert_eq!(pages("").await.len(), 3);
    clerk.get("/api/v1/digitisations/waiting?cursor=bad").await.refused(422, "invalid");
}

// Mutant: `digitise-chain-broken`.
#[actix_web::test]
async fn records_are_chained_and_a_forged_one_is_found() {
    let portal = Portal::new().await;
    let clerk = portal.clerk();
    let code = received(&clerk).await;
    for (paper, size) in [(PROOF, 900), (DECLARATION, 901), (PROOF, 902)] {
        super::papers::digitised(&clerk, &code, paper, size).await;
    }
    assert_eq!(flaws(&portal).await, Vec::<String>::new());
    for (forge, undo) in [
        ("text = replace(text, 'staff:', 'staff:0')", "text = replace(text, 'staff:0', 'staff:')"),
        // With a hash that fits: the next one tells.
        (
            "text = text || E'\\n', sha256 = sha256(convert_to(text || E'\\n', 'UTF8'))",
            "text = rtrim(text, E'\\n') || E'\\n', sha256 = sha256(convert_to(rtrim(text, E'\\n') || E'\\n', 'UTF8'))",
        ),
        ("number = 7", "number = 2"),
    ] {
        portal.sql(&format!("UPDATE digitisation_seal SET {forge} WHERE number = $1::bigint"), "2");
        assert_ne!(flaws(&portal).await, Vec::<String>::new(), "{forge}");
        let at = if forge.starts_with("number") { "7" } else { "2" };
        portal.sql(&format!("UPDATE digitisation_seal SET {undo} WHERE number = $1::bigint"), at);
        assert_eq!(flaws(&portal).await, Vec::<String>::new(), "{undo}");
    }
    let as_the_application = "SET ROLE motcua_app; UPDATE digitisation_seal SET number = 9 WHERE number = 3";
    assert!(portal.database.connect().batch_execute(as_the_application).is_err());
    let gone =
        diesel::sql_query("DELETE FROM digitisation_seal WHERE number = $1::bigint").bind::<Text, _>("2");
    gone.execute(&mut portal.database.connect()).unwrap();
    assert!(flaws(&portal).await.len() >= 2, "a record that is gone leaves a gap");
}

// Mutant: who received it before stocks were kept cannot digitise.
#[actix_web::test]
async fn a_dossier_of_before_gets_its_stock_when_it_is_needed() {
    let portal = Portal::new().await;
    let clerk = portal.clerk();
    let code = received(&clerk).await;
    let before = components(&clerk, &code).await;
    portal.sql("DELETE FROM component WHERE dossier_id = (SELECT id FROM dossier WHERE code = $1)", &code);
    let planned = components(&clerk, &code).await;
    assert_eq!(planned[PROOF]["state"], before[PROOF]["state"]);
    scanned(&clerk, &code, PROOF, 900).await;
    let after = components(&clerk, &code).await;
    assert_eq!((&after[PROOF]["state"], after.as_object().unwrap().len()), (&json!("scanned"), 3));
    put_scan(&clerk, &code, "1.001193-TP05", &pdf(900)).await.refused(404, "not_found");
    portal.sql("UPDATE component SET origin = 'electronic' WHERE code = $1", CARD);
    put_scan(&clerk, &code, CARD, &pdf(900)).await.refused(409, "no_paper");
}
