"""The calendar of future events, the heap of today's, and the queues of units and forums.

Future events lie in a linked bucket a quarter of an hour; the bucket whose turn has come goes into one
binary heap ordered by (time, tie), so a run has a single order of events (ruling V2). Queues are skew heaps (Sleator and
Tarjan 1986) of nodes from one pool, ordered by (key, tie). Nothing here knows what an event means.
Pools never move during a day: `simulate.py` enlarges them between days.
"""

import math

import numpy as np

from govsim.engine.compiled import kernel

_ENTITIES = 2**20
SLOTS_PER_DAY = 96
"""Buckets of a day: small enough for a short heap, few enough to step through."""


@kernel
def before(time_a, tie_a, time_b, tie_b):
    """Order of events: by time, then tie."""
    return time_a < time_b or (time_a == time_b and tie_a < tie_b)


@kernel
def heap_push(counters, heap, time, tie, event):
    """Add an event to today's heap."""
    c = counters[0]
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
def heap_pop(counters, heap):
    """Remove the first event of today and return it. The heap must not be empty."""
    c = counters[0]
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
        if child + 1 < n and before(
            heap[child + 1].time, heap[child + 1].tie, heap[child].time, heap[child].tie
        ):
            child += 1
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
def schedule(counters, events, heap, buckets, time, kind, entity, version, tie):
    """Let an event happen at `time` (days); beyond the horizon it is forgotten.

    Events of one moment go by `tie` (the issue, as a rule), kind and entity: parts of one issue that began
    together with equal hours also end together.
    """
    c = counters[0]
    slot = int(time * SLOTS_PER_DAY)
    if slot >= buckets.size:
        return
    e = c.free_event
    if e < 0:
        c.overflow = 1
        return
    event = events[e]
    c.free_event = event.next
    c.n_free_events -= 1
    event.time = time
    event.tie = (np.int64(tie) * 16 + kind) * _ENTITIES + entity % _ENTITIES
    event.kind = kind
    event.entity = entity
    event.version = version
    if slot <= c.slot:
        heap_push(counters, heap, time, event.tie, e)
    else:
        event.next = buckets[slot]
        buckets[slot] = e


@kernel
def open_bucket(counters, events, heap, buckets, slot):
    """Move a slot's events into the heap."""
    e = buckets[slot]
    buckets[slot] = -1
    while e >= 0:
        following = events[e].next
        heap_push(counters, heap, events[e].time, events[e].tie, e)
        e = following


@kernel
def next_due(counters, events, heap, buckets, limit):
    """Time of the next event before `limit`, or infinity; opens the buckets on the way."""
    c = counters[0]
    while c.heap_size == 0:
        if c.slot + 1 > limit * SLOTS_PER_DAY or c.slot + 1 >= buckets.size:
            return math.inf
        c.slot += 1
        open_bucket(counters, events, heap, buckets, c.slot)
    return heap[0].time


@kernel
def free_event(counters, events, e):
    """Give an event back to the pool."""
    c = counters[0]
    events[e].next = c.free_event
    c.free_event = e
    c.n_free_events += 1


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
def queue_push(counters, nodes, root, key, tie, item, version):
    """Add an item to the queue with this root; return the new root."""
    c = counters[0]
    n = c.free_node
    if n < 0:
        c.overflow = 1
        return root
    node = nodes[n]
    c.free_node = node.left
    c.n_free_nodes -= 1
    node.key = key
    node.tie = tie
    node.content = item
    node.version = version
    node.left = -1
    node.right = -1
    return merge(nodes, root, n)


@kernel
def queue_pop(counters, nodes, root):
    """Drop the first item; return the new root. Its node goes back to the pool."""
    c = counters[0]
    following = merge(nodes, nodes[root].left, nodes[root].right)
    nodes[root].left = c.free_node
    c.free_node = root
    c.n_free_nodes += 1
    return following


@kernel
def take_package(counters, packages):
    """A package from the pool, or -1 when it is empty."""
    c = counters[0]
    k = c.free_package
    if k < 0:
        c.overflow = 1
        return -1
    c.free_package = packages[k].next
    c.n_free_packages -= 1
    return k


@kernel
def give_package(counters, packages, k):
    """Give a package back; its version grows, so whatever still points to it is stale."""
    c = counters[0]
    pk = packages[k]
    pk.version += 1
    pk.issue = -1
    pk.queued = 0
    pk.in_service = 0
    pk.next = c.free_package
    c.free_package = k
    c.n_free_packages += 1
