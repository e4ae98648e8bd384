"""Nguồn số: any figure down to its dossiers, any dossier down to its versions, any version down to file, sheet and row."""

import streamlit as st

from kpi import versions
from pages.parts import frame, states
from pages.parts.drill import figure, history

view = frame.guard()
code = st.query_params.get("entry", "")
dossier = view.dossier(code) if code else []
service = versions.of_service(view.store, code) if code and not dossier else []
if dossier:
    history.dossier(view, code, dossier)
elif service:
    history.service(view, code, service)
else:
    if code:
        frame.show(states.not_found(code))
    figure.draw(view)
