"""`python -m cstudio`: the command line, where its script is not on the path."""

import sys

from cstudio.cli.main import main

sys.exit(main())
