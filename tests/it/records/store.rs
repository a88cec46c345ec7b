//! A store is its holder's: what is imported comes once, strangers see nothing, and who looks for
//! the holder leaves a line.
use motcua::workflow::Role;
use serde_json::json;

use super::stage::{KEEPER, acts, authorised, document, five, import, taken, uses};
use crate::dossiers::play::CITIZEN;
use crate::support::stage::{PDF, Portal};

/// Another person.
const STRANGER: &str = "022094000002";

// Mutants: the list is one transaction with one answer; the unique key without the holder.
#[actix_web::test]
async fn an_import_answers_for_each_document_and_brings_none_twice() {
    let portal = Portal::new().await;
    let (importer, holder) = (portal.machine("records.import"), portal.citizen(CITIZEN, 2));
    let good = document("KQ.G15.000031", "Giấy khai sinh", "01/2020");
    let mut other_name = document("KQ.G15.000031", "Giấy khai sinh", "02/2020");
    other_name["holder_name"] = json!("Trần Thị Khác");
    let mut backwards = document("KQ.G15.000031", "Giấy khai sinh", "03/2020");
    backwards["valid_to"] = json!("2020-05-03");
    let mut no_holder = document("KQ.G15.000031", "Giấy khai sinh", "04/2020");
    no_holder["holder_identity_no"] = json!(null);
    let mut no_code = document("KQ.G15.000031", "Giấy khai sinh", "05/2020");
    no_code["kind"] = json!("giấy khai sinh");
    let list = [good.clone(), other_name, backwards, no_holder, no_code];
    let items = import(&importer, &list).await;
    let outcomes: Vec<_> = items.iter().map(|item| item["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["taken", "refused", "refused", "refused", "refused"]);
    assert_eq!(items[1]["problem"]["code"], "person_differs");
    assert_eq!(items[2]["problem"]["fields"][0]["field"], "/valid_to");
    let again = import(&importer, std::slice::from_ref(&good)).await;
    assert_eq!((&again[0]["outcome"], &again[0]["id"]), (&json!("known"), &items[0]["id"]));
    // A document with two holders lies in both stores.
    portal.citizen(STRANGER, 2);
    let mut of_both = good.clone();
    of_both["holder_identity_no"] = json!(STRANGER);
    assert_eq!(import(&importer, &[of_both]).await[0]["outcome"], "taken");
    let store = holder.get("/api/v1/records").await.expect(200);
    assert_eq!(store["items"].as_array().unwrap().len(), 1);
    assert_eq!(store["items"][0]["trust"], "imported");
    assert_eq!(
        (&store["items"][0]["standing"], &store["items"][0]["expired"]),
        (&json!("valid"), &json!(false))
    );
    // An administrator imports for the own agency only.
    let admin = portal.official(Role::AgencyAdmin, "H49.46");
    let list = json!({ "agency": KEEPER, "documents": [good] });
    admin.post("/api/v1/records/import", &list).await.refused(403, "forbidden");
    portal.machine("dossiers.read").post("/api/v1/records/import", &list).await.refused(403, "forbidden");
}

#[actix_web::test]
async fn a_holder_sees_the_whole_store_and_a_stranger_nothing_of_it() {
    let portal = Portal::new().await;
    let (importer, holder) = (portal.machine("records.import"), portal.citizen(CITIZEN, 2));
    let ids = taken(&importer, &five()).await;
    let stranger = portal.citizen(STRANGER, 2);
    let path = format!("/api/v1/records/{}", ids[0]);
    importer.upload(&format!("{path}/file?name=khai-sinh.pdf")).await.expect(201);
    importer.upload(&format!("{path}/file?name=khai-sinh.pdf")).await.refused(409, "record_has_file");
    let mut seen = Vec::new();
    let mut next = "/api/v1/records?limit=2".to_owned();
    loop {
        let page = holder.get(&next).await.expect(200);
        seen.extend(
            page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page["next"].as_str() else { break };
        next = format!("/api/v1/records?limit=2&cursor={cursor}");
    }
    let mut wanted = ids.clone();
    wanted.reverse();
    assert_eq!(seen, wanted);
    assert_eq!(holder.get(&path).await.expect(200)["has_file"], true);
    let file = holder.get(&format!("{path}/file")).await;
    assert_eq!((file.status, file.bytes.as_slice()), (200, PDF));
    holder.get(&format!("/api/v1/records/{}/file", ids[1])).await.refused(409, "record_without_file");
    assert_eq!(
        uses(&holder, &ids[0]).await,
        Vec::<serde_json::Value>::new(),
        "the holder's own looks are nobody's business"
    );
    assert_eq!(stranger.get("/api/v1/records").await.expect(200)["items"], json!([]));
    for part in ["", "/file", "/uses", "/shares"] {
        stranger.get(&format!("{path}{part}")).await.refused(404, "not_found");
    }
    for official in [portal.clerk(), portal.specialist(), portal.leader()] {
        official.get(&path).await.refused(404, "not_found");
        assert_eq!(official.get("/api/v1/records").await.expect(200)["items"], json!([]));
    }
    portal.nobody().get("/api/v1/records").await.refused(401, "unauthenticated");
    portal.verify().await;
}

// Mutant: the mandate's scope is not looked at.
#[actix_web::test]
async fn who_acts_for_the_holder_sees_what_the_mandate_covers_and_leaves_a_line() {
    let portal = Portal::new().await;
    let importer = portal.machine("records.import");
    let holder = portal.citizen(CITIZEN, 2);
    let ids = taken(&importer, &five()).await;
    // The registration of a marriage asks for the marital status and gives the certificate.
    let (agent, mandate) = authorised(&portal, "022094000003", "1.000894");
    let store = agent.get(&format!("/api/v1/records?mandate={mandate}")).await.expect(200);
    let seen: Vec<_> =
        store["items"].as_array().unwrap().iter().map(|item| item["kind"].as_str().unwrap()).collect();
    assert_eq!(seen, ["KQ.G15.000038", "KQ.G15.000032"]);
    agent.get(&format!("/api/v1/records/{}", ids[2])).await.expect(200);
    agent.get(&format!("/api/v1/records/{}", ids[3])).await.refused(404, "not_found");
    assert_eq!(
        agent.get("/api/v1/records").await.expect(200)["items"],
        json!([]),
        "the own store is another"
    );
    let noted = uses(&holder, &ids[2]).await;
    assert_eq!(acts(&noted), ["read", "listed"]);
    assert!(
        noted
            .iter()
            .all(|used| used["who"] == "Nguyễn Hải Đăng" && !used["purpose"].as_str().unwrap().is_empty())
    );
    assert_eq!(uses(&holder, &ids[3]).await, Vec::<serde_json::Value>::new());
    // Who is authorised looks, no more.
    let share = json!({ "with": { "kind": "token" }, "purpose": "Xem", "until": "2026-10-01T00:00:00Z" });
    agent.post(&format!("/api/v1/records/{}/shares", ids[2]), &share).await.refused(404, "not_found");
    agent.get(&format!("/api/v1/records/{}/uses", ids[2])).await.refused(404, "not_found");
    holder.post(&format!("/api/v1/mandates/{mandate}/revoke"), &json!({})).await.expect(200);
    agent.get(&format!("/api/v1/records/{}", ids[2])).await.refused(404, "not_found");
    agent.get(&format!("/api/v1/records?mandate={mandate}")).await.refused(404, "not_found");
}

#[actix_web::test]
async fn who_keeps_a_document_says_that_it_counts_no_more_and_nobody_else() {
    let portal = Portal::new().await;
    let (importer, holder) = (portal.machine("records.import"), portal.citizen(CITIZEN, 2));
    let ids = taken(&importer, &five()).await;
    let path = format!("/api/v1/records/{}/standing", ids[0]);
    let word = |word: &str| json!({ "standing": word, "reason": "Quyết định 12/QĐ-UBND" });
    let admin = portal.official(Role::AgencyAdmin, KEEPER);
    let elsewhere = portal.official(Role::AgencyAdmin, "H49.46");
    elsewhere.post(&path, &word("revoked")).await.refused(404, "not_found");
    holder.post(&path, &word("revoked")).await.refused(403, "forbidden");
    portal.clerk().post(&path, &word("revoked")).await.refused(403, "forbidden");
    assert_eq!(admin.post(&path, &word("suspended")).await.expect(200)["standing"], "suspended");
    assert_eq!(importer.post(&path, &word("valid")).await.expect(200)["standing"], "valid");
    importer.post(&path, &word("replaced")).await.refused(422, "invalid");
    let mut replaced = word("replaced");
    replaced["replaced_by"] = json!(ids[1]);
    assert_eq!(importer.post(&path, &replaced).await.expect(200)["replaced_by"], json!(ids[1]));
    importer.post(&path, &word("valid")).await.refused(409, "record_standing_final");
    let shown = holder.get(&format!("/api/v1/records/{}", ids[0])).await.expect(200);
    assert_eq!(
        (&shown["standing"], &shown["standing_reason"]),
        (&json!("replaced"), &json!("Quyết định 12/QĐ-UBND"))
    );
}
