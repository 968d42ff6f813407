"""Provide a function that takes a structure: the type hint says everything."""

from rekuest import Rekuest
from storage import ComplexStructure

client = Rekuest("my-app")


@client.register
def complex_call(x: ComplexStructure) -> int:
    """Find the largest number of a structure."""
    return x.max()


with client:
    client.run()
