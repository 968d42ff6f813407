"""The whole system once, in three processes: server, agent, caller.  `rekuest demo` runs it."""
