"""`synfin tun`: the stack on a TUN device, with services, until a command ends or somebody interrupts.

Responsible for which namespace is used, for offering services, and for passing on the command's exit code.  Set-up and
taking apart are in `common`.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import Any, Final

import click

from synfin.cli.common import (
    DeviceOptions,
    Interrupts,
    Stack,
    check_options,
    code_of,
    device_options,
    start_command,
    watch_child,
)
from synfin.cli.live import DEFAULT_WEB_PORT, LivePage
from synfin.cli.main import EXIT_BAD_FILE, EXIT_OK, Failure
from synfin.cli.messages import say
from synfin.device.drive import CLOSING_LIMIT
from synfin.device.workers import WORKERS_LIMIT
from synfin.errors import UsageError
from synfin.services.base import Service
from synfin.services.spec import NAMES, ServiceSpec, make_service, parse_service

_AFTER_COMMAND: Final = 1_000_000_000  # ns: the command's sockets are gone, so there is little to wait for

_SERVE_HELP: Final = f"Offer a service, as in echo:7 or file:8000=PATH: {', '.join(NAMES)}."


@click.command(context_settings={"allow_interspersed_args": False})
@click.option("--serve", metavar="SERVICE:PORT", multiple=True, help=_SERVE_HELP)
@click.option("--workers", metavar="N", type=click.IntRange(1, WORKERS_LIMIT), default=1, help="Processes [1].")
@click.option(
    "--web",
    metavar="[PORT]",
    is_flag=False,
    flag_value=DEFAULT_WEB_PORT,
    type=click.IntRange(0, 65_535),
    help=f"Show what happens in a web page [port {DEFAULT_WEB_PORT}; 0: any].",
)
@device_options
@click.argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND...]")
def tun(serve: tuple[str, ...], workers: int, web: int | None, command: tuple[str, ...], **values: Any) -> int:
    """Run the stack on a TUN device: serve, or run a command against it.

    With -- COMMAND and no --dev, a private network namespace is made in which the kernel is 10.77.0.1 and fd77::1 and
    synfin is 10.77.0.2 and fd77::2; COMMAND runs there with the kernel's own TCP, and its exit code is passed on.
    Without COMMAND, services are offered until Ctrl-C.

    \b
    synfin tun --serve file:80=. -- curl -s http://10.77.0.2/
    synfin tun --serve echo:7 --watch -- nc 10.77.0.2 7
    synfin tun --serve echo:7 --web -- nc 10.77.0.2 7
    """
    options = check_options(values)
    services = [(spec, _make(spec, options)) for spec in _specs(serve)]
    if workers > 1:
        if web is not None:
            raise UsageError("--web shows one process; it cannot be used with --workers")
        from synfin.cli.workers import run_workers

        def offer(stack: Stack, aloud: bool) -> None:
            _offer(stack, services, aloud)

        return run_workers(options, workers, offer, command, sys.stdout)
    # With --json, standard output holds JSON lines and nothing else.
    with ExitStack() as exits:
        # The socket of the page comes first: in a private namespace no browser would find it.
        page = None if web is None else exits.enter_context(LivePage(options, web))
        feed = None if page is None else page.feed
        private = bool(command) and options.dev is None
        stack = exits.enter_context(Stack(options, private=private, stream=sys.stdout, feed=feed))
        _offer(stack, services, True)
        if page is not None:
            page.start()  # threads come after the namespace, which a process with several cannot enter
            exits.callback(page.stop)
        if command:
            return _run_command(stack, command, stdout=sys.stderr.fileno() if options.json else None)
        return _serve(stack)


def _offer(stack: Stack, services: list[tuple[ServiceSpec, Service]], aloud: bool) -> None:
    for spec, service in services:
        stack.host.listen(spec.port, stack.clock(), handler=service.accept)
    if aloud:
        stack.announce()
        for spec, _ in services:
            stack.say("serving", service=spec.name, port=spec.port)


def _specs(texts: tuple[str, ...]) -> list[ServiceSpec]:
    specs = [parse_service(text) for text in texts]
    ports: set[int] = set()
    for spec in specs:
        if spec.port in ports:
            raise UsageError(f"--serve: port {spec.port} is taken by another service")
        ports.add(spec.port)
    return specs


def _make(spec: ServiceSpec, options: DeviceOptions) -> Service:
    try:
        return make_service(spec)
    except OSError as error:
        text = say(options.lang, "unreadable", path=spec.path, reason=error.strerror)
        raise Failure(text, EXIT_BAD_FILE) from None


def _serve(stack: Stack) -> int:
    stack.say("until-interrupted")
    with Interrupts(stack.driver) as interrupts:
        stack.driver.run()
        count = len(stack.host.connections())
        if count:
            stack.say("closing", count=count)
        stack.finish(CLOSING_LIMIT)
        return interrupts.exit_code if interrupts.caught else EXIT_OK


def _run_command(stack: Stack, command: tuple[str, ...], stdout: int | None) -> int:
    # The handlers come first: the command may send us a signal as soon as it runs.
    with Interrupts(stack.driver, for_child=True) as interrupts:
        child = start_command(command, stack.options.lang, stdout=stdout)
        interrupts.child = child
        forget = watch_child(stack.driver, child, stack.driver.stop)
        try:
            stack.driver.run()
            if interrupts.caught and child.poll() is None:
                child.send_signal(interrupts.caught)  # it came before there was a child to pass it on to
            code = code_of(child)
        finally:
            forget()
            if child.poll() is None:
                child.terminate()
                child.wait()
    with Interrupts(stack.driver):
        stack.finish(_AFTER_COMMAND)
    return code
