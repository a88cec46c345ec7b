//! Nobody sees what is not theirs: every operation × every role × every relation.
//!
//! `data/authorisation.json` says what each cell answers; here every cell is tried on a
//! portal with PostgreSQL. A change of permission is a changed line of that file.
//!
//! Mutants that must turn this red: `visible` gives TRUE for officials; `sees` of a clerk
//! reaches down the tree; a list without `visible`; `find` that answers 403 instead of 404;
//! `owned` without the owner; an administrator's handler without `need_role`.
mod same_set;
pub mod stage;
pub mod table;

use std::collections::{BTreeMap, BTreeSet};

use actix_web::body::MessageBody;
use actix_web::http::Method;
use actix_web::test::{TestRequest, call_service, init_service};
use motcua::app;
use serde_json::Value;
use uuid::Uuid;

use stage::{Object, Stage, pdf};
use table::{Cells, On, ROLES, Relation, Role, Row, relations, render};

const FILE: &str = include_str!("../../data/authorisation.json");

/// Method and path of an operation, and whether it asks for a version.
struct Operation {
    method: Method,
    path: String,
    versioned: bool,
    /// Declares `security(())`: open to all.
    public: bool,
}

fn rows() -> Vec<Row> {
    serde_json::from_str(FILE).expect("data/authorisation.json has the right form")
}

/// The operations of the document that the portal serves.
fn operations() -> BTreeMap<String, Operation> {
    let document = serde_json::to_value(app::openapi()).unwrap();
    let mut found = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Some(id) = operation["operationId"].as_str() else { continue };
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let operation = Operation {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                versioned: parameters.iter().any(|parameter| parameter["name"] == "If-Match"),
                public: operation["security"] == serde_json::json!([{}]),
            };
            assert!(found.insert(id.to_owned(), operation).is_none(), "two operations {id}");
        }
    }
    found
}

#[test]
fn every_operation_has_a_row_and_every_row_an_operation() {
    let (operations, rows) = (operations(), rows());
    let declared: BTreeSet<&str> = operations.keys().map(String::as_str).collect();
    let listed: BTreeSet<&str> = rows.iter().map(|row| row.operation.as_str()).collect();
    let missing: Vec<_> = declared.difference(&listed).collect();
    let extra: Vec<_> = listed.difference(&declared).collect();
    assert!(missing.is_empty(), "operations without a row in data/authorisation.json: {missing:?}");
    assert!(extra.is_empty(), "rows of data/authorisation.json without an operation: {extra:?}");
    let names: BTreeSet<String> = rows.iter().map(Row::name).collect();
    assert_eq!(names.len(), rows.len(), "two rows of one name");
    for row in &rows {
        let roles: Vec<Role> = row.expect.keys().copied().collect();
        assert_eq!(roles, ROLES, "{} must speak of every role", row.name());
        for (role, cells) in &row.expect {
            let said: BTreeSet<Relation> = cells.keys().copied().collect();
            let due: BTreeSet<Relation> = relations(row.on, *role).iter().copied().collect();
            assert_eq!(said, due, "{} of {role:?} must speak of every relation", row.name());
        }
    }
}

/// What the document says about logins is what the matrix says about nobody.
#[test]
fn the_document_declares_as_public_just_what_nobody_may_do() {
    let operations = operations();
    for row in rows() {
        let nobody = &row.expect[&Role::Anonymous];
        let refused = nobody.values().all(|status| *status == 401);
        let logs_in =
            ["log_in_staff", "refresh_token", "issue_machine_token"].contains(&row.operation.as_str());
        let public = operations[&row.operation].public;
        assert_eq!(public, !refused || logs_in, "{}: nobody gets {nobody:?}", row.name());
    }
}

#[actix_web::test]
async fn every_cell_answers_as_the_file_says() {
    let (operations, rows) = (operations(), rows());
    let mut stage = Stage::new().await;
    let service = init_service(app::service(stage.app.clone())).await;
    let send = async |request: TestRequest| {
        let response = call_service(&service, request.to_request()).await;
        let status = response.status().as_u16();
        let body = actix_web::body::to_bytes(response.into_body().boxed()).await.unwrap_or_default();
        (status, serde_json::from_slice::<Value>(&body).unwrap_or_default())
    };
    let mut found = Vec::new();
    let mut differences = Vec::new();
    let mut tried = 0;
    for row in &rows {
        let operation = &operations[&row.operation];
        let mut answers = BTreeMap::new();
        for role in ROLES {
            let mut cells = Cells::new();
            let mut hidden: Vec<(u16, Value)> = Vec::new();
            for relation in relations(row.on, role) {
                let object = stage.object(row.on, role, *relation);
                let request = request(row, operation, &object, stage.token(role));
                let (status, body) = send(request).await;
                assert_ne!(status, 500, "{} of {role:?}, {relation:?}: {body}", row.name());
                if matches!(relation, Relation::OtherUnit | Relation::Nonexistent) {
                    hidden.push((status, body));
                }
                let said = row.expect.get(&role).and_then(|cells| cells.get(relation));
                if said != Some(&status) {
                    differences.push(format!("{} {role:?} {relation:?}: {said:?} -> {status}", row.name()));
                }
                cells.insert(*relation, status);
                tried += 1;
            }
            // `track_dossier` is told the right secret of what exists.
            if matches!(row.on, On::Dossier | On::Draft | On::Upload) && row.operation != "track_dossier" {
                assert_eq!(
                    hidden[0],
                    hidden[1],
                    "{} of {role:?}: foreign must look like nonexistent",
                    row.name()
                );
            }
            answers.insert(role, cells);
        }
        found.push(Row { expect: answers, ..row.clone() });
    }
    assert!(tried > 1_500, "only {tried} cells");
    let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/authorisation.json");
    if render(&found) != FILE {
        std::fs::write(path, render(&found)).unwrap();
    }
    assert!(
        differences.is_empty(),
        "{} cells changed; if that is meant, take {path}:\n{}",
        differences.len(),
        differences.join("\n")
    );
    assert_eq!(render(&found), FILE, "data/authorisation.json is not in its canonical form: take {path}");
}

/// The request of a cell: sound in everything but who sends it.
fn request(row: &Row, operation: &Operation, object: &Object, token: Option<String>) -> TestRequest {
    let mut path = operation.path.clone();
    for (name, value) in &row.path {
        path = path.replace(&format!("{{{name}}}"), value);
    }
    let mut path = filled(&path, object);
    if let Some(query) = &row.query {
        path = format!("{path}?{}", filled(query, object));
    }
    let mut request = TestRequest::with_uri(&path).method(operation.method.clone());
    if operation.method == Method::POST {
        request = request.insert_header(("Idempotency-Key", Uuid::now_v7().to_string()));
    }
    if operation.versioned {
        request = request.insert_header(("If-Match", format!("\"{}\"", object["version"])));
    }
    if let Some(token) = token {
        request = request.insert_header(("Authorization", format!("Bearer {token}")));
    }
    for (name, value) in &row.headers {
        request = request.insert_header((name.as_str(), value.as_str()));
    }
    match (&row.body, row.upload) {
        (_, true) => request.set_payload(pdf()),
        (Some(Value::String(form)), _) => request
            .insert_header(("Content-Type", "application/x-www-form-urlencoded"))
            .set_payload(form.clone()),
        (Some(body), _) => {
            let body = filled(&body.to_string(), object);
            request.insert_header(("Content-Type", "application/json")).set_payload(body)
        }
        (None, false) => request,
    }
}

/// Puts the object's properties where the text names them in braces.
fn filled(text: &str, object: &Object) -> String {
    object.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}
