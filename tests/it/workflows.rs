//! The shared workflows of the data folder pass every check of the compiler.
use crate::data::data;
use motcua::workflow::{Workflow, WorkflowDef, read_json};

#[test]
fn every_shared_workflow_compiles_under_its_own_name() {
    let mut count = 0;
    for entry in std::fs::read_dir(data("workflows")).expect("the folder of workflows") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a readable workflow");
        let def: WorkflowDef = read_json(&text).unwrap_or_else(|d| panic!("{}: {d:#?}", path.display()));
        assert_eq!(Some(def.id.as_str()), path.file_stem().and_then(|name| name.to_str()));
        if let Err(defects) = Workflow::compile(def) {
            panic!("{}: {defects:#?}", path.display());
        }
        count += 1;
    }
    assert!(count >= 10, "only {count} workflows");
}
