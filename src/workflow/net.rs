//! The second check: every position that a dossier can reach, walked through.
//!
//! Conditions are taken as holding, so a defect found here is one of the graph itself.
//! What decides about the way on besides the position (has the clock begun, were the fees
//! computed) is part of a node.
use super::compile::Workflow;
use super::decide::status;
use super::defect::{Defect, DefectCode};
use super::definition::{StepId, TransitionDef};
use super::facts::Position;
use super::moves::{advance, clock, clock_effect};
use super::status::DossierStatus;
use super::vocabulary::{ClockState, Effect};
use std::collections::{BTreeMap, BTreeSet};

/// More nodes than this no person could follow either.
const MOST_NODES: usize = 20_000;

/// A reachable position.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Node {
    position: Position,
    /// The clock has begun.
    started: bool,
    /// The fees were computed.
    priced: bool,
}

/// A transition taken between two nodes.
struct Edge {
    from: usize,
    to: usize,
    transition: usize,
}

/// All that can happen to a dossier.
struct Net<'a> {
    workflow: &'a Workflow,
    nodes: Vec<Node>,
    /// The edge by which a node was first found.
    found_by: Vec<Option<usize>>,
    edges: Vec<Edge>,
    defects: Vec<Defect>,
}

pub(super) fn defects(workflow: &Workflow) -> Vec<Defect> {
    let mut net = Net::explore(workflow);
    if net.nodes.len() > MOST_NODES {
        return vec![Defect::new(DefectCode::TooLarge, "/steps", net.nodes.len())];
    }
    net.find_unreachable();
    net.find_dead_ends();
    net.find_clock_defects();
    net.find_status_jumps();
    net.find_misfit_clock_effects();
    net.defects
}

impl<'a> Net<'a> {
    fn explore(workflow: &'a Workflow) -> Self {
        let start = Node { position: workflow.start_position(), started: false, priced: false };
        let mut known = BTreeMap::from([(start.clone(), 0)]);
        let mut net = Net {
            workflow,
            nodes: vec![start],
            found_by: vec![None],
            edges: Vec::new(),
            defects: Vec::new(),
        };
        let mut next = 0;
        while next < net.nodes.len() && net.nodes.len() <= MOST_NODES {
            net.expand(next, &mut known);
            next += 1;
        }
        net
    }

    /// Adds every node that one transition away from `from` lies.
    fn expand(&mut self, from: usize, known: &mut BTreeMap<Node, usize>) {
        let node = self.nodes[from].clone();
        let workflow = self.workflow;
        for step in &node.position.marking {
            for (transition, way) in workflow.transitions_at(step) {
                let Some(position) = advance(workflow, &node.position, step, way) else {
                    let path = format!("/transitions/{transition}/to");
                    let defect = Defect::new(DefectCode::BackToNowhere, path, step);
                    self.defects.push(defect.via(self.route(from)));
                    continue;
                };
                let reached = follow(workflow, &node, position, way);
                let to = *known.entry(reached.clone()).or_insert_with(|| {
                    self.nodes.push(reached);
                    self.found_by.push(Some(self.edges.len()));
                    self.nodes.len() - 1
                });
                self.edges.push(Edge { from, to, transition });
            }
        }
    }

    /// The steps by which a node was first reached.
    fn route(&self, node: usize) -> Vec<StepId> {
        let mut route = Vec::new();
        let mut at = Some(node);
        while let Some(here) = at {
            let marking = &self.nodes[here].position.marking;
            route.extend(marking.iter().rev().cloned());
            at = self.found_by[here].map(|edge| self.edges[edge].from);
        }
        route.reverse();
        route.dedup();
        route
    }

    fn step_path(&self, step: &StepId) -> String {
        format!("/steps/{}", self.workflow.place(step))
    }

    fn find_unreachable(&mut self) {
        let reached: BTreeSet<&StepId> = self.nodes.iter().flat_map(|node| &node.position.marking).collect();
        let lost: Vec<Defect> = self
            .workflow
            .definition()
            .steps
            .iter()
            .filter(|step| !reached.contains(&step.id))
            .map(|step| {
                let path = self.step_path(&step.id);
                Defect::new(DefectCode::UnreachableStep, path, &step.id)
            })
            .collect();
        self.defects.extend(lost);
        let returns = |node: &Node| self.status(node) == DossierStatus::Returned;
        if !self.nodes.iter().any(returns) {
            let start = self.workflow.start();
            let defect = Defect::new(DefectCode::NeverReturns, "/transitions", start);
            self.defects.push(defect);
        }
    }

    fn status(&self, node: &Node) -> DossierStatus {
        status(self.workflow, &node.position)
    }

    fn clock(&self, node: usize) -> ClockState {
        clock(self.workflow, &self.nodes[node].position)
    }

    /// Which nodes can reach one of `goals`.
    fn can_reach(&self, goals: impl Fn(usize) -> bool) -> Vec<bool> {
        let mut before: Vec<Vec<usize>> = vec![Vec::new(); self.nodes.len()];
        for edge in &self.edges {
            before[edge.to].push(edge.from);
        }
        let mut open: Vec<usize> = (0..self.nodes.len()).filter(|node| goals(*node)).collect();
        let mut can = vec![false; self.nodes.len()];
        while let Some(node) = open.pop() {
            if !std::mem::replace(&mut can[node], true) {
                open.extend(&before[node]);
            }
        }
        can
    }

    /// Tells each place where good turns bad: a bad node whose finder is good.
    fn tell_entrances(&mut self, code: DefectCode, good: &[bool]) {
        let mut told = BTreeSet::new();
        for node in 0..self.nodes.len() {
            let finder = self.found_by[node].map(|edge| self.edges[edge].from);
            if good[node] || finder.is_some_and(|from| !good[from]) {
                continue;
            }
            let Some(step) = self.nodes[node].position.marking.first().cloned() else {
                continue;
            };
            if told.insert(step.clone()) {
                let defect = Defect::new(code, self.step_path(&step), &step);
                self.defects.push(defect.via(self.route(node)));
            }
        }
    }

    fn find_dead_ends(&mut self) {
        let alive = self.can_reach(|node| self.workflow.is_closed(&self.nodes[node].position));
        self.tell_entrances(DefectCode::DeadEnd, &alive);
    }

    fn find_clock_defects(&mut self) {
        let timely: Vec<bool> = self
            .nodes
            .iter()
            .map(|node| {
                let ready = [DossierStatus::Done, DossierStatus::Returned];
                node.started || !ready.contains(&self.status(node))
            })
            .collect();
        self.tell_entrances(DefectCode::ClockNeverStarted, &timely);

        let moving = self.can_reach(|node| {
            let state = self.clock(node);
            state == ClockState::Running || state == ClockState::NotStarted
        });
        let resumed: Vec<bool> = (0..self.nodes.len())
            .map(|node| moving[node] || self.clock(node) != ClockState::Paused)
            .collect();
        self.tell_entrances(DefectCode::ClockNeverResumed, &resumed);

        let paid_for: Vec<bool> = self
            .nodes
            .iter()
            .map(|node| {
                let pays = |id: &StepId| {
                    let step = self.workflow.step(id);
                    step.is_some_and(|step| step.requires_payment)
                };
                node.priced || !node.position.marking.iter().any(pays)
            })
            .collect();
        self.tell_entrances(DefectCode::PaymentNeverAsked, &paid_for);
    }

    fn find_status_jumps(&mut self) {
        let mut told = BTreeSet::new();
        for edge in 0..self.edges.len() {
            let Edge { from, to, transition } = self.edges[edge];
            let (before, after) = (self.status(&self.nodes[from]), self.status(&self.nodes[to]));
            if !before.may_become(after) && told.insert((transition, before, after)) {
                let path = format!("/transitions/{transition}");
                let what = format!("{before} → {after}");
                let route = [self.route(from), self.nodes[to].position.marking.clone()].concat();
                let defect = Defect::new(DefectCode::StatusJump, path, what);
                self.defects.push(defect.via(route));
            }
        }
    }

    /// A clock effect that people wrote has to be the one that the steps imply, at least
    /// for one of the steps that the transition leaves.
    fn find_misfit_clock_effects(&mut self) {
        let ways = &self.workflow.definition().transitions;
        let mut misfits = Vec::new();
        for (number, way) in ways.iter().enumerate() {
            for effect in way.effects.iter().filter(|effect| effect.is_clock()) {
                let own: Vec<&Edge> = self.edges.iter().filter(|e| e.transition == number).collect();
                let fits = own.iter().any(|edge| {
                    let implied = clock_effect(self.clock(edge.from), self.clock(edge.to));
                    implied == Some(*effect)
                        || *effect == Effect::RestartClock && implied == Some(Effect::ResumeClock)
                });
                if !fits && !own.is_empty() {
                    let path = format!("/transitions/{number}/do");
                    misfits.push(Defect::new(DefectCode::ClockMismatch, path, effect));
                }
            }
        }
        self.defects.extend(misfits);
    }
}

/// The node to which a transition leads.
fn follow(workflow: &Workflow, node: &Node, position: Position, way: &TransitionDef) -> Node {
    let started = node.started || clock(workflow, &position) == ClockState::Running;
    Node { started, priced: node.priced || way.effects.contains(&Effect::ComputeFees), position }
}

/// The steps of a shortest way from filing to a step; none if no filing gets there.
pub(super) fn route_to(workflow: &Workflow, goal: &StepId) -> Option<Vec<StepId>> {
    let net = Net::explore(workflow);
    let node = net.nodes.iter().position(|node| node.position.marking.contains(goal))?;
    Some(net.route(node))
}
