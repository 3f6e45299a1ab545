//! The pages of the window. Views never know each other; each asks, paints and sends.

pub mod start;

pub mod events;

pub mod explore;

pub mod timeline;

use crate::model::flow::Flow;
use crate::model::funnel::{Funnel, Order, Step};
use crate::model::query::Query;
use crate::model::retention::{Cohorts, Retention, default_periods};
use crate::model::text::DEFAULT_WINDOW_US;
use crate::model::time::Interval;
use crate::model::trend::{Measure, Trend};

/// What every view remembers while the window is open.
#[derive(Default)]
pub struct Views {
    /// The start page.
    pub start: start::StartView,
    /// The events.
    pub events: events::EventsView,
    /// The queries.
    pub explore: explore::ExploreView,
    /// One person.
    pub timeline: timeline::TimelineView,
    /// The sample greets with three things to find.
    pub greeting: bool,
}

/// A funnel to begin with: no steps yet.
pub fn new_funnel() -> Query {
    Query::Funnel(Funnel {
        steps: Vec::new(),
        window_us: DEFAULT_WINDOW_US,
        order: Order::Ordered,
        breakdown: None,
        exclude: Vec::new(),
        filters: Vec::new(),
        between: None,
        as_of: None,
    })
}

/// A retention to begin with: who comes back with any event in the weeks after the first.
pub fn new_retention() -> Query {
    let any = Step { events: Vec::new(), filters: Vec::new(), optional: false };
    Query::Retention(Retention {
        steps: [any.clone(), any],
        cohorts: Cohorts::First,
        interval: Interval::Week,
        periods: default_periods(Interval::Week),
        unbounded: false,
        breakdown: None,
        filters: Vec::new(),
        between: None,
        as_of: None,
    })
}

/// A flow to begin with: what sessions start with.
pub fn new_flow() -> Query {
    Query::Flow(Flow::default())
}

/// A trend to begin with: all events by day.
pub fn new_trend() -> Query {
    Query::Trend(Trend {
        steps: vec![Step { events: Vec::new(), filters: Vec::new(), optional: false }],
        interval: Interval::Day,
        measure: Measure::Events,
        breakdown: None,
        filters: Vec::new(),
        between: None,
        as_of: None,
    })
}
