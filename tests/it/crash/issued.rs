//! What was issued, as its register, its file, its dossier, its holder's store and the public
//! check have it: once, and signed.
use jiff::Timestamp;
use motcua::signing::verdict::{Anchors, Certificate, Evidence, Outcome, examine};
use motcua::simulators::trust::authority::ROOT;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::documents::{Office, Ordered};
use super::portal::Portal;
use crate::signing::stage::judged;
use crate::support::lines;

/// Code of the result.
pub const BIRTH: &str = "KQ.G15.000031";
/// Documents that the judges of others look at too; ours looks at all.
const JUDGED: usize = 3;

/// Every difference, in words.
pub async fn differences(portal: &Portal, office: &Office) -> Vec<String> {
    let mut found = office.journal.differences();
    found.extend(issued_once(portal));
    found.extend(nothing_half_signed(portal));
    let (orders, mut documents) = (office.orders(), Vec::new());
    for order in &orders {
        match seen(office, order).await {
            Ok(document) => documents.push(document),
            Err(why) => found.push(format!("{}, result {}: {why}", order.code, order.result)),
        }
    }
    documents.truncate(JUDGED);
    for signature in judged(&documents).await {
        let sound = ["pyhanko", "stamp", "openssl", "pdfsig"].iter().all(|judge| signature[judge] == true);
        if !sound {
            found.push(format!("a signature is not intact: {signature}"));
        }
    }
    found
}

/// What holds has both signatures in its file, one line in the register, in the dossier and in
/// the store, and its dossier has no other.
fn issued_once(portal: &Portal) -> Vec<String> {
    let sql = "SELECT format('%s is %s: request %s, %s official, %s seal, signed file %s, issued %s, in the dossier %s,
                              in the store %s, results of the dossier %s', number_text, state, request, officials,
                              seals, signed, issues, attached, held, siblings) AS line
                 FROM (SELECT r.number_text, r.state, coalesce(q.state, 'none') AS request,
          (SELECT count(*) FROM signature s WHERE s.request_id = q.id AND s.state = 'put'
                                              AND s.part = 'official') AS officials,
          (SELECT count(*) FROM signature s WHERE s.request_id = q.id AND s.state = 'put'
                                              AND s.part = 'seal') AS seals,
          coalesce(r.file_id = q.signed_file_id AND r.file_id <> r.draft_file_id, false) AS signed,
          (SELECT count(*) FROM result_event e WHERE e.result_id = r.id AND e.state = 'valid') AS issues,
          (SELECT count(*) FROM dossier_event e WHERE e.dossier_id = r.dossier_id
                                                  AND e.detail->>'result' = r.id::text) AS attached,
          (SELECT count(*) FROM record_document d WHERE d.source = 'result' AND d.source_id = r.id
                                AND d.standing = 'valid' AND d.file_id = r.file_id) AS held,
          (SELECT count(*) FROM result o WHERE o.dossier_id = r.dossier_id) AS siblings
                         FROM result r LEFT JOIN signing_request q ON q.id = r.signing_request_id) AS parts
                WHERE (state, request, officials, seals, signed, issues, attached, held, siblings)
                      <> ('valid', 'signed', 1, 1, true, 1, 1, 1, 1)";
    lines(&mut portal.database(), sql)
}

/// No signature is on its way, none counts that its document does not have, and no job of the
/// chain was given up.
fn nothing_half_signed(portal: &Portal) -> Vec<String> {
    let sql = "SELECT format('a signature (%s) is %s, its document %s', s.part, s.state, q.state) AS line
                 FROM signature s JOIN signing_request q ON q.id = s.request_id
                WHERE s.state IN ('authorised', 'made') OR (s.state = 'put' AND q.state <> 'signed')
               UNION ALL
               SELECT format('job %s is dead: %s', kind, last_error) FROM job WHERE state = 'dead'
               UNION ALL
               SELECT format('an order of %s stands twice', purpose) FROM signing_request
                GROUP BY purpose, subject_id HAVING count(*) > 1";
    lines(&mut portal.database(), sql)
}

/// The document of an order as people see it; the error says what they miss.
async fn seen(office: &Office, Ordered { desk, code, result }: &Ordered) -> Result<Vec<u8>, String> {
    let shown = desk.see_as(&office.specialist, &format!("/api/v1/results/{result}")).await;
    let verify = shown["verify"].as_str().filter(|_| shown["state"] == "valid");
    let verify = verify.ok_or_else(|| format!("the order did not end: {shown}"))?;
    let path = format!("/api/v1/dossiers/{code}/results/{result}/file");
    let document = desk.bytes_as(&office.specialist, &path).await.ok_or("its file was lost")?;
    let sha256 = hex::encode(Sha256::digest(&document));
    intact(&document)?;
    let told = desk.see_as("", &format!("{verify}?sha256={sha256}")).await;
    let parts: Vec<&Value> =
        told["signatures"].as_array().into_iter().flatten().map(|signature| &signature["part"]).collect();
    if told["standing"] != "valid" || told["same_file"] != true || parts != ["official", "seal"] {
        return Err(format!("{verify} tells {told}"));
    }
    let dossier = desk.see_as(&desk.clerk, &format!("/api/v1/dossiers/{code}")).await;
    if dossier["result"]["number"] != shown["number"] {
        return Err(format!("the dossier has {} and not {}", dossier["result"], shown["number"]));
    }
    let store = desk.see(&format!("/api/v1/records?kind={BIRTH}&limit=200")).await;
    let held = store["items"].as_array().into_iter().flatten().filter(|one| one["number"] == shown["number"]);
    // It lies there, and is not shown before the dossier can be handed out.
    match held.count() {
        0 => Ok(document),
        times => Err(format!("the holder's store shows it {times} times")),
    }
}

/// One signature of the official and one seal, both by whom we believe, over all of the file.
fn intact(document: &[u8]) -> Result<(), String> {
    let anchors = Anchors(Certificate::of_pem(ROOT).unwrap());
    let verdict = examine(document, &anchors, &Evidence::default(), Timestamp::now());
    let fields: Vec<&str> = verdict.signatures.iter().map(|signature| signature.field.as_str()).collect();
    if verdict.outcome != Some(Outcome::Trusted) || fields != ["Signature", "Seal"] {
        return Err(format!("its signatures are not intact: {}", json!(verdict)));
    }
    Ok(())
}
