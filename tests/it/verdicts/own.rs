//! What this portal signs: its own verdict must be the one that it promises to others.
use jiff::Timestamp;
use motcua::signing::pades::{
    self, Field, Question, document_attributes, document_container, keep_evidence, prepare, sha256,
};
use motcua::signing::verdict::{Anchors, Certificate, Evidence, Outcome, examine};
use motcua::simulators::trust::Key;
use motcua::simulators::trust::authority::{Authority, Holder, ROOT, YEARS};

use super::CORPUS;

/// Signs as this portal does, with a time-stamp: the file, and the signer's certificate with
/// that of its issuer.
pub fn sign(authority: &Authority, pdf: &[u8], serial: u64, name: &str) -> (Vec<u8>, Vec<Vec<u8>>) {
    let holder =
        Holder { name: "Đỗ Trưởng Sơn", agency: "UBND phường Hồng Gai", years: YEARS, serial };
    let signer = authority.enrol(Key::rsa().unwrap(), &holder).unwrap();
    let chain = authority.chain(&signer).unwrap();
    let field = Field { name, signer: holder.name, reason: "", at: Timestamp::now(), block: None };
    let prepared = prepare(pdf, &field).unwrap();
    let attributes = document_attributes(&prepared.digest(), &chain[0]).unwrap();
    let signature = signer.key.sign_hash(&sha256(&attributes)).unwrap();
    let question = Question::about(&signature, serial).unwrap();
    let stamp = question.answer(&authority.stamp(&question.request).unwrap()).unwrap();
    let message = document_container(&attributes, &signature, &chain, Some(&stamp.token)).unwrap();
    (prepared.embed(&message).unwrap(), chain)
}

/// Mutant: the verdict wants what the signer does not write.
#[test]
fn what_this_portal_signs_is_trusted_by_itself_too() {
    let authority = Authority::new("http://127.0.0.1:1").unwrap();
    let anchors = Anchors(Certificate::of_pem(ROOT).unwrap());
    let crls = vec![authority.crl(true).unwrap(), authority.crl(false).unwrap()];
    let mut pdf = CORPUS.bytes(CORPUS.case("not-signed"));
    for (serial, name) in [(901, "Chu ky"), (902, "Con dau")] {
        let (signed, chain) = sign(&authority, &pdf, serial, name);
        pdf = signed;
        let bare = examine(&pdf, &anchors, &Evidence::default(), Timestamp::now());
        assert_eq!(
            bare.signatures.last().unwrap().outcome,
            if serial == 901 { Outcome::Undecided } else { Outcome::Trusted },
            "{bare:?}"
        );
        let known = Evidence { crls: crls.clone(), ..Evidence::default() };
        assert_eq!(examine(&pdf, &anchors, &known, Timestamp::now()).outcome, Some(Outcome::Trusted));
        let evidence = pades::Evidence { certificates: chain, ocsp: Vec::new(), crls: crls.clone() };
        pdf = keep_evidence(&pdf, &evidence).unwrap();
        let lasting = examine(&pdf, &anchors, &Evidence::default(), Timestamp::now());
        assert_eq!(lasting.outcome, Some(Outcome::Trusted), "{lasting:?}");
    }
}
