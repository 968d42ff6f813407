"""Call the functions of the demo's app: a stream, a dataclass, a function that raises."""

from rekuest import Rekuest, RemoteError, call, find, iterate
from rekuest.demo.app import Sample, Stain

client = Rekuest("rekuest-demo")

with client:
    for brightness in iterate("scan", rows=3):
        print(brightness)

    print(call("describe", Sample("liver", [Stain.DAPI]), brightest=Stain.DAPI))

    divide = find("divide").options(timeout=10)  # seconds until the call expires
    try:
        divide(1.0, 0.0)
    except RemoteError as error:
        print(error.type, error.message, sep=": ")
