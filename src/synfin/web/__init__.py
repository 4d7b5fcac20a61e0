"""The page: a small web server on this machine that plays scenarios, draws them, and asks "what if".

    limits      how much of everything there may be
    asked       what a request asks for, checked
    runs        played plans, a bounded number of them, and the threads that play
    document    a run as the page wants it: rows, what changed in the control blocks, connections
    words       the words of rows that `timeline.words` has not
    details     one row, one segment, one direction, looked at closely
    compare     two runs side by side
    export      a run as a file
    upload      a capture that a client sends, as a run
    live        a running host in the page
    catalog     what there is to choose from, and the texts
    assets      the static files, read once
    guard       token, Host and Origin, headers of every answer
    app         the addresses of the API (docs/web.md)
    serve       sockets, uvicorn, and what is missing without the extra `web`

Nothing here decides about a connection.  No path that a client names reaches the file system.
"""
