//! Documents in stores, as tests put them there.
use serde_json::{Value, json};
use uuid::Uuid;

use crate::dossiers::play::CITIZEN;
use crate::support::stage::{Caller, Portal};

/// The agency that keeps what is imported.
pub const KEEPER: &str = "H49.45";

/// A document of the citizen.
pub fn document(kind: &str, title: &str, number: &str) -> Value {
    json!({
        "holder_identity_no": CITIZEN, "holder_name": "Nguyễn Hải Đăng", "kind": kind, "title": title,
        "issuer": "Ủy ban nhân dân phường Hồng Gai", "number": number, "issued_on": "2020-05-04",
    })
}

/// The five results of the person whom nobody asks for papers.
pub fn five() -> Vec<Value> {
    vec![
        document("KQ.G15.000342", "Bản sao giấy khai sinh", "11/2020"),
        document("KQ.G15.000032", "Giấy chứng nhận kết hôn", "22/2020"),
        document("KQ.G15.000038", "Giấy xác nhận tình trạng hôn nhân", "33/2020"),
        document("KQ.G10.001147", "Giấy chứng nhận quyền sử dụng đất", "DL 445566"),
        document("KQ.G17.000311", "Giấy phép xây dựng", "55/GPXD"),
    ]
}

/// What became of a list.
pub async fn import(importer: &Caller<'_>, documents: &[Value]) -> Vec<Value> {
    let list = json!({ "agency": KEEPER, "documents": documents });
    let answer = importer.post("/api/v1/records/import", &list).await.expect(200);
    answer["items"].as_array().expect("a list").clone()
}

/// Imports documents that are all taken; gives their identifiers.
pub async fn taken(importer: &Caller<'_>, documents: &[Value]) -> Vec<String> {
    let items = import(importer, documents).await;
    let id = |item: &Value| {
        assert_eq!(item["outcome"], "taken", "{item}");
        item["id"].as_str().expect("an id").to_owned()
    };
    items.iter().map(id).collect()
}

/// An authorised person of the citizen, for these procedures until a day.
pub fn authorised<'p>(portal: &'p Portal, number: &str, scope: &str) -> (Caller<'p>, Uuid) {
    let agent = portal.citizen(number, 2);
    portal.citizen(CITIZEN, 2);
    portal.sql(
        &format!(
            "INSERT INTO mandate (id, agent_id, principal_person_id, kind, scope, valid_from, valid_to, evidence, created_at)
             SELECT gen_random_uuid(), agent.id, holder.id, 'authorised', string_to_array($1, ','), '2025-07-01',
                    '2026-12-31', '', now()
               FROM person agent, person holder
              WHERE agent.identity_no = '{number}' AND holder.identity_no = '{CITIZEN}'"
        ),
        scope,
    );
    let query = "SELECT m.id FROM mandate m JOIN person p ON p.id = m.agent_id WHERE p.identity_no = $1";
    (agent, portal.id_of(query, number))
}

/// What a holder is told of a document: act and name, latest first.
pub async fn uses(holder: &Caller<'_>, id: &str) -> Vec<Value> {
    let page = holder.get(&format!("/api/v1/records/{id}/uses")).await.expect(200);
    page["items"].as_array().expect("a list").clone()
}

/// The acts of uses, latest first.
pub fn acts(uses: &[Value]) -> Vec<&str> {
    uses.iter().map(|used| used["act"].as_str().expect("an act")).collect()
}
