//! A foreign judge of what is owed: `tests/judges/land_tax.py` works 100,000 random slips out by
//! itself, from the rules, with exact fractions.
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;

use motcua::national::tax::{
    ASKS, Asset, Exemption, GIVES, LandUseFee, LandUser, Matter, Obligation, Relation, Slip, TAKES,
};
use motcua::simulators::tax::determine;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

const CASES: usize = 100_000;
const SEED: u64 = 0x1a4d;

struct Dice(StdRng);

impl Dice {
    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.0.random_range(0..of.len())].clone()
    }

    fn now_and_then<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.0.random_bool(0.5).then(|| make(self))
    }

    /// Small, usual and huge amounts alike.
    fn amount(&mut self) -> i64 {
        let digits = self.0.random_range(1..=13);
        self.0.random_range(0..10_i64.pow(digits))
    }

    fn area(&mut self) -> f64 {
        let digits = self.0.random_range(1..=7);
        self.0.random_range(1..10_i64.pow(digits)) as f64 / 100.0
    }

    fn user(&mut self, part: &str) -> LandUser {
        let numbers =
            [Some("022069000007"), Some("022090000009"), Some("5700000001"), Some("5700000001-001"), None];
        let name = format!("{part} {}", self.0.random_range(0..9));
        let number = self.one(&numbers).map(str::to_owned);
        LandUser { name, number, part: part.to_owned(), ..LandUser::default() }
    }

    fn slip(&mut self) -> Slip {
        let parts: &[&str] = self.one(&[
            [GIVES, TAKES].as_slice(),
            &[TAKES, GIVES],
            &[GIVES, GIVES, TAKES],
            &[GIVES, TAKES, TAKES],
            &[ASKS],
            &[GIVES],
        ]);
        let mut slip = Slip {
            matter: self.now_and_then(|dice| dice.one(Matter::ALL)),
            relation: if self.0.random_bool(0.3) { self.one(Relation::ALL) } else { Relation::None },
            asks_to_owe: self.one(&["0", "1"]).to_owned(),
            sent: self
                .one(&["20260630235959", "20260701000000", "20240229080000", "20270105080000"])
                .to_owned(),
            land_users: parts.iter().map(|part| self.user(part)).collect(),
            contract_value: self.now_and_then(Self::amount),
            ..Slip::default()
        };
        slip.asset = self.now_and_then(|dice| Asset {
            description: "Nhà".to_owned(),
            value: dice.now_and_then(Self::amount),
        });
        slip.parcel.area = self.area();
        slip.parcel.table_price = self.now_and_then(|dice| dice.0.random_range(0..200_000_000));
        slip.land_use_fee = self.now_and_then(|dice| LandUseFee {
            area: dice.area(),
            price: dice.0.random_range(0..100_000_000),
            former_price: dice.one(&[0, 0, 50_000, 35_000_000]),
            percent: dice.one(&[20, 30, 50, 100, 0]),
        });
        if self.0.random_bool(0.1) {
            let reason = "Nhà ở, đất ở duy nhất".to_owned();
            slip.exemptions.push(Exemption { of: self.one(Obligation::ALL), reason });
        }
        slip
    }
}

fn found(slip: &Slip) -> Value {
    let line = |found: motcua::simulators::tax::Determined| {
        json!({ "of": found.of, "taxpayer": found.taxpayer.name, "full": found.full, "exempt": found.exempt.is_some(),
                "recorded": found.recorded, "parts": found.instalments })
    };
    determine(slip).into_iter().map(line).collect()
}

// Mutants: the table's value is not looked at; the second half of an odd fee is as small as the
// first; the old threshold holds on.
#[test]
fn a_judge_in_python_comes_to_the_same_dong() {
    let mut dice = Dice(StdRng::seed_from_u64(SEED));
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("land-tax-cases.jsonl");
    let mut out = BufWriter::new(File::create(&path).unwrap());
    for _ in 0..CASES {
        let slip = dice.slip();
        writeln!(out, "{}", json!({ "slip": slip, "found": found(&slip) })).unwrap();
    }
    drop(out);
    let judge = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judges/land_tax.py");
    let said = Command::new("python3").arg(judge).arg(&path).output().expect("python3 runs");
    let (told, fault) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert!(said.status.success(), "{told}{fault}");
    let counts: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    assert_eq!((counts["cases"].as_u64(), counts["differences"].as_u64()), (Some(CASES as u64), Some(0)));
    for what in ["registration", "income", "land_use", "exempt", "recorded", "odd", "old law", "new law"] {
        assert!(counts["seen"][what].as_u64() >= Some(1_500), "too few of {what}: {counts}");
    }
    println!("{counts}");
}
