"""The seven questions that all engines answer, and the form of their answers. Not for how an engine answers them.

Answers are plain values that compare equal: counts by step, or dictionaries without zeros.
- funnel: [persons at step 1, 2, 3, 4]
- country: {country: [persons at step 1, 2, 3, 4]}, "(none)" for persons whose matching events carry none
- trend: ({(event, day): events}, {day: persons})
- retention: {(first week, weeks later): persons}, weeks from Monday, counted from 1970
- left: persons who did A within the last seven days, and B neither at nor after the first A of them
- flow: {(depth, event, next event): sessions}, from a session's first start over its next five events
- identity: (connected sets, sum over all nodes of the smallest node of their set)
"""

STEPS = ["Product Viewed", "Product Added", "Checkout Started", "Payment Submitted"]
WINDOW_US = 7 * 86_400 * 1_000_000
DID, NOT_THEN = "Product Added", "Order Completed"
START = "Product Viewed"
NEXT = 5
NONE = "(none)"

# Question -> (what the table calls it, bytes of Stormline's columns that an answer reads of each event).
QUESTIONS = {
    "funnel": ("4-step funnel, 7-day window", 12),
    "country": ("the same by country (first value)", 16),
    "trend": ("events by name and day, daily persons", 24),
    "retention": ("weekly retention matrix", 8),
    "left": ("did A, not then B, last 7 days", 12),
    "flow": ("next five events in session", 5),
    "identity": ("identity links to connected sets", None),
}


class Unanswered(Exception):
    """The engine has no sensible form of this question."""
