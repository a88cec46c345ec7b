//! `decide`, table by table.
use super::tests_data::shared;
use super::{
    Action, Channel, DossierStatus, Effect, Facts, Guard, LastEvent, Post, RefusalCode, Request, Role, Unit,
    Who, Workflow, WorkflowDef, available_actions, decide, read_json, status,
};

fn clerk() -> Who {
    Who::official("clerk", Role::OneStopClerk, Unit::Receiving)
}

fn specialist() -> Who {
    Who::official("specialist", Role::Specialist, Unit::Handling)
}

fn leader() -> Who {
    Who::official("leader", Role::Leader, Unit::Handling)
}

fn applicant() -> Who {
    Who::applicant("applicant")
}

/// A dossier lying at these steps.
fn at(steps: &[&str]) -> Facts {
    let mut facts = Facts::filed("submitted".into(), Channel::Online, 2);
    facts.position.marking = steps.iter().map(|step| (*step).into()).collect();
    facts
}

fn marking(facts: &Facts) -> Vec<&str> {
    facts.position.marking.iter().map(|step| step.as_str()).collect()
}

/// Takes an action that has to be allowed and moves the facts.
fn take(workflow: &Workflow, facts: &mut Facts, who: &Who, action: Action) -> Vec<Effect> {
    let decision = decide(workflow, facts, &Request::complete(action), who)
        .unwrap_or_else(|refusal| panic!("{action}: {refusal:?}"));
    facts.position = decision.position;
    facts.last_event = Some(LastEvent { action, actor: who.id.clone(), untouched: true });
    decision.effects
}

fn refused(workflow: &Workflow, facts: &Facts, who: &Who, request: &Request) -> (RefusalCode, Vec<Guard>) {
    let refusal = decide(workflow, facts, request, who).expect_err("it has to be refused");
    (refusal.code, refusal.failed)
}

#[test]
fn a_dossier_travels_from_filing_to_return() {
    let workflow = shared("same_day");
    let mut facts = at(&["submitted"]);
    let journey = [
        (clerk(), Action::Receive, "received", 2),
        (clerk(), Action::HandOver, "processing", 4),
        (specialist(), Action::Forward, "signing", 4),
        (leader(), Action::Approve, "issuing", 4),
        (specialist(), Action::Finish, "done", 9),
        (clerk(), Action::ReturnResult, "returned", 10),
    ];
    facts.result_attached = true;
    for (who, action, step, code) in journey {
        take(&workflow, &mut facts, &who, action);
        assert_eq!(marking(&facts), [step]);
        assert_eq!(status(&workflow, &facts.position).code(), code);
    }
    assert!(workflow.is_closed(&facts.position));
}

#[test]
fn each_refusal_has_its_code() {
    let workflow = shared("same_day");
    let table = [
        ("submitted", specialist(), Action::Receive, RefusalCode::NotYourRole),
        ("submitted", clerk(), Action::Approve, RefusalCode::WrongStep),
        ("returned", clerk(), Action::Receive, RefusalCode::Closed),
        ("issuing", specialist(), Action::Finish, RefusalCode::GuardFailed),
        ("signing", specialist(), Action::Approve, RefusalCode::NotYourRole),
        ("nowhere", clerk(), Action::Receive, RefusalCode::WrongStep),
    ];
    for (step, who, action, code) in table {
        let (found, _) = refused(&workflow, &at(&[step]), &who, &Request::complete(action));
        assert_eq!(found, code, "{action} at {step}");
    }
}

#[test]
fn each_guard_decides_by_its_own_fact() {
    /// A guard, and a change after which it holds, on facts for which it does not.
    type Case = (Guard, fn(&mut Facts, &mut Request, &mut Who));
    let cases: [Case; 24] = [
        (Guard::DocumentsComplete, |f, _, _| f.missing_documents.clear()),
        (Guard::NothingDue, |f, _, _| f.due_amount = 0),
        (Guard::PresenceRecorded, |f, _, _| f.presence = true),
        (Guard::IdentityLevel2, |f, _, _| f.identity_level = 2),
        (Guard::ReasonsGiven, |_, r, _| r.reasons = 1),
        (Guard::FirstSupplement, |f, _, _| f.supplements = 0),
        (Guard::SupplementAnswered, |f, _, _| f.supplement_answered = true),
        (Guard::NotStarted, |f, _, _| f.work_begun = false),
        (Guard::ResultAttached, |f, _, _| f.result_attached = true),
        (Guard::OpinionsAnswered, |f, _, _| f.opinions_open = 0),
        (Guard::NoOpenOpinion, |f, _, _| f.opinions_open = 0),
        (Guard::SameUnit, |_, r, _| r.same_unit = true),
        (Guard::JustSent, |f, _, w| {
            f.last_event = Some(LastEvent { action: Action::Forward, actor: w.id.clone(), untouched: true });
        }),
        (Guard::NotLate, |f, _, _| f.late = false),
        (Guard::DueSet, |f, _, _| f.due_set = true),
        (Guard::ChannelOnline, |f, _, _| f.channel = Channel::Online),
        (Guard::ChannelCounter, |f, _, _| f.channel = Channel::Counter),
        (Guard::ChannelPost, |f, _, _| f.channel = Channel::Post),
        (Guard::TaxCase, |f, _, _| f.tax_case = true),
        (Guard::TaxSent, |f, _, _| f.tax_sent = true),
        (Guard::TaxMet, |f, _, _| f.tax_met = true),
        (Guard::PaymentConfirmed, |f, _, _| {
            f.payment_confirmed = true;
            f.due_amount = 0;
        }),
        (Guard::AssignedToMe, |_, _, w| w.is_substitute = true),
        (Guard::AppointmentGiven, |_, r, _| r.later_due = true),
    ];
    assert_eq!(cases.len(), Guard::ALL.len(), "every guard has its case");
    for (guard, mend) in cases {
        let mut facts = at(&["signing"]);
        facts.missing_documents = vec!["TP01".to_owned()];
        facts.due_amount = 7_000;
        facts.identity_level = 1;
        facts.supplements = 1;
        facts.work_begun = true;
        facts.opinions_asked = 1;
        facts.opinions_open = 1;
        facts.late = true;
        facts.channel = if guard == Guard::ChannelOnline { Channel::Post } else { Channel::Online };
        let (mut request, mut who) = (Request::bare(Action::Comment), specialist());
        assert!(!super::guard::holds(guard, &facts, &request, &who), "{guard} before");
        mend(&mut facts, &mut request, &mut who);
        assert!(super::guard::holds(guard, &facts, &request, &who), "{guard} after");
    }
}

#[test]
fn reasons_are_demanded_of_the_request_and_told() {
    let workflow = shared("same_day");
    let request = Request::bare(Action::Refuse);
    let found = refused(&workflow, &at(&["submitted"]), &clerk(), &request);
    assert_eq!(found, (RefusalCode::GuardFailed, vec![Guard::ReasonsGiven]));
}

#[test]
fn a_supplement_pauses_the_clock_and_leads_back_to_where_it_was_asked() {
    let workflow = shared("same_day");
    let mut facts = at(&["processing"]);
    let asked = take(&workflow, &mut facts, &specialist(), Action::RequestSupplement);
    assert_eq!(asked.first(), Some(&Effect::PauseClock));
    assert!(asked.contains(&Effect::NotifyApplicant) && asked.contains(&Effect::SyncNational));
    assert_eq!(status(&workflow, &facts.position), DossierStatus::AwaitingSupplement);

    let early = refused(&workflow, &facts, &applicant(), &Request::bare(Action::Supplement));
    assert_eq!(early, (RefusalCode::GuardFailed, vec![Guard::SupplementAnswered]));
    facts.supplement_answered = true;
    let answered = take(&workflow, &mut facts, &applicant(), Action::Supplement);
    assert_eq!(answered.first(), Some(&Effect::ResumeClock));
    assert_eq!(marking(&facts), ["processing"]);
    assert!(facts.position.came_from.is_empty());
}

#[test]
fn a_supplement_before_acceptance_leaves_the_clock_alone() {
    let workflow = shared("same_day");
    let mut facts = at(&["submitted"]);
    let asked = take(&workflow, &mut facts, &clerk(), Action::RequestSupplement);
    facts.supplement_answered = true;
    let answered = take(&workflow, &mut facts, &applicant(), Action::Supplement);
    assert!(asked.iter().chain(&answered).all(|effect| !effect.is_clock()));
    assert_eq!(marking(&facts), ["submitted"]);
}

#[test]
fn a_second_supplement_needs_a_leader() {
    let workflow = shared("same_day");
    let mut facts = at(&["processing"]);
    facts.supplements = 1;
    let request = Request::complete(Action::RequestSupplement);
    let found = refused(&workflow, &facts, &specialist(), &request);
    assert_eq!(found, (RefusalCode::GuardFailed, vec![Guard::FirstSupplement]));
    take(&workflow, &mut facts, &leader(), Action::RequestSupplement);
    assert_eq!(marking(&facts), ["supplement"]);
}

#[test]
fn only_the_sender_recalls_and_only_what_nobody_touched() {
    let workflow = shared("same_day");
    let mut facts = at(&["processing"]);
    take(&workflow, &mut facts, &specialist(), Action::Forward);
    let request = Request::bare(Action::Recall);
    let just_sent = (RefusalCode::GuardFailed, vec![Guard::JustSent]);

    let other = Who::official("other", Role::Specialist, Unit::Handling);
    assert_eq!(refused(&workflow, &facts, &other, &request), just_sent);
    let mut touched = facts.clone();
    touched.last_event.as_mut().expect("it was sent").untouched = false;
    assert_eq!(refused(&workflow, &touched, &specialist(), &request), just_sent);

    take(&workflow, &mut facts, &specialist(), Action::Recall);
    assert_eq!(marking(&facts), ["processing"]);
}

#[test]
fn nothing_passes_while_money_is_due() {
    let workflow = shared("with_payment");
    let mut facts = at(&["submitted"]);
    let received = take(&workflow, &mut facts, &clerk(), Action::Receive);
    assert!(received.contains(&Effect::ComputeFees));
    facts.due_amount = 7_000;
    let request = Request::complete(Action::HandOver);
    let due = (RefusalCode::GuardFailed, vec![Guard::NothingDue]);
    assert_eq!(refused(&workflow, &facts, &clerk(), &request), due);

    let asked = take(&workflow, &mut facts, &clerk(), Action::RequestPayment);
    assert!(asked.contains(&Effect::OpenPayment) && asked.contains(&Effect::PauseClock));
    let confirm = Request::bare(Action::ConfirmPayment);
    let (code, failed) = refused(&workflow, &facts, &Who::system(), &confirm);
    assert_eq!(code, RefusalCode::GuardFailed);
    assert_eq!(failed, [Guard::PaymentConfirmed, Guard::NothingDue]);

    facts.due_amount = 0;
    facts.payment_confirmed = true;
    let paid = take(&workflow, &mut facts, &Who::system(), Action::ConfirmPayment);
    assert_eq!(paid.first(), Some(&Effect::ResumeClock));
    assert_eq!(marking(&facts), ["processing"]);
}

#[test]
fn a_step_that_requires_payment_needs_no_written_guard() {
    let mut def = super::tests_data::shared_def("with_payment");
    for way in &mut def.transitions {
        way.when.retain(|when| *when != super::When::Is(Guard::NothingDue));
    }
    let workflow = Workflow::compile(def).expect("it still compiles");
    let mut facts = at(&["received"]);
    facts.due_amount = 1;
    let found = refused(&workflow, &facts, &clerk(), &Request::complete(Action::HandOver));
    assert_eq!(found, (RefusalCode::GuardFailed, vec![Guard::NothingDue]));
}

#[test]
fn the_couple_has_to_come() {
    let workflow = shared("with_presence");
    let mut facts = at(&["couple_signs"]);
    facts.result_attached = true;
    let request = Request::complete(Action::Finish);
    let absent = (RefusalCode::GuardFailed, vec![Guard::PresenceRecorded]);
    assert_eq!(refused(&workflow, &facts, &clerk(), &request), absent);
    let recorded = take(&workflow, &mut facts, &clerk(), Action::RecordPresence);
    assert_eq!(recorded, [Effect::RecordPresence]);
    assert_eq!(marking(&facts), ["couple_signs"]);
    facts.presence = true;
    take(&workflow, &mut facts, &clerk(), Action::Finish);
    assert_eq!(marking(&facts), ["done"]);
}

#[test]
fn an_opinion_is_asked_of_another_unit_and_comes_back() {
    let workflow = shared("with_opinion");
    let mut facts = at(&["processing"]);
    take(&workflow, &mut facts, &specialist(), Action::RequestOpinion);
    facts.opinions_open = 1;
    let answer = Request::complete(Action::GiveOpinion);
    let (code, _) = refused(&workflow, &facts, &specialist(), &answer);
    assert_eq!(code, RefusalCode::NotYourRole, "the asking unit cannot answer itself");
    let consulted = Who::official("consulted", Role::Specialist, Unit::Opinion);
    take(&workflow, &mut facts, &consulted, Action::GiveOpinion);
    assert_eq!(marking(&facts), ["processing"]);

    let forward = refused(&workflow, &facts, &specialist(), &Request::bare(Action::Forward));
    assert_eq!(forward, (RefusalCode::GuardFailed, vec![Guard::NoOpenOpinion]));
}

#[test]
fn an_extension_names_a_later_time() {
    let workflow = shared("with_opinion");
    let mut facts = at(&["processing"]);
    facts.due_set = true;
    let bare = refused(&workflow, &facts, &leader(), &Request::bare(Action::Extend));
    assert_eq!(bare, (RefusalCode::GuardFailed, vec![Guard::AppointmentGiven]));
    let effects = take(&workflow, &mut facts, &leader(), Action::Extend);
    assert_eq!(effects, [Effect::SetNewDue, Effect::NotifyApplicant]);
}

#[test]
fn lateness_is_told_once() {
    let workflow = shared("same_day");
    let mut facts = at(&["processing"]);
    facts.due_set = true;
    let effects = take(&workflow, &mut facts, &Who::system(), Action::MarkLate);
    assert_eq!(effects, [Effect::MarkLate, Effect::EscalateToLeader]);
    facts.late = true;
    let again = refused(&workflow, &facts, &Who::system(), &Request::bare(Action::MarkLate));
    assert_eq!(again, (RefusalCode::GuardFailed, vec![Guard::NotLate]));
}

#[test]
fn the_clock_waits_for_the_tax_office_and_for_the_money() {
    let workflow = shared("land_to_tax");
    let mut facts = at(&["processing"]);
    let sent = take(&workflow, &mut facts, &specialist(), Action::SendToTax);
    assert_eq!(sent, [Effect::PauseClock, Effect::SendTaxSlip]);
    facts.tax_sent = true;

    let mut nothing_to_pay = Facts { tax_met: true, ..facts.clone() };
    let resumed = take(&workflow, &mut nothing_to_pay, &Who::system(), Action::TaxAnswered);
    assert_eq!((marking(&nothing_to_pay), resumed), (vec!["certifying"], vec![Effect::ResumeClock]));

    let answered = take(&workflow, &mut facts, &Who::system(), Action::TaxAnswered);
    assert!(answered.iter().all(|effect| !effect.is_clock()), "it goes on waiting");
    assert_eq!(status(&workflow, &facts.position), DossierStatus::AwaitingPayment);
    // Mutant: a paid fee of the dossier releases it.
    facts.payment_confirmed = true;
    let confirm = Request::bare(Action::ConfirmPayment);
    let early = refused(&workflow, &facts, &Who::system(), &confirm);
    assert_eq!(early, (RefusalCode::GuardFailed, vec![Guard::TaxMet]));
    facts.tax_met = true;
    let resumed = take(&workflow, &mut facts, &Who::system(), Action::ConfirmPayment);
    // It is processed again, which people and the national portal are told.
    assert_eq!(marking(&facts), ["certifying"]);
    assert_eq!(resumed, [Effect::ResumeClock, Effect::NotifyApplicant, Effect::SyncNational]);
}

#[test]
fn a_substitute_acts_with_the_posts_of_the_absent_official() {
    let mut def = super::tests_data::shared_def("same_day");
    for way in def.transitions.iter_mut().filter(|way| way.action == Action::Forward) {
        way.when.push(super::When::Is(Guard::AssignedToMe));
    }
    let workflow = Workflow::compile(def).expect("it compiles");
    let facts = at(&["processing"]);
    let mut who = Who::official("colleague", Role::Leader, Unit::Handling);
    who.posts.push(Post { role: Role::Specialist, unit: Some(Unit::Handling) });
    let forward = Request::bare(Action::Forward);
    let found = refused(&workflow, &facts, &who, &forward);
    assert_eq!(found, (RefusalCode::GuardFailed, vec![Guard::AssignedToMe]));
    who.is_substitute = true;
    assert!(decide(&workflow, &facts, &forward, &who).is_ok());
}

#[test]
fn withdrawal_ends_when_work_has_begun() {
    let workflow = shared("same_day");
    let mut facts = at(&["processing"]);
    facts.work_begun = true;
    let found = refused(&workflow, &facts, &applicant(), &Request::bare(Action::Withdraw));
    assert_eq!(found, (RefusalCode::GuardFailed, vec![Guard::NotStarted]));
    facts.work_begun = false;
    let effects = take(&workflow, &mut facts, &applicant(), Action::Withdraw);
    assert!(effects.contains(&Effect::StopClock) && effects.contains(&Effect::RefundIfDue));
}

/// Two branches with a join; each has a detour of its own, and withdrawing leaves all.
pub(super) fn parallel() -> WorkflowDef {
    let mut def = super::tests_data::shared_def("same_day");
    let text = r#"{"id": "x", "name": "x", "start": "survey", "steps": [
        {"id": "survey", "name": "Đo đạc", "status": 4, "holder": {"role": "specialist", "unit": "handling"}},
        {"id": "legal", "name": "Pháp lý", "status": 4, "holder": {"role": "specialist", "unit": "handling"}},
        {"id": "collect", "name": "Tổng hợp", "status": 4, "holder": {"role": "specialist", "unit": "handling"}, "join": true}
    ], "transitions": [
        {"from": ["processing"], "action": "forward", "to": ["survey", "legal"], "by": [{"role": "specialist", "unit": "handling"}]},
        {"from": ["survey", "legal"], "action": "complete_branch", "to": ["collect"], "by": [{"role": "specialist", "unit": "handling"}]},
        {"from": ["survey", "legal"], "action": "request_supplement", "to": ["supplement"], "whole": true,
         "by": [{"role": "leader", "unit": "handling"}], "when": ["reasons_given"], "do": ["record_reasons", "count_supplement"]},
        {"from": ["survey", "legal"], "action": "return_for_rework", "to": ["processing"], "whole": true, "by": [{"role": "leader", "unit": "handling"}]},
        {"from": ["collect"], "action": "forward", "to": ["signing"], "by": [{"role": "specialist", "unit": "handling"}]}
    ]}"#;
    let part: WorkflowDef = read_json(text).expect("the branches read");
    def.transitions.retain(|way| way.action != Action::Forward);
    def.steps.extend(part.steps);
    def.transitions.extend(part.transitions);
    def
}

#[test]
fn branches_run_apart_and_meet_at_the_join() {
    let workflow = Workflow::compile(parallel()).expect("it compiles");
    let mut facts = at(&["processing"]);
    take(&workflow, &mut facts, &specialist(), Action::Forward);
    assert_eq!(marking(&facts), ["survey", "legal"]);

    let unnamed = refused(&workflow, &facts, &specialist(), &Request::bare(Action::CompleteBranch));
    assert_eq!(unnamed.0, RefusalCode::NameTheStep);
    let named = Request::bare(Action::CompleteBranch).at("legal".into());
    facts.position = decide(&workflow, &facts, &named, &specialist()).expect("one is done").position;
    assert_eq!(marking(&facts), ["survey"]);
    assert_eq!(facts.position.arrived, ["legal"]);

    take(&workflow, &mut facts, &specialist(), Action::CompleteBranch);
    assert_eq!(marking(&facts), ["collect"]);
    assert!(facts.position.arrived.is_empty());
}

#[test]
fn a_supplement_asked_in_a_branch_stops_all_and_resumes_all() {
    let workflow = Workflow::compile(parallel()).expect("it compiles");
    let mut facts = at(&["survey", "legal"]);
    take(&workflow, &mut facts, &leader(), Action::RequestSupplement);
    assert_eq!(marking(&facts), ["supplement"]);
    facts.supplement_answered = true;
    take(&workflow, &mut facts, &applicant(), Action::Supplement);
    assert_eq!(marking(&facts), ["survey", "legal"]);
}

#[test]
fn a_branch_that_waits_at_the_join_still_waits_after_a_supplement() {
    let workflow = Workflow::compile(parallel()).expect("it compiles");
    let mut facts = at(&["survey"]);
    facts.position.arrived = vec!["legal".into()];
    take(&workflow, &mut facts, &leader(), Action::RequestSupplement);
    facts.supplement_answered = true;
    take(&workflow, &mut facts, &applicant(), Action::Supplement);
    assert_eq!(facts.position.arrived, ["legal"]);
    take(&workflow, &mut facts, &leader(), Action::ReturnForRework);
    assert_eq!(marking(&facts), ["processing"]);
    assert!(facts.position.arrived.is_empty(), "the fork begins anew");
}

#[test]
fn the_screen_knows_what_the_server_would_say() {
    let workflow = shared("same_day");
    let facts = at(&["issuing"]);
    let offered = available_actions(&workflow, &facts, &specialist());
    let finish = offered.iter().find(|offer| offer.action == Action::Finish).expect("finish is offered");
    assert!(!finish.allowed);
    let refusal = finish.refusal.as_ref().expect("with the reason");
    assert_eq!(refusal.failed, [Guard::ResultAttached]);
    assert!(refusal.vi.contains("đã có kết quả giải quyết"));
    let approve = offered.iter().find(|offer| offer.action == Action::Approve);
    assert!(approve.is_none(), "what the role does not allow is not shown");
}

#[test]
fn what_a_request_has_to_bring_is_asked_for_not_greyed_out() {
    let workflow = shared("same_day");
    let offered = available_actions(&workflow, &at(&["submitted"]), &clerk());
    let refuse = offered.iter().find(|offer| offer.action == Action::Refuse).expect("refuse is offered");
    assert!(refuse.allowed);
    assert_eq!(refuse.needs, [Guard::ReasonsGiven]);
}
