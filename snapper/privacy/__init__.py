"""What is private: its classes, the values known beforehand, their replacement, the proof that none is left.

Pure: nothing here looks anything up on the machine, and no private value appears in a message.
"""
