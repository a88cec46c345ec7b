//! Programs of others about every template: a PDF/A validator, poppler's text, and readers of
//! QR and bar codes.
use std::path::{Path, PathBuf};
use std::process::Command;

use motcua::workflow::Role;
use serde_json::{Value, json};

use crate::data::{data, json as read};
use crate::support::DataDir;
use crate::support::stage::{Caller, Portal};

const CODES: [&str; 13] = [
    "01",
    "02",
    "03",
    "04",
    "05",
    "06",
    "07",
    "decision",
    "birth_extract",
    "marital_status",
    "household_business",
    "copy_certification",
    "land_page",
];

/// Runs a program that must be there and succeed; what it says.
fn run(program: &str, arguments: &[&str]) -> String {
    let said = Command::new(program).args(arguments).output();
    let said = said.unwrap_or_else(|error| panic!("{program}: {error}; run `scripts/setup.sh test`"));
    assert!(said.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8(said.stdout).unwrap()
}

async fn preview(admin: &Caller<'_>, code: &str, sample: Option<Value>) -> Vec<u8> {
    let mut body = json!({ "code": code });
    if let Some(sample) = sample {
        body["sample"] = sample;
    }
    let answer = admin.post("/api/v1/templates/preview", &body).await;
    assert_eq!(answer.status, 200, "{code}: {}", answer.body);
    answer.bytes
}

/// Every text of a body.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(members) => members.values().for_each(|item| texts(item, found)),
        _ => {}
    }
}

/// Letters and digits only, as lines are broken anywhere.
fn plain(text: &str) -> String {
    text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

/// The sample with names that are as long as names are, and many rows.
fn long(code: &str) -> Value {
    let described = read(data(&format!("templates/{code}.json")));
    let mut sample = described["sample"].clone();
    stretch(&mut sample, &described["fields"]);
    sample
}

fn stretch(value: &mut Value, schema: &Value) {
    match value {
        Value::Array(items) if !items.is_empty() => {
            let most = schema["maxItems"].as_u64().unwrap_or(1).min(60);
            for n in 0..usize::try_from(most).unwrap() {
                items.push(items[n % items.len()].clone());
            }
            items.truncate(usize::try_from(most).unwrap());
        }
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                if name.ends_with("name") || name == "address" {
                    *member =
                        json!("Nguyễn Phước Công Tằng Tôn Nữ Hoàng Thị Phương Thảo Nguyên Ngọc Quỳnh Anh");
                } else {
                    stretch(member, &schema["properties"][name]);
                }
            }
        }
        _ => {}
    }
}

/// Files of every template: as the sample is, and stretched.
async fn printed(folder: &Path) -> Vec<(String, Value, PathBuf)> {
    let portal = Portal::new().await;
    let admin = portal.official(Role::SystemAdmin, "H49");
    let mut files = Vec::new();
    for code in CODES {
        let sample = read(data(&format!("templates/{code}.json")))["sample"].clone();
        for (kind, body) in [("sample", sample), ("long", long(code))] {
            let bytes = preview(&admin, code, Some(body.clone())).await;
            let file = folder.join(format!("{code}-{kind}.pdf"));
            std::fs::write(&file, &bytes).unwrap();
            if let Ok(keep) = std::env::var("MOTCUA_KEEP_PDF") {
                std::fs::write(format!("{keep}/{code}-{kind}.pdf"), &bytes).unwrap();
            }
            files.push((code.to_owned(), body, file));
        }
    }
    files
}

#[actix_web::test]
async fn every_template_is_sound_pdf_a_and_its_text_and_codes_are_read_by_others() {
    let folder = DataDir::new();
    let files = printed(folder.path()).await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let paths: Vec<&str> = files.iter().map(|(.., file)| file.to_str().unwrap()).collect();
    // The text, as poppler gives it back.
    for (code, body, file) in &files {
        let text = plain(&run("pdftotext", &["-raw", file.to_str().unwrap(), "-"]));
        let mut wanted = Vec::new();
        texts(body, &mut wanted);
        for word in wanted {
            let missing = !text.contains(&plain(&word));
            assert!(!missing, "{code}: `{word}` is not in the text of {}", file.display());
        }
        assert!(text.contains("cộnghòaxãhộichủnghĩaviệtnam"), "{code}");
        let fonts = run("pdffonts", &[file.to_str().unwrap()]);
        assert!(fonts.lines().skip(2).all(|line| line.contains("yes yes yes")), "{code}: {fonts}");
    }
    // PDF/A, and the codes as a camera would read them.
    let python = root.join("target/venv/bin/python");
    let judge = root.join("tests/judges/forms.py");
    let mut arguments = vec![judge.to_str().unwrap()];
    arguments.extend(&paths);
    let said: Value = serde_json::from_str(&run(python.to_str().unwrap(), &arguments)).unwrap();
    for (code, _, file) in &files {
        let found = &said[file.to_str().unwrap()];
        assert_eq!(found["flaws"], json!([]), "{code}: {found}");
        let verify = "https://motcua.example.vn/verify/MAU0000000000000000000000";
        let has = |format: &str, text: &str| {
            let all = found["codes"].as_array().unwrap();
            all.iter().any(|one| one[0] == format && one[1] == text)
        };
        if code != "07" {
            assert!(has("QRCode", verify), "{code}: {found}");
        }
        if ["01", "02", "03", "06"].contains(&code.as_str()) {
            assert!(has("Code128", "H49.45.01-260914-0001"), "{code}: {found}");
        }
    }
}

/// The judge must be able to say no.
#[test]
fn the_judge_of_pdf_a_finds_flaws() {
    let folder = DataDir::new();
    let file = folder.path().join("flawed.pdf");
    std::fs::write(&file, crate::support::PDF).unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("target/venv/bin/python");
    let judge = root.join("tests/judges/forms.py");
    let said = run(python.to_str().unwrap(), &[judge.to_str().unwrap(), file.to_str().unwrap()]);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert!(!said[file.to_str().unwrap()]["flaws"].as_array().unwrap().is_empty(), "{said}");
}
