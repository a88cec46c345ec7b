//! The figures of digitisation against a count of their own over random data.
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use motcua::workflow::Role;
use serde_json::{Value, json};

use super::papers::{PROOF, digitised, received};
use crate::support::lines;
use crate::support::stage::{COMMUNE, Caller, ONE_STOP, Portal};

const PERIOD: &str = "from=2026-08-01&to=2026-08-31";
const MEASURES: [&str; 3] = ["components", "dossiers", "results"];

/// Copies of a dossier in all situations: units, states, days around the period, components.
fn scatter(portal: &Portal, code: &str) {
    portal.sql(
        "INSERT INTO dossier
         SELECT (jsonb_populate_record(d, jsonb_build_object(
                    'id', gen_random_uuid(), 'code', 'H49.45.01-260801-' || lpad(n::text, 4, '0'),
                    'tracking_secret', 'bi-mat-' || n, 'status', 1 + floor(random() * 10),
                    'receiving_unit_id', (SELECT id FROM agency WHERE code = (ARRAY['H49.45.01', 'H49.46.01', 'H49.01'])[1 + n % 3]),
                    'handling_unit_id', (SELECT id FROM agency WHERE code = (ARRAY['H49.45', 'H49.46', 'H49.06'])[1 + n / 3 % 3]),
                    'submitted_at', timestamptz '2026-07-30 00:00+07' + floor(random() * 35 * 24) * interval '1 hour',
                    'clock_started_at', CASE WHEN random() < 0.8 THEN '2026-08-10T09:00:00+07:00' END,
                    'closed_at', CASE WHEN random() < 0.5 THEN timestamptz '2026-07-30 00:00+07' + floor(random() * 35 * 24) * interval '1 hour' END,
                    'progress', CASE WHEN random() < 0.5
                        THEN jsonb_build_object('stopped_at', timestamptz '2026-07-30 00:00+07' + floor(random() * 35 * 24) * interval '1 hour')
                        ELSE '{}' END))).*
           FROM dossier d, generate_series(1, 600) n WHERE d.code = $1",
        code,
    );
    portal.sql(
        "INSERT INTO component (dossier_id, code, ordinal, unit_id, origin, files, must, received_at, digitisation_id)
         SELECT d.id, 'TP' || n, 1, d.receiving_unit_id,
                (ARRAY['paper_original', 'certified_copy', 'electronic', 'reused', 'database', 'presented'])[1 + floor(random() * 6)::int],
                '{}', (ARRAY['earlier_result', 'law', 'decision', NULL])[1 + floor(random() * 4)::int], d.submitted_at,
                CASE WHEN random() < 0.5 THEN (SELECT id FROM digitisation WHERE state = 'signed') END
           FROM dossier d, generate_series(1, 3) n WHERE d.code <> $1 AND random() < 0.7",
        code,
    );
    // Results: with a file, with a file of something else, without one.
    portal.sql(
        "INSERT INTO file (id, dossier_id, component, purpose, name, media_type, size, sha256, storage_key, uploaded_by, uploaded_at)
         SELECT gen_random_uuid(), d.id, '', (ARRAY['result', 'opinion'])[1 + floor(random() * 2)::int], 'kq.pdf',
                'application/pdf', 1, repeat('0', 64), gen_random_uuid()::text, 'staff:', now()
           FROM dossier d WHERE d.code <> $1 AND random() < 0.7",
        code,
    );
    portal.sql(
        "UPDATE dossier d SET progress = progress || jsonb_build_object('result', jsonb_build_object('file_id', f.id))
           FROM file f WHERE f.dossier_id = d.id AND d.code <> $1 AND random() < 0.8",
        code,
    );
}

/// One dossier with everything that a count needs, read without any of the figures' conditions.
fn raw(portal: &Portal) -> Vec<Value> {
    let all = lines(
        &mut portal.database.connect(),
        "SELECT jsonb_build_object('code', d.code, 'status', d.status, 'received', d.clock_started_at IS NOT NULL,
                    'filed', d.submitted_at, 'stopped', d.progress->'stopped_at', 'closed', d.closed_at,
                    'result', d.progress->'result'->'file_id', 'from', r.code, 'to', h.code,
                    'components', (SELECT coalesce(jsonb_agg(jsonb_build_object('code', c.code, 'origin', c.origin,
                                    'must', c.must, 'done', c.digitisation_id)), '[]') FROM component c WHERE c.dossier_id = d.id),
                    'files', (SELECT coalesce(jsonb_agg(f.id), '[]') FROM file f WHERE f.dossier_id = d.id AND f.purpose = 'result'))::text AS line
           FROM dossier d JOIN agency r ON r.id = d.receiving_unit_id JOIN agency h ON h.id = d.handling_unit_id",
    );
    all.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn within(time: &Value) -> bool {
    let text = time.as_str().unwrap().replace(' ', "T");
    let at: Timestamp = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    let edge = |text: &str| text.parse::<Timestamp>().unwrap();
    (edge("2026-08-01T00:00:00+07:00")..edge("2026-09-01T00:00:00+07:00")).contains(&at)
}

/// What is counted: dossier and component of a unit, and whether it is digital.
type Counted = BTreeMap<String, BTreeSet<(String, String, bool)>>;

/// The three counts, by their words, of the dossiers that some units see.
fn count(all: &[Value], sees: &[&str]) -> BTreeMap<&'static str, Counted> {
    let mut counted: BTreeMap<&'static str, Counted> =
        MEASURES.iter().map(|word| (*word, Counted::new())).collect();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    for d in all {
        if !sees.iter().any(|unit| d["from"] == *unit || d["to"] == *unit) {
            continue;
        }
        let mut add = |measure, unit: &Value, component: &str, digital| {
            let rows = counted.get_mut(measure).unwrap().entry(text(unit)).or_default();
            assert!(rows.insert((text(&d["code"]), component.to_owned(), digital)));
        };
        let status = d["status"].as_i64().unwrap();
        if status != 7 && d["received"] == true && within(&d["filed"]) {
            let mut complete = true;
            for c in d["components"].as_array().unwrap().iter().filter(|c| !c["must"].is_null()) {
                let digital =
                    ["electronic", "reused"].iter().any(|word| c["origin"] == *word) || !c["done"].is_null();
                complete &= digital;
                add("components", &d["from"], c["code"].as_str().unwrap(), digital);
            }
            add("dossiers", &d["from"], "", complete);
        }
        let finished = if d["stopped"].is_null() { &d["closed"] } else { &d["stopped"] };
        if (status == 9 || status == 10) && !finished.is_null() && within(finished) {
            let there = d["files"].as_array().unwrap().iter().any(|file| *file == d["result"]);
            add("results", &d["to"], "", there);
        }
    }
    counted
}

async fn rows(caller: &Caller<'_>, filter: &str) -> BTreeSet<(String, String, bool)> {
    let (mut found, mut cursor) = (BTreeSet::new(), String::new());
    loop {
        let path = format!("/api/v1/reports/digitisation/rows?{PERIOD}&limit=23{filter}{cursor}");
        let page = caller.get(&path).await.expect(200);
        for row in page["items"].as_array().unwrap() {
            let component = row["component"].as_str().unwrap_or_default().to_owned();
            let digital = row["digital"].as_bool().unwrap();
            let new = found.insert((row["dossier"].as_str().unwrap().to_owned(), component, digital));
            assert!(new, "{path}: {row} comes twice");
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

// Mutants: `see-any-digitisation-figure`, `see-any-digitisation-row`; a day too many or too few at the ends; a withdrawn dossier
// counts; a result without its file counts.
#[actix_web::test]
async fn figures_are_what_an_own_count_gives_and_their_rows_are_just_those() {
    let portal = Portal::new().await;
    let clerk = portal.clerk();
    let code = received(&clerk).await;
    digitised(&clerk, &code, PROOF, 900).await;
    scatter(&portal, &code);
    let all = raw(&portal);
    let everywhere = ["H49.45.01", "H49.46.01", "H49.01", "H49.45", "H49.46", "H49.06"];
    for (caller, sees) in [
        (portal.leader(), &["H49.45", "H49.45.01"][..]),
        (portal.official(Role::Auditor, COMMUNE), &["H49.45", "H49.45.01"][..]),
        (portal.official(Role::Leader, ONE_STOP), &["H49.45.01"][..]),
        (portal.official(Role::Leader, "H49"), &everywhere[..]),
    ] {
        let counted = count(&all, sees);
        let told = caller.get(&format!("/api/v1/reports/digitisation?{PERIOD}")).await.expect(200);
        let mut levels: BTreeMap<String, BTreeMap<&str, (usize, usize)>> = BTreeMap::new();
        let mut units = BTreeSet::new();
        for line in told["units"].as_array().unwrap() {
            let unit = line["unit_code"].as_str().unwrap();
            units.insert(unit.to_owned());
            for measure in MEASURES {
                let rows = counted[measure].get(unit).cloned().unwrap_or_default();
                let numerator = rows.iter().filter(|(_, _, digital)| *digital).count();
                let wanted = json!({ "numerator": numerator, "denominator": rows.len() });
                assert_eq!(line[measure], wanted, "{measure} of {unit}");
                let sum = levels
                    .entry(line["level"].as_str().unwrap().to_owned())
                    .or_default()
                    .entry(measure)
                    .or_default();
                *sum = (sum.0 + numerator, sum.1 + rows.len());
            }
        }
        assert!(counted.values().flat_map(BTreeMap::keys).all(|unit| units.contains(unit)));
        for line in told["levels"].as_array().unwrap() {
            for (measure, (numerator, denominator)) in &levels[line["level"].as_str().unwrap()] {
                assert_eq!(line[*measure], json!({ "numerator": numerator, "denominator": denominator }));
            }
        }
        assert_eq!(told["levels"].as_array().unwrap().len(), levels.len());
        for measure in MEASURES {
            let whole: BTreeSet<_> = counted[measure].values().flatten().cloned().collect();
            assert!(whole.len() > 5, "{measure}: the data say too little");
            let filter = format!("&measure={measure}");
            assert_eq!(rows(&caller, &filter).await, whole, "{measure}");
            for (part, digital) in [("digital", true), ("lacking", false)] {
                let wanted: BTreeSet<_> = whole.iter().filter(|row| row.2 == digital).cloned().collect();
                assert_eq!(rows(&caller, &format!("{filter}&part={part}")).await, wanted, "{measure} {part}");
            }
            for (unit, wanted) in &counted[measure] {
                assert_eq!(
                    rows(&caller, &format!("{filter}&unit={unit}")).await,
                    *wanted,
                    "{measure} of {unit}"
                );
            }
        }
    }
    for caller in [clerk, portal.specialist()] {
        for path in ["/api/v1/reports/digitisation", "/api/v1/reports/digitisation/rows"] {
            caller.get(path).await.refused(403, "forbidden");
        }
    }
    let wrong = portal.leader().get("/api/v1/reports/digitisation?from=2026-08-02&to=2026-08-01").await;
    wrong.refused(422, "invalid");
}
