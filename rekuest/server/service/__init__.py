"""Every change of a contract or a call, in four steps: decide, record, deliver, confirm."""
