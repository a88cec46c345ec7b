//! Broken workflows, each found for its own reason.
use super::tests_data::{SHARED, shared_def};
use super::tests_decide::parallel;
use super::{
    Action, ClockState, DefectCode, DossierStatus, Effect, Guard, Role, StepDef, Target, TransitionDef, Unit,
    When, Workflow, WorkflowDef, read_json,
};

type Break = (DefectCode, fn() -> WorkflowDef);

/// The step of this name.
fn step<'a>(def: &'a mut WorkflowDef, id: &str) -> &'a mut StepDef {
    let found = def.steps.iter_mut().find(|step| step.id == *id);
    found.unwrap_or_else(|| panic!("no step {id}"))
}

/// The first transition of this action.
fn way(def: &mut WorkflowDef, action: Action) -> &mut TransitionDef {
    let found = def.transitions.iter_mut().find(|way| way.action == action);
    found.unwrap_or_else(|| panic!("no transition {action}"))
}

fn changed(name: &str, change: impl FnOnce(&mut WorkflowDef)) -> WorkflowDef {
    let mut def = shared_def(name);
    change(&mut def);
    def
}

fn without(name: &str, action: Action) -> WorkflowDef {
    changed(name, |def| def.transitions.retain(|way| way.action != action))
}

fn forked(change: impl FnOnce(&mut WorkflowDef)) -> WorkflowDef {
    let mut def = parallel();
    change(&mut def);
    def
}

/// One break of a good workflow for each code.
const BREAKS: &[Break] = &[
    (DefectCode::BadName, || changed("same_day", |d| d.id = "Same Day".to_owned())),
    (DefectCode::DuplicateStep, || changed("same_day", |d| d.steps.push(d.steps[1].clone()))),
    (DefectCode::UnknownStep, || changed("same_day", |d| d.start = "begin".into())),
    (DefectCode::UnknownStep, || {
        changed("same_day", |d| way(d, Action::Approve).to = vec![Target::Step("heaven".into())])
    }),
    (DefectCode::StepWithoutHolder, || changed("same_day", |d| step(d, "signing").holder = None)),
    (DefectCode::BadPost, || changed("same_day", |d| way(d, Action::Approve).by[0].unit = None)),
    (DefectCode::BadPost, || {
        changed("same_day", |d| way(d, Action::Withdraw).by[0].unit = Some(Unit::Handling))
    }),
    (DefectCode::TerminalWithExit, || {
        changed("same_day", |d| way(d, Action::Comment).from.push("returned".into()))
    }),
    (DefectCode::TerminalHeld, || changed("same_day", |d| step(d, "refused").holder = d.steps[0].holder)),
    (DefectCode::NoFrom, || changed("same_day", |d| way(d, Action::Comment).from.clear())),
    (DefectCode::NobodyMay, || changed("same_day", |d| way(d, Action::Approve).by.clear())),
    (DefectCode::BackToNowhere, || changed("same_day", |d| way(d, Action::Receive).to = vec![Target::Back])),
    (DefectCode::BackToNowhere, || {
        changed("same_day", |d| way(d, Action::Supplement).to.push(Target::Step("received".into())))
    }),
    (DefectCode::UnreachableStep, || without("same_day", Action::RequestSupplement)),
    (DefectCode::DeadEnd, || {
        changed("same_day", |d| {
            d.transitions.retain(|w| w.action != Action::ReturnResult && w.from[0] != "done")
        })
    }),
    (DefectCode::NeverReturns, || without("same_day", Action::ReturnResult)),
    (DefectCode::AmbiguousTransition, || {
        changed("same_day", |d| {
            let mut twin = way(d, Action::Approve).clone();
            twin.to = vec![Target::Step("processing".into())];
            d.transitions.push(twin);
        })
    }),
    (DefectCode::ContradictoryGuards, || {
        changed("same_day", |d| {
            way(d, Action::Approve).when = vec![When::Is(Guard::DueSet), When::Not(Guard::DueSet)];
        })
    }),
    (DefectCode::ContradictoryGuards, || {
        changed("same_day", |d| {
            way(d, Action::Approve).when = vec![When::Is(Guard::ChannelPost), When::Is(Guard::ChannelOnline)];
        })
    }),
    (DefectCode::ForkWithoutJoin, || forked(|d| step(d, "collect").join = false)),
    (DefectCode::BranchEscapes, || forked(|d| way(d, Action::Stop).from.push("survey".into()))),
    (DefectCode::NestedFork, || {
        forked(|d| {
            let mut inner = way(d, Action::CompleteBranch).clone();
            inner.action = Action::HandOver;
            inner.from = vec!["survey".into()];
            inner.to = vec![Target::Step("legal".into()), Target::Step("collect".into())];
            d.transitions.push(inner);
        })
    }),
    (DefectCode::JoinNotReached, || changed("same_day", |d| step(d, "signing").join = true)),
    (DefectCode::BranchDiffers, || forked(|d| step(d, "survey").clock = ClockState::Paused)),
    (DefectCode::StatusJump, || {
        changed("same_day", |d| step(d, "received").status = DossierStatus::Processing)
    }),
    (DefectCode::PresencePassed, || {
        changed("with_presence", |d| {
            d.transitions
                .iter_mut()
                .filter(|w| w.action == Action::Finish)
                .for_each(|w| w.when = vec![When::Is(Guard::ResultAttached)]);
        })
    }),
    (DefectCode::PresenceUnrecordable, || without("with_presence", Action::RecordPresence)),
    (DefectCode::PaymentNeverAsked, || changed("with_payment", |d| way(d, Action::Receive).effects.clear())),
    (DefectCode::ClockNeverStarted, || {
        changed("same_day", |d| {
            for step in d.steps.iter_mut().filter(|s| s.clock == ClockState::Running) {
                step.clock = ClockState::NotStarted;
            }
            way(d, Action::Receive).effects.clear();
        })
    }),
    (DefectCode::ClockNeverResumed, || {
        changed("land_to_tax", |d| {
            for id in ["certifying", "original_papers", "signing", "issuing"] {
                step(d, id).clock = ClockState::Paused;
            }
            d.transitions.retain(|w| w.from[0] != "done" || w.action == Action::ReturnResult);
        })
    }),
    (DefectCode::ClockMismatch, || {
        changed("same_day", |d| way(d, Action::Approve).effects.push(Effect::PauseClock))
    }),
    (DefectCode::FinishWithoutResult, || changed("same_day", |d| way(d, Action::Finish).when.clear())),
    (DefectCode::ReasonsNotDemanded, || changed("same_day", |d| way(d, Action::Refuse).when.clear())),
    (DefectCode::ReasonsNotDemanded, || changed("same_day", |d| way(d, Action::Stop).effects.clear())),
    (DefectCode::SupplementNotCounted, || {
        changed("same_day", |d| way(d, Action::RequestSupplement).effects = vec![Effect::RecordReasons])
    }),
    (DefectCode::SecondSupplementWithoutLeader, || {
        changed("same_day", |d| way(d, Action::RequestSupplement).when = vec![When::Is(Guard::ReasonsGiven)])
    }),
    (DefectCode::NoWithdraw, || {
        changed("same_day", |d| way(d, Action::Withdraw).from.retain(|from| *from != "submitted"))
    }),
    (DefectCode::RecallUnguarded, || changed("same_day", |d| way(d, Action::Recall).when.clear())),
    (DefectCode::ExtendUnguarded, || changed("same_day", |d| way(d, Action::Extend).when.clear())),
    (DefectCode::OpinionUnanswerable, || {
        changed("with_opinion", |d| way(d, Action::GiveOpinion).effects.clear())
    }),
];

#[test]
fn each_break_is_found_for_its_own_reason() {
    for (number, (code, broken)) in BREAKS.iter().enumerate() {
        let found = Workflow::compile(broken()).expect_err("a broken workflow does not compile");
        let codes: Vec<_> = found.iter().map(|defect| defect.code).collect();
        assert!(codes.contains(code), "break {number}: {code} not in {codes:?}");
    }
}

#[test]
fn the_unbroken_ones_pass() {
    for (name, _) in SHARED {
        assert_eq!(Workflow::compile(shared_def(name)).err(), None, "{name}");
    }
    assert_eq!(Workflow::compile(parallel()).err(), None);
}

#[test]
fn a_dead_end_is_shown_by_the_way_into_it() {
    let broken = changed("same_day", |d| d.transitions.retain(|w| w.from[0] != "done"));
    let found = Workflow::compile(broken).expect_err("done is a dead end");
    let dead = found.iter().find(|defect| defect.code == DefectCode::DeadEnd).expect("it is told");
    let route: Vec<_> = dead.route.iter().map(|step| step.as_str()).collect();
    let way = ["submitted", "received", "processing", "signing", "issuing", "done"];
    assert_eq!(route, way);
    assert!(dead.path.starts_with("/steps/"));
}

#[test]
fn unknown_words_are_named_with_their_place() {
    let good = SHARED[0].1;
    let table = [
        ("\"approve\"", "\"aprove\"", "/transitions/", "aprove"),
        ("\"reasons_given\"", "\"reasons_givn\"", "/when/0", "reasons_givn"),
        ("\"refund_if_due\"", "\"refund_all\"", "/do/", "refund_all"),
        ("\"clock\"", "\"klock\"", "/steps/0", "klock"),
        ("\"leader\"", "\"chief\"", "/holder/role", "chief"),
    ];
    for (word, wrong, place, named) in table {
        let text = good.replacen(word, wrong, 1);
        let defect = read_json::<WorkflowDef>(&text).expect_err("an unknown word is refused");
        assert_eq!(defect.code, DefectCode::UnknownWord, "{wrong}: {defect:?}");
        assert!(defect.path.contains(place), "{wrong}: {}", defect.path);
        assert!(defect.en.contains(named), "{wrong}: {}", defect.en);
    }
}

#[test]
fn a_missing_key_and_broken_json_have_codes_of_their_own() {
    let missing = read_json::<WorkflowDef>("{}").expect_err("keys are missing");
    assert_eq!(missing.code, DefectCode::MissingField);
    let broken = read_json::<WorkflowDef>("{\"id\": 7}").expect_err("a number is no name");
    assert_eq!((broken.code, broken.path.as_str()), (DefectCode::Malformed, "/id"));
    let trailing = read_json::<u8>("1 2").expect_err("one document only");
    assert_eq!(trailing.code, DefectCode::Malformed);
}

#[test]
fn roles_are_closed() {
    assert!("leader".parse::<Role>().is_ok());
    assert!("Leader".parse::<Role>().is_err());
}
