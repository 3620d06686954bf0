//! A closed walk that uses every passage once (Hierholzer 1873).

/// The passages of a walk between numbered places.
pub(crate) struct Graph {
    /// For each vertex its edges: the other end and the edge.
    edges: Vec<Vec<(usize, usize)>>,
    used: Vec<bool>,
}

impl Graph {
    pub(crate) fn new(vertices: usize) -> Self {
        Self { edges: vec![Vec::new(); vertices], used: Vec::new() }
    }

    pub(crate) fn link(&mut self, a: usize, b: usize) {
        let edge = self.used.len();
        self.used.push(false);
        self.edges[a].push((b, edge));
        self.edges[b].push((a, edge));
    }
}

/// Returns the vertices in the order of a closed walk from `start`.
pub(crate) fn circuit(graph: &mut Graph, start: usize) -> Vec<usize> {
    let (mut open, mut done) = (vec![start], Vec::new());
    while let Some(vertex) = open.last().copied() {
        let next = loop {
            match graph.edges[vertex].pop() {
                Some((_, edge)) if graph.used[edge] => {}
                other => break other,
            }
        };
        match next {
            Some((other, edge)) => {
                graph.used[edge] = true;
                open.push(other);
            }
            None => done.extend(open.pop()),
        }
    }
    done
}
