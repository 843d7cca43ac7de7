"""``python -m hubmap``."""

import sys

from hubmap.cli import main

sys.exit(main())
