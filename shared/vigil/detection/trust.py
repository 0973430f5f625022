"""How sure a finding is, given how likely it would be by luck."""

# One window of a series in a hundred thousand, about ten weeks of minutes, strays by itself.
PRIOR = 1e-5
# A line that says in words that something is wrong needs less luck to be believed.
PRIOR_OF_WORDS = 1e-2
# What breaks a limit has been measured by that already; it only has to be no level of its series.
PRIOR_OF_LIMITS = 1e-2
# What strayed a minute ago is likely to stray still.
_LASTING_ODDS = 1000.0
_NOISE_ODDS = 0.1
MOST_NOISE = 6


def confidence_of(
    chance: float, *, prior: float = PRIOR, noise: int = 0, lasting: bool = False
) -> float:
    """Return how sure it is, 0..1, that what was seen is no luck: Bayes' theorem.

    `chance` is how likely something as extreme is in a healthy window, `prior` how likely a window
    is not healthy; trouble explains whatever is seen. Each time, up to MOST_NOISE, that people
    called such a finding `noise` makes it ten times less likely, and one that is `lasting`, since
    the window before strayed as well, a thousand times more.

    >>> round(confidence_of(1e-6), 2), round(confidence_of(1e-6, noise=1), 2)
    (0.91, 0.5)
    """
    odds = prior / (1.0 - prior) * _NOISE_ODDS ** min(max(noise, 0), MOST_NOISE)
    if lasting:
        odds *= _LASTING_ODDS
    # Below the smallest chance that a double holds nothing is luck.
    return odds / (odds + chance)
