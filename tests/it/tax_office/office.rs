//! The office at work, over real HTTP.
use motcua::national::tax::{
    BookQuery, LandUseFee, NoticeKind, OWES, OWES_NOTHING, PaymentReport, Recall, Relation, Request, Slip,
    Standing, UNKNOWN,
};
use serde_json::{Value, json};

use super::stage::{BUYER, MONDAY, SELLER, Stage, slip};

fn report(code: &str, notice: &str, amount: i64, reference: &str) -> PaymentReport {
    PaymentReport {
        dossier_code: code.to_owned(),
        notice_number: notice.to_owned(),
        instalment: 1,
        amount,
        reference: reference.to_owned(),
        given_back: None,
        paid_at: MONDAY.parse().unwrap(),
        payer: None,
    }
}

fn correction(code: &str, change: impl FnOnce(&mut Slip)) -> Slip {
    let mut slip = slip(code);
    (slip.id, slip.corrects, slip.request) =
        (format!("{code}/2"), Some(format!("{code}/1")), Request::Correction);
    change(&mut slip);
    slip
}

// Mutants: everything on the third day; the due day from the notice without counting its own day.
#[actix_web::test]
async fn a_sale_has_two_taxes_each_in_its_time() {
    let stage = Stage::new().await;
    stage.knows(&slip("D1"));
    assert_eq!(stage.office.send(&slip("D1")).await.unwrap(), "PCTT0000001");
    assert_eq!(stage.office.send(&slip("D1")).await.unwrap(), "PCTT0000001", "the same slip again");
    stage.at("2026-10-07T16:59:00+07:00").await;
    stage.work_off().await;
    assert!(stage.portal().lines.is_empty(), "not before the third working day is over");
    assert_eq!(stage.office.obligations("D1").await.unwrap().standing, Standing::UnderWay);
    stage.at("2026-10-08T08:30:00+07:00").await;
    stage.work_off().await;
    stage.at("2026-10-12T08:30:00+07:00").await;
    stage.work_off().await;
    let (income, fee) = ("LTB0000001-TK0000001/TB-CCT".to_owned(), "LTB0000002-TK0000002/TB-CCT".to_owned());
    let owed = vec![
        (income.clone(), 1, SELLER.to_owned(), 24_000_000),
        (fee.clone(), 1, BUYER.to_owned(), 6_000_000),
    ];
    let believed = stage.portal().owed();
    assert_eq!((believed, stage.owed().await), (owed.clone(), owed));
    let lines = stage.portal().lines.clone();
    let told =
        |notice: &String| (lines[&(notice.clone(), 1)].item.clone(), lines[&(notice.clone(), 1)].due.clone());
    assert_eq!(told(&income), ("1006".to_owned(), "06-11-2026".to_owned()));
    assert_eq!(told(&fee), ("2801".to_owned(), "10-11-2026".to_owned()));
    assert!(lines.values().all(|line| line.has_pdf && line.kind == NoticeKind::New));
    assert_eq!(stage.office.obligations("D1").await.unwrap().standing, Standing::Open);
}

/// Each asks for the own rows; a code with another's number is as good as none.
#[actix_web::test]
async fn the_book_is_answered_by_both_keys() {
    let stage = Stage::new().await;
    stage.office.send(&slip("D1")).await.unwrap();
    stage.at("2026-10-20T08:00:00+07:00").await;
    stage.post("/work", json!({})).await;
    let ask = async |code: &str, number: &str| {
        let answer = stage.office.book(&BookQuery::new("Q1", code, number)).await.unwrap();
        let rows = answer.book().totals.iter().flat_map(|total| &total.rows);
        let rows: Vec<(String, i64)> = rows.map(|row| (row.number.clone().unwrap(), row.owed)).collect();
        (answer.book().state.clone(), rows)
    };
    assert_eq!(ask("D1", BUYER).await, (OWES.to_owned(), vec![(BUYER.to_owned(), 6_000_000)]));
    assert_eq!(ask("D1", SELLER).await, (OWES.to_owned(), vec![(SELLER.to_owned(), 24_000_000)]));
    for (code, number) in [("D1", "022000000000"), ("D2", BUYER)] {
        assert_eq!(ask(code, number).await, (UNKNOWN.to_owned(), Vec::new()));
    }
    let notice = stage.owed().await[1].0.clone();
    stage.post("/etax", json!({ "dossier": "D1", "notice": notice })).await;
    assert_eq!(ask("D1", BUYER).await, (OWES_NOTHING.to_owned(), Vec::new()));
}

// Mutants: a payment counts as often as it is told; who pays second is not booked.
#[actix_web::test]
async fn a_payment_counts_once_whoever_tells_of_it() {
    let stage = Stage::new().await;
    stage.knows(&slip("D1"));
    stage.office.send(&slip("D1")).await.unwrap();
    stage.at("2026-10-20T08:00:00+07:00").await;
    stage.work_off().await;
    let [income, fee] = <[_; 2]>::try_from(stage.owed().await).unwrap().map(|line| line.0);
    for _ in 0..3 {
        stage.office.report_payment(&report("D1", &income, 24_000_000, "P1")).await.unwrap();
    }
    assert!(stage.office.report_payment(&report("D1", &income, 1, "P1")).await.is_err(), "another payment");
    assert!(stage.office.report_payment(&report("D1", "LTB", 1, "P2")).await.is_err(), "no such notice");
    let (status, paid) =
        stage.post("/etax", json!({ "dossier": "D1", "notice": fee, "amount": 2_000_000 })).await;
    assert_eq!((status, &paid["SO_TIEN"]), (200, &json!(2_000_000)));
    stage.work_off().await;
    assert!(stage.portal().standings.is_empty(), "not all is paid");
    stage.post("/etax", json!({ "dossier": "D1", "notice": fee })).await;
    let (status, _) = stage.post("/etax", json!({ "dossier": "D1", "notice": fee, "amount": 1 })).await;
    assert_eq!(status, 409, "nothing is left to pay at eTax Mobile");
    stage.work_off().await;
    assert_eq!(stage.portal().standings, [("D1".to_owned(), Standing::Met)]);
    assert_eq!(
        stage.portal().payments.values().map(|told| told.2).collect::<Vec<_>>().iter().sum::<i64>(),
        6_000_000
    );
    stage.office.report_payment(&report("D1", &fee, 6_000_000, "P3")).await.unwrap();
    let (book, treasury) = (stage.get("/book").await, stage.get("/treasury").await);
    assert_eq!(book["lines"][1]["paid"], 12_000_000, "paid in both places: the money is there");
    let items: Vec<(&Value, &Value)> =
        treasury["lines"].as_array().unwrap().iter().map(|line| (&line["item"], &line["amount"])).collect();
    assert_eq!(items, [(&json!("1006"), &json!(24_000_000)), (&json!("2801"), &json!(12_000_000))]);
    stage.work_off().await;
    assert_eq!(stage.portal().standings.len(), 1, "told once");
    // The portal gave some of it back, and tells so twice.
    let back = PaymentReport { given_back: Some("B1".to_owned()), ..report("D1", &fee, 5_000_000, "P3") };
    for _ in 0..2 {
        stage.office.report_payment(&back).await.unwrap();
    }
    let more = PaymentReport { given_back: Some("B2".to_owned()), ..report("D1", &fee, 1_000_001, "P3") };
    assert!(stage.office.report_payment(&more).await.is_err(), "more than was paid");
    let (book, treasury) = (stage.get("/book").await, stage.get("/treasury").await);
    assert_eq!((&book["lines"][1]["paid"], &treasury["total"]), (&json!(7_000_000), &json!(31_000_000)));
}

// Mutant: what was paid for a replaced notice is lost.
#[actix_web::test]
async fn a_notice_is_replaced_after_part_payment_and_one_is_cancelled() {
    let stage = Stage::new().await;
    stage.knows(&slip("D1"));
    stage.office.send(&slip("D1")).await.unwrap();
    stage.at("2026-10-20T08:00:00+07:00").await;
    stage.work_off().await;
    let [income, fee] = <[_; 2]>::try_from(stage.owed().await).unwrap().map(|line| line.0);
    stage.post("/etax", json!({ "dossier": "D1", "notice": fee, "amount": 1_000_000 })).await;
    let change = json!({ "notice": fee, "amount": 5_000_000, "reason": "Điều chỉnh diện tích" });
    assert_eq!(stage.post("/notices/replace", change.clone()).await.0, 200);
    assert_eq!(stage.post("/notices/replace", change).await.0, 404, "it stands no more");
    stage.work_off().await;
    let new = "LTB0000003-TK0000003/TB-CCT";
    assert_eq!(stage.portal().owed()[1], (new.to_owned(), 1, BUYER.to_owned(), 5_000_000));
    let believed = stage.portal().owed();
    assert_eq!(believed, stage.owed().await);
    stage.office.report_payment(&report("D1", &fee, 1_500_000, "P1")).await.unwrap();
    let book = stage.get("/book").await;
    assert_eq!((&book["lines"][2]["paid"], &book["lines"][1]["paid"]), (&json!(2_500_000), &json!(0)));
    let (_, paid) = stage.post("/etax", json!({ "dossier": "D1", "notice": new })).await;
    assert_eq!(paid["SO_TIEN"], 2_500_000);
    assert_eq!(stage.post("/notices/cancel", json!({ "notice": income, "reason": "Nhầm" })).await.0, 200);
    stage.work_off().await;
    assert!(stage.portal().dead.contains(&income));
    assert_eq!(stage.portal().standings, [("D1".to_owned(), Standing::Met)]);
}

#[actix_web::test]
async fn a_correction_changes_only_what_it_changes() {
    let stage = Stage::new().await;
    stage.knows(&slip("D1"));
    assert!(stage.office.send(&correction("D1", |_| ())).await.is_err(), "nothing to correct");
    stage.office.send(&slip("D1")).await.unwrap();
    stage.at("2026-10-20T08:00:00+07:00").await;
    stage.work_off().await;
    let before = stage.owed().await;
    stage.office.send(&correction("D1", |slip| slip.relation = Relation::Siblings)).await.unwrap();
    stage.at("2026-10-30T08:00:00+07:00").await;
    stage.work_off().await;
    let after = stage.owed().await;
    assert_eq!(after[0], before[1], "the registration fee stays");
    assert_eq!(after[1], ("LTB0000003-TK0000003/TB-CCT".to_owned(), 1, SELLER.to_owned(), 0));
    assert_eq!(stage.portal().owed(), after);
    assert!(
        stage.office.send(&Slip { id: "D1/3".to_owned(), ..correction("D1", |_| ()) }).await.is_err(),
        "corrected"
    );
    let mut plain = correction("D1", |_| ());
    plain.request = Request::New;
    assert!(stage.office.send(&plain).await.is_err(), "only a correction names another slip");
}

#[actix_web::test]
async fn a_recalled_slip_leaves_nothing_to_pay() {
    let stage = Stage::new().await;
    let recall = |slip: &str| Recall {
        id: "R1".to_owned(),
        slip: slip.to_owned(),
        dossier_code: "D1".to_owned(),
        reason: "Rút hồ sơ".to_owned(),
        sent: "20261005090000".to_owned(),
    };
    stage.knows(&slip("D1"));
    stage.office.send(&slip("D1")).await.unwrap();
    stage.at("2026-10-20T08:00:00+07:00").await;
    stage.work_off().await;
    assert!(stage.office.recall(&recall("D2/1")).await.is_err());
    stage.faults(json!({ "after_cancellation": true })).await;
    for _ in 0..2 {
        stage.office.recall(&recall("D1/1")).await.unwrap();
    }
    stage.work_off().await;
    assert!(stage.portal().owed().is_empty() && stage.owed().await.is_empty());
    assert_eq!(stage.portal().repeated, 1, "the notices came once more, after the cancellation");
    assert!(stage.office.obligations("D1").await.is_err());
}

// Mutant: recorded debts are owed at once.
#[actix_web::test]
async fn a_land_use_fee_has_two_instalments_and_may_be_recorded_as_debt() {
    let stage = Stage::new().await;
    let mut slip = slip("D1");
    slip.land_users.remove(0);
    (slip.matter, slip.asks_to_owe) = (None, "1".to_owned());
    slip.land_use_fee = Some(LandUseFee { area: 33.33, price: 9_000_000, former_price: 90_000, percent: 50 });
    stage.knows(&slip);
    stage.office.send(&slip).await.unwrap();
    stage.at("2026-10-20T08:00:00+07:00").await;
    stage.work_off().await;
    let notice = stage.owed().await[0].0.clone();
    let half = 74_242_575;
    let expected =
        vec![(notice.clone(), 1, BUYER.to_owned(), half), (notice.clone(), 2, BUYER.to_owned(), half)];
    assert_eq!(stage.owed().await, expected);
    let lines = stage.portal().lines.clone();
    let due = [1, 2].map(|at| lines[&(notice.clone(), at)].due.clone());
    assert_eq!(due, ["18-11-2026".to_owned(), "18-01-2027".to_owned()]);
    assert!(lines.values().all(|line| line.recorded && line.item == "1401"));
    assert_eq!(stage.portal().standings, [("D1".to_owned(), Standing::Recorded)]);
    for instalment in [1, 2] {
        let paid = json!({ "dossier": "D1", "notice": notice, "instalment": instalment });
        assert_eq!(stage.post("/etax", paid).await.0, 200);
    }
    stage.work_off().await;
    assert_eq!(stage.portal().standings[1], ("D1".to_owned(), Standing::Met));
}

/// A slip by which nothing is owed is confirmed too.
#[actix_web::test]
async fn nothing_owed_is_told() {
    let stage = Stage::new().await;
    let mut slip = slip("D1");
    slip.matter = Some(motcua::national::tax::Matter::Division);
    stage.knows(&slip);
    stage.office.send(&slip).await.unwrap();
    stage.work_off().await;
    stage.post("/work", json!({})).await;
    stage.work_off().await;
    assert_eq!(stage.portal().standings, [("D1".to_owned(), Standing::Met)]);
}

#[actix_web::test]
async fn a_person_works_at_the_console() {
    let stage = Stage::new().await;
    stage.office.send(&slip("D<1>")).await.unwrap();
    let issue =
        [("dossier", "D<1>"), ("of", "LPTB"), ("taxpayer", BUYER), ("amount", "7000"), ("back", "true")];
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = browser.post(format!("{}/notices", stage.url)).form(&issue).send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()),
        (303, "/tax/console")
    );
    let page = stage.http.get(format!("{}/console", stage.url)).send().await.unwrap().text().await.unwrap();
    assert!(
        page.contains("LTB0000001-TK0000001/TB-CCT") && page.contains("D&lt;1&gt;") && !page.contains("D<1>")
    );
    let stranger = json!({ "dossier": "D<1>", "of": "LPTB", "taxpayer": "022000000000", "amount": 7000 });
    assert_eq!(stage.post("/notices", stranger).await.0, 404, "only a party of the slip");
}

#[actix_web::test]
async fn without_the_key_or_the_office_there_is_an_error() {
    let stage = Stage::new().await;
    for path in ["/slips", "/slips/recall", "/obligations", "/payments", "/book"] {
        assert_eq!(stage.post(path, json!({})).await.0, 401, "{path}");
    }
    stage.faults(json!({ "down": true })).await;
    assert!(stage.office.send(&slip("D1")).await.is_err());
    stage.faults(json!({})).await;
    stage.office.send(&slip("D1")).await.unwrap();
    assert!(stage.office.send(&Slip { kind: "99".to_owned(), ..slip("D2") }).await.is_err());
}

/// Without anybody who says so: a working day lasts a millisecond.
#[actix_web::test]
async fn the_office_works_by_itself() {
    let stage = Stage::at_work();
    stage.clock(json!({ "working_day_ms": 1 })).await;
    stage.knows(&slip("D1"));
    stage.office.send(&slip("D1")).await.unwrap();
    for _ in 0..100 {
        if stage.portal().lines.len() == 2 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{}", stage.get("/deliveries").await);
}
