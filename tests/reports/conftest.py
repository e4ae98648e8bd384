from tests.reports.homes import small, told_home

__all__ = ["small", "told_home"]
