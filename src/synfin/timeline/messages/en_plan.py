"""English: what is changed about a run, and the rules that break TCP on purpose."""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, str]] = {
    "app.set": "setting: {detail}",
    "app.stop-reading": "stops reading",
    "app.read-on": "reads again",
    "rule.teach-established-on-syn": (
        "{who} takes the SYN alone for a connection: for this lesson two messages are enough"
    ),
    "rule.teach-no-time-wait": "for this lesson there is no TIME_WAIT: {who} forgets the connection at once",
    "why.rule.teach-established-on-syn": (
        "A counterfactual, against RFC 9293 3.5. Real TCP waits in SYN_RECEIVED until somebody acknowledges {who}'s "
        "own initial sequence number, because a SYN alone proves nothing: it may have wandered through the network "
        "since an earlier connection, or carry a forged address. Here {who} believes it, tells its application, and "
        "may hold a connection that nobody at the other end has ever asked for."
    ),
    "why.rule.teach-no-time-wait": (
        "A counterfactual, against RFC 9293 3.6. Real TCP keeps the numbers of this connection for twice the maximum "
        "segment lifetime, to answer a FIN that comes again and to keep old segments away from the next connection "
        "between the same ports. Here {who} forgets them as soon as its last ACK has left; what arrives afterwards "
        "meets a stranger."
    ),
    "scenario.old-data": (
        "A copy of an old segment arrives when A has connected again from the same port; TIME_WAIT does not let it "
        "come to that"
    ),
}
