"""One module per format (or family), each with `load(file, name, text)`; see `loading.Loader`."""
