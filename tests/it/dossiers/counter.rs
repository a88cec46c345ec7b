//! What comes over the counter and by post, and paying.
use motcua::workflow::Role;
use serde_json::{Value, json};

use super::play::{Play, notify, procedure};
use crate::support::stage::{ONE_STOP, Portal};

fn over_the_counter(channel: &str, answers: &Value) -> Value {
    json!({
        "procedure": "1.001193", "channel": channel, "unit": ONE_STOP, "answers": answers,
        "papers": ["1.001193-TP01", "1.001193-TP06", "1.001193-TP08"],
        "applicant": { "kind": "citizen", "name": "Trần Thu Hạ", "identity_no": "022196000002" },
    })
}

// Mutants: receiving is another request; the person of the counter is not the citizen who
// logs in later; a filing by post has the eight-hour rule.
#[actix_web::test]
async fn who_comes_in_person_needs_no_account_and_finds_the_dossier_later() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let answers = &Play::scenario(&procedure, "granted")["answers"];
    let clerk = portal.clerk();
    for channel in ["counter", "post"] {
        let draft = clerk.post("/api/v1/drafts", &over_the_counter(channel, answers)).await.expect(201);
        let path = format!("/api/v1/drafts/{}/submit", draft["id"].as_str().unwrap());
        let filed = clerk.post_for(1, &path, &json!({ "receive": true })).await.expect(201);
        assert_eq!((&filed["status"], &filed["version"]), (&json!(2), &json!(2)), "{channel}");
        let code = filed["code"].as_str().unwrap();
        let seen = clerk.get(&format!("/api/v1/dossiers/{code}")).await.expect(200);
        assert_eq!((&seen["channel"], &seen["reply_by"]), (&json!(channel), &Value::Null));
        assert_eq!(seen["receipt"]["papers"].as_array().unwrap().len(), 3);
    }
    // The same person logs in by VNeID for the first time.
    let later = portal.citizen("022196000002", 2);
    let own = later.get("/api/v1/dossiers").await.expect(200);
    assert_eq!(own["items"].as_array().unwrap().len(), 2);
    let other = portal.citizen("022201000003", 2).get("/api/v1/dossiers").await.expect(200);
    assert_eq!(other["items"], json!([]));
    portal.verify().await;
}

// Mutant: a person may be typed with any number.
#[actix_web::test]
async fn the_number_of_a_person_is_checked() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let answers = &Play::scenario(&procedure, "granted")["answers"];
    for (member, wrong) in
        [("identity_no", "022196"), ("identity_no", "\u{0}"), ("tax_no", "0100109107"), ("name", " ")]
    {
        let mut body = over_the_counter("counter", answers);
        body["applicant"][member] = json!(wrong);
        let refused = portal.clerk().post("/api/v1/drafts", &body).await;
        assert!((400..423).contains(&refused.status), "{member}: {} {}", refused.status, refused.body);
    }
    for (member, wrong) in [("procedure", "1.\u{0}"), ("unit", "\u{0}"), ("case", "\u{0}")] {
        let mut body = over_the_counter("counter", answers);
        body[member] = json!(wrong);
        let refused = portal.clerk().post("/api/v1/drafts", &body).await;
        assert!((400..423).contains(&refused.status), "{member}: {} {}", refused.status, refused.body);
    }
    let nobody = "SELECT count(*)::int AS n FROM person";
    assert_eq!(portal.number(nobody), 0);
}

// Mutants: the guard `nothing_due` is dropped; the callback is trusted without its amount;
// the money moves nothing; an order stays payable after the withdrawal.
#[actix_web::test]
async fn nothing_passes_before_the_payment_and_the_money_moves_it() {
    let portal = Portal::new().await;
    let procedure = procedure("1.004194");
    let mut play = Play::new(&portal, &procedure, Play::scenario(&procedure, "granted"));
    play.submit().await.expect(201);
    play.up_to("request_payment").await;
    let (code, clerk) = (play.code.clone(), portal.clerk());
    let cashier = portal.official(Role::Cashier, ONE_STOP);
    let early = cashier.act(&code, "confirm_payment", json!({})).await.refused(409, "condition_failed");
    assert_eq!(early.body["failed"], json!(["payment_confirmed", "nothing_due"]));
    clerk.act(&code, "hand_over", json!({})).await.refused(409, "wrong_step");
    let payment =
        || async { play.applicant.get(&format!("/api/v1/dossiers/{code}/payment")).await.expect(200) };
    let reference = payment().await["order"]["reference"].as_str().unwrap().to_owned();
    assert_eq!(payment().await["due"], 7000);
    assert_eq!(notify(&portal, &reference, "6999").await.1["MaLoi"], "99");
    play.work().await;
    assert_eq!(play.dossier().await["status"], 6);
    play.pay().await;
    play.pay_again(&reference).await;
    play.work().await;
    assert_eq!(
        (&play.dossier().await["steps"], &payment().await["due"]),
        (&json!(["processing"]), &json!(0))
    );
    let events = clerk.get(&format!("/api/v1/dossiers/{code}/events")).await.expect(200);
    let confirmed = events["items"].as_array().unwrap().iter().filter(|e| e["action"] == "confirm_payment");
    assert_eq!(confirmed.count(), 1);

    let mut gone = Play::new(&portal, &procedure, Play::scenario(&procedure, "granted"));
    gone.submit().await.expect(201);
    gone.up_to("request_payment").await;
    gone.applicant.act(&gone.code, "withdraw", json!({})).await.expect(200);
    let order = gone.applicant.get(&format!("/api/v1/dossiers/{}/payment", gone.code)).await.expect(200);
    assert_eq!(order["order"]["state"], "cancelled");
    let reference = order["order"]["reference"].as_str().unwrap();
    assert_eq!(notify(&portal, reference, "7000").await.1["MaLoi"], "99");
    gone.work().await;
    assert_eq!(gone.dossier().await["status"], 7);
    portal.verify().await;
}

// Mutant: a zero that does not say why.
#[actix_web::test]
async fn a_fee_of_zero_is_explained() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001612");
    let mut play = Play::new(&portal, &procedure, Play::scenario(&procedure, "granted"));
    play.submit().await.expect(201);
    play.up_to("hand_over").await;
    let payment = play.applicant.get(&format!("/api/v1/dossiers/{}/payment", play.code)).await.expect(200);
    assert_eq!((&payment["total"], &payment["order"]), (&json!(0), &Value::Null));
    let charge = &payment["charges"][0];
    assert_eq!(charge["amount"], 0);
    for word in ["vi", "en", "legal_basis"] {
        assert!(charge["explanation"][word].as_str().is_some_and(|text| !text.is_empty()), "{charge}");
    }
}

impl Play<'_> {
    /// The platform says it again: booked before, and nothing more.
    async fn pay_again(&self, reference: &str) {
        assert_eq!(notify(self.portal, reference, "7000").await.1["MaLoi"], "00");
    }
}
