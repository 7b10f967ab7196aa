"""The calendar of future events, the heap of those due, and the queues of units and forums.

Future events lie in a linked bucket, one a slot of the day; the bucket whose turn has come goes into one
binary heap ordered by (time, tie), so a run has a single order of events (ruling V2), whatever the number of
slots. Queues are skew heaps (Sleator and Tarjan 1986) of nodes from one pool, ordered by (key, tie). Nothing
here knows what an event means. Rows of a pool are used in turn, and again once given back. Pools never move
during a day: `simulate.py` enlarges them between days.
"""

import numpy as np

from govsim.engine.compiled import kernel
from govsim.engine.state import EVENTS, NODES, PACKAGES
from govsim.engine.world import prefetch

N_KINDS, N_ENTITIES = 2**6, 2**28
"""Kinds of event and entities that a tie can hold: the order of events of one moment and issue."""


@kernel
def before(time_a, tie_a, time_b, tie_b):
    """Order of events: by time, then tie. Without a branch, which a processor could only guess."""
    return (time_a < time_b) | ((time_a == time_b) & (tie_a < tie_b))


@kernel
def kind_of(event):
    """What an event brings, as its tie says."""
    return (event.tie // N_ENTITIES) % N_KINDS


@kernel
def entity_of(event):
    """Whose event it is, as its tie says: an issue, a package, a worker."""
    return event.tie % N_ENTITIES


@kernel
def issue_of(event):
    """The issue an event is about, as its tie says; with events of units, their number."""
    return event.tie // (N_ENTITIES * N_KINDS)


@kernel
def heap_push(w, time, tie, event):
    """Add an event to the heap."""
    c = w.counters[0]
    heap = w.heap
    i = c.heap_size
    c.heap_size = i + 1
    while i > 0:
        parent = (i - 1) >> 1
        above = heap[parent]
        if not before(time, tie, above.time, above.tie):
            break
        heap[i].time = above.time
        heap[i].tie = above.tie
        heap[i].event = above.event
        i = parent
    heap[i].time = time
    heap[i].tie = tie
    heap[i].event = event


@kernel
def heap_pop(w):
    """Remove the first event due and return it. The heap must not be empty."""
    c = w.counters[0]
    heap = w.heap
    first = heap[0].event
    n = c.heap_size - 1
    c.heap_size = n
    time = heap[n].time
    tie = heap[n].tie
    event = heap[n].event
    i = 0
    while True:
        child = 2 * i + 1
        if child >= n:
            break
        child += before(heap[child + 1].time, heap[child + 1].tie, heap[child].time, heap[child].tie) & (child + 1 < n)
        if not before(heap[child].time, heap[child].tie, time, tie):
            break
        heap[i].time = heap[child].time
        heap[i].tie = heap[child].tie
        heap[i].event = heap[child].event
        i = child
    heap[i].time = time
    heap[i].tie = tie
    heap[i].event = event
    return first


@kernel
def take_row(w, pool, size, after):
    """A row of a pool of `size` rows: the one given back last, which `after` follows, else one never used; -1 if none is left."""
    rows = w.pools[pool]
    row = rows.free
    if row >= 0:
        rows.free = after
    elif rows.used < size:
        row = rows.used
        rows.used += 1
    else:
        w.counters[0].overflow = 1
        return -1
    rows.live += 1
    return row


@kernel
def last_given(w, pool):
    """The row given back last, or any where there is none."""
    return max(0, w.pools[pool].free)


@kernel
def give_row(w, pool, row):
    """Give a row back; returns the row it is now to be followed by."""
    rows = w.pools[pool]
    after = rows.free
    rows.free = row
    rows.live -= 1
    return after


@kernel
def give_event(w, e):
    """Give a row of the events back."""
    w.events[e].next = give_row(w, EVENTS, e)


@kernel
def schedule(w, time, kind, entity, version, tie):
    """Let an event happen at `time` (days); beyond the horizon it is forgotten.

    Events of one moment go by `tie` (the issue, as a rule), kind and entity: parts of one issue that began
    together with equal hours also end together.
    """
    c = w.counters[0]
    slot = int(time * c.slots_per_day)
    if slot >= w.buckets.size:
        return
    e = take_row(w, EVENTS, w.events.size, w.events[last_given(w, EVENTS)].next)
    if e < 0:
        return
    event = w.events[e]
    event.time = time
    event.tie = (np.int64(tie) * N_KINDS + kind) * N_ENTITIES + entity
    event.version = version
    if slot <= c.slot:
        heap_push(w, time, event.tie, e)
    else:
        event.next = w.buckets[slot]
        w.buckets[slot] = e


@kernel
def merge(nodes, a, b):
    """Merge two skew heaps; return the root."""
    if a < 0:
        return b
    if b < 0:
        return a
    if before(nodes[b].key, nodes[b].tie, nodes[a].key, nodes[a].tie):
        a, b = b, a
    root = a
    while True:
        right = nodes[a].right
        nodes[a].right = nodes[a].left
        if right < 0:
            nodes[a].left = b
            return root
        if before(nodes[b].key, nodes[b].tie, nodes[right].key, nodes[right].tie):
            right, b = b, right
        nodes[a].left = right
        a = right


@kernel
def queue_push(w, root, key, tie, item, version):
    """Add an item to the queue with this root; return the new root."""
    n = take_row(w, NODES, w.nodes.size, w.nodes[last_given(w, NODES)].left)
    if n < 0:
        return root
    node = w.nodes[n]
    node.key = key
    node.tie = tie
    node.content = item
    node.version = version
    node.left = -1
    node.right = -1
    return merge(w.nodes, root, n)


@kernel
def next_node(w):
    """The row that the next item of any queue will get."""
    rows = w.pools[NODES]
    return rows.free if rows.free >= 0 else rows.used


@kernel
def queue_pop(w, root):
    """Drop the first item; return the new root. Its node goes back to the pool."""
    node = w.nodes[root]
    following = merge(w.nodes, node.left, node.right)
    node.left = give_row(w, NODES, root)
    if following >= 0:
        prefetch(w.nodes, int(w.nodes[following].left))
        prefetch(w.nodes, int(w.nodes[following].right))
    return following


@kernel
def stand_in_line(w, line, k, key, tie):
    """Let package k stand in a line in the order of (key, tie): behind the last that comes before it, as a rule the last."""
    row = w.waits[k]
    row.key = key
    row.tie = tie
    ahead = int(w.lines[line].last)
    behind = -1
    while ahead >= 0 and before(key, tie, w.waits[ahead].key, w.waits[ahead].tie):
        behind = ahead
        ahead = int(w.waits[ahead].previous)
    row.previous = ahead
    row.next = behind
    if ahead >= 0:
        w.waits[ahead].next = k
    else:
        w.lines[line].first = k
    if behind >= 0:
        w.waits[behind].previous = k
    else:
        w.lines[line].last = k


@kernel
def step_out(w, line, k):
    """Take package k out of its line; returns who is first then, or -1."""
    row = w.waits[k]
    if row.previous >= 0:
        w.waits[row.previous].next = row.next
    else:
        w.lines[line].first = row.next
    if row.next >= 0:
        w.waits[row.next].previous = row.previous
    else:
        w.lines[line].last = row.previous
    return int(w.lines[line].first)


@kernel
def take_package(w):
    """A row of the packages, or -1 when there is none."""
    return take_row(w, PACKAGES, w.packages.size, w.packages[last_given(w, PACKAGES)].next)


@kernel
def give_package(w, k):
    """Give a package back; its version grows, so whatever still points to it is stale."""
    pk = w.packages[k]
    pk.version += 1
    pk.issue = -1
    pk.queued = 0
    pk.in_service = 0
    pk.next = give_row(w, PACKAGES, k)
