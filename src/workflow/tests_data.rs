//! The shared workflows of `data/workflows` compile and can be walked to the end.
use super::{Workflow, WorkflowDef, read_json};

/// Every shared workflow, by name.
pub(crate) const SHARED: [(&str, &str); 6] = [
    ("same_day", include_str!("../../data/workflows/same_day.json")),
    ("with_payment", include_str!("../../data/workflows/with_payment.json")),
    ("with_presence", include_str!("../../data/workflows/with_presence.json")),
    ("with_opinion", include_str!("../../data/workflows/with_opinion.json")),
    ("land_to_tax", include_str!("../../data/workflows/land_to_tax.json")),
    ("counter_same_day", include_str!("../../data/workflows/counter_same_day.json")),
];

/// The definition of a shared workflow.
pub(crate) fn shared_def(name: &str) -> WorkflowDef {
    let (_, text) = SHARED
        .iter()
        .find(|(known, _)| *known == name)
        .unwrap_or_else(|| panic!("no shared workflow {name}"));
    read_json(text).unwrap_or_else(|defect| panic!("{name}: {defect:?}"))
}

/// A shared workflow.
pub(crate) fn shared(name: &str) -> Workflow {
    Workflow::compile(shared_def(name)).unwrap_or_else(|found| panic!("{name}: {found:#?}"))
}

#[test]
fn shared_workflows_compile_under_their_own_names() {
    for (name, _) in SHARED {
        assert_eq!(shared(name).definition().id, name);
    }
}

#[test]
fn a_definition_survives_writing_and_reading() {
    for (name, _) in SHARED {
        let def = shared_def(name);
        let text = serde_json::to_string(&def).expect("a definition is JSON");
        assert_eq!(read_json::<WorkflowDef>(&text).expect("it reads back"), def);
    }
}
