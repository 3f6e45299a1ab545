//! Where in the window a person is. Not for drawing it.

use crate::model::item::ItemId;

/// A place or a page of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Route {
    /// Recent documents, the sample, opening a log.
    Start,
    /// The events of the log.
    Events(EventsTab),
    /// Saved queries, none chosen.
    Explore,
    /// One query.
    Query(ItemId),
    /// One person's events, with the matches of a funnel when it was reached from one.
    Timeline {
        /// Stored person id.
        person: i64,
        /// The funnel whose steps are marked.
        query: Option<ItemId>,
    },
}

/// The pages of Events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventsTab {
    /// The table of events.
    Log,
    /// Properties with types and top values.
    Properties,
    /// Imports with their counts.
    Imports,
    /// What could not become an event.
    Quarantine,
}

/// The places in the rail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// See [`Route::Events`].
    Events,
    /// See [`Route::Query`].
    Explore,
}

impl Place {
    /// All places that work, in the order of the rail.
    pub const ALL: [Place; 2] = [Place::Events, Place::Explore];

    /// Its word in the rail.
    pub fn label(self) -> &'static str {
        match self {
            Place::Events => "Events",
            Place::Explore => "Explore",
        }
    }
}

impl Route {
    /// The place that the route lies in; none for the start page.
    pub fn place(&self) -> Option<Place> {
        match self {
            Route::Start => None,
            Route::Events(_) => Some(Place::Events),
            Route::Explore | Route::Query(_) | Route::Timeline { .. } => Some(Place::Explore),
        }
    }
}

/// Where a person has been, to go back and forth.
#[derive(Clone, Debug)]
pub struct Trail {
    back: Vec<Route>,
    here: Route,
    forth: Vec<Route>,
}

impl Trail {
    /// Begins here.
    pub fn new(here: Route) -> Trail {
        Trail { back: Vec::new(), here, forth: Vec::new() }
    }

    /// Where the person is.
    pub fn here(&self) -> &Route {
        &self.here
    }

    /// Goes on.
    pub fn go(&mut self, route: Route) {
        if route != self.here {
            self.back.push(std::mem::replace(&mut self.here, route));
            self.forth.clear();
        }
    }

    /// Goes back one page; false at the beginning.
    pub fn back(&mut self) -> bool {
        let Some(route) = self.back.pop() else { return false };
        self.forth.push(std::mem::replace(&mut self.here, route));
        true
    }

    /// Goes forth one page; false at the end.
    pub fn forth(&mut self) -> bool {
        let Some(route) = self.forth.pop() else { return false };
        self.back.push(std::mem::replace(&mut self.here, route));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_and_forth_end_where_they_began() {
        let mut trail = Trail::new(Route::Start);
        trail.go(Route::Explore);
        trail.go(Route::Query(ItemId(7)));
        assert!(trail.back() && trail.back() && !trail.back());
        assert_eq!(trail.here(), &Route::Start);
        assert!(trail.forth() && trail.forth() && !trail.forth());
        assert_eq!(trail.here(), &Route::Query(ItemId(7)));
    }
}
