"""Elementary functions from plain arithmetic, so that LLVM vectorises the loops that call them.

Relative error below 4e-16 (log, exp) and absolute error below 3e-16 (sine, cosine) in the ranges stated.
``normal_pair`` uses shorter polynomials: an error of 1e-8 of a normal deviate cannot be seen.
"""

from __future__ import annotations

import numpy as np

from feebly.core.compiled import inlined

_LN2_HIGH = 6.93147180369123816490e-01  # ln 2 in two parts (fdlibm e_exp.c): n * high is exact for |n| < 2^20
_LN2_LOW = 1.90821492927058770002e-10
_LN2 = 0.6931471805599453
_INVERSE_LN2 = 1.44269504088896338700
_ROUND = 6755399441055744.0  # 1.5 * 2^52: adding and subtracting it rounds to the nearest integer
_HALF_PI = 1.5707963267948966
_SQRT_HALF_BITS = np.int64(0x3FE6A09E667F3BCD)


@inlined
def log(x):
    """Natural logarithm of a positive normal number."""
    bits = np.float64(x).view(np.int64)
    exponent = (bits - _SQRT_HALF_BITS) >> 52  # mantissa then lies in [sqrt(1/2), sqrt(2))
    mantissa = np.int64(bits - (exponent << 52)).view(np.float64)
    r = (mantissa - 1.0) / (mantissa + 1.0)
    q = r * r
    tail = 1.0 / 21.0
    tail = tail * q + 1.0 / 19.0
    tail = tail * q + 1.0 / 17.0
    tail = tail * q + 1.0 / 15.0
    tail = tail * q + 1.0 / 13.0
    tail = tail * q + 1.0 / 11.0
    tail = tail * q + 1.0 / 9.0
    tail = tail * q + 1.0 / 7.0
    tail = tail * q + 1.0 / 5.0
    tail = tail * q + 1.0 / 3.0
    e = np.float64(exponent)
    return e * _LN2_HIGH + (2.0 * r * (1.0 + tail * q) + e * _LN2_LOW)


@inlined
def exp(x):
    """Exponential for -700 < x < 700."""
    n = (x * _INVERSE_LN2 + _ROUND) - _ROUND
    r = (x - n * _LN2_HIGH) - n * _LN2_LOW
    y = 1.0 / 6227020800.0
    y = y * r + 1.0 / 479001600.0
    y = y * r + 1.0 / 39916800.0
    y = y * r + 1.0 / 3628800.0
    y = y * r + 1.0 / 362880.0
    y = y * r + 1.0 / 40320.0
    y = y * r + 1.0 / 5040.0
    y = y * r + 1.0 / 720.0
    y = y * r + 1.0 / 120.0
    y = y * r + 1.0 / 24.0
    y = y * r + 1.0 / 6.0
    y = y * r + 0.5
    y = y * r + 1.0
    y = y * r + 1.0
    return y * np.int64((np.int64(n) + 1023) << 52).view(np.float64)


@inlined
def cos_sin_turn(u):
    """(cos, sin) of 2 pi u for |u| < 1e6: the azimuth of a uniform number."""
    quarter = (4.0 * u + _ROUND) - _ROUND
    a = (4.0 * u - quarter) * _HALF_PI  # |a| <= pi/4
    q = a * a
    s = -1.0 / 1307674368000.0
    s = s * q + 1.0 / 6227020800.0
    s = s * q - 1.0 / 39916800.0
    s = s * q + 1.0 / 362880.0
    s = s * q - 1.0 / 5040.0
    s = s * q + 1.0 / 120.0
    s = s * q - 1.0 / 6.0
    s = a + a * q * s
    c = 1.0 / 20922789888000.0
    c = c * q - 1.0 / 87178291200.0
    c = c * q + 1.0 / 479001600.0
    c = c * q - 1.0 / 3628800.0
    c = c * q + 1.0 / 40320.0
    c = c * q - 1.0 / 720.0
    c = c * q + 1.0 / 24.0
    c = c * q - 0.5
    c = 1.0 + q * c
    k = np.int64(quarter) & 3
    swap = (k & 1) == 1
    cosine = s if swap else c
    sine = c if swap else s
    cosine = -cosine if (k == 1 or k == 2) else cosine
    sine = -sine if k >= 2 else sine
    return cosine, sine


@inlined
def normal_pair(u, v):
    """Two normal deviates from two uniform numbers in (0, 1) by Box-Muller; absolute error below 1e-7."""
    bits = np.float64(u).view(np.int64)
    exponent = (bits - _SQRT_HALF_BITS) >> 52
    mantissa = np.int64(bits - (exponent << 52)).view(np.float64)
    r = (mantissa - 1.0) / (mantissa + 1.0)
    q = r * r
    series = 1.0 + q * (1.0 / 3.0 + q * (1.0 / 5.0 + q * (1.0 / 7.0 + q * (1.0 / 9.0))))
    radius = np.sqrt(-2.0 * (np.float64(exponent) * _LN2 + 2.0 * r * series))
    quarter = (4.0 * v + _ROUND) - _ROUND
    a = (4.0 * v - quarter) * _HALF_PI
    q = a * a
    s = a * (1.0 + q * (-1.0 / 6.0 + q * (1.0 / 120.0 + q * (-1.0 / 5040.0 + q * (1.0 / 362880.0)))))
    c = 1.0 + q * (-0.5 + q * (1.0 / 24.0 + q * (-1.0 / 720.0 + q * (1.0 / 40320.0 - q * (1.0 / 3628800.0)))))
    k = np.int64(quarter) & 3
    swap = (k & 1) == 1
    cosine = s if swap else c
    sine = c if swap else s
    cosine = -cosine if (k == 1 or k == 2) else cosine
    sine = -sine if k >= 2 else sine
    return radius * cosine, radius * sine
