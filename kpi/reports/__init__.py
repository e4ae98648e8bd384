"""Reports: what one says as plain data (``content``), and each form it takes (``docx``, ``xlsx``, ``pdf``, ``digest``)."""
