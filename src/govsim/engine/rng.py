"""The only randomness: keyed, counter-based draws (house rule; ruling 6).

A draw is a pure function of (key, purpose, count). A key is a 64-bit hash of the seed and of what the
draw is about: an issue, a unit, a forum. Nothing is stored, so no draw can shift another: the same
issue meets the same luck under every variant. The mixer is SplitMix64's (Steele, Lea and Flood 2014).
Every operand is uint64: `uint64 + int64` would become a wrapped signed number in compiled code.
"""

import math

import numpy as np

from govsim.engine.compiled import kernel

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_PURPOSE = np.uint64(0xD1B54A32D192ED03)
_COUNT = np.uint64(0x8CB92BA72F3D8DD7)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_UNIT = 2.0**-53

# Purposes: fixed numbers, append-only.
GAP, ACCEPT, KIND, HOUSEHOLD, SEVERITY, AFFECTED, HOURS, NEEDS, FUND, OBSTACLE = range(10)
CHOICE, PATIENCE, HOP, HOP_DELAY, HOP_UNIT, TRANSFER, LOSS, INFORM = range(10, 18)
COMMIT, REFUSAL, PARTIES, PERSUADE, SUPPORT, DECISION = range(18, 24)
EFFORT, OUTCOME, AUDIT, AUDIT_DELAY, FIRM, LAW = range(24, 30)
ATTENTION, ATTENDANCE, PHASE, TARGET, SEEN, VISIT_DAY = range(30, 36)
GIVE, OFFER, DROPOUT, COVERAGE, DETECTION, FALSE_POSITIVE = range(36, 42)
NORM, MEMBER, ORGANISATION, DAY_FACTOR, RENOVATION, PROMISE_LAPSE, ROSTER, WHISTLE_HEARD = range(42, 50)
UNTRANSFERRED, RECURRENCE, CALL_BACK, OWN = range(50, 54)
GRID_NORM, GRID_DETECTION, CAMPAIGN, TURNOVER = 54, 55, 56, 57
OWNER, TURNOUT, QUARREL, PROGRAMME, VISIT_GAP, VISIT_HOURS, VISITOR, COMES = range(60, 68)
NEW_CHOICE = 68

# Families of entities that have keys of their own.
BUILDING, UNIT, FORUM, LEADER, MEMBERS, FIRMS, TYPES, COMPOUND, BRANCH, PAIRS, SHOCKS = range(11)
PROGRAMMES, FACILITIES, STAFF = 20, 21, 22


@kernel
def mix(x):
    """Scramble 64 bits."""
    x = (x ^ (x >> _S30)) * _M1
    x = (x ^ (x >> _S27)) * _M2
    return x ^ (x >> _S31)


@kernel
def entity_key(seed, family, number):
    """Key of an entity of a run."""
    x = mix(np.uint64(seed) + _GOLDEN * np.uint64(family + 1))
    return mix(x + _GOLDEN * np.uint64(number + 1))


@kernel
def child_key(key, number):
    """Key of the `number`-th child of an entity."""
    return mix(key + _GOLDEN * np.uint64(number + 1))


@kernel
def uniform(key, purpose, count):
    """Uniform on (0, 1)."""
    x = mix(key + _PURPOSE * np.uint64(purpose + 1) + _COUNT * np.uint64(count))
    return (np.float64(x >> _S11) + 0.5) * _UNIT


@kernel
def exponential(key, purpose, count):
    """Unit exponential."""
    return -math.log(uniform(key, purpose, count))


@kernel
def normal(key, purpose, count):
    """Standard normal: the quantile at one uniform."""
    return normal_quantile(uniform(key, purpose, count))


@kernel
def seventh(x, c0, c1, c2, c3, c4, c5, c6, c7):
    """A polynomial of degree seven, by Horner's rule."""
    return ((((((c7 * x + c6) * x + c5) * x + c4) * x + c3) * x + c2) * x + c1) * x + c0


@kernel
def normal_quantile(u):
    """Quantile of the standard normal, to about 16 digits: Wichura's algorithm AS 241 (1988), PPND16.

    Quotients of polynomials in q = u - 1/2, and beyond |q| = 0.425 in sqrt(-ln min(u, 1 - u)).
    """
    q = u - 0.5
    if abs(q) <= 0.425:
        x = 0.180625 - q * q
        return q * seventh(
            x, 3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
            4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3,
        ) / seventh(
            x, 1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
            2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3,
        )  # fmt: skip
    x = math.sqrt(-math.log(min(u, 1.0 - u)))
    if x <= 5.0:
        x -= 1.6
        z = seventh(
            x, 1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
            1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4,
        ) / seventh(
            x, 1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
            1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9,
        )  # fmt: skip
    else:
        x -= 5.0
        z = seventh(
            x, 6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
            2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
        ) / seventh(
            x, 1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
            7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15,
        )  # fmt: skip
    return math.copysign(z, q)


@kernel
def beta_two_two(key, purpose):
    """Beta(2, 2): the middle of three uniforms."""
    a = uniform(key, purpose, 0)
    b = uniform(key, purpose, 1)
    c = uniform(key, purpose, 2)
    return max(min(a, b), min(max(a, b), c))


@kernel
def binomial(key, purpose, count, n, share):
    """Binomial of n trials by inversion of the rarer outcome, one uniform for each 64 trials (2^-64 is far from underflow)."""
    rare = min(share, 1.0 - share)
    total = 0
    for block in range((n + 63) // 64):
        trials = min(64, n - 64 * block)
        u = uniform(key, purpose, count + block)
        term = math.exp(trials * math.log(1.0 - rare))
        below = term
        k = 0
        while u > below and k < trials:
            term *= rare / (1.0 - rare) * (trials - k) / (k + 1)
            k += 1
            below += term
        total += k
    return total if share <= 0.5 else n - total


@kernel
def fill_keys(seed, family, numbers, keys):
    """Write the keys of many entities of a family."""
    for n in range(numbers.size):
        keys[n] = entity_key(seed, family, numbers[n])


@kernel
def fill_uniforms(keys, purpose, count, values):
    """Write one uniform on (0, 1) for each key."""
    for n in range(keys.size):
        values[n] = uniform(keys[n], purpose, count)
