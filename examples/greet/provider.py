"""Provide a function: it runs here, and can be called from anywhere."""

from rekuest import Rekuest

client = Rekuest("my-app")


@client.register
def rpc_function(x: int, name: str) -> str:
    """Greet somebody.

    A function that we can simply call from anywhere.

    Args:
        x: How many times.
        name: Whom to greet.
    """
    return " ".join([f"hello {name}"] * x)


with client:
    client.run()
