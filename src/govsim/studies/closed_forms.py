"""Closed forms that the engine must reproduce (model.md section 4, as ruled by V1-V8). Times are in mean services."""

import math
from itertools import count, product
from typing import Any

import numpy as np
from scipy import optimize, special


def erlang_c(c: int, a: float) -> float:
    """Probability of waiting in M/M/c at offered load a (T1).

    Examples
    --------
    >>> round(erlang_c(4, 3.2), 5)
    0.59643
    """
    top = a**c / math.factorial(c) * c / (c - a)
    return top / (sum(a**k / math.factorial(k) for k in range(c)) + top)


def wait_m_m_c(c: int, a: float) -> float:
    """Mean wait in M/M/c: C / (c - a) (T1)."""
    return erlang_c(c, a) / (c - a)


def wait_m_g_1(rho: float, cv: float) -> float:
    """Mean wait in M/G/1 (T2; Pollaczek and Khinchine): rho (1 + cv^2) / (2 (1 - rho))."""
    return rho * (1 + cv**2) / (2 * (1 - rho))


def waits_by_class(rates: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Mean waits of non-preemptive classes with exponential work, first class first (T3; Cobham 1954)."""
    residual = (rates * 2 * sizes**2).sum() / 2
    sigma = np.concatenate([[0.0], np.cumsum(rates * sizes)])
    waits: np.ndarray = residual / ((1 - sigma[:-1]) * (1 - sigma[1:]))
    return waits


def conserved_wait(rates: np.ndarray, sizes: np.ndarray) -> float:
    """Sum of rho_k W_k = rho R / (1 - rho) under any order that does not look at work ahead (T4; Kleinrock)."""
    load = float((rates * sizes).sum())
    return load * float((rates * 2 * sizes**2).sum() / 2) / (1 - load)


def patient_queue(rate: float, c: int) -> float:
    """Mean number waiting when patience is as long as service: N ~ Poisson(rate), E[(N - c)+] (T5).

    Who gives up does so at rate 1 each while waiting, so the share that gives up is this over `rate`.
    """
    return sum((n - c) * math.exp(-rate) * rate**n / math.factorial(n) for n in range(c + 1, 80))


def sitting_wait(interval: float, success: float = 1.0, cv: float = 0.0) -> float:
    """Mean wait for a ruling: what is left of an interval, T (1 + cv^2) / 2, and T for every sitting without success (T6)."""
    return interval * (1 + cv**2) / 2 + interval * (1 / success - 1)


def sitting_variance(interval: float, success: float = 1.0) -> float:
    """Variance of that wait at a fixed interval: T^2 / 12 + T^2 (1 - p) / p^2 (T6, V8)."""
    return interval**2 / 12 + interval**2 * (1 - success) / success**2


def bailey_queue(a: float, k: int) -> float:
    """Mean number waiting at a sitting of at most k: the k - 1 roots of z^k = exp(a (z - 1)) in the disc (T7; Bailey 1954)."""
    roots = []
    for n in range(1, k):
        z = 0.5 * np.exp(2j * np.pi * n / k)
        for _ in range(10_000):
            z = np.exp(2j * np.pi * n / k + a * (z - 1) / k)
        roots.append(z)
    return float((k - (k - a) ** 2) / (2 * (k - a)) + sum((1 / (1 - z)).real for z in roots))


def bailey(a: float, k: int) -> float:
    """Mean wait over interval: (E[X] - a) / a + 1/2 (T7)."""
    return (bailey_queue(a, k) - a) / a + 0.5


def rounds_until_all(m: int, p: float, lapse: float) -> float:
    """Mean rounds of the chain k -> Bin(k, 1 - d) + Bin(m - k, p) from 0 to m: (I - Q)^-1 1 (T9)."""
    step = np.zeros((m, m))
    for k in range(m):
        for stay, join in product(range(k + 1), range(m - k + 1)):
            weight = math.comb(k, stay) * (1 - lapse) ** stay * lapse ** (k - stay)
            weight *= math.comb(m - k, join) * p**join * (1 - p) ** (m - k - join)
            if stay + join < m:
                step[k, stay + join] += weight
    return float(np.linalg.solve(np.eye(m) - step, np.ones(m))[0])


def interrupted_time(a: float, b: float, rate: float) -> float:
    """Mean time with Poisson(a) interruptions of mean b before exponential work (T10, preemptive-resume)."""
    r1 = a * b
    return 1 / (1 - r1) + (a * 2 * b**2 + rate * 2) / (2 * (1 - r1) * (1 - r1 - rate))


def feedback_time(rate: float, share: float) -> float:
    """Mean time in M/M/1 when a share comes back at once (T11): rho / ((1 - rho) lambda), rho = lambda / (1 - share)."""
    rho = rate / (1 - share)
    return rho / ((1 - rho) * rate)


def fork_join_time(rho: float) -> float:
    """Mean time of two identical M/M/1 desks in parallel (T31; Flatto and Hahn 1984): (12 - rho) / (8 (1 - rho))."""
    return (12 - rho) / (8 * (1 - rho))


def logit_shares(weight: float, costs: np.ndarray, scale: float) -> np.ndarray:
    """Shares of silence and of channels with utility weight * s - cost, s ~ Beta(2, 2), silence 0 (T13)."""
    nodes, at = np.polynomial.legendre.leggauss(60)
    s = (nodes + 1) / 2
    odds = np.exp((weight * s[:, None] - costs[None]) / scale)
    total = 1 + odds.sum(axis=1, keepdims=True)
    shares: np.ndarray = (np.hstack([np.ones((60, 1)), odds]) / total * (6 * s * (1 - s) * at / 2)[:, None]).sum(axis=0)
    return shares


def petition_shares(strength: float, base: float, gain: float, half: float, other: float, threshold: float) -> list[tuple[float, bool]]:
    """Shares x who petition that reproduce themselves, and whether each is stable (T14).

    x = sigma(b (s_P(x) - s_M) - k) with s_P = s0 + s1 x / (x + x0); stable where b s_P'(x) x (1 - x) < 1. No rule of the engine
    lets success grow with the share who petition: `petition_loop.md` has the loop that it does have.

    Examples
    --------
    >>> [(round(x, 4), stable) for x, stable in petition_shares(10.0, 0.05, 0.8, 0.25, 0.5, 0.5)]
    [(0.0088, True), (0.2168, False), (0.7178, True)]
    """

    def excess(x: np.ndarray | float) -> Any:
        return 1 / (1 + np.exp(-(strength * (base + gain * x / (x + half) - other) - threshold))) - x

    grid = np.linspace(0.0, 1.0, 10_001)
    value = excess(grid)
    shares = [float(grid[n]) for n in np.flatnonzero(value == 0)]
    for n in np.flatnonzero(value[:-1] * value[1:] < 0):
        shares.append(float(optimize.brentq(excess, grid[n], grid[n + 1], xtol=1e-12)))
    return [(x, strength * gain * half / (x + half) ** 2 * x * (1 - x) < 1) for x in sorted(shares)]


def bucket_wait(rate: float, capacity: float = 1.0) -> float:
    """Mean work left over when a day's exponential work is served in one go: Lindley's W' = (W + A - C)+ (T19).

    Spitzer: E[W] = sum over k of E[(S_k)+] / k, S_k the work of k days less k C; n pieces of work sum to Gamma(n).

    Examples
    --------
    >>> round(bucket_wait(0.7), 4)
    2.0386
    """
    total, excess = 0.0, math.inf
    for days in count(1):
        if excess < 1e-12:
            break
        mean, room = rate * days, capacity * days
        n = np.arange(1, int(mean + 12 * math.sqrt(mean) + 40))
        weight = np.exp(n * math.log(mean) - mean - special.gammaln(n + 1))
        excess = float(weight @ (n * special.gammaincc(n + 1, room) - room * special.gammaincc(n, room))) / days
        total += excess
    return total


def mean_trust(good: float, gain: float, loss: float) -> float:
    """Stationary mean of trust under independent outcomes (T15).

    Examples
    --------
    >>> mean_trust(0.8, 0.05, 0.12)
    0.625
    """
    return round(good * gain / (good * gain + (1 - good) * loss), 12)
