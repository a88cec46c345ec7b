//! Finding procedures.
use super::Portal;
use super::portal::ADMIN;
use serde_json::{Value, json};

fn codes(page: &Value) -> Vec<&str> {
    page["items"].as_array().expect("items").iter().filter_map(|item| item["code"].as_str()).collect()
}

async fn found(portal: &Portal, query: &str) -> Vec<String> {
    let answer = portal.get(&format!("/api/v1/procedures?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.json());
    codes(&answer.json()).into_iter().map(str::to_owned).collect()
}

#[actix_web::test]
async fn text_is_found_with_and_without_diacritics_in_any_case_and_by_beginnings_of_words() {
    let portal = Portal::new();
    for q in [
        "dang+ky+khai+sinh",
        "%C4%90%C4%83ng+k%C3%BD+khai+sinh",
        "DANG+KY+KHAI+SINH",
        // The same with combining marks, as some keyboards send it.
        "%C4%90a%CC%86ng+ky%CC%81+khai+sinh",
        "thu+tuc+dang+ky+khai+sinh",
        "1.001193",
    ] {
        assert_eq!(
            found(&portal, &format!("q={q}")).await.first().map(String::as_str),
            Some("1.001193"),
            "{q}"
        );
    }
    for q in ["khai+sin+dang", "001193", "1.0011", "khai+sinh+ho+tich"] {
        assert!(found(&portal, &format!("q={q}")).await.contains(&"1.001193".to_owned()), "{q}");
    }
    assert!(found(&portal, "q=sinh+khong+co+tu+nay").await.is_empty(), "every word is required");
    assert!(found(&portal, "q=ang+ky+khai+sinh").await.is_empty(), "a word is matched from its beginning");
}

#[actix_web::test]
async fn what_is_in_force_comes_first_then_closed_then_unpublished() {
    let portal = Portal::new();
    let close = json!({"since": "2026-10-01", "reason": "Đang sửa đổi"});
    let answer = portal.post(ADMIN, "/api/v1/procedures/1.004859/close", &close).await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    let page = portal.get("/api/v1/procedures?q=ho+tich&limit=200").await.json();
    let order: Vec<u8> = page["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| match item["status"].as_str() {
            Some("published") => 0,
            Some("closed") => 1,
            Some("unpublished") => 2,
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(order.is_sorted(), "{order:?}");
    for status in 0..3 {
        assert!(order.contains(&status), "no entry of status {status}");
    }
}

#[actix_web::test]
async fn filters_narrow_and_combine() {
    let portal = Portal::new();
    let marriage = "1.000894".to_owned();
    assert!(found(&portal, "service=partial&level=commune&limit=200").await.contains(&marriage));
    assert!(!found(&portal, "service=full&limit=200").await.contains(&marriage));
    assert!(!found(&portal, "level=ministry&status=published").await.contains(&marriage));
    assert!(found(&portal, "field=G15-HT01&limit=200").await.contains(&marriage));
    assert!(found(&portal, "field=H%E1%BB%99+t%E1%BB%8Bch&q=ket+hon&online=true").await.contains(&marriage));
    assert!(!found(&portal, "online=false&limit=200").await.contains(&marriage));
    assert_eq!(found(&portal, "status=published&limit=200").await.len(), 54);
}

#[actix_web::test]
async fn pages_hold_every_entry_once() {
    let portal = Portal::new();
    let (mut all, mut path) = (Vec::new(), "/api/v1/procedures?limit=200".to_owned());
    loop {
        let page = portal.get(&path).await.json();
        all.extend(codes(&page).into_iter().map(str::to_owned));
        match page["next"].as_str() {
            Some(next) => path = format!("/api/v1/procedures?limit=200&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(all.len(), 2642);
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 2642, "an entry came twice");
}

#[actix_web::test]
async fn wrong_parameters_are_refused_by_name_and_strange_ones_do_no_harm() {
    let portal = Portal::new();
    let refused = |query: &'static str| {
        let portal = &portal;
        async move { portal.get(&format!("/api/v1/procedures?{query}")).await }
    };
    for query in ["limit=0", "limit=201", "cursor=%21", "cursor=WzFd"] {
        let name = query.split('=').next().expect("a name").to_owned();
        let answer = refused(query).await;
        assert_eq!((answer.status, answer.fields()), (422, vec![(name, "invalid".to_owned())]), "{query}");
    }
    for query in ["level=village", "online=maybe", "limit=many"] {
        assert_eq!(refused(query).await.status, 400, "{query}");
    }
    let long = format!("/api/v1/procedures?q={}", "a".repeat(201));
    assert_eq!(portal.get(&long).await.status, 422);
    for query in ["q=%00", "q=%25_%27", "field=%00", "q=+++", "cursor=WzEsIlx1MDAwMCIsIiJd"] {
        assert_eq!(refused(query).await.status, 200, "{query}");
    }
}

#[actix_web::test]
async fn a_page_that_is_known_is_not_sent_again_until_the_catalogue_changes() {
    let portal = Portal::new();
    let path = "/api/v1/procedures?q=khai+sinh";
    let first = portal.get(path).await;
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with("W/\""), "{tag}");
    let again = portal.get_with(path, ("If-None-Match", &tag)).await;
    assert_eq!((again.status, again.bytes.len(), again.header("etag")), (304, 0, tag.as_str()));
    let close = json!({"since": "2026-10-02", "reason": "Đang sửa đổi"});
    portal.post(ADMIN, "/api/v1/procedures/1.001193/close", &close).await;
    assert_eq!(portal.get_with(path, ("If-None-Match", &tag)).await.status, 200);
}

#[actix_web::test]
async fn a_page_is_compressed_for_those_who_can_read_it() {
    let portal = Portal::new();
    let path = "/api/v1/procedures?limit=200";
    let plain = portal.get(path).await;
    let packed = portal.get_with(path, ("Accept-Encoding", "gzip")).await;
    assert_eq!((plain.header("content-encoding"), packed.header("content-encoding")), ("", "gzip"));
    assert_eq!(&packed.bytes[..2], b"\x1f\x8b");
    assert!(packed.bytes.len() * 3 < plain.bytes.len(), "{} of {}", packed.bytes.len(), plain.bytes.len());
    assert!(packed.header("vary").to_ascii_lowercase().contains("accept-encoding"));
}

#[actix_web::test]
async fn fields_are_listed_with_their_procedures_counted() {
    let portal = Portal::new();
    let list = portal.get("/api/v1/fields").await.json();
    let items = list["items"].as_array().expect("items");
    let total: i64 = items.iter().filter_map(|field| field["total"].as_i64()).sum();
    let published: i64 = items.iter().filter_map(|field| field["published"].as_i64()).sum();
    assert_eq!((total, published), (2642, 54));
    let civil = items.iter().find(|field| field["name"] == "Hộ tịch").expect("civil status");
    assert_eq!(civil["code"], "G15-HT01");
    assert!(civil["published"].as_i64() < civil["total"].as_i64());
}
