//! Every scenario of every procedure, driven through the API: it ends as the data say, with the
//! fee that they say, and at every step `GET …/actions` offers what is then accepted.
use std::path::PathBuf;

use serde_json::Value;

use super::play::Play;
use crate::data::{data, json};
use crate::support::stage::Portal;

fn procedures() -> Vec<Value> {
    let folder = std::fs::read_dir(data("procedures")).unwrap();
    let mut files: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(json).collect()
}

/// Plays a scenario to its end; says how it went another way.
async fn play(portal: &Portal, procedure: &Value, scenario: &Value) -> Result<(), String> {
    let mut play = Play::new(portal, procedure, scenario);
    let submitted = play.submit().await;
    let steps = scenario["steps"].as_array().unwrap();
    if submitted.code() == "documents_missing" && steps.iter().any(|s| s["refused"] == "documents_complete") {
        // Online nothing incomplete gets in at all.
        return Ok(());
    }
    if submitted.status != 201 {
        return Err(format!("not filed: {}", submitted.body));
    }
    if submitted.body["receipt"]["why"].as_array().is_none_or(Vec::is_empty) {
        return Err("the receipt does not say why it is due then".to_owned());
    }
    for number in 0..steps.len() {
        play.step(number).await.map_err(|said| format!("step {number}: {said}"))?;
    }
    let (dossier, expected) = (play.dossier().await, &scenario["expect"]);
    if dossier["status"] != expected["status"] {
        return Err(format!("status {} ≠ {}", dossier["status"], expected["status"]));
    }
    if steps.iter().any(|s| s["do"] == "finish") && dossier["result"]["number"] != "12/2026" {
        return Err(format!("the result was lost: {}", dossier["result"]));
    }
    fee(&play, steps, &expected["fee"]).await
}

/// What is charged from the acceptance on is the fee of the scenario.
async fn fee(play: &Play<'_>, steps: &[Value], expected: &Value) -> Result<(), String> {
    let accepted = steps.iter().any(|s| s["do"] == "receive" && s["refused"].is_null());
    let clerk = play.portal.official(motcua::workflow::Role::OneStopClerk, play.unit);
    let payment = clerk.get(&format!("/api/v1/dossiers/{}/payment", play.code)).await.expect(200);
    if accepted && !expected.is_null() && payment["total"] != *expected {
        return Err(format!("charged {} ≠ {expected}", payment["total"]));
    }
    let unexplained = |c: &&Value| c["explanation"]["vi"].as_str().is_none_or(str::is_empty);
    match payment["charges"].as_array().unwrap().iter().find(unexplained) {
        Some(charge) => Err(format!("not explained: {charge}")),
        None => Ok(()),
    }
}

// Mutants: `attach_result` only where the transition says so; `given` that counts what is
// shown in person; a payment job that does not confirm.
#[actix_web::test]
async fn every_scenario_of_every_procedure_comes_out_over_http() {
    let portal = Portal::new().await;
    let (mut astray, mut granted) = (Vec::new(), 0);
    for procedure in procedures() {
        for scenario in procedure["scenarios"].as_array().unwrap() {
            let name = format!("{} {}", procedure["code"], scenario["name"]);
            match play(&portal, &procedure, scenario).await {
                Ok(()) => granted += usize::from(scenario["name"] == "granted"),
                Err(said) => astray.push(format!("{name}: {said}")),
            }
        }
    }
    assert!(astray.is_empty(), "{} went another way:\n{}", astray.len(), astray.join("\n"));
    assert_eq!(granted, 54);
    portal.verify().await;
}
