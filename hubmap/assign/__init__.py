"""Which outline each point lies in, at the speed of reading; see :mod:`hubmap.assign.engine`."""
