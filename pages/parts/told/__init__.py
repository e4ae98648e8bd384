"""The parts of the page Theo thời điểm."""
