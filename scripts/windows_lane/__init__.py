"""A Windows Python under Wine, with snapper in it, for the tests of what only Windows has.

    interpreter   a wheel's DLLs, the local library, launchers compiled here
    packages      PyPI's wheels for Windows, installed by the pip inside Wine
    snapper       its own wheel, made by scripts/build and installed likewise
    a run         in a fresh copy of the Wine prefix, on a screen of its own

Everything made lies in the user's cache folder and may be deleted at any time nothing runs.
"""
