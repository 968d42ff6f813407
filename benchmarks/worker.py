"""The agent that `benchmarks/roundtrip.py` calls."""

from rekuest import Rekuest

client = Rekuest("benchmark-worker")


@client.register(concurrency=2000)
async def greet(x: int, name: str) -> str:
    """Greet somebody."""
    return " ".join([f"hello {name}"] * x)


if __name__ == "__main__":
    with client:
        client.run()
