"""Each marked line is a mistake that a type checker must find."""

from rekuest import ClientCredentialsGrant, Rekuest, register

client = Rekuest("my-app", secret="x")  # mistake
Rekuest(4)  # mistake
ClientCredentialsGrant(client_id="a")  # mistake


@client.register
def greet(x: int, name: str) -> str:
    """Greet somebody."""
    return name * x


greet("a", "b")  # mistake
greet(1)  # mistake
client.register(greet, interface="greet")  # mistake
client.register(interfase="greet")  # mistake
client.register(concurrency="many")  # mistake
register(interfase="greet")  # mistake
register(labels=3)  # mistake
