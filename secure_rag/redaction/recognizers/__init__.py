"""Our own recognizers: data and plain validators, one small module per family."""
