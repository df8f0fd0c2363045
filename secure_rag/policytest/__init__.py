"""Run the cases of policies and say exactly what differs."""
