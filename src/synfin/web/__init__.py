"""The page: a small web server on this machine that plays scenarios, draws them, and asks "what if".

    limits      how much of everything there may be
    document    a run as the page wants it: rows, what changed in the control blocks, connections
    words       the sentences of rows
    plans       what a client may ask to be played
    runs        played plans, a bounded number of them, and the threads that play
    catalog     what there is to choose from, and the texts
    assets      the static files, read once
    guard       token, Host and Origin, size of bodies, headers of every answer
    app         the addresses of the API (docs/web.md)
    serve       sockets, uvicorn, and what is missing without the extra `web`

Nothing here decides about a connection.  No path that a client names reaches the file system.
"""
