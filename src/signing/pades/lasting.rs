//! What makes a signature last (PAdES B-LT, ETSI EN 319 142-1 §5.4): the certificates and the
//! answers about their revocation go into the document, in a revision of their own.

use anyhow::Result;
use lopdf::{Dictionary, Object, Stream, dictionary};

use super::revision::Revision;

/// What a validator needs later, each in DER.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    pub certificates: Vec<Vec<u8>>,
    /// Whole OCSP answers.
    pub ocsp: Vec<Vec<u8>>,
    pub crls: Vec<Vec<u8>>,
}

/// Appends the document security store; one that is there already is added to.
pub fn keep_evidence(pdf: &[u8], evidence: &Evidence) -> Result<Vec<u8>> {
    let mut revision = Revision::of(pdf)?;
    let root = revision.root()?;
    let mut catalog = revision.dictionary(root)?;
    let before = match catalog.get(b"DSS").ok() {
        Some(there) => revision.doc.dereference(there)?.1.as_dict()?.clone(),
        None => Dictionary::new(),
    };
    let mut store = before.clone();
    store.set("Type", Object::from("DSS"));
    let lists = [("Certs", &evidence.certificates), ("OCSPs", &evidence.ocsp), ("CRLs", &evidence.crls)];
    for (key, items) in lists {
        let mut list = match before.get(key.as_bytes()).ok() {
            Some(there) => revision.doc.dereference(there)?.1.as_array()?.clone(),
            None => Vec::new(),
        };
        for item in items {
            let id = revision.number();
            revision.put(id, &Object::Stream(Stream::new(dictionary! {}, item.clone())));
            list.push(id.into());
        }
        if !list.is_empty() {
            store.set(key, list);
        }
    }
    let id = revision.number();
    revision.put(id, &Object::Dictionary(store));
    catalog.set("DSS", id);
    revision.put(root, &Object::Dictionary(catalog));
    Ok(revision.finish())
}
