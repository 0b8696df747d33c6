"""What the conventions of a limit mean, in words: for a page, where each number has its place in a file."""

from __future__ import annotations

from collections.abc import Mapping

CONVENTIONS: Mapping[str, str] = {
    "cls-counting": (
        "CLs by counting: the chance to observe at most as many events as were observed with signal and "
        "background, over the same chance with the background alone, each averaged over the density of the "
        "background. A signal is excluded where this ratio is below one minus the confidence level. It "
        "covers at least as often as it says; with no event observed it does not depend on the background."
    ),
    "cls-profile": (
        "CLs with the profile likelihood ratio and an auxiliary measurement of the background that "
        "fluctuates from repetition to repetition, exact by enumeration. A signal is excluded where CLs is "
        "below one minus the confidence level."
    ),
    "cls-asymptotic": (
        "CLs of the fitted height of the peak: the profile likelihood ratio with its asymptotic "
        "distribution, refused where fewer than ten events lie under the peak. A signal is excluded where "
        "CLs is below one minus the confidence level."
    ),
    "classical": (
        "Neyman's one-sided construction: a signal is excluded where the chance to observe at most as many "
        "events, with signal and background, is below one minus the confidence level. A deficit of events "
        "can exclude signals to which the search has no sensitivity."
    ),
    "bayesian-flat": (
        "Bayesian, with a flat prior in the number of signal events: a signal is excluded where the "
        "posterior probability of a larger one is below one minus the credibility."
    ),
    "feldman-cousins": (
        "The unified intervals of Feldman and Cousins, ordered by the likelihood ratio: a signal is excluded "
        "above the upper end of its interval."
    ),
}

ORDERINGS: Mapping[str, str] = {
    "total-count": "Several signal regions are counted together: all that are open at a mass.",
    "likelihood-ratio": (
        "Several signal regions are ordered by their joint likelihood ratio: a region with less background "
        "weighs more."
    ),
}
