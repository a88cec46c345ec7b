//! The verdict over HTTP: for those who may see the file, by the anchors of the configuration.
use actix_web::test::TestRequest;
use serde_json::{Value, json};

use super::play::{Play, birth, procedure};
use crate::support::DataDir;
use crate::support::stage::{Caller, Portal, because};
use crate::verdicts::CORPUS;

/// A folder of trust: the anchor and the lists of revocation of this case.
fn trust(case: &str) -> DataDir {
    let (corpus, folder) = (&*CORPUS, DataDir::new());
    std::fs::create_dir_all(folder.path()).unwrap();
    for name in corpus.case(case).crls.iter().chain([&"anchor.pem".to_owned()]) {
        std::fs::copy(corpus.folder.path().join(name), folder.path().join(name)).unwrap();
    }
    folder
}

/// Sends a supplement with these bytes; the path of its signatures.
async fn sent(play: &Play<'_>, case: &str) -> String {
    let corpus = &*CORPUS;
    let reasons = json!({ "reasons": because(json!({ "document": "1.001193-TP06" })) });
    play.portal.clerk().act(&play.code, "request_supplement", reasons).await.expect(200);
    let files = format!("/api/v1/dossiers/{}/files", play.code);
    let upload = TestRequest::post()
        .uri(&format!("{files}?name=a.pdf&purpose=supplement&component=1.001193-TP06"))
        .insert_header(("Idempotency-Key", case))
        .set_payload(corpus.bytes(corpus.case(case)));
    let file = play.applicant.send(upload).await.expect(201);
    format!("{files}/{}/signatures", file["id"].as_str().unwrap())
}

async fn verdict(caller: &Caller<'_>, path: &str) -> Value {
    caller.get(path).await.expect(200)
}

/// Mutants: the anchors of the configuration are not read; the verdict is shown to anybody.
#[actix_web::test]
async fn clerk_and_sender_see_what_the_signatures_of_a_file_are_worth() {
    let folder = trust("bt");
    let portal = Portal::with(&format!("[trust]\nfolder = \"{}\"\n", folder.path().display())).await;
    let procedure = procedure("1.001193");
    let play = birth(&portal, &procedure).await;
    let path = sent(&play, "bt").await;
    portal.at(&CORPUS.list.at.to_string());
    for caller in [&play.applicant, &portal.clerk()] {
        let found = verdict(caller, &path).await;
        assert_eq!(found["outcome"], "trusted", "{found}");
        let signature = &found["signatures"][0];
        assert_eq!(
            (&signature["signer"]["name"], &signature["time_is_proven"]),
            (&json!("Nguyễn Văn A"), &json!(true))
        );
        assert!(signature["words"]["vi"].as_str().unwrap().contains("Nguyễn Văn A"), "{signature}");
    }
    portal.citizen("022201000009", 2).get(&path).await.refused(404, "not_found");
    // What is known of revocation counts at once.
    std::fs::remove_dir_all(folder.path()).unwrap();
    std::fs::create_dir_all(folder.path()).unwrap();
    assert_eq!(verdict(&portal.clerk(), &path).await["outcome"], "unknown_signer");
}

#[actix_web::test]
async fn without_anchors_nobody_is_known_and_a_plain_file_is_not_signed() {
    let portal = Portal::new().await;
    let procedure = procedure("1.001193");
    let play = birth(&portal, &procedure).await;
    let path = sent(&play, "bt").await;
    portal.at(&CORPUS.list.at.to_string());
    assert_eq!(verdict(&portal.clerk(), &path).await["outcome"], "unknown_signer");
    let files = portal.clerk().get(&format!("/api/v1/dossiers/{}/files", play.code)).await.expect(200);
    let plain = files["items"][0]["id"].as_str().unwrap();
    let found =
        verdict(&portal.clerk(), &format!("/api/v1/dossiers/{}/files/{plain}/signatures", play.code)).await;
    assert_eq!((&found["outcome"], &found["signatures"]), (&Value::Null, &json!([])));
    assert_eq!(found["words"]["vi"], "Tệp không có chữ ký số");
}
