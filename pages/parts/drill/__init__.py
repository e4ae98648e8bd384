"""From a figure to its dossiers, from a dossier to its versions, from a version to file, sheet and row."""
