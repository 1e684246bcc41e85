"""What can go wrong with the Vea API, sorted by what the user can do about it.

Every error's text is one paragraph: what was asked, how often it was tried, the last cause, what to do now.
No text holds the client secret or a token.
"""

from __future__ import annotations


class VeaError(Exception):
    """Anything that keeps the Vea API from being read."""


class VeaConfigurationError(VeaError):
    """A setting cannot work as it stands: change it."""


class VeaCredentialsError(VeaError):
    """The API client's id and secret, or the tokens it gets, are refused: check the API client."""


class VeaUnavailableError(VeaError):
    """Vea cannot be reached for now, and was tried again as often as the policy allows: run it later."""


class VeaRefusedError(VeaError):
    """Vea understood the question and says no, and will say no again: the question or the account must change."""


class VeaAnswerError(VeaError):
    """Vea's answer is none that this project understands: the API changed, or something else answered."""
