//! The form of a procedure: a JSON Schema 2020-12 over the answers.
use crate::workflow::{Defect, DefectCode};
use serde_json::Value;

/// A form that has been checked and is ready to judge answers.
pub struct Form {
    schema: Value,
    validator: jsonschema::Validator,
}

/// One answer that the form does not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// JSON Pointer into the answers.
    pub path: String,
    /// The keyword that was broken (`required`, `pattern`, …).
    pub keyword: String,
    /// What is wrong, in English.
    pub text: String,
}

impl Form {
    /// Compiles the schema; paths of defects are relative to it.
    pub fn compile(schema: &Value) -> Result<Self, Vec<Defect>> {
        let mut found = Vec::new();
        if let Err(error) = jsonschema::draft202012::meta::validate(schema) {
            let path = error.instance_path().to_string();
            return Err(vec![Defect::new(DefectCode::BadForm, path, error)]);
        }
        shape(schema, "", &mut found);
        if !found.is_empty() {
            return Err(found);
        }
        let validator = jsonschema::draft202012::options()
            .should_validate_formats(true)
            .build(schema)
            .map_err(|error| vec![Defect::new(DefectCode::BadForm, "", error)])?;
        Ok(Self { schema: schema.clone(), validator })
    }

    /// What judges the answers, for those who tell mistakes to people.
    pub fn validator(&self) -> &jsonschema::Validator {
        &self.validator
    }

    /// Every mistake in the answers.
    pub fn mistakes(&self, answers: &Value) -> Vec<Mistake> {
        self.validator
            .iter_errors(answers)
            .map(|error| Mistake {
                path: error.instance_path().to_string(),
                keyword: error.kind().keyword().to_owned(),
                text: error.to_string(),
            })
            .collect()
    }

    /// The schema of the field that a pointer names.
    pub fn field(&self, pointer: &str) -> Option<&Value> {
        let mut at = self.resolve(&self.schema);
        for key in pointer.strip_prefix('/')?.split('/') {
            let properties = at.get("properties").and_then(|all| all.get(key));
            let items = key.parse::<usize>().ok().and(at.get("items"));
            at = self.resolve(properties.or(items)?);
        }
        Some(at)
    }

    /// Every valid form has this field: each object on the way requires the next key.
    pub fn demands(&self, pointer: &str) -> bool {
        let Some((parent, key)) = pointer.rsplit_once('/') else {
            return true;
        };
        let holder = if parent.is_empty() { Some(&self.schema) } else { self.field(parent) };
        let required = holder.and_then(|schema| schema.get("required")?.as_array());
        let named = required.is_some_and(|keys| keys.iter().any(|known| known == key));
        named && self.demands(parent)
    }

    /// Follows a `$ref` within the schema.
    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|reference| reference.strip_prefix('#'))
            .and_then(|pointer| self.schema.pointer(pointer))
            .unwrap_or(schema)
    }

    /// A field may hold this value, as far as its own schema says.
    pub fn allows(&self, field: &Value, value: &Value) -> bool {
        let mut own = field.clone();
        if let (Some(own), Some(defs)) = (own.as_object_mut(), self.schema.get("$defs")) {
            own.insert("$defs".to_owned(), defs.clone());
        }
        jsonschema::draft202012::new(&own).is_ok_and(|validator| validator.is_valid(value))
    }
}

/// Every object is closed, and every field has a title for people.
fn shape(schema: &Value, path: &str, found: &mut Vec<Defect>) {
    let is_object = schema.get("type").and_then(Value::as_str) == Some("object");
    if path.is_empty() && !is_object {
        found.push(Defect::new(DefectCode::BadForm, "/type", "object"));
    }
    let closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
    if is_object && !closed {
        let place = format!("{path}/additionalProperties");
        found.push(Defect::new(DefectCode::OpenForm, place, "false"));
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    for (key, field) in properties.into_iter().flatten() {
        let place = format!("{path}/properties/{key}");
        let title = field.get("title").and_then(Value::as_str).unwrap_or("");
        if title.trim().is_empty() {
            found.push(Defect::new(DefectCode::UntitledField, place.clone(), key));
        }
        shape(field, &place, found);
    }
    if let Some(items) = schema.get("items") {
        shape(items, &format!("{path}/items"), found);
    }
    let definitions = schema.get("$defs").and_then(Value::as_object);
    for (key, definition) in definitions.into_iter().flatten() {
        shape(definition, &format!("{path}/$defs/{key}"), found);
    }
}
