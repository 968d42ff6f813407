"""Who somebody is: keys, secrets, tokens.  Pure of the store; `service.identity` joins the two."""
