"""What must not become slower, measured in one run: ``python -m tests.bench`` (``make bench``).

A script ``bench_NAME.py`` here has ``measure(full)``, which yields a ``Result`` for each thing it measures.
"""
