//! Random sound workflows and random walks: what compiles keeps to its graph.
use super::tests_data::{SHARED, shared, shared_def};
use super::{
    Action, Channel, DefectCode, Facts, Guard, LastEvent, Post, Request, Role, StepId, Target, Unit, When,
    Who, Workflow, WorkflowDef, available_actions, decide, read_json, status,
};
use proptest::prelude::*;
use serde_json::{Value, json};

/// How a random workflow differs from the plainest one.
#[derive(Clone, Debug)]
struct Plan {
    /// Specialist steps in a row.
    depth: usize,
    /// Parallel branches at the end of the row; below two there is no fork.
    branches: usize,
    /// Steps in each branch.
    length: usize,
    payment: bool,
    presence: bool,
    opinion: bool,
    rework: bool,
}

fn plans() -> impl Strategy<Value = Plan> {
    let shape = (1_usize..5, 0_usize..4, 1_usize..4);
    let parts = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (shape, parts).prop_map(|((depth, branches, length), (payment, presence, opinion, rework))| Plan {
        depth,
        branches,
        length,
        payment,
        presence,
        opinion,
        rework,
    })
}

/// A workflow that is sound by construction.
struct Builder {
    steps: Vec<Value>,
    ways: Vec<Value>,
}

impl Builder {
    fn step(&mut self, id: &str, status: u8, role: &str, unit: Option<&str>, more: Value) {
        let mut step = json!({"id": id, "name": id, "status": status,
            "holder": {"role": role, "unit": unit}});
        if let (Some(step), Value::Object(more)) = (step.as_object_mut(), more) {
            step.extend(more);
        }
        self.steps.push(step);
    }

    fn work(&mut self, id: &str) {
        self.step(id, 4, "specialist", Some("handling"), json!({}));
    }

    fn way(&mut self, from: &str, action: &str, to: &[&str], role: &str, more: Value) {
        let unit = match role {
            "applicant" | "system" => None,
            "one_stop_clerk" => Some("receiving"),
            _ => Some("handling"),
        };
        let mut way = json!({"from": [from], "action": action, "to": to,
            "by": [{"role": role, "unit": unit}]});
        if let (Some(way), Value::Object(more)) = (way.as_object_mut(), more) {
            way.extend(more);
        }
        self.ways.push(way);
    }

    fn end(&mut self, id: &str, status: u8) {
        self.steps.push(json!({"id": id, "name": id, "status": status, "clock": "stopped"}));
    }
}

fn build(plan: &Plan) -> WorkflowDef {
    let mut b = Builder { steps: Vec::new(), ways: Vec::new() };
    let reasons = json!({"when": ["reasons_given"], "do": ["record_reasons"]});
    b.step("submitted", 1, "one_stop_clerk", Some("receiving"), json!({"clock": "not_started"}));
    b.step("received", 2, "one_stop_clerk", Some("receiving"), json!({}));
    b.way("submitted", "receive", &["received"], "one_stop_clerk", json!({"do": ["compute_fees"]}));
    b.way("submitted", "withdraw", &["withdrawn"], "applicant", json!({}));
    b.way("submitted", "refuse", &["refused"], "one_stop_clerk", reasons.clone());
    b.way("received", "hand_over", &["work0"], "one_stop_clerk", json!({}));
    if plan.payment {
        b.step("await_payment", 6, "applicant", None, json!({"clock": "paused"}));
        b.way(
            "received",
            "request_payment",
            &["await_payment"],
            "one_stop_clerk",
            json!({"when": [{"not": "nothing_due"}]}),
        );
        b.way(
            "await_payment",
            "confirm_payment",
            &["$back"],
            "system",
            json!({"when": ["payment_confirmed"]}),
        );
        b.way("await_payment", "withdraw", &["withdrawn"], "applicant", json!({}));
    }
    for number in 0..plan.depth {
        let (here, next) = (format!("work{number}"), format!("work{}", number + 1));
        let pays = json!({"requires_payment": plan.payment && number == 0});
        b.step(&here, 4, "specialist", Some("handling"), pays);
        b.way(&here, "stop", &["stopped"], "leader", reasons.clone());
        b.way(
            &here,
            "request_supplement",
            &["supplement"],
            "leader",
            json!({"when": ["reasons_given"], "do": ["record_reasons", "count_supplement"]}),
        );
        let next = if number + 1 < plan.depth { next.as_str() } else { "signing" };
        if next != "signing" || plan.branches < 2 {
            b.way(&here, "forward", &[next], "specialist", json!({}));
        } else {
            fork(&mut b, plan, &here);
        }
        if plan.rework && number > 0 {
            b.way(&here, "return_for_rework", &["work0"], "leader", json!({}));
        }
    }
    if plan.opinion {
        b.step("opinion", 4, "specialist", Some("opinion"), json!({}));
        b.way("work0", "request_opinion", &["opinion"], "specialist", json!({"do": ["open_opinion"]}));
        b.way("opinion", "give_opinion", &["$back"], "specialist", json!({"do": ["close_opinion"]}));
    }
    b.step("supplement", 5, "applicant", None, json!({"clock": "paused"}));
    b.way("supplement", "supplement", &["$back"], "applicant", json!({"when": ["supplement_answered"]}));
    b.way("supplement", "withdraw", &["withdrawn"], "applicant", json!({}));
    closing(&mut b, plan);
    let text = json!({"id": "random", "name": "random", "start": "submitted",
        "steps": b.steps, "transitions": b.ways});
    read_json(&text.to_string()).expect("a built workflow reads")
}

fn fork(b: &mut Builder, plan: &Plan, from: &str) {
    let id = |branch: usize, place: usize| format!("branch{branch}_{place}");
    let firsts: Vec<String> = (0..plan.branches).map(|branch| id(branch, 0)).collect();
    let firsts: Vec<&str> = firsts.iter().map(String::as_str).collect();
    b.way(from, "forward", &firsts, "specialist", json!({}));
    for branch in 0..plan.branches {
        for place in 0..plan.length {
            let here = id(branch, place);
            b.work(&here);
            b.way(
                &here,
                "stop",
                &["stopped"],
                "leader",
                json!({"whole": true,
                "when": ["reasons_given"], "do": ["record_reasons"]}),
            );
            b.way(
                &here,
                "request_supplement",
                &["supplement"],
                "leader",
                json!({"whole": true,
                "when": ["reasons_given"], "do": ["record_reasons", "count_supplement"]}),
            );
            if place + 1 < plan.length {
                b.way(&here, "forward", &[&id(branch, place + 1)], "specialist", json!({}));
            } else {
                b.way(&here, "complete_branch", &["collect"], "specialist", json!({}));
            }
        }
    }
    b.step("collect", 4, "specialist", Some("handling"), json!({"join": true}));
    b.way("collect", "forward", &["signing"], "specialist", json!({}));
}

fn closing(b: &mut Builder, plan: &Plan) {
    b.step("signing", 4, "leader", Some("handling"), json!({}));
    b.step("done", 9, "one_stop_clerk", Some("receiving"), json!({"clock": "stopped"}));
    let result = json!({"do": ["attach_result"]});
    if plan.presence {
        b.step("signs", 4, "one_stop_clerk", Some("receiving"), json!({"presence": true}));
        b.way("signing", "approve", &["signs"], "leader", result);
        b.way("signs", "record_presence", &[], "one_stop_clerk", json!({"do": ["record_presence"]}));
        b.way(
            "signs",
            "finish",
            &["done"],
            "one_stop_clerk",
            json!({"when": ["presence_recorded", "result_attached"]}),
        );
    } else {
        b.way("signing", "approve", &["done"], "leader", result);
    }
    b.way("done", "return_result", &["returned"], "one_stop_clerk", json!({}));
    b.end("refused", 3);
    b.end("withdrawn", 7);
    b.end("stopped", 8);
    b.end("returned", 10);
}

/// Everybody who can have to do with a dossier.
fn everybody() -> Vec<Who> {
    let mut all = vec![Who::applicant("applicant"), Who::system()];
    for role in [Role::OneStopClerk, Role::Specialist, Role::Leader, Role::Cashier] {
        for unit in Unit::ALL {
            all.push(Who::official(&format!("{role}/{unit}"), role, *unit));
        }
    }
    all
}

/// One random choice: who, what, and how the world turns before it.
type Choice = (usize, usize, u16);

fn choices() -> impl Strategy<Value = Vec<Choice>> {
    prop::collection::vec((any::<usize>(), any::<usize>(), any::<u16>()), 1..60)
}

/// Facts as random as bits can make them; where the dossier is stays.
fn stir(facts: &mut Facts, bits: u16) {
    let on = |bit: u16| bits & (1 << bit) != 0;
    facts.due_amount = if on(0) { 0 } else { 7_000 };
    facts.payment_confirmed = on(1);
    facts.presence = on(2);
    facts.supplements = u32::from(on(3));
    facts.supplement_answered = on(4);
    facts.opinions_open = u32::from(on(5));
    facts.result_attached = on(6);
    facts.work_begun = on(7);
    facts.due_set = on(8);
    facts.late = on(9);
    facts.tax_case = on(14);
    facts.tax_sent = on(10);
    facts.tax_met = on(13);
    facts.missing_documents = if on(11) { Vec::new() } else { vec!["TP01".to_owned()] };
    facts.channel = if on(12) { Channel::Online } else { Channel::Counter };
}

/// Half of the choices are anybody's anything; the other half are made so that only the
/// facts decide, or no walk would go far.
fn pick<'a>(
    workflow: &Workflow,
    people: &'a [Who],
    step: &StepId,
    person: usize,
    action: usize,
) -> (&'a Who, Action) {
    let ways: Vec<_> = workflow.transitions_at(step).map(|(_, way)| way).collect();
    if person.is_multiple_of(2) || ways.is_empty() {
        let any = Action::ALL[action % Action::ALL.len()];
        return (&people[person / 2 % people.len()], any);
    }
    let way = ways[action % ways.len()];
    let may = people.iter().find(|who| way.by.contains(&who.posts[0]));
    (may.unwrap_or(&people[0]), way.action)
}

/// Facts under which nothing is missing: paid, answered, not late, filed at a counter.
const FAIR: u16 = !((1 << 5) | (1 << 9) | (1 << 12));

/// Walks as the choices say and checks every step against the definition.
fn walk(workflow: &Workflow, choices: &[Choice]) -> Result<(), TestCaseError> {
    let people = everybody();
    let mut facts = Facts::filed(workflow.start().clone(), Channel::Online, 2);
    for (person, action, bits) in choices {
        stir(&mut facts, *bits);
        let marking = &facts.position.marking;
        let step = marking[bits.count_ones() as usize % marking.len()].clone();
        let (who, action) = pick(workflow, &people, &step, *person, *action);
        let request = Request::complete(action).at(step.clone());
        let before = facts.clone();
        let judged = decide(workflow, &facts, &request, who);
        prop_assert_eq!(&before, &facts, "judging changes nothing");
        prop_assert_eq!(&judged, &decide(workflow, &facts, &request, who), "judging is stable");
        let Ok(decision) = judged else {
            continue;
        };
        let way = &workflow.definition().transitions[decision.transition];
        prop_assert!(way.from.contains(&step) && way.action == action);
        prop_assert!(way.by.contains(&who.posts[0]));
        let old = status(workflow, &before.position);
        prop_assert!(old.may_become(decision.status), "{} → {}", old, decision.status);
        for id in &decision.position.marking {
            let known = workflow.step(id).expect("a walk never leaves the graph");
            prop_assert_eq!(known.status, decision.status);
            let entered = !before.position.marking.contains(id);
            prop_assert!(!(entered && known.requires_payment && before.due_amount > 0));
        }
        let passed = before.position.marking.iter().filter(|id| !decision.position.marking.contains(id));
        for id in passed {
            let left = workflow.step(id).expect("a step");
            prop_assert!(!left.presence || before.presence || action.turns_aside());
        }
        facts.position = decision.position;
        facts.last_event = Some(LastEvent { action, actor: who.id.clone(), untouched: true });
    }
    Ok(())
}

/// In good circumstances somebody can do something at every position of a walk, and what
/// is offered is what happens.
fn can_always_go_on(workflow: &Workflow, choices: &[Choice]) -> Result<(), TestCaseError> {
    let people = everybody();
    let mut facts = Facts::filed(workflow.start().clone(), Channel::Counter, 2);
    for (person, action, bits) in choices {
        if workflow.is_closed(&facts.position) {
            return Ok(());
        }
        stir(&mut facts, FAIR);
        let moves = |facts: &Facts| -> Vec<_> {
            let offers = people.iter().flat_map(|who| {
                let offers = available_actions(workflow, facts, who);
                offers.into_iter().map(move |offer| (who, offer))
            });
            offers.filter(|(_, offer)| offer.allowed).collect()
        };
        let offers = moves(&facts);
        prop_assert!(!offers.is_empty(), "stuck at {:?}", facts.position);
        let (who, offer) = &offers[(person ^ action ^ usize::from(*bits)) % offers.len()];
        let request = Request::complete(offer.action).at(offer.step.clone());
        let decision = decide(workflow, &facts, &request, who).expect("an offer is kept");
        prop_assert_eq!(&decision.position.marking, &offer.to);
        facts.position = decision.position;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn random_walks_keep_to_random_graphs(plan in plans(), choices in choices()) {
        let built = Workflow::compile(build_checked(&plan));
        let workflow = built.unwrap_or_else(|found| panic!("{plan:?}: {found:#?}"));
        walk(&workflow, &choices)?;
        can_always_go_on(&workflow, &choices)?;
    }

    #[test]
    fn random_walks_keep_to_the_shared_workflows(which in 0..SHARED.len(), choices in choices()) {
        let workflow = shared(SHARED[which].0);
        walk(&workflow, &choices)?;
        can_always_go_on(&workflow, &choices)?;
    }

    #[test]
    fn losing_a_target_of_a_sound_net_is_detected(plan in plans(), which in any::<usize>()) {
        let mut def = build_checked(&plan);
        let victim = which % def.steps.len();
        let lost = def.steps.remove(victim).id;
        let found = Workflow::compile(def).expect_err("something led to the step");
        prop_assert!(found.iter().any(|d| d.code == DefectCode::UnknownStep), "{} {:?}", lost, found);
    }

    #[test]
    fn cutting_every_way_out_of_a_step_is_detected(plan in plans(), which in any::<usize>()) {
        let mut def = build_checked(&plan);
        let live: Vec<_> = def.steps.iter().filter(|s| !s.status.is_terminal()).map(|s| s.id.clone()).collect();
        let victim = live[which % live.len()].clone();
        def.transitions.retain(|way| !way.from.contains(&victim));
        prop_assert!(Workflow::compile(def).is_err(), "{}", victim);
    }

    #[test]
    fn a_way_that_nobody_may_go_is_detected(plan in plans(), which in any::<usize>()) {
        let mut def = build_checked(&plan);
        let number = which % def.transitions.len();
        def.transitions[number].by.clear();
        let found = Workflow::compile(def).expect_err("nobody may");
        prop_assert!(found.iter().any(|d| d.code == DefectCode::NobodyMay));
    }
}

/// The opinion step answers for the consulted unit.
fn build_checked(plan: &Plan) -> WorkflowDef {
    let mut def = build(plan);
    for way in def.transitions.iter_mut().filter(|way| way.action == Action::GiveOpinion) {
        way.by = vec![Post { role: Role::Specialist, unit: Some(Unit::Opinion) }];
    }
    def
}

#[test]
fn every_shared_workflow_detects_the_loss_of_any_forward_way() {
    for (name, _) in SHARED {
        for action in
            [Action::Receive, Action::Forward, Action::Approve, Action::Finish, Action::ReturnResult]
        {
            let mut def = shared_def(name);
            def.transitions.retain(|way| way.action != action);
            assert!(Workflow::compile(def).is_err(), "{name} without {action}");
        }
    }
}

#[test]
fn every_guard_can_be_negated_and_offered_as_a_choice() {
    for guard in Guard::ALL {
        let text = format!("[\"{guard}\", {{\"not\": \"{guard}\"}}, {{\"any\": [\"{guard}\"]}}]");
        let read: Vec<When> = read_json(&text).expect("guards read");
        assert_eq!(read, [When::Is(*guard), When::Not(*guard), When::Any(vec![When::Is(*guard)])]);
    }
    assert_eq!(Target::from("$back".to_owned()), Target::Back);
}
