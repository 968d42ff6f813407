"""What may happen to a contract or a call, and who may do what.  Pure: no I/O, no clock."""
