"""Provide a function under credentials that `rekuest clients add NAME` printed."""

import os

from rekuest import ClientCredentialsGrant, Rekuest

auth = ClientCredentialsGrant(
    client_id=os.environ["REKUEST_CLIENT_ID"],
    client_secret=os.environ["REKUEST_CLIENT_SECRET"],
)
client = Rekuest(auth=auth)


@client.register()
def rpc_function(x: int, name: str) -> str:
    """Greet somebody.

    A function that we can simply call from anywhere.
    """
    return " ".join([f"hello {name}"] * x)


with client:
    client.run()
