"""Handing reports to a ticket system.

worker, retry                       in which order, and when again
endpoints/                          to whom: one file per ticket system, and the order that all have in common
letter, bodies, reading             what is written there, how it is streamed, and hashed as it is read back
tus, uploading, ladder, pace        how a large report gets through: in pieces, as small as the way wants them
http                                one request over one line
ways, looks, memory, network        which way leads there, and which was taken here last
route, proxies/                     who names proxies
dial, addresses, tls                a connection, step by step
socks, proxy_auth, credentials      through a proxy, with a login where it wants one
vault, tokens                       the system's keyring, and what ticket systems know us by
evidence, aside                     what was met on the way
diagnose, causes, wording           its name, and the words for it
"""
