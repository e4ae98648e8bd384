"""The parts of the pages Người dùng & quyền and Nhật ký, one per choice."""
