//! What people and officials do with a dossier.
use std::collections::BTreeSet;

use futures_util::future::join;
use motcua::dossiers::jobs::TAX_RECALL;
use rand::Rng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};

use super::super::stage::Person;
use super::world::{Book, Line, World};

impl World {
    /// One deed of a day. What the office has confirmed it does not open again.
    pub async fn act(&mut self, at: usize, book: &Book) {
        let life = &self.lives[at];
        if !book.standing.contains_key(&life.code) {
            return;
        }
        let (code, recalled) = (life.code.clone(), life.recalled);
        let deed = self.dice.random_range(0..26);
        // What others did today may have brought a notice: who changes one looks again.
        let today = if deed < 17 { None } else { Some(self.book().await) };
        let book = today.as_ref().unwrap_or(book);
        let (settled, lines) = (recalled || book.is_settled(&code), book.standing_lines(&code));
        match deed {
            0..=5 => self.order(at).await,
            6..=10 => drop(self.pay_here(at).await),
            11..=13 => self.pay_elsewhere(at, &lines).await,
            14..=16 => self.pay_at_once(at, &lines).await,
            17.. if settled => self.look(at).await,
            17..=19 => self.replace(&lines).await,
            20 => self.cancel(&lines).await,
            21 | 22 => self.issue(at, &lines).await,
            23 => self.correct(at).await,
            24 if self.dice.random_bool(0.4) => self.recall(at).await,
            _ => self.look(at).await,
        }
    }

    fn one_party(&mut self, at: usize) -> Person {
        self.lives[at].parties.choose(&mut self.dice).unwrap().clone()
    }

    /// A page of the own notices after the other.
    async fn own_notices(&mut self, person: &Person) -> Vec<Value> {
        let token = self.token(person);
        let (mut items, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/v1/land-tax/notices?limit=20{cursor}");
            let (status, mut page) = self.land.get(&token, &path).await;
            assert_eq!(status, 200, "{page}");
            items.append(page["items"].as_array_mut().unwrap());
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
        }
    }

    /// A taxpayer, or somebody else who knows the number, opens a payment of a notice, or of a part.
    pub async fn order(&mut self, at: usize) {
        let (taxpayer, code) = (self.one_party(at), self.lives[at].code.clone());
        let notices = self.own_notices(&taxpayer).await;
        let due = |notice: &&Value| notice["dossier"] == *code && notice["remaining"] != 0;
        let due: Vec<&Value> = notices.iter().filter(due).collect();
        let Some(notice) = due.choose(&mut self.dice) else { return };
        let (id, remaining) = (notice["id"].as_str().unwrap(), notice["remaining"].as_i64().unwrap());
        let mut body = json!({ "gateway": "national" });
        if self.dice.random_bool(0.4) {
            body["amount"] = self.dice.random_range(1..=remaining).into();
        }
        let payer = if self.dice.random_bool(0.2) {
            body["taxpayer_no"] = taxpayer.number.clone().into();
            self.people.choose(&mut self.dice).unwrap().clone()
        } else {
            taxpayer
        };
        let token = self.token(&payer);
        let (status, out) =
            self.land.post(&token, &format!("/api/v1/land-tax/notices/{id}/payments"), body).await;
        assert!([201, 409, 503].contains(&status), "{out}");
        self.tally.add(if status == 201 { "orders" } else { "orders refused" }, 1);
    }

    /// Somebody pays on a page of the platform, also on one whose order was given up meanwhile.
    async fn pay_here(&mut self, at: usize) -> bool {
        let pages: Vec<&String> = self.lives[at].pages.iter().collect();
        let Some(page) = pages.choose(&mut self.dice).map(|page| (*page).clone()) else { return false };
        self.lives[at].pages.remove(&page);
        self.on_the_page(&page).await;
        self.tally.add("paid here", 1);
        true
    }

    async fn on_the_page(&self, page: &str) {
        let request = self.http.post(page).header("Accept", "application/json");
        assert_eq!(request.send().await.unwrap().status(), 200, "{page}");
    }

    async fn pay_elsewhere(&mut self, at: usize, lines: &[Line]) {
        let Some(paid) = self.elsewhere(at, lines) else { return };
        let taken = self.office("/etax", paid).await;
        self.tally.add(if taken.is_null() { "elsewhere refused" } else { "paid elsewhere" }, 1);
    }

    /// A payment on eTax Mobile of something open, in whole or in part.
    fn elsewhere(&mut self, at: usize, lines: &[Line]) -> Option<Value> {
        let open: Vec<&Line> = lines.iter().filter(|line| line.open() > 0).collect();
        let line = *open.choose(&mut self.dice)?;
        let whole = self.dice.random_bool(0.6);
        let amount = if whole { line.open() } else { self.dice.random_range(1..=line.open()) };
        Some(json!({ "dossier": self.lives[at].code, "notice": line.notice, "instalment": line.instalment,
                     "amount": amount, "payer": "Người nộp thay", "reference": format!("ETAX{:08x}", self.dice.random::<u32>()) }))
    }

    /// On the platform's page and on eTax Mobile in the same moment.
    async fn pay_at_once(&mut self, at: usize, lines: &[Line]) {
        let (Some(page), Some(paid)) = (self.lives[at].pages.pop_first(), self.elsewhere(at, lines)) else {
            return self.order(at).await;
        };
        let there = async {
            let taken = self.office("/etax", paid).await;
            self.office("/work", json!({})).await;
            taken
        };
        let ((), taken) = join(self.on_the_page(&page), there).await;
        self.tally.add("paid here", 1);
        self.tally.add("at the same moment", 1);
        self.tally.add(if taken.is_null() { "elsewhere refused" } else { "paid elsewhere" }, 1);
    }

    async fn replace(&mut self, lines: &[Line]) {
        let Some(line) = lines.choose(&mut self.dice) else { return };
        let whole: i64 =
            lines.iter().filter(|other| other.notice == line.notice).map(|other| other.owed).sum();
        let amount = match self.dice.random_range(0..8) {
            // A fee in two instalments stays one.
            0 if line.item != "1401" => 0,
            1..=4 => whole / 2 + 2,
            _ => whole + self.dice.random_range(1..20_000_000),
        };
        let change = json!({ "notice": line.notice, "amount": amount, "reason": "Điều chỉnh" });
        assert!(!self.office("/notices/replace", change).await.is_null());
        self.tally.add("replaced", 1);
    }

    async fn cancel(&mut self, lines: &[Line]) {
        let Some(line) = lines.choose(&mut self.dice) else { return };
        let change = json!({ "notice": line.notice, "reason": "Ra nhầm" });
        assert!(!self.office("/notices/cancel", change).await.is_null());
        self.tally.add("cancelled", 1);
    }

    /// An official issues what is not there yet, of a land-use fee two instalments.
    async fn issue(&mut self, at: usize, lines: &[Line]) {
        let (who, code) = (self.one_party(at), self.lives[at].code.clone());
        let (of, item) = if self.dice.random_bool(0.7) { ("TSDD", "1401") } else { ("TNCN", "1006") };
        if lines.iter().any(|line| line.item == item) {
            return;
        }
        let amount = self.dice.random_range(2..90_000_000);
        let notice = json!({ "dossier": code, "of": of, "taxpayer": who.number, "amount": amount });
        assert!(!self.office("/notices", notice).await.is_null());
        self.tally.add("issued by hand", 1);
    }

    /// The land officer corrects the slip, also while nobody is at the office.
    async fn correct(&mut self, at: usize) {
        let body = json!({ "reason": "Sai giá hợp đồng", "contract_value": self.dice.random_range(0..4_000_000_000_i64) });
        let path = format!("/api/v1/dossiers/{}/land-tax/corrections", self.lives[at].code);
        let (status, out) = self.land.post(&self.leader, &path, body).await;
        assert!([201, 503].contains(&status), "{out}");
        self.tally.add("slips corrected", i64::from(status == 201));
    }

    async fn recall(&mut self, at: usize) {
        self.land.stage.event(self.lives[at].id, "withdraw", 4, json!({}), &[TAX_RECALL]).await;
        self.lives[at].recalled = true;
        self.tally.add("slips recalled", 1);
    }

    /// Each sees the own notices, all of them and no other, by the login and by the look-up.
    pub async fn look(&mut self, at: usize) {
        let code = self.lives[at].code.clone();
        let stranger = self.people.choose(&mut self.dice).unwrap().clone();
        let mut persons = self.lives[at].parties.clone();
        persons.push(stranger);
        for person in persons {
            let key =
                |item: &Value| format!("{} {} {}", item["dossier"], item["notice_no"], item["instalment"]);
            let seen: BTreeSet<String> = self.own_notices(&person).await.iter().map(key).collect();
            let book = self.book().await;
            let of_office: BTreeSet<String> = book
                .lines
                .iter()
                .filter(|line| line.taxpayer == person.number)
                .map(|line| format!("{:?} {:?} {}", line.dossier, line.notice, line.instalment))
                .collect();
            assert!(seen.is_subset(&of_office), "{} sees what is another's: {seen:?}", person.number);
            let own =
                format!("SELECT 'x' AS line FROM land_tax_notice WHERE taxpayer_no = '{}'", person.number);
            assert_eq!(seen.len(), self.land.stage.lines(&own).len(), "{}", person.number);
            let asked = json!({ "dossier": code, "taxpayer_no": person.number });
            let (status, found) = self.land.post("", "/api/v1/land-tax/lookups", asked).await;
            let found: BTreeSet<String> = found["items"].as_array().into_iter().flatten().map(key).collect();
            let prefix = format!("{code:?} ");
            assert!(
                found.is_subset(&seen) && found.iter().all(|line| line.starts_with(&prefix)),
                "{} looks up {found:?}",
                person.number
            );
            assert_eq!(status == 404, found.is_empty());
            self.tally.add("looks", 1);
        }
    }

    /// At the end: what is open is paid here or elsewhere; a page that is there is not left alone.
    pub async fn pay_what_is_open(&mut self, at: usize, book: &Book) {
        let lines = book.standing_lines(&self.lives[at].code);
        let open: Vec<Line> = lines.into_iter().filter(|line| line.open() > 0 && !line.recorded).collect();
        if self.dice.random_bool(0.5) && self.pay_here(at).await {
            return;
        }
        match self.dice.random_range(0..3) {
            0 => self.order(at).await,
            _ => self.pay_elsewhere(at, &open).await,
        }
    }
}
