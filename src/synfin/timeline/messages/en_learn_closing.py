"""English: chapters about how connections end."""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, str]] = {
    "learn.four-way.title": "Why four messages, and when three",
    "learn.four-way.1": (
        'A connection is two streams, and each is closed by itself. A FIN says "no more from me"; it takes a number, '
        "so it is acknowledged like data. Two FINs and two acknowledgments make four."
    ),
    "learn.four-way.2": (
        "A closes: FIN with seq={fin}. B's stack acknowledges at once with {fin_ack}; it cannot know whether B's "
        "application is done. The application closes {gap} later: FIN with seq={fin_b}, and A's last ACK says {last}. "
        "A goes {path_a}, B goes {path_b}."
    ),
    "learn.four-way.3": (
        "If B's application closes as soon as it reads the end, ACK and FIN share a segment: {three} segments, and A "
        "goes {three_path}. It is the acknowledgment of A's FIN in that segment that skips FIN_WAIT_2, not the mere "
        "presence of two flags."
    ),
    "learn.four-way.watch.four": "Figure 12 of RFC 9293: A closes, B a little later.",
    "learn.four-way.watch.three": "B closes at once: three segments.",
    "learn.four-way.watch.fin_lost": "The first FIN is lost.",
    "learn.four-way.watch.ack_lost": (
        "The ACK of the first FIN is lost: B's own FIN repeats the acknowledgment before A's timer has to."
    ),
    "learn.four-way.watch.second_lost": "The second FIN is lost: B repeats it from LAST_ACK.",
    "learn.four-way.wrong.1": (
        '"Four" is a habit, not a rule. A server on Linux that calls close() when it reads the end sends one '
        "FIN,ACK: three messages."
    ),
    "learn.four-way.wrong.2": (
        "The notes draw FIN without ACK. Every FIN carries ACK (here {flags}), as every segment does after the first "
        "SYN, some resets excepted."
    ),
    "learn.four-way.wrong.3": (
        '"The server puts the client\'s number plus one into the sequence number of its ACK" confuses two fields: it '
        "is the acknowledgment number. And either end may close first; the client is only an example."
    ),
    "learn.four-way.ask.1": "A's FIN has seq={fin} and no data. Which acknowledgment number does B send?",
    "learn.four-way.why.1": "The FIN takes one number.",
    "learn.four-way.ask.2": (
        "B's application closes at once, and its FIN acknowledges A's. Which state follows FIN_WAIT_1 at A?"
    ),
    "learn.four-way.why.2": (
        "Both directions are closed and acknowledged: nothing is left to wait for but the death of old segments."
    ),
    "learn.four-way.ask.3": (
        "B's ACK of A's FIN is lost; 30 ms later B's application closes too. What does A send next?"
    ),
    "learn.four-way.why.3": (
        "B's FIN carries the acknowledgment once more, before A's timer expires. A is content and acknowledges B's FIN."
    ),
    "learn.half-close.title": "Half-close: done speaking, still listening",
    "learn.half-close.1": (
        "shutdown(SHUT_WR) sends a FIN and goes on reading. A is in {state}, B in {peer}, and B sends {read} more "
        "octets, which A reads. A's acknowledgments all have seq={seq}: after its FIN it has no number left to use."
    ),
    "learn.half-close.2": "Writing after that is the caller's mistake: {error}. The peer is not bothered with it.",
    "learn.half-close.3": (
        "close() is another thing: it gives up reading as well. Data that arrive afterwards find nobody and draw "
        "{late}; B goes {late_b}. And who closes without having read what has arrived sends {unread} at once instead "
        "of a FIN, so that the peer learns that its data were lost (RFC 9293 3.6.1)."
    ),
    "learn.half-close.watch.half": "A is done, B still has 24 octets.",
    "learn.half-close.watch.late": "The contrast: close(), and data that come too late.",
    "learn.half-close.watch.unread": "The contrast: close() with unread data.",
    "learn.half-close.wrong.1": (
        '"The connection is half-closed" (after FIN) and "half-open" (one end has forgotten) are different things; '
        "the notes use one word for both."
    ),
    "learn.half-close.wrong.2": (
        '"The client stops sending" is not quite right: it sends no more data, but acknowledgments until the end.'
    ),
    "learn.half-close.ask.1": (
        "A has sent its FIN. B sends 24 octets from seq=300. Which acknowledgment number does A answer with?"
    ),
    "learn.half-close.why.1": "Receiving goes on as before: 300 + 24.",
    "learn.half-close.ask.2": "A has called close(), B sends data. What does A answer?",
    "learn.half-close.why.2": "Nobody will ever read them, and B must not believe that somebody has.",
    "learn.half-close.ask.3": (
        "B's data wait in A's buffer, and A's application calls close() without reading. What does A send?"
    ),
    "learn.half-close.why.3": (
        "A FIN would say that everything is fine. This reset comes from a live connection, so it has a number and an "
        "acknowledgment of its own."
    ),
    "learn.simultaneous-close.title": "Simultaneous close and CLOSING",
    "learn.simultaneous-close.1": (
        "Both applications close before either has heard of the other's FIN. Both are in FIN_WAIT_1 and receive a FIN "
        "that does not acknowledge their own: A's FIN says ack={fin_ack}, and B's FIN has just that number, so it is "
        "not covered yet."
    ),
    "learn.simultaneous-close.2": (
        "That is what CLOSING means: the peer's FIN is here, the acknowledgment of mine is not. The ACKs that follow "
        "({covers}) bring both to TIME_WAIT: {path}."
    ),
    "learn.simultaneous-close.3": (
        "Both ends wait 2MSL, here {wait}. When one closes an instant later than the other's FIN arrives, nothing of "
        "this happens."
    ),
    "learn.simultaneous-close.watch.cross": "Figure 13 of RFC 9293.",
    "learn.simultaneous-close.watch.lost": (
        "One of the two ACKs is lost: A repeats its FIN in CLOSING, B answers out of TIME_WAIT."
    ),
    "learn.simultaneous-close.wrong.1": (
        "The notes are right about CLOSING. What they leave out: both ends then go through TIME_WAIT, not only one."
    ),
    "learn.simultaneous-close.wrong.2": (
        "Flags do not decide between CLOSING and TIME_WAIT. Every FIN carries ACK; the acknowledgment number decides."
    ),
    "learn.simultaneous-close.ask.1": (
        "B is in FIN_WAIT_1 and receives a FIN that does not acknowledge its own. Where does it go?"
    ),
    "learn.simultaneous-close.why.1": (
        "One of two things has come, the other is missing. FIN_WAIT_2 is the mirror image: acknowledged, but no FIN "
        "yet."
    ),
    "learn.simultaneous-close.ask.2": "The ACK of A's FIN is lost. What does A, in CLOSING, send next?",
    "learn.simultaneous-close.why.2": "Its FIN is still unacknowledged, so its timer repeats it.",
    "learn.simultaneous-close.ask.3": "A closes 50 ms before B. The way takes 10 ms. Does A pass through CLOSING?",
    "learn.simultaneous-close.why.3": "B's stack has long acknowledged A's FIN when B's application closes: {later}.",
    "learn.time-wait.title": "TIME_WAIT: two reasons, each shown by taking it away",
    "learn.time-wait.1": (
        "Whoever closes first waits for twice the maximum segment lifetime, here {wait}, before it forgets. The first "
        "reason: its last ACK may be lost. Then B repeats its FIN ({fins} FINs in the first run), and somebody must "
        "answer. A does, and its clock starts anew: {whole} in all."
    ),
    "learn.time-wait.2": (
        "Take TIME_WAIT away: B's FIN meets a stranger and is answered with {again}. B's application has closed "
        "already, so no data are lost; but an orderly end has become an error."
    ),
    "learn.time-wait.3": (
        "The second reason: copies of old segments may still wander about. While A is in TIME_WAIT it cannot use the "
        "same four numbers again: connect() fails with {error}. Take TIME_WAIT away and the new connection is made. "
        "Now only the sequence numbers protect it: by their clock the late copy is recognised, and the times that B "
        "reads the order are {stopped}. Take the clock away too, and they are {twice}."
    ),
    "learn.time-wait.4": (
        "TIME_WAIT is no wall. A new SYN with a higher number, or a newer timestamp, ends it at once (RFC 6191): in "
        'the run "again" the answer comes at {reopened}. An old reset does not end it here ({ignored}), as RFC 1337 '
        "asks."
    ),
    "learn.time-wait.watch.lost": "The last ACK is lost.",
    "learn.time-wait.watch.stranger": "The same without TIME_WAIT.",
    "learn.time-wait.watch.guarded": "A late copy of an old order, and A wants to connect from the same port.",
    "learn.time-wait.watch.old": "The same without TIME_WAIT, and with constant initial numbers.",
    "learn.time-wait.watch.again": "A new SYN with a higher number ends TIME_WAIT.",
    "learn.time-wait.watch.duplicate": (
        "Old data and a bare ACK reach A in TIME_WAIT: the data are answered with an ACK, the ACK is not answered."
    ),
    "learn.time-wait.wrong.1": (
        '"It guarantees that the last ACK arrives" is too much: it gives B the chance to ask again. B may run out of '
        "retries."
    ),
    "learn.time-wait.wrong.2": (
        '"2MSL" on Linux is 60 s in all (here {linux} with one repeated FIN), and no sysctl changes it. The RFC\'s '
        "MSL of 2 minutes makes 4 minutes."
    ),
    "learn.time-wait.wrong.3": (
        '"Old connection requests" are not the point here; the handshake deals with those. TIME_WAIT is about old data.'
    ),
    "learn.time-wait.ask.1": (
        "A is in TIME_WAIT and B's FIN comes again. From which moment are the 240 s up to CLOSED counted?"
    ),
    "learn.time-wait.why.1": "The new ACK may be lost just like the one before, so the wait starts again.",
    "learn.time-wait.ask.2": "There is no TIME_WAIT and the last ACK was lost. What does A answer to the repeated FIN?",
    "learn.time-wait.why.2": "A has no such connection any more.",
    "learn.time-wait.ask.3": (
        "A is in TIME_WAIT and calls connect() from the same port to the same server. What does the call say?"
    ),
    "learn.time-wait.why.3": "The four numbers are in use until TIME_WAIT is over. Nothing is sent.",
    "learn.many-time-waits.title": "Too many TIME_WAITs, and what each Linux parameter really does",
    "learn.many-time-waits.1": (
        "Only the end that closes first has TIME_WAIT (both, when they close together), and only the end that also "
        "connects out can run short of ports. Here A may use four ports: {worked} connections work, the fifth call "
        "fails with {error}. On Linux there are 28,232 ports for each pair of addresses and remote port."
    ),
    "learn.many-time-waits.2": (
        "A server with a hundred thousand TIME_WAITs on port 80 lacks nothing: all of them share the port, and an "
        "entry is small."
    ),
    "learn.many-time-waits.3": (
        "What helps: keep connections open (HTTP keep-alive, pools); let the peer close first; more addresses; a wider "
        "ip_local_port_range. tcp_tw_reuse allows only new outgoing connections, only with timestamps, only after a "
        "second, and removes no entry. SO_LINGER 0 ends with {reset}, without TIME_WAIT ({lingered} failures here) and "
        "without the data that were still under way."
    ),
    "learn.many-time-waits.4": (
        "What does not help: tcp_fin_timeout concerns FIN_WAIT_2 of orphans, and nothing changes with it here "
        "({timeout} failure as before). tcp_max_tw_buckets is a safety limit: beyond it entries are destroyed, and the "
        "peer's FIN meets a RST. tcp_tw_recycle broke clients behind NAT and is gone since 4.12. SO_KEEPALIVE has "
        "nothing to do with it."
    ),
    "learn.many-time-waits.watch.ports": "Four ports, five connections.",
    "learn.many-time-waits.watch.linger": "SO_LINGER with time 0.",
    "learn.many-time-waits.wrong.1": (
        '"Memory and ports" as the harm: ports only in the case above, memory hardly ever.'
    ),
    "learn.many-time-waits.wrong.2": (
        '"Shorten TIME_WAIT by operating system parameters": Linux has no such parameter; the 60 s are fixed when '
        "the kernel is built. In this lab the time can be shortened (MSL 50 ms: {short} failures), which takes the "
        "protection of the chapter before away."
    ),
    "learn.many-time-waits.wrong.3": "\"Use keep-alive\" means HTTP's, not TCP's.",
    "learn.many-time-waits.ask.1": "All four ports are in TIME_WAIT. What does the fifth connect() say?",
    "learn.many-time-waits.why.1": (
        "There is no local port left that the call could choose. Nothing goes to the server."
    ),
    "learn.many-time-waits.ask.2": (
        "A sets tcp_fin_timeout (here fin_wait_2_timeout) to a millisecond. How many of the five calls fail now?"
    ),
    "learn.many-time-waits.why.2": "It limits FIN_WAIT_2, not TIME_WAIT.",
    "learn.many-time-waits.ask.3": "A uses SO_LINGER with time 0. What is the last segment of each connection?",
    "learn.many-time-waits.why.3": (
        "A reset instead of a FIN: the peer's application gets an error, and what was not delivered is lost."
    ),
    "learn.close-wait.title": "CLOSE_WAIT pile-up, and FIN_WAIT_2",
    "learn.close-wait.1": (
        "CLOSE_WAIT means: the peer has closed, and our own application has not. No timer runs. In the first run B's "
        "application never closes; a day later B is still in {b} and A in {a}."
    ),
    "learn.close-wait.2": (
        "The cure is in the program: a descriptor that nobody closes. As soon as close() is called, B goes {freed}. No "
        "sysctl does it for you."
    ),
    "learn.close-wait.3": (
        "The other end waits in FIN_WAIT_2. The RFC sets no limit: A waits {rfc} in the third run, as long as B takes. "
        "Linux limits it for orphans, that is after close(): A forgets after {linux}, and B's FIN is answered with "
        "{rst}. After shutdown() Linux waits for ever, too."
    ),
    "learn.close-wait.watch.stuck": "B's application never closes; a day passes.",
    "learn.close-wait.watch.closed": "It closes after ten seconds.",
    "learn.close-wait.watch.waits": "A has closed, B takes ninety seconds: by the RFC.",
    "learn.close-wait.watch.linux": "The same as Linux does it.",
    "learn.close-wait.wrong.1": (
        '"FIN_WAIT_2 times out" holds on Linux after close() only (tcp_fin_timeout, 60 s), and not in the RFC.'
    ),
    "learn.close-wait.wrong.2": (
        "Keep-alive does not help against CLOSE_WAIT as long as the peer is alive: its stack answers the probes."
    ),
    "learn.close-wait.wrong.3": (
        '"In FIN_WAIT_2 the other side says it still has data to send" is not on the wire: it has only acknowledged '
        "the FIN, and may have nothing to send at all."
    ),
    "learn.close-wait.ask.1": "B's application never closes. In which state is B after a day?",
    "learn.close-wait.why.1": "Nothing but the application, or a reset, ends it.",
    "learn.close-wait.ask.2": (
        "With the habits of Linux, A has called close() 90 s ago and B closes now. What does A answer to B's FIN?"
    ),
    "learn.close-wait.why.2": "After 60 s in FIN_WAIT_2 the orphan was forgotten.",
    "learn.close-wait.ask.3": (
        "B in CLOSE_WAIT switches keep-alive on; A is alive in FIN_WAIT_2. In which state is B later?"
    ),
    "learn.close-wait.why.3": "A's stack answers every probe. Keep-alive finds dead peers, not forgetful programs.",
    "learn.resets.title": "RST: who sends it, and who believes it",
    "learn.resets.1": (
        "A reset answers what cannot belong to any connection. To a SYN at a closed port it is {flags} with seq={seq} "
        "and ack={ack}: there is no acknowledgment to take a number from, so it proves itself by acknowledging the "
        'SYN. connect() says "{refused}".'
    ),
    "learn.resets.2": (
        "It is how a half-open connection is found. A has crashed and forgotten; B sends; A answers {rst} with the "
        "number that B's acknowledgment named, and B's application hears \"{found}\"."
    ),
    "learn.resets.3": (
        'A reset can also be forged. RFC 5961 believes it only with exactly the expected number. The run "checks" '
        "shows four attempts and what decided about them: {rules}. In the window, but not exact: a challenge ACK. "
        "Outside: silence. A SYN inside a connection: a challenge ACK too."
    ),
    "learn.resets.4": (
        "Nobody acknowledges a reset, and it is not repeated. If it is lost, the other end stays {lost} until it sends "
        "something."
    ),
    "learn.resets.watch.refused": "Nobody listens on the port.",
    "learn.resets.watch.half": "A crashes, restarts, and B sends (figure 10).",
    "learn.resets.watch.again": "A crashes, restarts, and connects again from the same port (figure 9).",
    "learn.resets.watch.checks": "Forged resets and a forged SYN.",
    "learn.resets.watch.abort": "The application aborts.",
    "learn.resets.wrong.1": (
        '"RST=1 means that something is wrong with the connection" leaves out that most resets are normal: refused '
        "connections, close() with unread data, SO_LINGER 0."
    ),
    "learn.resets.wrong.2": (
        '"A SYN in an open connection resets it" was RFC 793 and is obsolete: it draws a challenge ACK.'
    ),
    "learn.resets.wrong.3": (
        "RFC 9293 3.5.2 wants the end that sends a reset to go through TIME_WAIT; Linux deletes the connection at once."
    ),
    "learn.resets.ask.1": "A's SYN has seq=100 and nobody listens. Which acknowledgment number does the reset carry?",
    "learn.resets.why.1": "It acknowledges the SYN, one number. That proves to A that it answers this very SYN.",
    "learn.resets.ask.2": (
        "An attacker sends B a reset whose number lies inside the window but is not the expected one. What does B send?"
    ),
    "learn.resets.why.2": (
        "A challenge ACK with the true numbers. A peer that really wants to reset can then do it exactly."
    ),
    "learn.resets.ask.3": "A aborts and its reset is lost. In which state is B?",
    "learn.resets.why.3": "B has heard nothing, and nobody will repeat it. It finds out when it sends.",
}
