"""`synfin web`: the page, on this machine, until Ctrl-C.

Responsible for options and for what is said; serving is `synfin.web`'s.
"""

from __future__ import annotations

import sys
import webbrowser

import click

from synfin.cli.main import EXIT_INTERRUPTED, EXIT_OK, EXIT_USAGE, Failure
from synfin.cli.messages import LANGUAGES, language, say


@click.command("web")
@click.option("--port", metavar="N", type=click.IntRange(0, 65_535), help="Port [8421]; 0: any that is free.")
@click.option("--host", metavar="ADDRESS", help="Address to listen on [127.0.0.1]; others can then reach it.")
@click.option("--no-token", is_flag=True, help="Let everybody in who can reach the port.")
@click.option("--open", "open_it", is_flag=True, help="Open the page in a browser.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language [from the locale].")
def web(port: int | None, host: str | None, no_token: bool, open_it: bool, lang: str | None) -> int:
    """Show scenarios in a web page, and ask "what if".

    Prints the address to open.  It holds a random token, and only this machine can reach it, unless told otherwise.
    """
    from synfin.web.serve import DEFAULT_HOST, DEFAULT_PORT, address_of, is_loopback, listen, make_server, need_web

    need_web()
    from synfin.web.app import Server, make_app
    from synfin.web.guard import make_token

    chosen = language(lang)
    try:
        opened = listen(host if host is not None else DEFAULT_HOST, DEFAULT_PORT if port is None else port)
    except OSError as error:
        raise Failure(error.strerror or str(error), EXIT_USAGE) from None
    with opened:
        token = None if no_token else make_token()
        if not is_loopback(opened):
            sys.stderr.write(say(chosen, "web-open-to-others") + "\n")
        address = address_of(opened, token)
        click.echo(address)
        sys.stdout.flush()
        sys.stderr.write(say(chosen, "until-interrupted") + "\n")
        if open_it:
            webbrowser.open(address)
        server = Server(chosen)
        try:
            make_server(make_app(server, token=token, names=[host] if host is not None else [])).run(sockets=[opened])
        except KeyboardInterrupt:  # uvicorn raises it once everything is closed
            return EXIT_INTERRUPTED
        finally:
            server.desk.close()
    return EXIT_OK
