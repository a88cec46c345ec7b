//! Who may put which file to a dossier: who may take, at the present step, the action that
//! the file goes with.
use motcua::workflow::Role;
use serde_json::json;

use super::play::{birth, procedure};
use crate::support::stage::{COMMUNE, ONE_STOP, Portal, because};

fn path(code: &str, purpose: &str) -> String {
    format!("/api/v1/dossiers/{code}/files?name=ket-qua.pdf&purpose={purpose}")
}

// Mutants: the roles are those of the receiving unit as well; the step is not asked; the step
// is asked before the role (a cashier is told to come later).
#[actix_web::test]
async fn a_result_is_put_by_who_may_bring_it_at_the_present_step() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = birth(&portal, &procedure).await;
    let (clerk, specialist, leader) = (portal.clerk(), portal.specialist(), portal.leader());
    let never = [
        portal.official(Role::Specialist, ONE_STOP),
        portal.official(Role::Leader, ONE_STOP),
        portal.official(Role::Cashier, ONE_STOP),
        portal.official(Role::Auditor, COMMUNE),
        portal.official(Role::Cashier, COMMUNE),
        portal.official(Role::OneStopClerk, COMMUNE),
        play.applicant.clone(),
    ];
    let path = path(&play.code, "result");
    // After this action: what clerk, specialist and leader are answered.
    for (action, expected) in [
        ("", [409, 409, 409]),
        ("hand_over", [409, 201, 409]),
        ("forward", [409, 409, 201]),
        ("approve", [201, 201, 409]),
        ("finish", [409, 409, 409]),
        ("return_result", [409, 409, 409]),
    ] {
        let steps = play.scenario["steps"].as_array().unwrap();
        if let Some(number) = steps.iter().position(|step| step["do"] == action) {
            let done = steps[..number].iter().filter(|step| step["do"] == "receive").count();
            if action == "hand_over" && done == 1 {
                play.step(number - 1).await.unwrap();
            }
            play.step(number).await.unwrap();
        }
        for (caller, status) in [&clerk, &specialist, &leader].into_iter().zip(expected) {
            match status {
                201 => drop(caller.upload(&path).await.expect(201)),
                _ => drop(caller.upload(&path).await.refused(409, "upload_not_expected")),
            }
        }
        for caller in &never {
            caller.upload(&path).await.refused(403, "not_your_role");
        }
    }
    portal.official(Role::Specialist, "H49.46").upload(&path).await.refused(404, "not_found");
    portal.verify().await;
}

// Mutants: a supplement is put by any official; the query is not part of what the key is bound
// to; what was filed can be added to later.
#[actix_web::test]
async fn a_supplement_is_put_by_the_applicant_or_the_counter() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = birth(&portal, &procedure).await;
    let (clerk, specialist) = (portal.clerk(), portal.specialist());
    let supplement = format!("{}&component=1.001193-TP06", path(&play.code, "supplement"));
    clerk.upload(&supplement).await.refused(409, "upload_not_expected");
    specialist.upload(&supplement).await.refused(403, "not_your_role");
    let reasons = json!({ "reasons": because(json!({ "document": "1.001193-TP06" })) });
    clerk.act(&play.code, "request_supplement", reasons).await.expect(200);
    specialist.upload(&supplement).await.refused(403, "not_your_role");
    play.applicant.upload(&supplement).await.expect(201);

    let file = clerk.upload_under("key", &supplement).await.expect(201);
    assert_eq!(clerk.upload_under("key", &supplement).await.expect(201), file);
    let result = format!("{}&component=1.001193-TP06", path(&play.code, "result"));
    clerk.upload_under("key", &result).await.refused(422, "idempotency_key_reused");
    for caller in [&clerk, &specialist, &play.applicant] {
        caller.upload(&path(&play.code, "component")).await.refused(403, "not_your_role");
    }
    portal.verify().await;
}
