"""Closed forms that the engine must reproduce (model.md section 4, as ruled by V1-V8). Times are in mean services."""

import math
from itertools import product

import numpy as np


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


def abandoning_share(rate: float, c: int) -> float:
    """Share that gives up when patience is as long as service: N ~ Poisson(rate), E[(N - c)+] / rate (T5)."""
    return sum((n - c) * math.exp(-rate) * rate**n / math.factorial(n) for n in range(c + 1, 80)) / rate


def bailey(a: float, k: int) -> float:
    """Wait over interval in bulk service of at most k: the k - 1 roots of z^k = exp(a (z - 1)) in the disc (T7; Bailey 1954)."""
    roots = []
    for n in range(1, k):
        z = 0.5 * np.exp(2j * np.pi * n / k)
        for _ in range(10_000):
            z = np.exp(2j * np.pi * n / k + a * (z - 1) / k)
        roots.append(z)
    queue = (k - (k - a) ** 2) / (2 * (k - a)) + sum((1 / (1 - z)).real for z in roots)
    return float((queue - a) / a + 0.5)


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


def mean_trust(good: float, gain: float, loss: float) -> float:
    """Stationary mean of trust under independent outcomes (T15).

    Examples
    --------
    >>> mean_trust(0.8, 0.05, 0.12)
    0.625
    """
    return round(good * gain / (good * gain + (1 - good) * loss), 12)
