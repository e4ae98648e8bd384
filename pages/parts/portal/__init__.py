"""The parts of the page Dịch vụ công & tích hợp."""
