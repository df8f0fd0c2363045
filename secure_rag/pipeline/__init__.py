"""One module per act: the only place that knows the order of stages and writes events.

Every act reads like DESIGN.md section 3: an event is durable before each effect.
"""
