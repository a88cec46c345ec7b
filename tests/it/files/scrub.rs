//! What happened to stored bytes is found and named, wherever it happened.
use std::collections::BTreeMap;

use motcua::error::Result;
use motcua::verify::{self, Part, Report};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

use super::sweep::{GRACE, age};
use super::{Portal, pdf};

const FILES: usize = 60;

/// What `motcua verify files` says.
pub async fn scrub(portal: &Portal) -> Result<Vec<String>> {
    let mut said = Vec::new();
    let mut tell = |difference: &str| said.push(difference.to_owned());
    let mut report = Report::new(&mut tell);
    verify::run(&portal.app.db, &portal.app.files, Part::Files, false, &mut report).await?;
    Ok(said)
}

pub async fn differences(portal: &Portal) -> Vec<String> {
    scrub(portal).await.unwrap()
}

/// Mutants: only sizes are compared; only the beginning is hashed; a page ends the walk; a
/// missing object is passed over.
#[actix_web::test]
async fn every_flipped_cut_and_missing_file_is_named() {
    let seed = std::env::var("SCRUB_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_261_122);
    println!("SCRUB_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let portal = Portal::new().await;
    let draft = portal.draft();
    let mut stored = Vec::new();
    for n in 0..FILES {
        let size = random.random_range(700..200_000);
        stored.push(portal.stored(draft, &format!("{n}.pdf"), &pdf(size)).await);
    }
    assert_eq!(differences(&portal).await, Vec::<String>::new());
    stored.shuffle(&mut random);
    let mut expected = BTreeMap::new();
    for (n, file) in stored.iter().take(FILES / 2).enumerate() {
        let path = portal.root.join(portal.key_of(file));
        let mut bytes = std::fs::read(&path).unwrap();
        let at = random.random_range(0..bytes.len());
        let flaw = match n % 4 {
            0 => {
                bytes[at] ^= 1 << random.random_range(0..8);
                "another SHA-256"
            }
            1 => {
                bytes.truncate(at);
                "its row says otherwise"
            }
            2 => {
                bytes.push(0);
                "its row says otherwise"
            }
            _ => "missing",
        };
        if flaw == "missing" { std::fs::remove_file(&path) } else { std::fs::write(&path, bytes) }.unwrap();
        expected.insert(file["id"].as_str().unwrap().to_owned(), flaw);
    }
    let found = differences(&portal).await;
    assert_eq!(found.len(), expected.len(), "each once, and no other: {found:#?}");
    for (id, flaw) in expected {
        let named = |line: &&String| {
            line.contains(&id) && line.contains(flaw) && line.contains(&format!("draft {draft}"))
        };
        assert!(found.iter().any(|line| named(&line)), "{id} {flaw}: {found:#?}");
    }
}

/// Mutant: a file without a row counts as lost, or one that was taken out.
#[actix_web::test]
async fn what_no_row_names_is_the_sweeps_and_not_the_scrubs() {
    let portal = Portal::new().await;
    let orphan = portal.orphan().await;
    let taken_out = portal.stored(portal.draft(), "a.pdf", &pdf(700)).await;
    std::fs::remove_file(portal.root.join(portal.key_of(&taken_out))).unwrap();
    assert_eq!(differences(&portal).await.len(), 1);
    portal.sql("UPDATE file SET deleted_at = now()");
    assert_eq!(differences(&portal).await, Vec::<String>::new());
    assert!(orphan.exists(), "the scrub changes nothing");
    age(&orphan, GRACE * 2);
    assert_eq!((portal.sweep().await, orphan.exists()), (1, false));
}
