//! Plays the scenarios of a procedure with the same pure rules that serve dossiers.
use super::condition::Filing;
use super::documents;
use super::procedure::{Procedure, case_of};
use super::scenario_def::{RefusedFor, ScenarioDef, ScenarioFacts, ScenarioStep};
use super::tariff;
use crate::workflow::{
    Action, Channel, Decision, Defect, DefectCode, Effect, Facts, LastEvent, Refusal, Request, Role, StepId,
    Unit, Who, decide, status,
};

/// A story that went another way than told: where, and how.
struct Astray {
    path: String,
    said: String,
    route: Vec<StepId>,
}

/// Every scenario that does not come out as told is a defect.
pub fn defects(procedure: &Procedure) -> Vec<Defect> {
    let scenarios = procedure.def.scenarios.iter().enumerate();
    scenarios
        .filter_map(|(number, scenario)| {
            let astray = play(procedure, scenario).err()?;
            let path = format!("/scenarios/{number}{}", astray.path);
            let said = format!("{}: {}", scenario.name, astray.said);
            Some(Defect::new(DefectCode::ScenarioFails, path, said).via(astray.route))
        })
        .collect()
}

/// A dossier of a scenario.
struct Story<'a> {
    procedure: &'a Procedure,
    filing: Filing<'a>,
    given: Vec<String>,
    fee: i64,
    facts: Facts,
    route: Vec<StepId>,
}

fn play(procedure: &Procedure, scenario: &ScenarioDef) -> Result<(), Astray> {
    let mut story = Story::file(procedure, scenario)?;
    for (number, step) in scenario.steps.iter().enumerate() {
        story.act(step).map_err(|said| Astray {
            path: format!("/steps/{number}"),
            said,
            route: story.route.clone(),
        })?;
    }
    let reached = status(&procedure.workflow, &story.facts.position);
    let expected = scenario.expect;
    if reached != expected.status {
        let said = format!("{reached} ≠ {}", expected.status);
        return Err(story.astray("/expect/status", said));
    }
    if expected.fee.is_some_and(|fee| fee != story.fee) {
        return Err(story.astray("/expect/fee", story.fee.to_string()));
    }
    Ok(())
}

fn before_filing(path: &str, said: impl ToString) -> Astray {
    Astray { path: path.to_owned(), said: said.to_string(), route: Vec::new() }
}

impl<'a> Story<'a> {
    fn file(procedure: &'a Procedure, scenario: &'a ScenarioDef) -> Result<Self, Astray> {
        let def = &procedure.def;
        if let Some(mistake) = procedure.form.mistakes(&scenario.answers).first() {
            let path = format!("/answers{}", mistake.path);
            return Err(before_filing(&path, &mistake.text));
        }
        let identity_level = scenario.identity_level.unwrap_or(def.identity_level);
        if scenario.channel == Channel::Online && identity_level < def.identity_level {
            return Err(before_filing("/identity_level", identity_level));
        }
        if !def.channels.contains(&scenario.channel) {
            return Err(before_filing("/channel", scenario.channel));
        }
        let known = |code: &&String| !def.documents.iter().any(|known| known.code == **code);
        if let Some(stranger) = scenario.documents.iter().find(known) {
            return Err(before_filing("/documents", stranger));
        }
        let mut filing = Filing {
            channel: scenario.channel,
            date: scenario.date.unwrap_or(def.effective_from),
            case: None,
            answers: &scenario.answers,
            subjects: &scenario.subjects,
            identity_level,
        };
        let of_case = case_of(def, &filing);
        let case = of_case.map_or("", |case| case.code.as_str());
        if case != scenario.case {
            return Err(before_filing("/case", case));
        }
        filing.case = Some(case);
        let fee = tariff::quote(&def.fees, &filing)
            .and_then(|lines| tariff::total(&lines))
            .map_err(|error| before_filing("/answers", error))?;
        let start = procedure.workflow.start().clone();
        let mut facts = Facts::filed(start.clone(), scenario.channel, identity_level);
        facts.tax_case = of_case.is_some_and(|case| case.tax);
        let mut story =
            Self { procedure, facts, filing, given: scenario.documents.clone(), fee, route: vec![start] };
        story.count_documents();
        Ok(story)
    }

    fn astray(&self, path: &str, said: String) -> Astray {
        Astray { path: path.to_owned(), said, route: self.route.clone() }
    }

    fn count_documents(&mut self) {
        let documents = &self.procedure.def.documents;
        self.facts.missing_documents = documents::missing(documents, &self.filing, &self.given);
    }

    /// One action of the story; an error says how it went another way.
    fn act(&mut self, step: &ScenarioStep) -> Result<(), String> {
        self.happen(&step.facts);
        if step.action == Action::Supplement && !step.facts.bare {
            self.facts.supplement_answered = true;
        }
        let who = actor(step);
        let mut request =
            if step.facts.bare { Request::bare(step.action) } else { Request::complete(step.action) };
        request.step.clone_from(&step.step);
        let judged = decide(&self.procedure.workflow, &self.facts, &request, &who);
        match (judged, step.refused) {
            (Ok(decision), None) => {
                self.apply(step, &who, decision);
                Ok(())
            }
            (Ok(_), Some(_)) => Err(format!("{}: not refused", step.action)),
            (Err(refusal), Some(expected)) if refused_for(&refusal, expected) => Ok(()),
            (Err(refusal), _) => Err(format!("{}: {}", step.action, told(&refusal))),
        }
    }

    /// What happened outside before the action.
    fn happen(&mut self, outside: &ScenarioFacts) {
        let facts = &mut self.facts;
        if outside.paid {
            facts.due_amount = 0;
            facts.payment_confirmed = true;
        }
        if outside.opinion_answered {
            facts.opinions_open = 0;
        }
        facts.presence |= outside.presence;
        facts.result_attached |= outside.result;
        facts.late |= outside.late;
        facts.tax_met |= outside.tax_met;
        self.given.extend(outside.documents.iter().cloned());
        self.count_documents();
    }

    /// Makes a decision true.
    fn apply(&mut self, step: &ScenarioStep, who: &Who, decision: Decision) {
        let facts = &mut self.facts;
        if decision.moved {
            facts.presence = false;
        }
        for effect in &decision.effects {
            match effect {
                Effect::ComputeFees if !facts.payment_confirmed => facts.due_amount = self.fee,
                Effect::CountSupplement => {
                    facts.supplements += 1;
                    facts.supplement_answered = false;
                }
                Effect::AttachResult => facts.result_attached = true,
                Effect::OpenOpinion => {
                    facts.opinions_asked += 1;
                    facts.opinions_open += 1;
                }
                Effect::CloseOpinion => {
                    facts.opinions_open = facts.opinions_open.saturating_sub(1);
                }
                Effect::RecordPresence => facts.presence = true,
                Effect::SendTaxSlip => facts.tax_sent = true,
                Effect::RecallTaxSlip => facts.tax_sent = false,
                Effect::MarkLate => facts.late = true,
                Effect::StartClock | Effect::SetNewDue => facts.due_set = true,
                _ => {}
            }
        }
        let handles = matches!(step.role, Role::Specialist | Role::Leader);
        facts.work_begun |= handles && step.action != Action::Assign;
        facts.last_event = Some(LastEvent { action: step.action, actor: who.id.clone(), untouched: true });
        facts.position = decision.position;
        self.route.extend(facts.position.marking.iter().cloned());
        self.route.dedup();
    }
}

/// The person of a step: at the unit named, or where people of that role usually are.
fn actor(step: &ScenarioStep) -> Who {
    let usual = match step.role {
        Role::Applicant => return Who::applicant("applicant"),
        Role::System => return Who::system(),
        Role::OneStopClerk | Role::Cashier => Unit::Receiving,
        _ => Unit::Handling,
    };
    let unit = step.unit.unwrap_or(usual);
    let mut who = Who::official(&format!("{}/{unit}", step.role), step.role, unit);
    who.is_assignee = true;
    who
}

fn refused_for(refusal: &Refusal, expected: RefusedFor) -> bool {
    match expected {
        RefusedFor::Code(code) => refusal.code == code,
        RefusedFor::Guard(guard) => refusal.failed.contains(&guard),
    }
}

fn told(refusal: &Refusal) -> String {
    let guards: Vec<_> = refusal.failed.iter().map(|guard| guard.word()).collect();
    format!("{} {}", refusal.code, guards.join(", "))
}
