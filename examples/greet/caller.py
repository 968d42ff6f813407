"""Call the function of provider.py from another process."""

from rekuest import Rekuest, find

client = Rekuest("my-app")

with client:
    node = find(interface="rpc_function")
    with node:
        print(node.assign(4, "johannes"))
