"""Nguồn số: any figure down to its dossiers, any dossier down to its versions, any version down to file, sheet and row."""

import streamlit as st

from kpi import versions
from pages.parts import frame
from pages.parts.drill import figure, history

view = frame.guard()
code = st.query_params.get("entry", "")
dossier = versions.of_dossier(view.store, view.home, code) if code else []
service = versions.of_service(view.store, code) if code and not dossier else []
if dossier:
    history.dossier(view, code, dossier)
elif service:
    history.service(view, code, service)
else:
    figure.draw(view)
