"""What must not become slower, measured in one run: ``python -m tests.bench`` (``make bench``).

A script ``bench_NAME.py`` here has ``run(folder)``, which yields a ``Ratio`` for each thing it measures in ``folder``.
"""
