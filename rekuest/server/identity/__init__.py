"""Who somebody is: clients, secrets, tokens."""
