"""Each marked line is a mistake that a type checker must find."""

from rekuest import Rekuest, RemoteError, call, find
from rekuest.api import NodeFilter, alist_nodes, create_client, get_node, list_nodes


def main(client: Rekuest, error: RemoteError) -> None:
    """Make mistakes."""
    find(4)  # mistake
    find(interfase="greet")  # mistake
    client.find(name=4)  # mistake
    find("greet").asign(4)  # mistake
    find("greet").options(timeout="soon")  # mistake
    call(4)  # mistake
    create_client()  # mistake
    create_client(nmae="lab")  # mistake
    list_nodes(first="many")  # mistake
    list_nodes(filter=NodeFilter("greet"))  # mistake
    str(get_node(id="1").name)  # mistake
    for _ in alist_nodes():  # mistake
        pass
    str(error.trace)  # mistake
