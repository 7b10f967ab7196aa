"""The log of moves: a row for every change of an issue's state, who moved it, and what it cost (ruling 33).

Recording is off unless `World.moves` has more than one row; it draws nothing, changes nothing a rule reads,
and costs one branch where it is off. `who` is a station, except where the list below says otherwise; -1 is the
issue's own household, its neighbours, or nobody. Rows are in the order in which they happened. A new rule that
changes an issue's state calls `note_move`; a cost it puts on a unit for an issue goes through `charge_for`.
"""

from govsim.engine.compiled import kernel
from govsim.engine.ledger import charge
from govsim.engine.queues import take_row
from govsim.engine.state import MOVE_ROWS

(AROSE, CHOSE, WAITED_ON, VOICED, DETECTED, DIRECTED, TAKEN_IN, MISROUTED, PASSED_UP, OWNER_FOUND_BY,
 PROMISED, DECLINED, PROMISE_LAPSED, WHISTLED, UNHEARD, MEMO_SENT, MEMO_FOLLOWED, TABLED, SAT, RULED, PUT_OFF,
 CONTACTED, SUPPORT_COUNTED, MONEY_SHORT, MONEY_RESERVED, MONEY_SPENT, MONEY_RETURNED, GATE_OPENED, GATE_SHUT,
 RELEASED, QUEUED, RECLASSED, BEGAN, WORKED, DONE, DONE_WRONG, CHARGED, TICKET_CLOSED, ISSUE_RESOLVED, AUDITED,
 REOPENED, REMINDED, PETITIONED, ATTENTION_GIVEN, ATTENTION_ENDED, WENT_TO_LAW, LAW_DECIDED, OVERDUE,
 HELPED_ITSELF, GAVE_UP, REPAIR_FAILED, ORDERED, RETURNED, ASSIGNED_TO, CALLED_BACK, ESCALATED) = range(56)  # fmt: skip
"""What happened; append-only, since saved runs hold the numbers."""

MOVES = (
    "arose",            # value: severity
    "chose",            # who -1; detail: channel; value: number of the choice, from 0
    "waited_on",        # who -1: patience ended while somebody was at work, so nothing was chosen
    "voiced",           # who -1; detail: channel: somebody in government knows from now on
    "detected",         # who: a grid unit, -1 for the stewards of the building; value: 1 for a report beside the matter
    "directed",         # who: leader; detail: number of the directive
    "taken_in",         # intake by a community, or by the owner of an order
    "misrouted",        # who: the wrong unit; detail: number of the hop; value: days it costs
    "passed_up",        # who: unit that passes it up; detail: tier; value: days it costs
    "owner_found",      # who: lead department, else community; detail: closed gates, as bits; value: hours needed
    "promised",         # detail: 1 asked by its community or subdistrict, 2 by a sitting, memo or whistle, 3 by order; value: probability
    "declined",         # likewise
    "promise_lapsed",
    "whistled",         # who: the subdistrict
    "unheard",          # who: department that did not come
    "memo_sent",        # value: authority
    "memo_followed",    # the unit answers the memo: its answer is the next move
    "tabled",           # who: area; detail: kind of forum; value: items on the agenda
    "sat",              # who: area; detail: kind of forum: the sitting takes the item up
    "ruled",            # who: area; detail: kind of forum; value: gates opened, as bits (0 for none)
    "put_off",          # who: area; detail: kind of forum
    "contacted",        # who: -1 at a session with residents; detail: contacts; value: won
    "support_counted",  # who -1; detail: supporters; value: parties who must agree
    "money_short",      # who -1; value: k¥ that no pot has
    "money_reserved",   # who -1; detail: pot; value: k¥
    "money_spent",      # likewise
    "money_returned",   # likewise
    "gate_opened",      # who -1; detail: gate, as its bit
    "gate_shut",        # who -1; detail: gate, as its bit: a promise has lapsed
    "released",         # who -1; value: number of the redo
    "queued",           # detail: see `note_work`; value: hours of need left
    "reclassed",        # likewise: another class in the queue
    "began",            # likewise; value: hours of need: first start, effort is decided
    "worked",           # likewise; value: hours of one stretch, negative when an interruption takes them back
    "done",             # likewise; value: 1 if the part did what it should
    "done_wrong",       # likewise: done on wrong information, and to be done again
    "charged",          # who: -1 for residents; detail: activity; value: hours of overhead
    "closed",           # who -1; detail: number of the redo; value: satisfaction
    "resolved",         # who -1: what was closed is truly resolved
    "audited",          # who: subdistrict: it finds the ticket falsely closed
    "reopened",         # who -1; detail: number of the redo
    "reminded",         # who: the lead of an order, else -1
    "petitioned",       # who -1; detail: number of the petition
    "attention_given",  # who -1
    "attention_ended",  # who -1
    "went_to_law",      # who: justice, or the mediation station
    "law_decided",      # likewise; value: 1 if won
    "overdue",          # who -1: a listed issue has passed its deadline
    "exited",           # who -1: the household helped itself; value: k¥
    "lapsed",           # who -1: the household gave up
    "repair_failed",    # who -1: what was resolved is there again
    "ordered",          # who -1; detail: number of the order; value: days until a seat is done with the call
    "returned",         # the lead returns an order; detail: number of the return; value: days until it comes again
    "assigned",         # the lead has to take an order
    "called_back",      # who -1; value: 1 if satisfied
    "escalated",        # who: the subdistrict that names it
)  # fmt: skip


@kernel
def write_move(w, i, t, what, who, detail, value):
    """A row of the log; one too many for the day stops the run, as with other pools."""
    n = take_row(w, MOVE_ROWS, w.moves.size, -1)
    if n >= 0:
        row = w.moves[n]
        row.day = t
        row.value = value
        row.issue = i
        row.who = who
        row.detail = detail
        row.what = what


@kernel
def note_move(w, i, t, what, who, detail, value):
    """What happened to issue i at moment t (days); `value` is always a float."""
    if w.moves.size > 1:
        write_move(w, i, t, what, who, detail, value)


@kernel
def note_work(w, k, t, what, is_extra, value):
    """A move of a package: detail is its kind + 8 class + 32 if outsiders work + 64 if perfunctory."""
    if w.moves.size > 1:
        pk = w.packages[k]
        if pk.issue >= 0:
            detail = int(pk.kind) + 8 * int(pk.queue_class) + 32 * is_extra
            if pk.mode == 2:
                detail += 64
            write_move(w, pk.issue, t, what, pk.station, detail, value)


@kernel
def charge_for(w, i, t, s, activity, hours):
    """An overhead of unit s for issue i, in the ledger and in the log."""
    charge(w, s, activity, hours)
    if w.moves.size > 1 and i >= 0 and hours > 0.0:
        write_move(w, i, t, CHARGED, s, activity, hours)
