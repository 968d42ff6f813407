"""Call the function of provider.py with an instance; it is shrunk here and expanded there."""

from rekuest import Rekuest, find
from storage import ComplexStructure

client = Rekuest("my-app")

with client:
    node = find(interface="complex_call")
    with node:
        print(node.assign(ComplexStructure.store([1, 42, 7])))
