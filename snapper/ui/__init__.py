"""The windows: plain data in, signals out. Nothing here touches the outbox, the network or a file.

    note_window.py      asks for the note at the press (parts: picture_box.py, logs_box.py, preview.py)
    receipt_window.py   the acknowledgement, which never takes the focus
    outbox_window.py    the reports on this computer
    tray.py             the icon and its menu
    contents_list.py    what is in a report, with sizes
    loop.py             the event loop and its mailbox for other threads
    look.py             the application object, drawn icons, colours, places on the screen
    words.py            sizes, times and states in words (pure)

Only modules of this package import PySide6, and importing them needs no display.
"""
