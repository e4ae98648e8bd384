"""The web parts that draw no page: who is asking, gates, routes."""
