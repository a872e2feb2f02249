//! Groups of files that name each other in a circle.

use std::collections::{BTreeMap, BTreeSet};

/// The strongly connected parts of a graph that hold more than one node, each sorted (Tarjan's algorithm).
pub(crate) fn circles<N: Ord + Copy>(graph: &BTreeMap<N, BTreeSet<N>>) -> Vec<BTreeSet<N>> {
    let mut search = Search {
        graph,
        order: BTreeMap::new(),
        lowest: BTreeMap::new(),
        open: Vec::new(),
        found: Vec::new(),
    };
    for node in graph.keys() {
        if !search.order.contains_key(node) {
            search.visit(*node);
        }
    }
    search.found
}

struct Search<'g, N> {
    graph: &'g BTreeMap<N, BTreeSet<N>>,
    order: BTreeMap<N, usize>,
    lowest: BTreeMap<N, usize>,
    open: Vec<N>,
    found: Vec<BTreeSet<N>>,
}

impl<N: Ord + Copy> Search<'_, N> {
    fn visit(&mut self, node: N) {
        let number = self.order.len();
        self.order.insert(node, number);
        self.lowest.insert(node, number);
        self.open.push(node);
        for next in self.graph.get(&node).into_iter().flatten().copied() {
            if !self.order.contains_key(&next) {
                self.visit(next);
                self.sink(node, self.lowest[&next]);
            } else if self.open.contains(&next) {
                self.sink(node, self.order[&next]);
            }
        }
        if self.lowest[&node] == number {
            let from = self
                .open
                .iter()
                .position(|open| *open == node)
                .expect("it is open");
            let circle: BTreeSet<N> = self.open.split_off(from).into_iter().collect();
            if circle.len() > 1 {
                self.found.push(circle);
            }
        }
    }

    fn sink(&mut self, node: N, to: usize) {
        let lowest = self.lowest.get_mut(&node).expect("it was visited");
        *lowest = to.min(*lowest);
    }
}
