//! Connected sets of identifiers. Not for deciding which events link them: see `store::persons`.

/// Links whose first steps upward are looked up together, so that memory is waited for once and not for each.
const TOGETHER: usize = 64;

/// For each of `n` nodes the smallest node of its connected set. Links name nodes below `n`; others are ignored.
pub fn components(n: usize, links: impl IntoIterator<Item = (u32, u32)>) -> Vec<u32> {
    let mut parent: Vec<u32> = (0..u32::try_from(n).unwrap_or(u32::MAX)).collect();
    let known = parent.len();
    let mut links = links.into_iter().filter(|(a, b)| (*a as usize) < known && (*b as usize) < known);
    let mut together = Vec::with_capacity(TOGETHER);
    loop {
        together.clear();
        together.extend(links.by_ref().take(TOGETHER));
        if together.is_empty() {
            break;
        }
        for _ in 0..2 {
            together.iter_mut().for_each(|(a, b)| (*a, *b) = (parent[*a as usize], parent[*b as usize]));
        }
        for (a, b) in &together {
            let (a, b) = (root(&mut parent, *a), root(&mut parent, *b));
            // The smaller root stays on top, so that the root of a set is its smallest node.
            parent[a.max(b) as usize] = a.min(b);
        }
    }
    for node in 0..parent.len() {
        // Parents are never greater than their children, so they are already final here.
        parent[node] = parent[parent[node] as usize];
    }
    parent
}

fn root(parent: &mut [u32], mut node: u32) -> u32 {
    while parent[node as usize] != node {
        let above = parent[parent[node as usize] as usize];
        parent[node as usize] = above;
        node = above;
    }
    node
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_node_stands_for_its_set() {
        assert_eq!(components(7, [(5, 3), (3, 6), (2, 1), (6, 5)]), [0, 1, 1, 3, 4, 3, 3]);
        assert_eq!(components(3, [(0, 9)]), [0, 1, 2]);
        assert_eq!(components(0, []), Vec::<u32>::new());
    }

    #[test]
    fn agrees_with_flooding_on_random_links() {
        let mut state = 7_u64;
        let mut next = |n: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % n
        };
        for _ in 0..200 {
            let n = 1 + next(40);
            let links: Vec<(u32, u32)> = (0..next(50)).map(|_| (next(n) as u32, next(n) as u32)).collect();
            let mut labels: Vec<u32> = (0..n as u32).collect();
            for _ in 0..n {
                for (a, b) in &links {
                    let least = labels[*a as usize].min(labels[*b as usize]);
                    labels[*a as usize] = least;
                    labels[*b as usize] = least;
                }
            }
            assert_eq!(components(n as usize, links), labels);
        }
    }
}
