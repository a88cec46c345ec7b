//! What the clients were told, kept where no crash of the server reaches it.
use std::sync::Mutex;

/// A file as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sent {
    pub id: String,
    pub sha256: String,
}

/// An acknowledged submission.
#[derive(Debug, Clone)]
pub struct Acknowledged {
    pub code: String,
    pub draft: String,
    /// Number of the client.
    pub client: usize,
    pub files: Vec<Sent>,
}

#[derive(Debug, Default)]
struct Entries {
    submissions: Vec<Acknowledged>,
    /// Drafts whose submission was sent and given up without an answer.
    abandoned: Vec<String>,
    /// Code, action, version.
    actions: Vec<(String, String, i64)>,
    paid: Vec<String>,
    differences: Vec<String>,
}

#[derive(Debug, Default)]
pub struct Journal(Mutex<Entries>);

impl Journal {
    fn write(&self, entry: impl FnOnce(&mut Entries)) {
        entry(&mut self.0.lock().unwrap());
    }

    fn read<T>(&self, look: impl FnOnce(&Entries) -> T) -> T {
        look(&self.0.lock().unwrap())
    }

    pub fn submitted(&self, entry: Acknowledged) {
        self.write(|j| j.submissions.push(entry));
    }

    pub fn abandon(&self, draft: &str) {
        self.write(|j| j.abandoned.push(draft.to_owned()));
    }

    pub fn acted(&self, code: &str, action: &str, version: i64) {
        self.write(|j| j.actions.push((code.to_owned(), action.to_owned(), version)));
    }

    pub fn has_paid(&self, code: &str) {
        self.write(|j| j.paid.push(code.to_owned()));
    }

    pub fn difference(&self, what: String) {
        self.write(|j| j.differences.push(what));
    }

    pub fn acknowledged(&self) -> usize {
        self.read(|j| j.submissions.len())
    }

    pub fn paid(&self) -> usize {
        self.read(|j| j.paid.len())
    }

    /// Acknowledged submissions that a client missed while it worked.
    pub fn lost(&self) -> usize {
        self.read(|j| j.differences.iter().filter(|d| d.contains("lost")).count())
    }

    pub fn submissions(&self) -> Vec<Acknowledged> {
        self.read(|j| j.submissions.clone())
    }

    pub fn abandoned(&self) -> Vec<String> {
        self.read(|j| j.abandoned.clone())
    }

    pub fn actions(&self) -> Vec<(String, String, i64)> {
        self.read(|j| j.actions.clone())
    }

    pub fn payments(&self) -> Vec<String> {
        self.read(|j| j.paid.clone())
    }

    pub fn differences(&self) -> Vec<String> {
        self.read(|j| j.differences.clone())
    }
}
