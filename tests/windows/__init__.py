"""Tests that need Windows, real or as Wine plays it: `scripts/windows-lane test` runs them under Wine.

Where Wine differs from Windows the test is marked with `wine_differs` and the reason, and must fail there;
`test_differences.py` has those that no other test comes upon.
"""
