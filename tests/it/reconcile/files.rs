//! The gateway's settlement file against our book.
use futures_util::future::join_all;
use jiff::Timestamp;
use jiff::civil::Date;
use motcua::clock::day_of;
use motcua::payments::gateway::has_settlement_files;
use motcua::payments::{OrderState, poll_payments};
use motcua::reconcile::{Imported, import, look_for_files};
use serde_json::json;

use crate::payments::stage::Stage;
use crate::support::lines;

pub fn today() -> Date {
    day_of(Timestamp::now())
}

impl Stage {
    pub async fn import(&self, day: Date) -> Imported {
        import(&self.db, &self.gateways, "national", day).await.unwrap()
    }

    /// What is listed and open: kind, what they say, what we say, what is proposed.
    pub fn unmatched(&self) -> Vec<String> {
        let sql = "SELECT concat_ws(' ', kind, theirs, ours, proposal) AS line FROM unmatched
                    WHERE ended_at IS NULL ORDER BY day, kind, number";
        lines(&mut self.test_db.connect(), sql)
    }

    /// What was decided: about which kind, how, by whom.
    pub fn decided(&self) -> Vec<String> {
        let sql = "SELECT concat_ws(' ', kind, action, decided_by) AS line
                     FROM unmatched_resolution r JOIN unmatched u ON u.id = r.unmatched_id ORDER BY r.id";
        lines(&mut self.test_db.connect(), sql)
    }

    /// The files that came: version, whether it can be read, its sum.
    fn came(&self) -> Vec<String> {
        let sql = "SELECT concat_ws(' ', version, flaw IS NULL, net) AS line FROM settlement_file ORDER BY day, version";
        lines(&mut self.test_db.connect(), sql)
    }

    /// Our response file of a day: how often which word.
    async fn response(&self, day: Date) -> Vec<String> {
        let shown = format!("{}/settlement/{}/response", self.simulator, day.strftime("%Y%m%d"));
        let shown = self.http.get(shown).send().await.unwrap().text().await.unwrap();
        let text = format!("SELECT convert_from(decode('{shown}', 'base64'), 'UTF8') AS line");
        let text = lines(&mut self.test_db.connect(), &text).remove(0);
        let mut words: Vec<String> =
            text.lines().map(|line| line.split_once('|').unwrap().1.to_owned()).collect();
        words.sort();
        words
    }

    /// Transfers in the book that are not charges.
    fn money_moves(&self) -> usize {
        lines(&mut self.test_db.connect(), "SELECT cause_kind AS line FROM transfer WHERE kind <> 'charge'")
            .len()
    }
}

// Mutant: compare the file, and take nothing in.
#[actix_web::test]
async fn with_every_callback_lost_and_nobody_asking_the_file_finds_every_payment() {
    let stage = Stage::new().await;
    stage.faults(json!({ "drop_callbacks": true })).await;
    let mut orders = Vec::new();
    for _ in 0..20 {
        let (order, page) = stage.payable().await;
        stage.pay(&page).await;
        orders.push(order);
    }
    assert_eq!(stage.payments(), [""; 0], "nobody has told of any");
    assert_eq!(stage.import(today()).await, Imported::Compared);
    for order in &orders {
        assert_eq!(stage.state(order).await, OrderState::Paid);
    }
    assert_eq!((stage.payments(), stage.paid_jobs().len()), (vec!["7000 settled".to_owned(); 20], 20));
    assert_eq!((stage.unmatched(), stage.response(today()).await), (vec![], vec!["00".to_owned(); 20]));
    stage.verify().await;
    // Again, and the callbacks come after all.
    assert_eq!(stage.import(today()).await, Imported::Compared);
    for order in &orders {
        let number = format!("SELECT gateway_txn AS line FROM payment_order WHERE id = '{}'", order.id);
        let number = lines(&mut stage.test_db.connect(), &number).remove(0);
        assert_eq!(stage.reply(order, stage.signed(order, |notice| notice.transaction = number)).await, "00");
    }
    assert_eq!((stage.money_moves(), stage.came()), (20, vec!["1 t 140000".to_owned()]));
    stage.verify().await;
}

// Mutant: book a line of the file past the inbox.
#[actix_web::test]
async fn callbacks_polling_and_the_file_at_once_are_one_posting() {
    let stage = Stage::new().await;
    stage.faults(json!({ "duplicate": 7 })).await;
    let mut pages = Vec::new();
    for _ in 0..4 {
        pages.push(stage.payable().await);
    }
    stage.faults(json!({ "drop_callbacks": true })).await;
    for (_, page) in &pages {
        stage.pay(page).await;
    }
    stage.faults(json!({ "duplicate": 7 })).await;
    stage.db.clock.set(Some(stage.db.clock.now() + jiff::SignedDuration::from_secs(31)));
    let pay = join_all(pages.iter().map(|(_, page)| stage.pay(page)));
    let poll = join_all((0..2).map(|_| poll_payments(&stage.db, &stage.gateways)));
    let file = join_all((0..4).map(|_| import(&stage.db, &stage.gateways, "national", today())));
    let (paid, polled, imported) = futures_util::join!(pay, poll, file);
    assert_eq!(paid, vec![vec!["00"; 8]; 4]);
    assert!(polled.into_iter().all(|found| found.is_ok()));
    assert!(imported.iter().any(Result::is_ok), "who comes second is run again");
    assert_eq!(stage.import(today()).await, Imported::Compared);
    assert_eq!((stage.money_moves(), stage.paid_jobs().len(), stage.unmatched()), (4, 4, vec![]));
    assert_eq!(stage.came().len(), 1, "the file is stored once");
    stage.verify().await;
}

#[actix_web::test]
async fn every_disagreement_is_listed_with_what_to_do_until_a_corrected_file_agrees() {
    for (fault, listed, word) in [
        ("other_amount", "other_amount 7001 7000 ask_gateway", "02"),
        ("unknown", "unknown_order 5000 5000 move_suspense", "00"),
        ("missing", "missing_in_file 0 7000 await_next_file", "03"),
        ("twice", "duplicate_line 7000 7000 refer_to_gateway", "01"),
    ] {
        let stage = Stage::new().await;
        let (_, page) = stage.payable().await;
        stage.pay(&page).await;
        stage.faults(json!({ "file": fault })).await;
        assert_eq!(stage.import(today()).await, Imported::Compared);
        assert_eq!(stage.unmatched(), [listed], "{fault}");
        assert!(stage.response(today()).await.contains(&word.to_owned()), "{fault}");
        // The same file again lists nothing twice.
        assert_eq!(stage.import(today()).await, Imported::Compared);
        assert_eq!((stage.unmatched().len(), stage.came().len()), (1, 1), "{fault}");
        let before = (stage.money_moves(), stage.payments());
        stage.faults(json!({})).await;
        assert_eq!(stage.import(today()).await, Imported::Compared);
        assert_eq!((stage.money_moves(), stage.payments()), before, "{fault}: nothing is booked again");
        let kind = listed.split(' ').next().unwrap();
        // What never was, a corrected file does not have: what we took in from the first is now
        // ours alone, so it stays open until a person has asked.
        let left: &[&str] =
            if fault == "unknown" { &["missing_in_file 0 5000 await_next_file"] } else { &[] };
        assert_eq!(stage.unmatched(), left, "{fault}");
        assert_eq!(stage.decided(), [format!("{kind} agreed system:reconcile")], "{fault}");
        assert_eq!(stage.came(), [stage.came()[0].clone(), "2 t 7000".to_owned()], "{fault}");
        stage.verify().await;
    }
}

// Mutant: apply the lines up to where the file breaks off.
#[actix_web::test]
async fn a_file_that_is_cut_off_or_wrongly_signed_is_not_half_applied() {
    let stage = Stage::new().await;
    stage.faults(json!({ "drop_callbacks": true })).await;
    for _ in 0..4 {
        let (_, page) = stage.payable().await;
        stage.pay(&page).await;
    }
    stage.faults(json!({ "file": "forged" })).await;
    assert!(import(&stage.db, &stage.gateways, "national", today()).await.is_err());
    assert_eq!((stage.came(), stage.unmatched()), (vec![], vec![]), "nobody knows who wrote it");
    stage.faults(json!({ "file": "cut" })).await;
    assert!(matches!(stage.import(today()).await, Imported::Unreadable(_)));
    assert!(matches!(stage.import(today()).await, Imported::Unreadable(_)));
    assert_eq!(stage.came(), ["1 f"]);
    assert_eq!(stage.unmatched(), ["file_unreadable 0 0 fetch_again"]);
    assert_eq!((stage.payments(), stage.money_moves()), (vec![], 0));
    stage.faults(json!({})).await;
    assert_eq!(stage.import(today()).await, Imported::Compared);
    assert_eq!((stage.came(), stage.unmatched()), (vec!["1 f".to_owned(), "2 t 28000".to_owned()], vec![]));
    assert_eq!(stage.payments().len(), 4);
    stage.verify().await;
}

#[actix_web::test]
async fn what_was_paid_around_midnight_is_looked_for_in_the_next_file() {
    let stage = Stage::new().await;
    let (yesterday, before) =
        (today().yesterday().unwrap(), today().yesterday().unwrap().yesterday().unwrap());
    // The callback says yesterday, the file has it today.
    stage.faults(json!({ "clock_skew": -86_400 })).await;
    let (_, page) = stage.payable().await;
    stage.pay(&page).await;
    // The platform has never heard of this one.
    let lost = stage.order().await;
    let time = motcua::national::wire_time(Timestamp::now() - jiff::SignedDuration::from_hours(24));
    stage.reply(&lost, stage.signed(&lost, |notice| notice.time = time)).await;
    stage.import(before).await;
    assert_eq!(stage.unmatched(), [""; 0]);
    stage.import(yesterday).await;
    assert_eq!(stage.unmatched(), ["missing_in_file 0 7000 await_next_file"; 2]);
    stage.import(today()).await;
    assert_eq!(stage.unmatched(), ["missing_in_file 0 7000 ask_gateway"]);
    assert_eq!(stage.decided(), ["missing_in_file agreed system:reconcile"]);
    stage.import(today().tomorrow().unwrap()).await;
    assert_eq!(stage.unmatched(), ["missing_in_file 0 7000 refer_to_gateway"]);
}

// Mutant: look at the file of the day alone.
#[actix_web::test]
async fn what_stands_in_the_files_of_two_days_is_told_twice_in_the_later_one() {
    let stage = Stage::new().await;
    let (_, page) = stage.payable().await;
    stage.pay(&page).await;
    stage.import(today()).await;
    assert_eq!(stage.unmatched(), [""; 0]);
    let book = |sql: &str| {
        diesel::connection::SimpleConnection::batch_execute(&mut stage.test_db.connect(), sql).unwrap();
    };
    let tomorrows = |version, lines: &str| {
        format!(
            "INSERT INTO settlement_file
             SELECT gen_random_uuid(), gateway, day + 1, {version}, raw, NULL, net, fetched_at, fetched_at, NULL
               FROM settlement_file WHERE day = '{}'; {lines}",
            today()
        )
    };
    book(&tomorrows(
        1,
        "INSERT INTO settlement_line
         SELECT (SELECT id FROM settlement_file ORDER BY day DESC LIMIT 1), line, kind, transaction, reference, amount,
                bank, at, raw FROM settlement_line",
    ));
    // The file of the day comes again, and after that of the next one: the next one is looked at too.
    stage.import(today()).await;
    assert_eq!(stage.unmatched(), ["duplicate_line 7000 7000 refer_to_gateway"]);
    let day = lines(&mut stage.test_db.connect(), "SELECT day::text AS line FROM unmatched");
    assert_eq!(day, [today().tomorrow().unwrap().to_string()]);
    book(&tomorrows(2, ""));
    stage.import(today()).await;
    assert_eq!(stage.unmatched(), [""; 0]);
    assert_eq!(stage.decided(), ["duplicate_line agreed system:reconcile"]);
}

// Mutant: take what came last for the newest.
#[actix_web::test]
async fn a_file_that_was_long_on_its_way_does_not_overtake_a_correction() {
    let stage = Stage::new().await;
    let (_, page) = stage.payable().await;
    stage.pay(&page).await;
    stage.import(today()).await;
    // The correction came while the former file was on its way.
    let sql = "UPDATE settlement_file SET fetched_at = now() + interval '1 minute'";
    diesel::connection::SimpleConnection::batch_execute(&mut stage.test_db.connect(), sql).unwrap();
    stage.faults(json!({ "file": "other_amount" })).await;
    let overtaken = import(&stage.db, &stage.gateways, "national", today()).await.expect_err("it asks anew");
    assert_eq!(overtaken.code().code, "busy");
    assert_eq!((stage.came(), stage.unmatched()), (vec!["1 t 7000".to_owned()], vec![]));
    stage.db.clock.set(Some(stage.db.clock.now() + jiff::SignedDuration::from_mins(2)));
    stage.import(today()).await;
    assert_eq!((stage.came().len(), stage.unmatched().len()), (2, 1));
}

#[actix_web::test]
async fn refunds_are_compared_too() {
    let stage = Stage::new().await;
    let (order, page) = stage.payable().await;
    stage.pay(&page).await;
    stage.refund(&order, Some(3000)).await.unwrap();
    stage.send_refunds().await;
    stage.import(today()).await;
    assert_eq!((stage.unmatched(), stage.came()), (vec![], vec!["1 t 4000".to_owned()]));
    // Their file has a refund that we are not sure of, and another amount.
    let book = |sql: &str| {
        diesel::connection::SimpleConnection::batch_execute(&mut stage.test_db.connect(), sql).unwrap();
    };
    book("UPDATE refund_attempt SET state = 'pending'");
    stage.import(today()).await;
    assert_eq!(stage.unmatched(), ["refund_not_confirmed 3000 3000 ask_gateway"]);
    book("UPDATE refund_attempt SET reference = 'RF-OURS', state = 'succeeded'");
    stage.import(today()).await;
    assert_eq!(
        stage.unmatched(),
        ["refund_missing_in_file 0 3000 await_next_file", "refund_not_ours 3000 0 refer_to_gateway"]
    );
}

#[actix_web::test]
async fn the_file_of_each_day_that_has_ended_is_fetched_once() {
    let stage = Stage::new().await;
    assert_eq!(look_for_files(&stage.db, &stage.gateways).await.unwrap(), 0, "nobody was ever paid");
    stage.order().await;
    assert_eq!(look_for_files(&stage.db, &stage.gateways).await.unwrap(), 0, "today has not ended");
    let midnight = today().tomorrow().unwrap().to_zoned(motcua::clock::vietnam()).unwrap().timestamp();
    stage.db.clock.set(Some(midnight - jiff::SignedDuration::from_secs(1)));
    assert_eq!(look_for_files(&stage.db, &stage.gateways).await.unwrap(), 0);
    stage.db.clock.set(Some(midnight));
    for _ in 0..2 {
        look_for_files(&stage.db, &stage.gateways).await.unwrap();
    }
    let jobs = "SELECT payload::text AS line FROM job WHERE kind = 'fetch_settlement'";
    let jobs = || lines(&mut stage.test_db.connect(), jobs);
    assert_eq!(jobs(), [format!(r#"{{"day": "{}", "gateway": "national"}}"#, today())]);
    stage.import(today()).await;
    assert_eq!(look_for_files(&stage.db, &stage.gateways).await.unwrap(), 0);
    // The gateways say so, and so does the list by which requests are judged.
    for gateway in stage.gateways.all() {
        let name = gateway.words().gateway();
        assert_eq!(gateway.settlement().is_some(), has_settlement_files(name), "{name}");
    }
}
