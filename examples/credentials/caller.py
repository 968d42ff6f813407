"""Call the function of provider.py with the same credentials."""

import os

from rekuest import ClientCredentialsGrant, Rekuest, find

auth = ClientCredentialsGrant(
    client_id=os.environ["REKUEST_CLIENT_ID"],
    client_secret=os.environ["REKUEST_CLIENT_SECRET"],
)
client = Rekuest(auth=auth)

with client:
    node = find(interface="rpc_function")
    with node:
        print(node.assign(4, "johannes"))
