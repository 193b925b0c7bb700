"""The addresses of the server, one file per thing that they are about."""
