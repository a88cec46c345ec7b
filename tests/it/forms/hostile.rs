//! A template is a program of somebody else: it reaches nothing, and it is ended.
use std::time::Instant;

use motcua::workflow::Role;

use super::templates::template;
use crate::support::stage::Portal;

async fn refused(portal: &Portal, source: &str) -> String {
    let admin = portal.official(Role::SystemAdmin, "H49");
    let answer =
        admin.post("/api/v1/templates", &template("01", source)).await.refused(422, "template_broken");
    answer.body["fields"][0]["message"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn a_template_reads_no_file_and_no_package() {
    let portal = Portal::new().await;
    for source in [
        "#read(\"/etc/passwd\")",
        "#read(\"../../../../etc/passwd\")",
        "#image(\"/etc/hostname\")",
        "#include \"/etc/passwd\"",
        "#import \"@preview/cetz:0.3.0\": *",
        "#json(\"other.json\")",
        "#plugin(\"x.wasm\")",
    ] {
        let said = refused(&portal, source).await;
        assert!(!said.contains("root:"), "{said}");
    }
}

// Mutant: a template of an administrator is printed in the portal's own process.
#[actix_web::test]
async fn a_template_that_eats_time_or_memory_is_ended_and_the_portal_goes_on() {
    let portal = Portal::new().await;
    for source in [
        // Neither loop looks endless by itself.
        "#for i in range(100000) { for j in range(100000) { } }",
        "#(\"x\" * 3000000000).len()",
        "#for i in range(3000) [#pagebreak() x]",
        "#let f(n) = f(n + 1)\n#f(0)",
    ] {
        let begun = Instant::now();
        let said = refused(&portal, source).await;
        assert!(begun.elapsed().as_secs() < 180, "{source}: {said}");
    }
    portal.clerk().get("/api/v1/templates").await.expect(200);
}
