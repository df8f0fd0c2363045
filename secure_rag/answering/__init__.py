"""From passages to an answer that is grounded in them, or to a refusal."""
