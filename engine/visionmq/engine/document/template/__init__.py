"""Documents described by one clean picture and named zones."""
