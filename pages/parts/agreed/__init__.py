"""The parts of the page Chỉ tiêu & định nghĩa."""
