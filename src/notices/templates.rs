//! The texts of messages: data with a closed set of placeholders. PURE.
//!
//! A template is for an action or for a status; the one for the action goes first. An unknown
//! placeholder, or a status that nobody is told of, is refused when the texts are read.

use std::borrow::Cow;

use include_dir::{Dir, include_dir};
use serde::Deserialize;

use crate::workflow::{Action, DossierStatus};

static EMBEDDED: Dir = include_dir!("$CARGO_MANIFEST_DIR/data/messages");

/// Who reads a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Whoever filed the dossier, and the applicant.
    Applicant,
    /// The leaders of the handling unit.
    Leader,
    /// Whom a tax notice is about, and nobody else.
    Taxpayer,
}

/// What a message tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Occasion {
    /// Something was done.
    Action(Action),
    /// The dossier came to a status.
    Status(DossierStatus),
    /// A notice of the tax office came.
    TaxNotice(TaxNotice),
}

/// What a notice of the tax office asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxNotice {
    /// Something is to be paid.
    Due,
    /// Nothing is: exempt, or nought, or recorded as debt.
    Nothing,
}

/// A template as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    to: Audience,
    on: Occasion,
    title: String,
    body: String,
}

/// What a placeholder can be; the names in the texts.
const PLACEHOLDERS: [(&str, Placeholder); 10] = [
    ("code", Placeholder::Code),
    ("procedure", Placeholder::Procedure),
    ("applicant", Placeholder::Applicant),
    ("unit", Placeholder::Unit),
    ("counter", Placeholder::Counter),
    ("due", Placeholder::Due),
    ("reasons", Placeholder::Reasons),
    ("note", Placeholder::Note),
    ("amount", Placeholder::Amount),
    ("pay_url", Placeholder::PayUrl),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Placeholder {
    Code,
    Procedure,
    Applicant,
    Unit,
    Counter,
    Due,
    Reasons,
    Note,
    Amount,
    PayUrl,
}

/// The values of the placeholders, ready to be read.
#[derive(Debug, Clone, Default)]
pub struct Values {
    /// Dossier code.
    pub code: String,
    /// Name of the procedure.
    pub procedure: String,
    /// Name of the applicant.
    pub applicant: String,
    /// Name of the unit that decides.
    pub unit: String,
    /// Name of the one-stop unit.
    pub counter: String,
    /// When it is due.
    pub due: String,
    /// The reasons, a line each.
    pub reasons: String,
    /// What the official wrote.
    pub note: String,
    /// What is to be paid.
    pub amount: String,
    /// Where it can be paid.
    pub pay_url: String,
}

impl Values {
    fn of(&self, placeholder: Placeholder) -> &str {
        match placeholder {
            Placeholder::Code => &self.code,
            Placeholder::Procedure => &self.procedure,
            Placeholder::Applicant => &self.applicant,
            Placeholder::Unit => &self.unit,
            Placeholder::Counter => &self.counter,
            Placeholder::Due => &self.due,
            Placeholder::Reasons => &self.reasons,
            Placeholder::Note => &self.note,
            Placeholder::Amount => &self.amount,
            Placeholder::PayUrl => &self.pay_url,
        }
    }
}

/// A text in pieces.
#[derive(Debug, PartialEq, Eq)]
struct Text(Vec<Piece>);

#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Said(String),
    Open(Placeholder),
}

impl Text {
    fn read(written: &str) -> Result<Self, String> {
        let (mut pieces, mut rest) = (Vec::new(), written);
        while let Some((said, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or("a brace is not closed")?;
            let known = PLACEHOLDERS.iter().find(|(known, _)| *known == name);
            let (_, placeholder) = known.ok_or_else(|| format!("unknown placeholder {{{name}}}"))?;
            pieces.extend([Piece::Said(said.to_owned()), Piece::Open(*placeholder)]);
            rest = after;
        }
        pieces.push(Piece::Said(rest.to_owned()));
        Ok(Self(pieces))
    }

    /// Values are put in as they are: a brace in one of them stays a brace.
    fn fill(&self, values: &Values) -> String {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Said(text) => Cow::Borrowed(text.as_str()),
            Piece::Open(placeholder) => Cow::Borrowed(values.of(*placeholder)),
        });
        pieces.collect()
    }

    fn asks_for(&self, placeholder: Placeholder) -> bool {
        self.0.contains(&Piece::Open(placeholder))
    }
}

/// One text that can be sent.
#[derive(Debug)]
pub struct Template {
    pub id: String,
    to: Audience,
    on: Occasion,
    title: Text,
    body: Text,
}

impl Template {
    fn read(json: &str) -> Result<Self, String> {
        let written: Written = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let Written { id, to, on, title, body } = written;
        let within = |error| format!("{id}: {error}");
        let (title, body) = (Text::read(&title).map_err(within)?, Text::read(&body).map_err(within)?);
        Ok(Self { id, to, on, title, body })
    }

    /// Title and body.
    pub fn fill(&self, values: &Values) -> (String, String) {
        (self.title.fill(values), self.body.fill(values))
    }

    /// Whether it names the page where one pays.
    pub fn asks_for_payment(&self) -> bool {
        self.body.asks_for(Placeholder::PayUrl)
    }
}

/// All texts.
#[derive(Debug)]
pub struct Templates(Vec<Template>);

impl Templates {
    /// Those in the binary.
    pub fn embedded() -> Result<Self, String> {
        let mut texts = Vec::new();
        for file in EMBEDDED.files() {
            texts.push(file.contents_utf8().ok_or("a message is not UTF-8")?);
        }
        Self::read(&texts)
    }

    /// Reads texts; the applicant must be told of every status, the leader when it is late.
    pub fn read(texts: &[&str]) -> Result<Self, String> {
        let templates = Self(texts.iter().map(|json| Template::read(json)).collect::<Result<_, _>>()?);
        for (n, template) in templates.0.iter().enumerate() {
            let same = |other: &&Template| (other.to, other.on) == (template.to, template.on);
            if templates.0[..n].iter().any(|other| same(&other) || other.id == template.id) {
                return Err(format!("{}: there is another one for the same", template.id));
            }
        }
        for status in DossierStatus::ALL {
            if templates.find(Audience::Applicant, None, status).is_none() {
                return Err(format!("nothing tells the applicant of status {status}"));
            }
        }
        let late = templates.find(Audience::Leader, Some(Action::MarkLate), DossierStatus::Processing);
        late.ok_or("nothing tells the leader that a dossier is late")?;
        for asks in [TaxNotice::Due, TaxNotice::Nothing] {
            templates.of_notice(asks).ok_or("nothing tells a taxpayer of a notice")?;
        }
        Ok(templates)
    }

    /// The text for a notice of the tax office.
    pub fn of_notice(&self, asks: TaxNotice) -> Option<&Template> {
        self.0.iter().find(|known| known.to == Audience::Taxpayer && known.on == Occasion::TaxNotice(asks))
    }

    /// The text for what was done and came of it.
    pub fn find(&self, to: Audience, action: Option<Action>, status: DossierStatus) -> Option<&Template> {
        let on = |occasion| self.0.iter().find(|known| known.to == to && known.on == occasion);
        action.and_then(|action| on(Occasion::Action(action))).or_else(|| on(Occasion::Status(status)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn embedded() -> Vec<&'static str> {
        EMBEDDED.files().filter_map(|file| file.contents_utf8()).collect()
    }

    fn refusal(text: &str) -> String {
        let mut texts = embedded();
        texts.push(text);
        Templates::read(&texts).unwrap_err()
    }

    #[test]
    fn the_texts_in_the_binary_are_whole() {
        let templates = Templates::embedded().unwrap();
        let extended =
            templates.find(Audience::Applicant, Some(Action::Extend), DossierStatus::Processing).unwrap();
        let values = Values { code: "H49.61".into(), note: "{due} {x}".into(), ..Values::default() };
        let (title, body) = extended.fill(&values);
        assert_eq!(title, "Xin lỗi và hẹn lại ngày trả kết quả hồ sơ H49.61");
        assert!(body.contains("Lý do: {due} {x}\n"), "values are not read again: {body}");
    }

    /// Mutant: an unknown placeholder stays in the text as it is.
    #[test]
    fn unknown_words_are_refused() {
        let with = |body: &str| {
            format!(r#"{{"id":"x","to":"leader","on":{{"action":"recall"}},"title":"t","body":"{body}"}}"#)
        };
        assert_eq!(refusal(&with("Mã {cod}")), "x: unknown placeholder {cod}");
        assert_eq!(refusal(&with("Mã {code")), "x: a brace is not closed");
        assert!(refusal(&with("").replace("recall", "recal")).contains("recal"));
        assert!(refusal(&with("").replace("leader", "neighbour")).contains("neighbour"));
        assert!(refusal(&with("").replace("recall", "mark_late")).contains("another one"));
    }

    #[test]
    fn nobody_is_left_untold() {
        let without = |word: &str| {
            let texts: Vec<&str> = embedded().into_iter().filter(|text| !text.contains(word)).collect();
            Templates::read(&texts).unwrap_err()
        };
        assert_eq!(without("\"status\": 5"), "nothing tells the applicant of status 5");
        assert!(without("mark_late").contains("late"));
    }
}
