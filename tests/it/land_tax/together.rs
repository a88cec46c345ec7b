//! The portal and the simulators of tax office, treasury and payment platform, each behind its own
//! port: random dossiers whose slips the portal's jobs send, whose notices, payment documents and
//! confirmations the office sends with every fault of its dial in turn, and whose taxpayers pay
//! here, elsewhere and both at once while notices are replaced, cancelled and corrected. In the end
//! the three books are one, to the đồng, nothing was released while something was open, and
//! nobody has seen the notice of another.
mod books;
mod deeds;
mod world;

use world::{Tally, World};

/// Dossiers that are played; `MOTCUA_LAND_TAX_DOSSIERS` plays more.
const DOSSIERS: usize = 30;
/// Dossiers that share a portal, its people and an office.
const TOGETHER: usize = 45;
/// `MOTCUA_LAND_TAX_SEED` begins with another.
const SEED: u64 = 1;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

#[actix_web::test]
async fn the_three_books_agree_to_the_dong() {
    let wanted = number("MOTCUA_LAND_TAX_DOSSIERS").map_or(DOSSIERS, |wanted| wanted as usize);
    let (mut played, mut tally) = (0, Tally::default());
    for seed in number("MOTCUA_LAND_TAX_SEED").unwrap_or(SEED).. {
        let count = TOGETHER.min(wanted - played);
        let mut world = World::new(seed, count).await;
        world.live().await;
        world.come_to_an_end().await;
        books::compare(&mut world).await;
        println!("seed {seed}, {count} dossiers: {}", world.tally);
        tally.plus(&world.tally);
        world.close().await;
        played += count;
        if played >= wanted {
            break;
        }
    }
    println!("{played} dossiers: {tally}");
    for what in ["wrong_taxpayer", "unknown_dossier", "wrong_key", "truncated", "huge", "entity_bomb"] {
        assert!(tally.of(what) > 0, "{what} never went wrong");
    }
    for what in ["attempts beyond one", "repeated messages", "released", "đồng given back", "đồng over"]
    {
        assert!(tally.of(what) > 0, "{what}: never");
    }
}
