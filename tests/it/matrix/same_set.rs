//! Whatever path somebody looks along, the same dossiers are there: for random positions and
//! random dossiers, get, list, count, export, events and files agree with a model.
use std::collections::BTreeSet;

use actix_web::body::MessageBody;
use actix_web::test::{TestRequest, call_service, init_service};
use motcua::app;
use motcua::auth::session::Subject;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;

use super::stage::{ABOVE, BELOW, ELSEWHERE, Filed, Stage, UNIT};

const PLACES: [&str; 5] = [ABOVE, UNIT, BELOW, ELSEWHERE, "H49.46.01"];
const ROLES: [&str; 7] =
    ["one_stop_clerk", "specialist", "leader", "cashier", "agency_admin", "auditor", "system_admin"];
const CASES: u32 = 16;

/// Positions of one official, and dossiers.
#[derive(Debug, Clone)]
struct Case {
    /// Indices of role and place.
    positions: Vec<(usize, usize)>,
    dossiers: Vec<Situation>,
}

/// Indices of places, and whose it is: 0 the citizen's, 1 of somebody who gave a mandate, 2
/// of a stranger.
#[derive(Debug, Clone)]
struct Situation {
    receiving: usize,
    handling: usize,
    consulted: Option<usize>,
    applicant: usize,
    closed: bool,
}

fn cases() -> impl Strategy<Value = Case> {
    let place = || 0..PLACES.len();
    let situation = (place(), place(), proptest::option::of(place()), 0..3usize, any::<bool>()).prop_map(
        |(receiving, handling, consulted, applicant, closed)| Situation {
            receiving,
            handling,
            consulted,
            applicant,
            closed,
        },
    );
    let positions = proptest::collection::btree_set((0..ROLES.len(), place()), 1..4);
    (positions, proptest::collection::vec(situation, 3..9))
        .prop_map(|(positions, dossiers)| Case { positions: positions.into_iter().collect(), dossiers })
}

/// Whose dossiers a position sees, said once more and independently of the code.
fn sees(role: &str, place: &str) -> BTreeSet<&'static str> {
    let below = |other: &&str| place == ABOVE || *other == place || other.starts_with(&format!("{place}."));
    match role {
        "leader" | "auditor" => PLACES.into_iter().filter(below).collect(),
        "agency_admin" | "system_admin" => BTreeSet::new(),
        _ => PLACES.into_iter().filter(|other| *other == place).collect(),
    }
}

impl Case {
    fn seen_by_official(&self, dossier: &Situation) -> bool {
        self.positions.iter().any(|(role, place)| {
            let places = sees(ROLES[*role], PLACES[*place]);
            let touches = |index: usize| places.contains(PLACES[index]);
            touches(dossier.receiving) || touches(dossier.handling) || dossier.consulted.is_some_and(touches)
        })
    }
}

#[actix_web::test]
async fn all_paths_show_the_same_dossiers() {
    let stage = Stage::new().await;
    let service = init_service(app::service(stage.app.clone())).await;
    let call = async |request: TestRequest| {
        let response = call_service(&service, request.to_request()).await;
        let status = response.status().as_u16();
        (status, actix_web::body::to_bytes(response.into_body().boxed()).await.unwrap_or_default())
    };
    let mut runner = TestRunner::deterministic();
    let mut number = 5_000;
    let mut shown = 0;
    for index in 0..CASES {
        let case = cases().new_tree(&mut runner).expect("a case").current();
        let staff = stage.official(&format!("random.{index}"));
        for (role, place) in &case.positions {
            stage.appoint(staff, PLACES[*place], ROLES[*role]);
        }
        let person = |digit: u32| stage.person(&format!("0221{:08}", index * 10 + digit));
        let people = [person(0), person(1), person(2)];
        stage.mandate(people[0], people[1]);
        let mut all = Vec::new();
        for situation in &case.dossiers {
            number += 1;
            let filed = Filed {
                receiving: PLACES[situation.receiving],
                handling: PLACES[situation.handling],
                consulted: situation.consulted.iter().map(|index| PLACES[*index]).collect(),
                applicant: people[situation.applicant],
                closed: situation.closed,
            };
            all.push(stage.copy_dossier(&filed, number));
        }
        let official: Vec<bool> = case.dossiers.iter().map(|d| case.seen_by_official(d)).collect();
        let citizen: Vec<bool> = case.dossiers.iter().map(|d| d.applicant < 2).collect();
        for (subject, model) in [(Subject::Staff(staff), official), (Subject::Citizen(people[0]), citizen)] {
            let bearer = format!("Bearer {}", stage.token_of(subject, 2));
            let get = async |path: String| {
                call(TestRequest::get().uri(&path).insert_header(("Authorization", bearer.clone()))).await
            };
            for (object, visible) in all.iter().zip(&model) {
                let (code, file) = (&object["code"], &object["file"]);
                let below = ["", "/events", "/deadline", "/payment", "/files", "/actions"];
                let mut paths: Vec<String> =
                    below.iter().map(|part| format!("/api/v1/dossiers/{code}{part}")).collect();
                paths.push(format!("/api/v1/dossiers/{code}/files/{file}"));
                for path in paths {
                    let (status, _) = get(path.clone()).await;
                    assert_eq!(status, if *visible { 200 } else { 404 }, "{path} of {subject:?} in {case:?}");
                }
                shown += u32::from(*visible);
            }
            let expected: BTreeSet<&str> = all
                .iter()
                .zip(&model)
                .filter(|(_, visible)| **visible)
                .map(|(o, _)| o["code"].as_str())
                .collect();
            let codes: BTreeSet<&str> = all.iter().map(|object| object["code"].as_str()).collect();
            let ours = |listed: &BTreeSet<String>| -> BTreeSet<String> {
                listed.iter().filter(|code| codes.contains(code.as_str())).cloned().collect()
            };
            let expected: BTreeSet<String> = expected.into_iter().map(str::to_owned).collect();

            let mut listed = BTreeSet::new();
            let mut cursor = String::new();
            loop {
                let (status, body) = get(format!("/api/v1/dossiers?limit=7{cursor}")).await;
                assert_eq!(status, 200);
                let page: Value = serde_json::from_slice(&body).unwrap();
                for item in page["items"].as_array().unwrap() {
                    assert!(listed.insert(item["code"].as_str().unwrap().to_owned()), "listed twice: {item}");
                }
                match page["next"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            assert_eq!(ours(&listed), expected, "list of {subject:?} in {case:?}");

            let (_, body) = get("/api/v1/dossiers/export".to_owned()).await;
            let csv = String::from_utf8(body.to_vec()).unwrap();
            let exported: BTreeSet<String> =
                csv.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect();
            assert_eq!(exported, listed, "export and list of {subject:?}");

            let (_, body) = get("/api/v1/dossiers/count".to_owned()).await;
            let count: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(count["count"], listed.len(), "count and list of {subject:?}");
        }
    }
    assert!(shown > 50, "only {shown} dossiers were visible: the model test looks at the wrong place");
}
