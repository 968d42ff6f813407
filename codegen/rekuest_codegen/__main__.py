"""`python -m rekuest_codegen` is `rekuest-codegen`."""

import sys

from rekuest_codegen.cli import main

sys.exit(main())
