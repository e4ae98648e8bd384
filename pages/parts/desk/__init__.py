"""The parts of the page Hồ sơ & thư xin lỗi."""
