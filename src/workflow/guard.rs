//! Guards: whether they hold, and what can be said of them without a dossier.
use super::definition::When;
use super::facts::{Facts, Request, Who};
use super::vocabulary::Guard;

/// Does one condition hold?
pub(super) fn holds(guard: Guard, facts: &Facts, request: &Request, who: &Who) -> bool {
    use super::vocabulary::Channel;
    match guard {
        Guard::DocumentsComplete => facts.missing_documents.is_empty(),
        Guard::NothingDue => facts.due_amount <= 0,
        Guard::PresenceRecorded => facts.presence,
        Guard::IdentityLevel2 => facts.identity_level >= 2,
        Guard::ReasonsGiven => request.reasons > 0,
        Guard::FirstSupplement => facts.supplements == 0,
        Guard::SupplementAnswered => facts.supplement_answered,
        Guard::NotStarted => !facts.work_begun,
        Guard::ResultAttached => facts.result_attached,
        Guard::OpinionsAnswered => facts.opinions_asked > 0 && facts.opinions_open == 0,
        Guard::NoOpenOpinion => facts.opinions_open == 0,
        Guard::SameUnit => request.same_unit,
        Guard::JustSent => just_sent(facts, who),
        Guard::NotLate => !facts.late,
        Guard::DueSet => facts.due_set,
        Guard::ChannelOnline => facts.channel == Channel::Online,
        Guard::ChannelCounter => facts.channel == Channel::Counter,
        Guard::ChannelPost => facts.channel == Channel::Post,
        Guard::TaxCase => facts.tax_case,
        Guard::TaxSent => facts.tax_sent,
        Guard::TaxMet => facts.tax_met,
        Guard::PaymentConfirmed => facts.payment_confirmed && facts.due_amount <= 0,
        Guard::AssignedToMe => who.is_assignee || who.is_substitute,
        Guard::AppointmentGiven => request.later_due,
    }
}

fn just_sent(facts: &Facts, who: &Who) -> bool {
    facts
        .last_event
        .as_ref()
        .is_some_and(|last| last.action.sends() && last.untouched && last.actor == who.id)
}

/// The guards because of which a condition fails; empty when it holds.
pub(super) fn failures(when: &When, facts: &Facts, request: &Request, who: &Who) -> Vec<Guard> {
    match when {
        When::Is(guard) if holds(*guard, facts, request, who) => Vec::new(),
        When::Not(guard) if !holds(*guard, facts, request, who) => Vec::new(),
        When::Is(guard) | When::Not(guard) => vec![*guard],
        When::Any(options) => {
            let failed: Vec<_> = options.iter().map(|option| failures(option, facts, request, who)).collect();
            if failed.iter().any(Vec::is_empty) { Vec::new() } else { failed.concat() }
        }
    }
}

/// What a condition says when it fails, in Vietnamese and English.
pub(super) fn say(when: &When) -> (String, String) {
    match when {
        When::Is(guard) => (guard.vi().to_owned(), guard.en().to_owned()),
        When::Not(guard) => (format!("không phải “{}”", guard.vi()), format!("not “{}”", guard.en())),
        When::Any(options) => {
            let (vi, en): (Vec<_>, Vec<_>) = options.iter().map(say).unzip();
            (vi.join(" hoặc "), en.join(" or "))
        }
    }
}

/// A list of conditions can only hold where `guard` holds.
pub(super) fn demands(conditions: &[When], guard: Guard) -> bool {
    conditions.iter().any(|when| match when {
        When::Is(found) => *found == guard,
        When::Not(_) => false,
        When::Any(options) => {
            !options.is_empty() && options.iter().all(|option| demands(std::slice::from_ref(option), guard))
        }
    })
}

/// A list of conditions can only hold where `guard` does not hold.
pub(super) fn forbids(conditions: &[When], guard: Guard) -> bool {
    let unlike_channel = CHANNELS.contains(&guard)
        && CHANNELS.iter().any(|other| *other != guard && demands(conditions, *other));
    unlike_channel
        || conditions.iter().any(|when| match when {
            When::Is(_) => false,
            When::Not(found) => *found == guard,
            When::Any(options) => {
                !options.is_empty()
                    && options.iter().all(|option| forbids(std::slice::from_ref(option), guard))
            }
        })
}

/// A dossier comes in on exactly one of these.
const CHANNELS: [Guard; 3] = [Guard::ChannelOnline, Guard::ChannelCounter, Guard::ChannelPost];

/// Two lists can never hold together.
pub(super) fn exclude_each_other(a: &[When], b: &[When]) -> bool {
    Guard::ALL
        .iter()
        .any(|guard| demands(a, *guard) && forbids(b, *guard) || forbids(a, *guard) && demands(b, *guard))
}

/// A list of conditions can never hold.
pub(super) fn contradictory(conditions: &[When]) -> bool {
    let empty_choice = conditions.iter().any(|when| matches!(when, When::Any(options) if options.is_empty()));
    empty_choice || exclude_each_other(conditions, conditions)
}
